/** What the devices pages know, and what a manager can order. The socket says when to look again. */
import { computed, signal } from "../ui.js";
import { zone } from "../i18n.js";
import { auth } from "../api.js";
import { TrolleySocket, WATCHFUL } from "../socket.js";
import { socketUrl } from "../connect.js";
import { foldBranch } from "../fold.js";
import { present } from "../present.js";

/** How often the page looks by itself: telemetry and last words come without an event. */
const EVERY_MS = 10_000;
/** The same while firmware is on its way. */
const BUSY_MS = 2_000;
const SOON_MS = 250;

export const connection = signal("closed");
const board = signal(/** @type {Live.BranchSnapshot | null} */ (null));
export const branch = computed(() => board.value?.branch ?? null);
export const trolleys = computed(() => board.value?.trolleys ?? []);
/** Devices as the list has them, each with `status` (its shadow) once that is known; null before the first answer. */
/** A Pi, and how it is doing as far as that was asked. @typedef {Rest.DeviceAnswer & { status?: any }} Pi */
export const devices = signal(/** @type {Pi[] | null} */ (null));
/** Of the device whose page this is: [{slot, trolley_id, hook, present, at}]. */
export const slots = signal(/** @type {Rest.SlotAnswer[]} */ ([]));
export const rollouts = signal(/** @type {Rest.RolloutAnswer[]} */ ([]));
export const releases = signal(/** @type {Rest.ReleaseAnswer[]} */ ([]));
export const manages = signal(false);
export const managesChain = signal(false);
export const refused = signal(/** @type {Problem | null} */ (null));
export const now = signal(Date.now());
setInterval(() => (now.value = Date.now()), 1000);

let code = "";
let shown = "";
/** @type {TrolleySocket} */
let socket;
/** @type {ReturnType<typeof setTimeout> | null} */
let pending = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let next;

/** `device_id`: whose page it is, if it is one's. `onNotice` hears what is neither reply nor event. */
export function start(branchCode, device_id, onNotice) {
  code = branchCode;
  shown = device_id;
  socket = new TrolleySocket({
    url: socketUrl(`/ws/branch/${encodeURIComponent(code)}/`),
    auth,
    patience: WATCHFUL,
    onState: (state) => (connection.value = state),
    onNotice,
  });
  socket.subscribe(`branch:${code}`, {
    snapshot(data) {
      zone.value = data.branch.timezone;
      board.value = data;
      soon();
    },
    event(name, data) {
      board.value = foldBranch(present(board.peek()), name, data);
      if (data.device || (shown && data.trolley)) soon();
    },
    refused: (problem) => (refused.value = problem),
  });
  socket.open();
  learnRole();
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && soon());
  again();
}

function again() {
  clearTimeout(next);
  const busy = rollouts.peek().some((one) => one.status === "running");
  next = setTimeout(
    async () => {
      if (document.visibilityState === "visible") await look();
      again();
    },
    busy ? BUSY_MS : EVERY_MS,
  );
}

/** Look again shortly; many reasons to do so at once are one. */
export function soon() {
  pending ??= setTimeout(async () => {
    pending = null;
    await look();
    again();
  }, SOON_MS);
}

/** A command over the page's socket; rejects with Problem, at once while there is no connection. */
export const request = (type, fields) => socket.request(type, fields, { queue: false });

async function learnRole() {
  try {
    const me = await auth.call("GET", "/api/me");
    const here = (one) => one.branch === null || one.branch === code;
    manages.value =
      me.is_platform_admin || me.roles.some((one) => ["manager", "chain_admin"].includes(one.role) && here(one));
    managesChain.value = me.is_platform_admin || me.roles.some((one) => one.role === "chain_admin");
    if (manages.value)
      releases.value = (await auth.call("GET", "/api/firmware")).results.filter((one) => !one.is_withdrawn);
  } catch (problem) {
    if (problem.code === "signed_out") connection.value = "signed_out";
  }
}

/** Read everything; a failure leaves what is on screen, the banner tells of the connection. */
export async function look() {
  try {
    const here = `branch=${encodeURIComponent(code)}`;
    const [list, runs] = await Promise.all([
      auth.call("GET", `/api/devices?${here}&page_size=200`),
      auth.call("GET", `/api/rollouts?${here}&page_size=3`),
    ]);
    rollouts.value = runs.results;
    const found = list.results;
    if (shown && found.some((one) => one.id === shown))
      slots.value = await auth.call("GET", `/api/devices/${shown}/slots`);
    const known = new Map((devices.peek() ?? []).map((one) => [one.id, one.status]));
    const told = await Promise.all(
      found.map((one) =>
        !shown || one.id === shown ? auth.call("GET", `/api/devices/${one.id}/status`).catch(() => null) : null,
      ),
    );
    devices.value = found.map((one, place) => ({ ...one, status: told[place] ?? known.get(one.id) }));
  } catch (problem) {
    if (problem.status === 403 || problem.status === 404) refused.value = problem;
    else if (problem.code === "signed_out") connection.value = "signed_out";
  }
}

/** The chain that the branch belongs to. */
export const chain = () => branch.value?.chain ?? "";

const order = async (method, path, body = {}) => {
  const answer = await auth.call(method, path, { body });
  await look();
  return answer;
};
export const makeClaimCode = () =>
  auth.call("POST", `/api/branches/${encodeURIComponent(code)}/claim-codes`, { body: {} });
export const rotate = (id) => order("POST", `/api/devices/${id}/rotate-token`);
export const revoke = (id) => order("POST", `/api/devices/${id}/revoke`);
export const removeDevice = (id) => order("DELETE", `/api/devices/${id}`, undefined);
export const rename = (id, name) => order("PATCH", `/api/devices/${id}`, { name });
export const saveBoard = (id, one, body) =>
  order(one ? "PUT" : "POST", `/api/devices/${id}/controllers${one ? `/${one.id}` : ""}`, body);
export const removeBoard = (id, one) => order("DELETE", `/api/devices/${id}/controllers/${one.id}`, undefined);
export const placeTrolley = (id, slot, trolley_id) =>
  order("POST", `/api/devices/${id}/slots`, { slot, trolley_id, replace: true });
export const updateOne = (id, version) => order("PUT", `/api/devices/${id}/firmware`, { version });
export const updateAll = (version, { scope, batch_size, failures }) =>
  order("POST", "/api/rollouts", {
    version,
    ...(scope === "chain" ? { chain: chain() } : { branch: code }),
    batch_size,
    max_failure_rate: failures / 100,
  });
export const orderRollout = (id, what) => order("POST", `/api/rollouts/${id}/${what}`);
