/** What a branch's page knows, as signals, and the orders that staff can give. A page makes one (context.js). */
import { signal } from "../ui.js";
import { TrolleySocket, WATCHFUL } from "../socket.js";
import { foldBranch } from "../fold.js";
import { signalFound } from "../scan.js";
import { follow, ORDERED, resumed, taken } from "./openings.js";
import { withUnheard } from "./states.js";
import { lang, zone } from "../i18n.js";
import { translate } from "../messages.js";
import { present } from "../present.js";

/** @typedef {import("./states.js").Board} Board */
/** @typedef {import("./openings.js").Opening} Opening */
/**
 * Something that happened, as a sentence tells it.
 * @typedef {{ key: string, name: string, at: string, trolley_id: string, holder: string,
 *   alarm?: Live.AlarmView }} Happening
 */

const KEPT_EVENTS = 12;
const TICK_MS = 1_000;

export class BranchStore {
  /** "open" only while what is shown is what the server knows: an open socket that brings nothing is not that. */
  connection = signal("closed");
  /** @type {Signal<Board | null>} Null until the first snapshot. */
  board = signal(null);
  /** @type {Signal<Problem | null>} The refusal of the subscription, e.g. when the role was taken away. */
  refused = signal(null);
  /** @type {Signal<Happening[]>} What happened last, newest first. */
  happened = signal([]);
  /** @type {Signal<Map<string, Opening>>} What became of the orders given here to open a lock, by trolley. */
  openings = signal(new Map());
  /** Ticks once a second; whoever shows a duration reads it. */
  now = signal(Date.now());

  /**
   * `code`: the branch's; `Socket`: the WebSocket class.
   * @param {{ code: string, auth: typeof import("../api.js").auth, url: string, Socket?: typeof WebSocket }} parts
   */
  constructor({ code, auth, url, Socket = globalThis.WebSocket }) {
    this.code = code;
    this.socket = new TrolleySocket({
      url,
      auth,
      Socket,
      patience: WATCHFUL,
      onState: (state) => (this.connection.value = state === "open" ? "connecting" : state),
    });
  }

  /** Connect and follow the branch. */
  start = () => {
    setInterval(() => (this.now.value = Date.now()), TICK_MS);
    this.socket.subscribe(`branch:${this.code}`, {
      snapshot: (data) => {
        this.#show(data);
        for (const [id, opening] of this.openings.peek()) this.#note(id, resumed(opening, this.#trolley(id)));
      },
      event: (name, data, at = "") => {
        this.#show(foldBranch(present(this.board.peek()), name, data));
        this.#remember(name, data, at);
        const opening = this.openings.peek().get(data.trolley?.trolley_id);
        if (opening) this.#note(data.trolley.trolley_id, follow(opening, name, data.trolley));
        if (name === "AlarmRaised" && data.alarm.kind === "help_wanted") signalFound(false);
      },
      live: () => (this.connection.value = "open"),
      refused: (problem) => (this.refused.value = problem),
    });
    this.socket.open();
  };

