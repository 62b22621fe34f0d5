/**
 * What the shopper page knows, as signals, and what it can ask for. The server's word comes in through the
 * folds; what is on its way is laid over it in edits.js. A page makes one store and hands it on (context.js).
 */
import { signal, computed, batch } from "../ui.js";
import { TrolleySocket } from "../socket.js";
import { CART_BESIDE, foldCart, foldSession } from "../fold.js";
import { noteServerTime, parseTime } from "../clock.js";
import { toast } from "../parts/common.js";
import { t } from "../i18n.js";
import { present } from "../present.js";
import { CartEdits } from "./edits.js";

/**
 * How the last use ended.
 * @typedef {{ session_id?: string, trolley_id?: string, total?: number, units: number, products: number,
 *   currency?: string, outcome?: string }} Summary
 * @typedef {CommandAnswer<"recommendations.get">["items"][number]} Suggested
 * The session topic, null until the first snapshot.
 * @typedef {{ session: Live.SessionView | null, outcome?: string }} SessionTopic
 * What whoever follows the cart is told: an event once it is folded in, a fresh "Snapshot", or "SignedOut".
 * @typedef {(name: string, data: any, at?: string) => void} CartListener
 */

const HEARTBEAT_MS = 10_000;
/** So many signs of life fit into a session's timeout, whatever the branch has set. */
const BEATS = 3;

/** @type {Record<string, string>} */
const NOTICES = { LockFailed: "notice.lock_failed", TrolleyReturned: "notice.returned", HelpAnswered: "help.coming" };

export class ShopStore {
  connection = signal("closed");
  /** @type {Signal<Live.CartView | null>} The cart of the server, null until the first snapshot. */
  cart = signal(null);
  /** @type {Signal<Suggested[]>} What goes with the cart. */
  suggested = signal([]);
  /** @type {Signal<SessionTopic | null>} */
  sessionTopic = signal(null);
  session = computed(() => this.sessionTopic.value?.session ?? null);
  /** @type {Signal<Summary | null>} How the last use ended. */
  summary = signal(null);
  /** @type {Signal<{ alarm_id: string, answered?: boolean } | null>} The call for help that stands. */
  help = signal(null);
  /** @type {Signal<string | null>} Code of the trolley that a slot may have taken in, until somebody has said so. */
  asked = signal(null);
  /** @type {Signal<string | null>} Code of the trolley that was last seen to be back in a slot. */
  returned = signal(null);
  /** Whether the trolley that is held, or was held last, hangs on a lock. */
  hasLock = signal(false);
  /** How often this page has heard that promotions changed, so that what the cart costs is asked for again. */
  promotions = signal(0);
  /** @type {Signal<string | null>} */
  claiming = signal(null);
  /** @type {Signal<Problem | null>} The refusal of the last claim. */
  claimProblem = signal(null);

  /** @type {Set<CartListener>} */
  #listeners = new Set();
  /** @type {Summary | null} The cart as it was when its session was detached; the event that says so empties it. */
  #totalsAtEnd = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #beating;

