/** The store of a branch's page, made once by the page and handed to whatever it shows. */
import { createContext, html, useContext } from "../ui.js";
import { present } from "../present.js";

/** @typedef {import("./store.js").BranchStore} BranchStore */

const Context = createContext(/** @type {BranchStore | null} */ (null));

/** @param {{ store: BranchStore, children?: any }} props */
export const WithStore = ({ store, children }) => html`<${Context.Provider} value=${store}>${children}<//>`;

export const useStore = () => present(useContext(Context));