  /** @param {Live.BranchSnapshot} board */
  #show(board) {
    zone.value = board.branch.timezone;
    this.board.value = withUnheard(board);
  }

  /** @param {string} trolley_id */
  #trolley = (trolley_id) => this.board.peek()?.trolleys.find((one) => one.trolley_id === trolley_id);

  /** @type {(trolley_id: string, opening: Opening | null) => void} */
  #note(trolley_id, opening) {
    const next = new Map(this.openings.peek());
    if (opening) next.set(trolley_id, opening);
    else next.delete(trolley_id);
    this.openings.value = next;
  }

  /**
   * Only events that we have a sentence for are told; the rest shows on the map.
   * @param {string} name
   * @param {{ trolley?: Live.TrolleyView, alarm?: Live.AlarmView }} data
   * @param {string} at
   */
  #remember(name, { trolley, alarm }, at) {
    if (translate(lang.peek(), `event.${name}`, {}, null) === null) return;
    const entry = {
      key: `${at}${name}${trolley?.trolley_id ?? alarm?.alarm_id ?? ""}`,
      alarm,
      name,
      at,
      trolley_id: trolley?.trolley_id ?? "",
      holder: trolley?.assigned_to ?? "",
    };
    this.happened.value = [entry, ...this.happened.peek()].slice(0, KEPT_EVENTS);
  }

  get #branch() {
    return present(this.board.peek()).branch.code;
  }

  // --- alarms -----------------------------------------------------------

  /** @param {string} alarm_id */
  acknowledge = (alarm_id) => this.socket.request("alarm.acknowledge", { branch: this.#branch, alarm_id });
  /**
   * Give an alarm to a colleague, by user id.
   * @type {(alarm_id: string, assignee: string, note: string) => Promise<any>}
   */
  handOver = (alarm_id, assignee, note) =>
    this.socket.request("alarm.acknowledge", {
      branch: this.#branch,
      alarm_id,
      assignee,
      ...(note ? { note } : {}),
    });
  /** @param {string} alarm_id */
  release = (alarm_id) => this.socket.request("alarm.release", { branch: this.#branch, alarm_id });
  /** @param {string} alarm_id */
  answerHelp = (alarm_id) => this.socket.request("help.answer", { branch: this.#branch, alarm_id });
  /** @param {string} alarm_id */
  clearAlarm = (alarm_id) => this.socket.request("alarm.clear", { branch: this.#branch, alarm_id });
  /** @type {(alarm_id: string, minutes: number, reason: string) => Promise<unknown>} */
  snooze = (alarm_id, minutes, reason) =>
    this.socket.request("alarm.snooze", { branch: this.#branch, alarm_id, minutes, reason });

  /** @type {(approval_id: string, approve: boolean, weight_g?: number) => Promise<unknown>} */
  settleApproval = (approval_id, approve, weight_g) =>
    this.socket.request("approval.settle", {
      branch: this.#branch,
      approval_id,
      approve,
      ...(weight_g !== undefined && { weight_g }),
    });

  // --- trolleys ---------------------------------------------------------

  /** @type {(trolley_id: string, alarm: Live.AlarmView) => Promise<unknown>} */
  giveBack = (trolley_id, { device_id, slot }) =>
    this.socket.request("trolley.return", { branch: this.#branch, trolley_id, device_id, slot });
  /**
   * Order a lock to open, and follow what becomes of it in `openings`. Rejects with Problem: it was not taken.
   * @param {string} trolley_id
   * @param {string} reason
   */
  unlock = (trolley_id, reason) => this.#open(trolley_id, "trolley.unlock", { trolley_id, reason });
  /**
   * Let a trolley to whoever has the phone number; its lock opens for them. Rejects with Problem.
   * @type {(trolley_id: string, user_phone: string, minutes: number | null) => Promise<any>}
   */
  assign = (trolley_id, user_phone, minutes) =>
    this.#open(trolley_id, "trolley.assign", { trolley_id, user_phone, ...(minutes ? { minutes } : {}) });

  /** @type {(trolley_id: string, name: "trolley.unlock" | "trolley.assign", fields: any) => Promise<any>} */
  async #open(trolley_id, name, fields) {
    const place = this.#trolley(trolley_id)?.place;
    if (place) this.#note(trolley_id, ORDERED);
    try {
      const answer = await this.socket.order(name, fields);
      const opening = this.openings.peek().get(trolley_id);
      if (opening) this.#note(trolley_id, taken(opening, this.#trolley(trolley_id)));
      return answer;
    } catch (problem) {
      this.#note(trolley_id, null);
      throw problem;
    }
  }

  /** End a session for its shopper. @param {string} session_id */
  endSession = (session_id) => this.socket.request("session.end", { session_id });
  /** Say that a trolley is back which no slot saw. @type {(trolley_id: string, reason: string) => Promise<unknown>} */
  closeRental = (trolley_id, reason) => this.socket.request("trolley.close_rental", { trolley_id, reason });
  /** @type {(trolley_id: string, on: boolean, reason: string) => Promise<unknown>} */
  setMissing = (trolley_id, on, reason) => this.socket.request("trolley.missing", { trolley_id, on, reason });
  /** @type {(trolley_id: string, on: boolean, notes: string) => Promise<unknown>} */
  setMaintenance = (trolley_id, on, notes) =>
    this.socket.request("trolley.maintenance", { trolley_id, on, ...(notes ? { notes } : {}) });
}
