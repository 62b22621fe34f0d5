/** A payment provider's own script, from its own host; only this page's policy lets that one host in. */
import { Problem } from "../problem.js";

const WAIT_MS = 20_000;

/**
 * Resolves with the global that the script makes. Raises Problem `provider_away`.
 * @param {string} src
 * @param {"Stripe" | "Razorpay"} name
 * @returns {Promise<any>}
 */
export function load(src, name) {
  return new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src, async: true });
    const away = () => {
      script.remove();
      reject(new Problem({ code: "provider_away" }));
    };
    const timer = setTimeout(away, WAIT_MS);
    script.onerror = () => (clearTimeout(timer), away());
    script.onload = () => {
      clearTimeout(timer);
      if (window[name]) resolve(window[name]);
      else away();
    };
    document.head.append(script);
  });
}
