/** Looking at a bus: what was asked of the server, and what has come. One bus of one device at a time. */
import { batch, signal } from "../ui.js";
import { KEPT, append } from "./frames.js";

/** As long as the server lets anybody look; then it is asked again by hand. */
export const LOOK_S = 300;
/** So long without a frame, and the page says so. */
const QUIET_MS = 3000;

/** @typedef {import("./frames.js").Kept} Kept */
/** @typedef {"off" | "asking" | "live" | "ended" | "offline" | "lost" | "refused"} Phase */

export class BusWatch {
  /** @type {Signal<Phase>} "ended": its time is over; "offline": the Pi went; "lost": our connection. */
  phase = signal("off");
  /** @type {Signal<Problem | null>} */
  problem = signal(null);
  /** @type {Signal<Kept[]>} */
  frames = signal([]);
  /** Frames that passed and were not shown, by the Pi's and the server's count. */
  dropped = signal(0);
  /** @type {Signal<Kept[] | null>} The frames as they were when the picture was stopped; null: it moves. */
  still = signal(null);

  /** @type {{ device_id: string, bus: number } | null} */
  #watched = null;
  #until = 0;
  #heardAt = 0;

  /** @param {import("./store.js").DevicesStore} store */
  constructor(store) {
    this.store = store;
    store.onNotice((notice) => this.#heard(notice));
    store.now.subscribe((time) => this.phase.peek() === "live" && time >= this.#until && this.#finish("ended"));
  }

  get secondsLeft() {
    return Math.max(0, Math.ceil((this.#until - this.store.now.value) / 1000));
  }

  get quiet() {
    return this.phase.value === "live" && this.store.now.value - this.#heardAt > QUIET_MS;
  }

  /** How many have come since the picture was stopped, at most what is kept. */
  get missed() {
    const still = this.still.value;
    return still ? Math.min(KEPT, (this.frames.value.at(-1)?.key ?? 0) - (still.at(-1)?.key ?? 0)) : 0;
  }

  /**
   * Begin; what came before is gone from the page.
   * @param {string} device_id
   * @param {number} bus
   */
  look = async (device_id, bus) => {
    const mine = { device_id, bus };
    batch(() => {
      this.#watched = mine;
      this.phase.value = "asking";
      this.problem.value = this.still.value = null;
      this.frames.value = [];
      this.dropped.value = 0;
    });
    try {
      await this.store.request("device.inspect", { device_id, bus, seconds: LOOK_S });
      if (mine !== this.#watched || this.phase.value !== "asking") return;
      this.#heardAt = Date.now();
      this.#until = this.#heardAt + LOOK_S * 1000;
      this.phase.value = "live";
    } catch (refused) {
      if (mine !== this.#watched) return;
      this.#watched = null;
      this.problem.value = refused;
      this.phase.value = refused.code === "device_offline" ? "offline" : "refused";
    }
  };

  /** No more of it; what has come stays on the page. */
  stop = () => {
    const watched = this.#watched;
    this.#watched = null;
    this.phase.value = "off";
    if (!watched) return;
    this.store.request("device.inspect", { ...watched, seconds: 0 }).catch(() => {}); // it ends by its time then
  };

  hold = (/** @type {boolean} */ on) => {
    this.still.value = on ? this.frames.value : null;
  };

  /** The server forgets who looks when their socket closes. */
  connectionLost = () => this.#finish("lost");

  /** @param {Live.BusFrames | Live.InspectionEnded} message */
  #heard(message) {
    const watched = this.#watched;
    if (!watched || message.device_id !== watched.device_id || message.bus !== watched.bus) return;
    if (message.type === "inspection_ended") return this.#finish("offline");
    if (message.type !== "frames" || this.phase.value !== "live") return;
    batch(() => {
      if (message.frames.length) this.#heardAt = Date.now();
      this.dropped.value += message.dropped;
      this.frames.value = append(this.frames.value, message.frames);
    });
  }

  /** @param {Phase} how */
  #finish(how) {
    if (this.phase.value !== "live" && this.phase.value !== "asking") return;
    this.#watched = null;
    this.phase.value = how;
  }
}