  /**
   * `Socket`: the WebSocket class.
   * @param {{ auth: typeof import("../api.js").auth, url: string, Socket?: typeof WebSocket }} parts
   */
  constructor({ auth, url, Socket = globalThis.WebSocket }) {
    this.auth = auth;
    this.signedIn = signal(auth.signedIn);
    this.socket = new TrolleySocket({ url, auth, Socket, onState: (state) => this.#turned(state) });
    this.edits = new CartEdits({ socket: this.socket, cart: this.cart, session: this.session });
  }

  /** @param {CartListener} heard */
  onCart = (heard) => this.#listeners.add(heard);

  /**
   * Send a command; see `TrolleySocket.request`.
   * @template {string} C
   * @param {C} type
   * @param {CommandBody<C>} [fields]
   * @param {import("../socket.js").RequestOptions} [options]
   */
  command = (type, fields, options) => this.socket.request(type, fields, options);

  /** Connect and follow the caller's own topics. */
  start = () => {
    this.signedIn.value = true;
    document.addEventListener("visibilitychange", this.#seen);
    this.socket.subscribe("cart", {
      beside: CART_BESIDE,
      snapshot: (data) => {
        this.#showCart(data);
        this.#tell("Snapshot", data);
      },
      event: (name, data, at) => {
        if (name === "SessionDetached") this.#totalsAtEnd = { ...this.#totals(), session_id: data.session_id };
        this.#showCart(foldCart(present(this.cart.peek()), name, data));
        if (name === "RecommendationsChanged") this.suggested.value = [...data.items];
        if (name === "BudgetAlerted") toast(t("budget.alert", { percent: Math.round(data.share * 100) }));
        this.#tell(name, data, at);
      },
    });
    this.socket.subscribe("session", {
      snapshot: (data) => this.#showSession(data),
      event: (name, data) => this.#showSession(foldSession(present(this.sessionTopic.peek()), name, data)),
    });
    this.socket.subscribe("notifications", { snapshot() {}, event: (name, data) => this.#notify(name, data) });
    this.socket.open();
  };

  signOut = async () => {
    this.socket.close();
    await this.auth.signOut();
    this.#leave();
  };

  /**
   * Take a trolley: its code, or the whole address of its QR.
   * @param {string} code
   */
  claim = async (code) => {
    this.claimProblem.value = null;
    this.claiming.value = code;
    try {
      this.#noteDeadline(await this.socket.order("session.start", { trolley_id: code }));
    } catch (problem) {
      this.claimProblem.value = problem;
      this.claiming.value = null;
      return problem;
    }
    return null;
  };

  /** Give the trolley up without paying. Raises Problem. */
  endSession = async () => {
    const { session_id, trolley_id } = present(this.session.peek());
    this.summary.value = { ...this.#totals(), session_id, trolley_id, outcome: "abandoned" };
    try {
      await this.socket.request("session.end", { session_id });
      this.claiming.value = null;
    } catch (problem) {
      if (this.session.peek()) this.summary.value = null;
      throw problem;
    }
  };

  /**
   * Say that the trolley is in the slot that asks. Raises Problem.
   * @param {string} trolley_id
   */
  giveBack = async (trolley_id) => {
    await this.socket.request("trolley.return", { trolley_id });
    this.asked.value = null;
  };

  /** Call somebody of the staff; a second call while one stands is the same call. Raises Problem. */
  callForHelp = async () => {
    this.help.value = await this.socket.request("help.call", {});
  };

  #seen = () => {
    if (document.visibilityState === "visible") this.#beat();
  };

  #turned(/** @type {string} */ state) {
    this.connection.value = state;
    if (state === "signed_out") this.#leave();
    if (state === "open") this.#beat();
  }

  /** @type {CartListener} */
  #tell = (name, data, at) => {
    for (const heard of this.#listeners) heard(name, data, at);
  };

  #leave() {
    this.#tell("SignedOut", {});
    batch(() => {
      this.signedIn.value = false;
      this.asked.value = null;
      this.cart.value = null;
      this.suggested.value = [];
      this.sessionTopic.value = null;
      this.edits.pending.value = [];
    });
  }

  #showCart(/** @type {Live.CartView} */ next) {
    batch(() => {
      this.cart.value = next;
      this.edits.settleWith(next);
    });
  }

  /** The session topic moved: a session began, changed or is over. */
  #showSession(/** @type {SessionTopic} */ next) {
    const before = this.session.peek();
    batch(() => {
      this.sessionTopic.value = next;
      if (next.session) this.claiming.value = null;
      if (before && !next.session) this.#summarise(before, next.outcome);
      if (next.session) {
        this.summary.value = null;
        this.hasLock.value = next.session.lock?.reported !== "unknown" || next.session.custody !== "unknown";
      }
      if (next.session?.session_id !== before?.session_id) this.help.value = null;
    });
    if (next.session && next.session.session_id !== before?.session_id) this.#beat();
  }

  /**
   * @param {Live.SessionView} before
   * @param {string} [outcome]
   */
  #summarise({ session_id, trolley_id }, outcome) {
    const shown = this.summary.peek();
    if (shown?.session_id === session_id) {
      if (outcome) this.summary.value = { ...shown, outcome };
      return;
    }
    const last = this.#totalsAtEnd?.session_id === session_id ? this.#totalsAtEnd : this.#totals();
    this.summary.value = { ...last, session_id, trolley_id, outcome: outcome ?? "expired" };
  }

  /**
   * The cart as it is now, for the page that says goodbye: the server clears it with the session.
   * @returns {Summary}
   */
  #totals() {
    const now = this.cart.peek();
    return {
      total: now?.total_price,
      units: now?.total_items ?? 0,
      products: now?.items_count ?? 0,
      currency: now?.currency,
    };
  }

  /**
   * @param {string} name
   * @param {any} data
   */
  #notify(name, data) {
    const called = this.help.peek();
    if (name === "HelpAnswered" && called) this.help.value = { ...called, answered: true };
    if (name === "HelpDone") this.help.value = null;
    if (name === "TrolleyReturned") {
      this.returned.value = data.trolley_id;
      if (this.asked.peek() === data.trolley_id) this.asked.value = null;
    }
    if (name === "ScanWanted") this.asked.value = data.trolley_id;
    if (name === "PricesChanged") this.promotions.value += 1;
    const text = NOTICES[name];
    if (text) toast(t(text, { trolley: data.trolley_id }), { bad: data.severity !== "info" && name === "LockFailed" });
  }

  /**
   * The server's clock, from an answer that has just pushed the deadline back by the whole timeout.
   * @param {{ expires_at: string, timeout_s?: number }} answer
   */
  #noteDeadline({ expires_at, timeout_s }) {
    const seconds = timeout_s ?? this.session.peek()?.timeout_s;
    const at = parseTime(expires_at);
    if (seconds && !Number.isNaN(at)) noteServerTime(at - seconds * 1000);
  }

  /** Say that we are here, now and every ten seconds or sooner, while somebody looks at the page. */
  async #beat() {
    clearTimeout(this.#beating);
    const now = this.session.peek();
    const wait = Math.min(HEARTBEAT_MS, now ? (now.timeout_s * 1000) / BEATS : HEARTBEAT_MS);
    this.#beating = setTimeout(() => this.#beat(), wait);
    if (!now || this.connection.peek() !== "open" || document.visibilityState === "hidden") return;
    const { session_id } = now;
    try {
      const life = { queue: false, timeout: 8000 };
      const answer = await this.socket.request("session.heartbeat", { session_id }, life);
      this.#noteDeadline(answer);
      const session = this.session.peek();
      if (answer.expires_at && session?.session_id === session_id) {
        const { expires_at } = answer;
        this.sessionTopic.value = { ...this.sessionTopic.peek(), session: { ...session, expires_at } };
      }
    } catch (problem) {
      console.info("heartbeat:", problem.code); // the session topic tells us if it is over
    }
  }
}
