/** Web push to this browser: subscribing at its push service, and telling the server. */
import { auth } from "../api.js";

const WORKER = "/static/js/account/push-worker.js";

/** @param {string} text base64url */
function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (one) => one.charCodeAt(0));
}

const able = () => "serviceWorker" in navigator && "PushManager" in globalThis;

async function subscription() {
  const found = await navigator.serviceWorker.getRegistration(WORKER);
  return (await found?.pushManager.getSubscription()) ?? null;
}

/** @typedef {"on" | "off" | "unable"} PushState */

export const browserPush = {
  /**
   * "unable": nothing is pushed by this server, or this browser takes nothing.
   * @returns {Promise<PushState>}
   */
  async state() {
    if (!able()) return "unable";
    const { public_key } = await auth.call("GET", "/api/notifications/push");
    if (!public_key) return "unable";
    return (await subscription()) ? "on" : "off";
  },

  /**
   * Ask the person and subscribe. Raises what the browser or the server refuses.
   * @returns {Promise<PushState>}
   */
  async start() {
    const { public_key } = await auth.call("GET", "/api/notifications/push");
    const worker = await navigator.serviceWorker.register(WORKER);
    const options = { userVisibleOnly: true, applicationServerKey: bytes(public_key) };
    const { endpoint, keys } = (await worker.pushManager.subscribe(options)).toJSON();
    await auth.call("POST", "/api/notifications/push", { body: { endpoint, keys } });
    return "on";
  },

  /** @returns {Promise<PushState>} */
  async stop() {
    await (await subscription())?.unsubscribe();
    return "off";
  },
};
