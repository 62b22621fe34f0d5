/** The store of a devices page and its look at a bus, made once by the page and handed to whatever it shows. */
import { createContext, html, useContext } from "../ui.js";
import { auth } from "../api.js";
import { socketUrl } from "../connect.js";
import { present } from "../present.js";
import { DevicesStore } from "./store.js";
import { BusWatch } from "./watching.js";

/** @typedef {{ store: DevicesStore, watch: BusWatch }} DevicesPage */

const Context = createContext(/** @type {DevicesPage | null} */ (null));

/**
 * `shown`: the id of the Pi whose page it is; empty on the list of all.
 * @param {string} code
 * @param {string} shown
 * @returns {DevicesPage}
 */
export function makeDevices(code, shown) {
  const url = socketUrl(`/ws/branch/${encodeURIComponent(code)}/`);
  const store = new DevicesStore({ auth, url, code, shown });
  return { store, watch: new BusWatch(store) };
}

/** @param {{ page: DevicesPage, children?: any }} props */
export const WithDevices = ({ page, children }) => html`<${Context.Provider} value=${page}>${children}<//>`;

export const useDevices = () => present(useContext(Context)).store;
export const useWatch = () => present(useContext(Context)).watch;
