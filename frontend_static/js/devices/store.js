/**
 * What a devices page knows, and what a manager can order. The socket says when to look again.
 * A page makes one store and hands it on (context.js).
 */
import { computed, signal } from "../ui.js";
import { zone } from "../i18n.js";
import { TrolleySocket, WATCHFUL } from "../socket.js";
import { foldBranch } from "../fold.js";
import { present } from "../present.js";

/** How often the page looks by itself: telemetry and last words come without an event. */
const EVERY_MS = 10_000;
/** The same while firmware is on its way. */
const BUSY_MS = 2_000;
const SOON_MS = 250;

/**
 * How a Pi does, with its telemetry as it sends it.
 * @typedef {Omit<Rest.StatusAnswer, "health"> & { health: import("./health.js").Telemetry }} Status
 * A Pi, and how it does as far as that was asked.
 * @typedef {Rest.DeviceAnswer & { status?: Status }} Device
 * A board as a form has it.
 * @typedef {Required<Omit<Rest.ControllerAnswer, "id">>} Board
 * Where a release goes and how carefully; `failures` in percent.
 * @typedef {{ scope: string, batch_size: number, failures: number }} Reach
 */

export class DevicesStore {
  connection = signal("closed");
  /** @type {Signal<Live.BranchSnapshot | null>} */
  #board = signal(null);
  branch = computed(() => this.#board.value?.branch ?? null);
  trolleys = computed(() => this.#board.value?.trolleys ?? []);
  /** @type {Signal<Device[] | null>} null before the first answer. */
  devices = signal(null);
  /** @type {Signal<Rest.SlotAnswer[]>} Of the device whose page this is. */
  slots = signal([]);
  /** @type {Signal<Rest.RolloutAnswer[]>} */
  rollouts = signal([]);
  /** @type {Signal<Rest.ReleaseAnswer[]>} */
  releases = signal([]);
  manages = signal(false);
  managesChain = signal(false);
  /** @type {Signal<Problem | null>} Why nothing of the branch may be seen. */
  refused = signal(null);
  /** Milliseconds since 1970, moving once a second. */
  now = signal(Date.now());

  /** @type {ReturnType<typeof setTimeout> | null} */
  #pending = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #next;
  /** @type {Set<(notice: any) => void>} */
  #listeners = new Set();

  /** @param {{ auth: typeof import("../api.js").auth, url: string, code: string, shown: string }} parts */
  constructor({ auth, url, code, shown }) {
    this.auth = auth;
    this.code = code;
    this.shown = shown;
    this.socket = new TrolleySocket({
      url,
      auth,
      patience: WATCHFUL,
      onState: (state) => (this.connection.value = state),
      onNotice: (notice) => this.#listeners.forEach((heard) => heard(notice)),
    });
  }

  /**
   * Be told what the socket says that is neither reply nor event.
   * @param {(notice: any) => void} heard
   */
  onNotice = (heard) => this.#listeners.add(heard);

  /** Connect, learn what the account may order here, and look. */
  start = () => {
    this.socket.subscribe(`branch:${this.code}`, {
      snapshot: (data) => {
        zone.value = data.branch.timezone;
        this.#board.value = data;
        this.soon();
      },
      event: (name, data) => {
        this.#board.value = foldBranch(present(this.#board.peek()), name, data);
        if (data.device || (this.shown && data.trolley)) this.soon();
      },
      refused: (problem) => (this.refused.value = problem),
    });
    this.socket.open();
    this.#learnRole();
    setInterval(() => (this.now.value = Date.now()), 1000);
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.soon());
    this.#again();
  };

  #again() {
    clearTimeout(this.#next);
    const busy = this.rollouts.peek().some((one) => one.status === "running");
    this.#next = setTimeout(
      async () => {
        if (document.visibilityState === "visible") await this.look();
        this.#again();
      },
      busy ? BUSY_MS : EVERY_MS,
    );
  }

