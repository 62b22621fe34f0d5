/** The store and the checkout of a shopper's page, made once by the page and handed to whatever it shows. */
import { createContext, html, useContext } from "../ui.js";
import { auth } from "../api.js";
import { socketUrl } from "../connect.js";
import { present } from "../present.js";
import { Checkout } from "./checkout.js";
import { ShopStore } from "./store.js";

/** @typedef {{ store: ShopStore, checkout: Checkout }} Shop */

const Context = createContext(/** @type {Shop | null} */ (null));

/** @returns {Shop} */
export function makeShop() {
  const store = new ShopStore({ auth, url: socketUrl("/ws/shopper/") });
  return { store, checkout: new Checkout(store) };
}

/** @param {{ shop: Shop, children?: any }} props */
export const WithShop = ({ shop, children }) => html`<${Context.Provider} value=${shop}>${children}<//>`;

export const useStore = () => present(useContext(Context)).store;
export const useEdits = () => useStore().edits;
export const useCheckout = () => present(useContext(Context)).checkout;
