/** What the devices page knows, and what a manager can order. The socket says when to look again. */
import { signal } from "../ui.js";
import { auth } from "../api.js";
import { TrolleySocket } from "../socket.js";
import { socketUrl } from "../connect.js";

/** How often the page looks by itself: telemetry and last words come without an event. */
const EVERY_MS = 10_000;
const SOON_MS = 250;

export const connection = signal("closed");
export const branch = signal(null);
/** Devices as the list has them, each with `status` (its shadow) once that is known; null before the first answer. */
export const devices = signal(null);
export const rollouts = signal([]);
export const releases = signal([]);
export const manages = signal(false);
export const refused = signal(null);
export const now = signal(Date.now());
setInterval(() => (now.value = Date.now()), 1000);

let code = "";
let pending = null;

export function start(branchCode) {
  code = branchCode;
  const socket = new TrolleySocket({
    url: socketUrl(`/ws/branch/${encodeURIComponent(code)}/`),
    auth,
    onState: (state) => (connection.value = state),
  });
  socket.subscribe(`branch:${code}`, {
    snapshot(data) {
      branch.value = data.branch;
      soon();
    },
    event: (name, data) => data.device && soon(),
    refused: (problem) => (refused.value = problem),
  });
  socket.open();
  learnRole();
  setInterval(() => document.visibilityState === "visible" && look(), EVERY_MS);
}

/** Look again shortly; many reasons to do so at once are one. */
export function soon() {
  pending ??= setTimeout(() => {
    pending = null;
    look();
  }, SOON_MS);
}

async function learnRole() {
  try {
    const me = await auth.call("GET", "/api/me");
    const role = (one) => ["manager", "chain_admin"].includes(one.role) && (one.branch === null || one.branch === code);
    manages.value = me.is_platform_admin || me.roles.some(role);
    if (manages.value) releases.value = (await auth.call("GET", "/api/firmware")).results.filter((one) => !one.is_withdrawn);
  } catch (problem) {
    if (problem.code === "signed_out") connection.value = "signed_out";
  }
}

/** Read everything; a failure leaves what is on screen, the banner tells of the connection. */
export async function look() {
  try {
    const here = `branch=${encodeURIComponent(code)}`;
    const [list, runs] = await Promise.all([auth.call("GET", `/api/devices?${here}&page_size=200`), auth.call("GET", `/api/rollouts?${here}&page_size=3`)]);
    rollouts.value = runs.results;
    const known = new Map((devices.peek() ?? []).map((one) => [one.id, one.status]));
    devices.value = list.results.map((one) => ({ ...one, status: known.get(one.id) }));
    const found = await Promise.all(list.results.map((one) => auth.call("GET", `/api/devices/${one.id}/status`).catch(() => null)));
    devices.value = list.results.map((one, place) => ({ ...one, status: found[place] ?? known.get(one.id) }));
  } catch (problem) {
    if (problem.status === 403 || problem.status === 404) refused.value = problem;
    else if (problem.code === "signed_out") connection.value = "signed_out";
  }
}

const order = async (method, path, body = {}) => {
  const answer = await auth.call(method, path, { body });
  await look();
  return answer;
};
export const makeClaimCode = () => auth.call("POST", `/api/branches/${encodeURIComponent(code)}/claim-codes`, { body: {} });
export const rotate = (id) => order("POST", `/api/devices/${id}/rotate-token`);
export const revoke = (id) => order("POST", `/api/devices/${id}/revoke`);
export const rename = (id, name) => order("PATCH", `/api/devices/${id}`, { name });
export const saveBoard = (id, board, body) => order(board ? "PUT" : "POST", `/api/devices/${id}/controllers${board ? `/${board.id}` : ""}`, body);
export const removeBoard = (id, board) => order("DELETE", `/api/devices/${id}/controllers/${board.id}`, undefined);
export const updateOne = (id, version) => order("PUT", `/api/devices/${id}/firmware`, { version });
export const updateAll = (version, batch_size) => order("POST", "/api/rollouts", { version, branch: code, batch_size });
export const orderRollout = (id, what) => order("POST", `/api/rollouts/${id}/${what}`);