  /** Look again shortly; many reasons to do so at once are one. */
  soon = () => {
    if (this.#pending) return;
    this.#pending = setTimeout(async () => {
      this.#pending = null;
      await this.look();
      this.#again();
    }, SOON_MS);
  };

  /**
   * A command over the page's socket; rejects with Problem, at once while there is no connection.
   * @template {string} C
   * @param {C} type
   * @param {CommandBody<C>} fields
   */
  request = (type, fields) => this.socket.request(type, fields, { queue: false });

  async #learnRole() {
    try {
      /** @type {Rest.MeAnswer} */
      const me = await this.auth.call("GET", "/api/me");
      const here = me.roles.filter((one) => one.branch === null || one.branch === this.code);
      this.manages.value = me.is_platform_admin || here.some((one) => ["manager", "chain_admin"].includes(one.role));
      this.managesChain.value = me.is_platform_admin || me.roles.some((one) => one.role === "chain_admin");
      if (!this.manages.value) return;
      /** @type {Page<Rest.ReleaseAnswer>} */
      const known = await this.auth.call("GET", "/api/firmware");
      this.releases.value = known.results.filter((one) => !one.is_withdrawn);
    } catch (problem) {
      if (problem.code === "signed_out") this.connection.value = "signed_out";
    }
  }

  /**
   * Every row of a list, page after page.
   * @param {string} path
   */
  async #all(path) {
    const rows = [];
    /** @type {string | null} */
    let next = path;
    while (next) {
      const page = await this.auth.call("GET", next);
      rows.push(...page.results);
      const { pathname, search } = new URL(page.next ?? "/", location.origin);
      next = page.next && pathname + search;
    }
    return rows;
  }

  /** Read everything; a failure leaves what is on screen, the banner tells of the connection. */
  look = async () => {
    try {
      const here = `branch=${encodeURIComponent(this.code)}`;
      const [list, runs] = await Promise.all([
        this.#all(`/api/devices?${here}&page_size=200`),
        this.auth.call("GET", `/api/rollouts?${here}&page_size=3`),
      ]);
      this.rollouts.value = runs.results;
      /** @type {Rest.DeviceAnswer[]} */
      const found = list;
      const { shown } = this;
      if (shown && found.some((one) => one.id === shown))
        this.slots.value = await this.auth.call("GET", `/api/devices/${shown}/slots`);
      const known = new Map((this.devices.peek() ?? []).map((one) => [one.id, one.status]));
      const told = await Promise.all(
        found.map((one) =>
          !shown || one.id === shown ? this.auth.call("GET", `/api/devices/${one.id}/status`).catch(() => null) : null,
        ),
      );
      this.devices.value = found.map((one, place) => ({ ...one, status: told[place] ?? known.get(one.id) }));
    } catch (problem) {
      if (problem.status === 403 || problem.status === 404) this.refused.value = problem;
      else if (problem.code === "signed_out") this.connection.value = "signed_out";
    }
  };

  /** The slug of the chain that the branch belongs to. */
  get chain() {
    return this.branch.value?.chain ?? "";
  }

  /**
   * One order, and a look at what it did. Raises Problem.
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   */
  async #order(method, path, body) {
    const answer = await this.auth.call(method, path, { body });
    await this.look();
    return answer;
  }

  /** @returns {Promise<Rest.ClaimCodeAnswer>} */
  makeClaimCode = () =>
    this.auth.call("POST", `/api/branches/${encodeURIComponent(this.code)}/claim-codes`, { body: {} });
  /** @type {(id: string) => Promise<Rest.RotateAnswer>} */
  rotate = (id) => this.#order("POST", `/api/devices/${id}/rotate-token`, {});
  revoke = (/** @type {string} */ id) => this.#order("POST", `/api/devices/${id}/revoke`, {});
  removeDevice = (/** @type {string} */ id) => this.#order("DELETE", `/api/devices/${id}`);
  rename = (/** @type {string} */ id, /** @type {string} */ name) =>
    this.#order("PATCH", `/api/devices/${id}`, { name });

  /**
   * Change the board `known`, or add one when there is none.
   * @param {string} id
   * @param {Rest.ControllerAnswer | undefined} known
   * @param {Board} body
   */
  saveBoard = (id, known, body) =>
    this.#order(known ? "PUT" : "POST", `/api/devices/${id}/controllers${known ? `/${known.id}` : ""}`, body);
  removeBoard = (/** @type {string} */ id, /** @type {Rest.ControllerAnswer} */ known) =>
    this.#order("DELETE", `/api/devices/${id}/controllers/${known.id}`);

  /**
   * Give a slot to a trolley, or to none.
   * @param {string} id
   * @param {number} slot
   * @param {string | null} trolley_id
   */
  placeTrolley = (id, slot, trolley_id) =>
    this.#order("POST", `/api/devices/${id}/slots`, { slot, trolley_id, replace: true });

  updateOne = (/** @type {string} */ id, /** @type {string} */ version) =>
    this.#order("PUT", `/api/devices/${id}/firmware`, { version });
  updateAll = (/** @type {string} */ version, /** @type {Reach} */ { scope, batch_size, failures }) =>
    this.#order("POST", "/api/rollouts", {
      version,
      ...(scope === "chain" ? { chain: this.chain } : { branch: this.code }),
      batch_size,
      max_failure_rate: failures / 100,
    });
  orderRollout = (/** @type {string} */ id, /** @type {string} */ what) =>
    this.#order("POST", `/api/rollouts/${id}/${what}`, {});
}
