/** Looking at a bus: what was asked of the server, and what has come. One bus of one device at a time. */
import { batch, signal } from "../ui.js";
import { KEPT, append } from "./frames.js";
import { now, request } from "./store.js";
import { present } from "../present.js";

/** As long as the server lets anybody look; then it is asked again by hand. */
export const LOOK_S = 300;
/** So long without a frame, and the page says so. */
const QUIET_MS = 3000;

/** "off", "asking", "live", "ended" (its time is over), "offline" (the Pi went), "lost" (our connection), "refused". */
export const phase = signal("off");
export const problem = signal(/** @type {Problem | null} */ (null));
export const frames = signal(/** @type {any[]} */ ([]));
/** Frames that passed and were not shown, by the Pi's and the server's count. */
export const dropped = signal(0);
/** The frames as they were when the picture was stopped; null: it moves. */
export const still = signal(/** @type {any[] | null} */ (null));

/** @type {{ device_id: string, bus: number } | null} */
let watched = null;
let until = 0;
let heardAt = 0;

export const secondsLeft = () => Math.max(0, Math.ceil((until - now.value) / 1000));
export const quiet = () => phase.value === "live" && now.value - heardAt > QUIET_MS;

export async function look(device_id, bus) {
  batch(() => {
    watched = { device_id, bus };
    phase.value = "asking";
    problem.value = still.value = null;
    frames.value = [];
    dropped.value = 0;
  });
  const mine = watched;
  try {
    await request("device.inspect", { device_id, bus, seconds: LOOK_S });
    if (mine !== watched || phase.value !== "asking") return;
    heardAt = Date.now();
    until = heardAt + LOOK_S * 1000;
    phase.value = "live";
  } catch (refused) {
    if (mine !== watched) return;
    problem.value = refused;
    phase.value = refused.code === "device_offline" ? "offline" : "refused";
  }
}

/** No more of it; what has come stays on the page. */
export function stop() {
  const was = phase.value;
  phase.value = "off";
  if (was !== "live" && was !== "asking") return;
  const { device_id, bus } = present(watched);
  watched = null;
  request("device.inspect", { device_id, bus, seconds: 0 }).catch(() => {}); // it ends by its time then
}

export function hold(on) {
  still.value = on ? frames.value : null;
}

/** A message of the socket that is neither reply nor event. */
export function heard(message) {
  if (!watched || message.device_id !== watched.device_id || message.bus !== watched.bus) return;
  if (message.type === "inspection_ended") finish("offline");
  if (message.type !== "frames" || phase.value !== "live") return;
  batch(() => {
    if (message.frames.length) heardAt = Date.now();
    dropped.value += message.dropped;
    frames.value = append(frames.value, message.frames);
  });
}

/** How many have come since the picture was stopped, at most what is kept. */
export const missed = () =>
  still.value ? Math.min(KEPT, (frames.value.at(-1)?.key ?? 0) - (still.value.at(-1)?.key ?? 0)) : 0;

function finish(how) {
  if (phase.value !== "live" && phase.value !== "asking") return;
  watched = null;
  phase.value = how;
}

/** The server forgets who looks when their socket closes. */
export const connectionLost = () => finish("lost");

now.subscribe((time) => phase.peek() === "live" && time >= until && finish("ended"));
