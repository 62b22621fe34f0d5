/** What a branch's page knows, as signals, and the orders that staff can give. A page makes one (context.js). */
import { signal } from "../ui.js";
import { zone } from "../i18n.js";
import { TrolleySocket, WATCHFUL } from "../socket.js";
import { foldBranch } from "../fold.js";
import { signalFound } from "../scan.js";
import { withUnheard } from "./states.js";
import { dictionaries } from "../messages.js";
import { present } from "../present.js";

/** @typedef {import("./states.js").Board} Board */
/**
 * Something that happened, as a sentence tells it.
 * @typedef {{ key: string, name: string, at: string, trolley_id: string, holder: string,
 *   alarm?: Live.AlarmView }} Happening
 */

const KEPT_EVENTS = 12;
const TICK_MS = 1_000;

export class BranchStore {
  connection = signal("closed");
  /** @type {Signal<Board | null>} Null until the first snapshot. */
  board = signal(null);
  /** @type {Signal<Problem | null>} The refusal of the subscription, e.g. when the role was taken away. */
  refused = signal(null);
  /** @type {Signal<Happening[]>} What happened last, newest first. */
  happened = signal([]);
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
      onState: (state) => (this.connection.value = state),
    });
  }

  /** Connect and follow the branch. */
  start = () => {
    setInterval(() => (this.now.value = Date.now()), TICK_MS);
    this.socket.subscribe(`branch:${this.code}`, {
      snapshot: (data) => {
        zone.value = data.branch.timezone;
        this.board.value = withUnheard(data);
      },
      event: (name, data, at = "") => {
        this.board.value = withUnheard(foldBranch(present(this.board.peek()), name, data));
        this.#remember(name, data, at);
        if (name === "AlarmRaised" && data.alarm.kind === "help_wanted") signalFound(false);
      },
      refused: (problem) => (this.refused.value = problem),
    });
    this.socket.open();
  };

  /**
   * Only events that we have a sentence for are told; the rest shows on the map.
   * @param {string} name
   * @param {{ trolley?: Live.TrolleyView, alarm?: Live.AlarmView }} data
   * @param {string} at
   */
  #remember(name, { trolley, alarm }, at) {
    if (!(`event.${name}` in dictionaries.en)) return;
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
  /** @type {(trolley_id: string, reason: string) => Promise<unknown>} */
  unlock = (trolley_id, reason) => this.socket.order("trolley.unlock", { trolley_id, reason });
  /** @type {(trolley_id: string, on: boolean, notes: string) => Promise<unknown>} */
  setMaintenance = (trolley_id, on, notes) =>
    this.socket.request("trolley.maintenance", { trolley_id, on, ...(notes ? { notes } : {}) });
}
