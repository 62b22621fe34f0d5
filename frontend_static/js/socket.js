/**
 * One live connection: commands with replies, topics that resume where they stopped, and a
 * connection that comes back by itself. Knows nothing of carts or trolleys.
 */
import { Problem } from "./problem.js";
import { expiryOf, serverTime } from "./api.js";
import { serverNow } from "./clock.js";
import { present } from "./present.js";

const REPLY_MS = 12_000;
/** So long a command waits for a connection that was lost, before whoever gave it is told. */
const AWAY_MS = 60_000;
const OPEN_MS = 10_000;
/** After so much silence a socket is asked whether it lives, and has so long to answer. */
const PATIENCE = { quiet: 8_000, answer: 4_000 };
/** The same where people act on what a page says: within five seconds it tells that it hears nothing. */
export const WATCHFUL = { quiet: 1_500, answer: 2_500 };
const RENEW_BEFORE_MS = 60_000;
const FIRST_RETRY_MS = 400;
const LAST_RETRY_MS = 15_000;

/** A random UUID; `crypto.randomUUID` exists only in secure contexts. */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 0x0f) | 0x40;
  b[8] = (b[8] & 0x3f) | 0x80;
  const hex = [...b].map((x) => x.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/**
 * @typedef {{ id?: string, timeout?: number, queue?: boolean }} RequestOptions
 * Who follows a topic. `refused`: it may not be followed; `live`: nothing is missing from now on; `beside`: names of
 * the events that stand beside the numbered ones and have the offset of the last.
 * @typedef {{ snapshot(data: any): void, event(name: string, data: any, at?: string): void, live?(): void,
 *   refused?(problem: Problem): void, beside?: ReadonlySet<string> }} Handler
 * A topic that is followed, and the place in it. `missed`: events that were missed, as far as they have come, and
 * the offset of the last.
 * @typedef {{ topic: string, handler: Handler, epoch: string | null, offset: number | null, id: string | null,
 *   asked?: boolean, missed?: { until: number, events: Frame[] } | null }} Followed
 * A command without a reply.
 * @typedef {{ text: string, timeout: number, queue: boolean, resolve: (answer: any) => void,
 *   reject: (problem: Problem) => void, timer?: ReturnType<typeof setTimeout> }} Waiting
 * What the server says, by its `type`; see docs/asyncapi.json.
 * @typedef {{ type: string, id: string, ok: boolean, data: any, problem: any, topic: string, epoch: string,
 *   offset: number, recovered: boolean, name: string, at?: string, code?: string }} Frame
 */

/**
 * States, told to `onState`: "connecting", "open", "waiting" (lost, trying again),
 * "signed_out" (sign in first), "denied" (no role here), "closed".
 */
export class TrolleySocket {
  /** @type {WebSocket | null} */
  #ws = null;
  /** @type {Map<string, Followed>} */
  #topics = new Map();
  /** @type {Map<string, Waiting>} */
  #pending = new Map();
  /** Who waits for the connection that is being made. @type {{ resolve(): void, reject(problem: Problem): void }[]} */
  #arrivals = [];
  #attempt = 0;
  #tokenRefused = false;
  #heardAt = 0;
  patience = PATIENCE;
  /** @type {Record<string, ReturnType<typeof setTimeout>>} */
  #timers = {};
  #wake = () => this.#hurry();
  #doubt = () => this.state === "open" && this.#ping(0);

  /**
   * `auth` offers `access({fresh})`; `url` is absolute; `Socket` is the WebSocket class.
   * @param {{ url: string, auth: { access(options?: { fresh?: boolean }): Promise<string> }, Socket?: typeof WebSocket,
   *   onState?: (state: string, detail?: Problem | { retryAt: number }) => void,
   *   onNotice?: (notice: any) => void, patience?: { quiet: number, answer: number } }} options
   */
  constructor({
    url,
    auth,
    onState = () => {},
    onNotice = () => {},
    patience = PATIENCE,
    Socket = globalThis.WebSocket,
  }) {
    this.url = url;
    this.auth = auth;
    this.onState = onState;
    this.onNotice = onNotice;
    this.patience = patience;
    this.Socket = Socket;
    this.state = "closed";
  }

  open() {
    if (this.state !== "closed" && this.state !== "signed_out" && this.state !== "denied") return;
    globalThis.addEventListener?.("online", this.#wake);
    globalThis.addEventListener?.("offline", this.#doubt);
    globalThis.document?.addEventListener("visibilitychange", this.#wake);
    this.#attempt = 0;
    this.#connect();
  }

  close() {
    this.#end("closed", new Problem({ code: "closed" }));
  }

  /**
   * Send a command; resolves with the reply's data, rejects with Problem (the server's, or
   * `timeout`: no reply came and the outcome is unknown). A command without a reply is sent
   * again after a reconnect under the same id, which does nothing twice; the time until then does not
   * count. `queue`: false for what is of no use later.
   * @template {string} C
   * @param {C} type
   * @param {CommandBody<C>} [fields]
   * @param {RequestOptions} [options]
   * @returns {Promise<CommandAnswer<C>>}
   */
  request(type, fields, { id = uuid(), timeout = REPLY_MS, queue = true } = {}) {
    if (this.state !== "open" && !queue) return Promise.reject(new Problem({ code: "offline" }));
    return new Promise((resolve, reject) => {
      const text = JSON.stringify({ id, type, ...fields });
      this.#pending.set(id, { text, timeout, queue, resolve, reject });
      this.#arm(id);
      if (this.state === "open") this.#ws?.send(text);
    });
  }

  /**
   * Give a command that moves a lock: now or not at all, for none may open out of the blue. It says when it was
   * given, waits for no connection but one that is being made, and is not sent again. Rejects with Problem.
   * @template {string} C
   * @param {C} type
   * @param {CommandBody<C>} fields
   * @returns {Promise<CommandAnswer<C>>}
   */
  async order(type, fields) {
    const [given_at] = await Promise.all([serverTime(), this.#reached()]);
    return this.request(type, { ...fields, given_at }, { queue: false });
  }

  /** Resolves when the connection that is being made is open; rejects if there is none, or it failed. */
  #reached() {
    if (this.state === "open") return Promise.resolve();
    if (this.state !== "connecting") return Promise.reject(new Problem({ code: "offline" }));
    return new Promise((resolve, reject) => this.#arrivals.push({ resolve: () => resolve(undefined), reject }));
  }

  /** Give a command its time anew: to be answered, or to find a connection. */
  #arm(/** @type {string} */ id) {
    const waiting = present(this.#pending.get(id));
    const open = this.state === "open";
    clearTimeout(waiting.timer);
    waiting.timer = setTimeout(() => this.#drop(id, open ? "timeout" : "offline"), open ? waiting.timeout : AWAY_MS);
  }

  /**
   * @param {string} id
   * @param {string} code
   */
  #drop(id, code) {
    const waiting = present(this.#pending.get(id));
    this.#pending.delete(id);
    clearTimeout(waiting.timer);
    waiting.reject(new Problem({ code }));
  }

  /**
   * Follow a topic. `handler`: {snapshot(data), event(name, data, at), live?(), refused?(problem)}.
   * A handler that throws on an event it does not understand gets a fresh snapshot instead. What was missed
   * while there was no connection is told in one go: nobody is shown what has been and is no more.
   * @param {string} topic
   * @param {Handler} handler
   */
  subscribe(topic, handler) {
    /** @type {Followed} */
    const sub = { topic, handler, epoch: null, offset: null, id: null };
    this.#topics.set(topic, sub);
    if (this.state === "open") this.#ask(sub);
    return () => this.unsubscribe(topic);
  }

  unsubscribe(/** @type {string} */ topic) {
    if (!this.#topics.delete(topic) || this.state !== "open") return;
    this.#ws?.send(JSON.stringify({ id: uuid(), type: "unsubscribe", topic }));
  }

  // --- connection -------------------------------------------------------

  /**
   * @param {string} state
   * @param {Problem | { retryAt: number }} [detail]
   */
  #set(state, detail) {
    this.state = state;
    this.onState(state, detail);
    if (state === "connecting") return;
    for (const { resolve, reject } of this.#arrivals.splice(0))
      if (state === "open") resolve();
      else reject(new Problem({ code: "offline" }));
  }

  async #connect() {
    clearTimeout(this.#timers.retry);
    this.#set("connecting");
    let token;
    try {
      token = await this.auth.access({ fresh: this.#tokenRefused });
    } catch (problem) {
      if (problem.code === "signed_out") this.#end("signed_out", problem);
      else this.#retry();
      return;
    }
    if (this.state !== "connecting") return;
    this.#tokenRefused = false;
    const ws = new this.Socket(this.url, ["trolley.v1", `bearer.${token}`]);
    this.#ws = ws;
    ws.onopen = () => ws === this.#ws && this.#opened(token);
    ws.onmessage = (message) => ws === this.#ws && this.#heard(message.data);
    ws.onclose = (event) => ws === this.#ws && this.#lost(event.code);
    this.#timers.open = setTimeout(() => this.#giveUp(ws), OPEN_MS);
  }

  /** The connection does not answer; the browser would wait for minutes. */
  #giveUp(/** @type {WebSocket | null} */ ws) {
    if (ws !== this.#ws || !ws) return;
    ws.onclose = null;
    ws.close();
    this.#lost(1006);
  }

  #opened(/** @type {string} */ token) {
    clearTimeout(this.#timers.open);
    this.#heardAt = Date.now();
    this.#set("open");
    for (const sub of this.#topics.values()) this.#ask(sub);
    for (const [id, waiting] of this.#pending) {
      this.#ws?.send(waiting.text);
      this.#arm(id);
    }
    this.#armRenewal(token);
    this.#armPing();
  }

  #lost(/** @type {number} */ code) {
    this.#ws = null;
    clearTimeout(this.#timers.open);
    clearTimeout(this.#timers.ping);
    clearTimeout(this.#timers.renew);
    if (code === 4403) return this.#end("denied", new Problem({ code: "forbidden", status: 403 }));
    if (code === 4401) {
      if (this.#attempt > 3) return this.#end("signed_out", new Problem({ code: "signed_out" }));
      this.#tokenRefused = true;
    }
    this.#retry();
  }

  #retry() {
    const wasOpen = this.state === "open";
    const ceiling = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#attempt++);
    const delay = ceiling / 2 + Math.random() * (ceiling / 2);
    this.#set("waiting", { retryAt: Date.now() + delay });
    for (const [id, { queue }] of [...this.#pending]) {
      if (!queue) this.#drop(id, "offline");
      else if (wasOpen) this.#arm(id);
    }
    this.#timers.retry = setTimeout(() => this.#connect(), delay);
  }

  /** The page came back, or the network: try at once instead of waiting for a timer. */
  #hurry() {
    if (globalThis.document?.visibilityState === "hidden") return;
    if (this.state === "waiting") this.#connect();
    else if (this.state === "open") this.#ping();
  }

  /**
   * @param {string} state
   * @param {Problem} problem
   */
  #end(state, problem) {
    const ws = this.#ws;
    this.#ws = null;
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    globalThis.removeEventListener?.("online", this.#wake);
    globalThis.removeEventListener?.("offline", this.#doubt);
    globalThis.document?.removeEventListener("visibilitychange", this.#wake);
    for (const waiting of this.#pending.values()) {
      clearTimeout(waiting.timer);
      waiting.reject(problem);
    }
    this.#pending.clear();
    this.#set(state, problem);
    ws?.close(1000);
  }

  #armPing() {
    clearTimeout(this.#timers.ping);
    const silent = Date.now() - this.#heardAt;
    this.#timers.ping = setTimeout(() => this.#ping(), Math.max(1, this.patience.quiet - silent));
  }

  /** A socket may be dead for minutes before the browser notices; silence is asked about. */
  async #ping(quiet = this.patience.quiet) {
    const ws = this.#ws;
    if (Date.now() - this.#heardAt >= quiet) {
      try {
        await this.request("ping", {}, { timeout: this.patience.answer, queue: false });
      } catch (problem) {
        if (problem.code === "timeout") this.#giveUp(ws);
        if (problem.code === "timeout" || problem.code === "offline") return;
      }
    }
    if (ws === this.#ws) this.#armPing();
  }

  #armRenewal(/** @type {string} */ token) {
    clearTimeout(this.#timers.renew);
    const left = expiryOf(token) - serverNow() - RENEW_BEFORE_MS;
    this.#timers.renew = setTimeout(() => this.#renew(), Math.max(1_000, left));
  }

  async #renew() {
    try {
      const token = await this.auth.access({ fresh: true });
      await this.request("auth.renew", { token }, { queue: false });
      this.#armRenewal(token);
    } catch (problem) {
      if (problem.code === "signed_out") this.#end("signed_out", problem);
      else if (this.state === "open") this.#timers.renew = setTimeout(() => this.#renew(), 5_000);
    }
  }

  // --- messages ---------------------------------------------------------

  #heard(/** @type {string} */ text) {
    this.#heardAt = Date.now();
    /** @type {Frame} */
    const message = JSON.parse(text);
    switch (message.type) {
      case "reply":
        return this.#replied(message);
      case "event":
        return this.#evented(message);
      case "snapshot":
        return this.#snapshot(message);
      case "subscribed":
        return this.#subscribed(message);
      default:
        return this.#noticed(message);
    }
  }

  #noticed(/** @type {Frame} */ message) {
    if (message.code === "token_expiring") this.#renew();
    this.onNotice(message);
  }

  #replied(/** @type {Frame} */ { id, ok, data, problem }) {
    this.#attempt = 0;
    const waiting = this.#pending.get(id);
    if (!waiting) {
      const refused = !ok && [...this.#topics.values()].find((sub) => sub.id === id);
      if (refused) refused.handler.refused?.(new Problem(problem));
      return;
    }
    this.#pending.delete(id);
    clearTimeout(waiting.timer);
    if (ok) waiting.resolve(data ?? {});
    else waiting.reject(new Problem(problem));
  }

  #ask(/** @type {Followed} */ sub) {
    sub.id = uuid();
    sub.asked = true;
    sub.missed = null;
    const place = sub.epoch === null ? {} : { epoch: sub.epoch, offset: sub.offset };
    this.#ws?.send(JSON.stringify({ id: sub.id, type: "subscribe", topic: sub.topic, ...place }));
  }

  #subscribed(/** @type {Frame} */ { topic, epoch, offset, recovered }) {
    this.#attempt = 0;
    const sub = this.#topics.get(topic);
    if (!sub) return;
    sub.asked = false;
    if (!recovered) return; // the snapshot brings the place
    sub.epoch = epoch;
    sub.offset ??= offset;
    if (offset > sub.offset) sub.missed = { until: offset, events: [] };
    else sub.handler.live?.();
  }

  #snapshot(/** @type {Frame} */ { topic, epoch, offset, data }) {
    this.#attempt = 0;
    const sub = this.#topics.get(topic);
    if (!sub) return;
    Object.assign(sub, { epoch, offset, asked: false, missed: null });
    sub.handler.snapshot(data);
    sub.handler.live?.();
  }

  #evented(/** @type {Frame} */ message) {
    const sub = this.#topics.get(message.topic);
    if (!sub) return;
    if (sub.handler.beside?.has(message.name)) return this.#beside(sub, message);
    if (!sub.missed) return this.#tell(sub, message);
    const { until, events } = sub.missed;
    events.push(message);
    if (message.offset < until) return;
    sub.missed = null;
    for (const each of events) this.#tell(sub, each);
    if (!sub.asked) sub.handler.live?.();
  }

  /**
   * @param {Followed} sub
   * @param {Frame} event
   */
  #beside(sub, { name, data, at }) {
    if (sub.epoch !== null && !sub.asked) sub.handler.event(name, data, at);
  }

  /**
   * @param {Followed} sub
   * @param {Frame} event
   */
  #tell(sub, { topic, offset, name, data, at }) {
    if (sub.epoch === null || sub.asked || offset <= present(sub.offset)) return;
    if (offset > present(sub.offset) + 1) return this.#ask(sub); // something was missed: resume from our place
    try {
      sub.handler.event(name, data, at);
      sub.offset = offset;
    } catch (error) {
      console.warn(`${topic}: ${name} not understood, asking for a snapshot`, error);
      sub.epoch = null;
      this.#ask(sub);
    }
  }
}
