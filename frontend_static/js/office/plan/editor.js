/** The editor of a branch's floor plan: zones, and where the locks are. The maps show it as soon as it is saved. */
import { html, cx, useEffect, useState } from "../../ui.js";
import { t } from "../../i18n.js";
import { auth, queryOf } from "../../api.js";
import { Busy, Refusal, useRequest } from "../../parts/forms.js";
import { Icon } from "../../parts/icons.js";
import { toast } from "../../parts/common.js";
import { racks } from "../../devices/places.js";
import { base, branchOfPage, signIn, waiting } from "../load.js";
import { Drawing } from "./drawing.js";
import { RowSheet, Side } from "./side.js";
import { begun, redone, stepped, thingOf, undone, withZone, without } from "./edits.js";

/**
 * @typedef {import("./edits.js").FloorPlan} FloorPlan
 * @typedef {import("./edits.js").History} History
 * The branch as it was before its plan was read, so that nobody's later change is ever written over.
 * @typedef {{ place: any, plan: FloorPlan, locks: import("./side.js").Lock[], names: Map<string, string> }} Ground
 */

/** A floor without walls yet, while it is drawn. */
const FIRST = { width_m: 20, height_m: 14 };
const MOST_ZOOM = 4;

/**
 * What is drawn and not saved, while another part of the office is looked at.
 * @type {{ ground: Ground, history: History } | null}
 */
let draft = null;

const spot = (/** @type {{ device_id: string, slot: number }} */ { device_id, slot }) => `${device_id}:${slot}`;

/** All of a listing's pages. @param {string} path @returns {Promise<any[]>} */
async function all(path) {
  const found = [];
  for (let next = /** @type {string | null} */ (path); next;) {
    const answer = await auth.call("GET", next);
    found.push(...(answer.results ?? answer));
    next = answer.next
      ? new URL(answer.next, location.origin).pathname + new URL(answer.next, location.origin).search
      : null;
  }
  return found;
}

/** @returns {Promise<Ground>} */
async function read() {
  const place = await auth.call("GET", base);
  const [plan, devices, trolleys] = await Promise.all([
    auth.call("GET", `${base}/floor-plan`),
    all(`/api/devices?${queryOf({ branch: branchOfPage ?? "" })}`),
    all(`${base}/trolleys?page_size=200`),
  ]);
  const numbers = new Map(trolleys.map((one) => [one.trolley_id, String(one.cart_number)]));
  const whole = await Promise.all(devices.map((one) => auth.call("GET", `/api/devices/${one.id}`)));
  const known = whole.flatMap((device) =>
    racks(device, device.slots).flatMap(({ locks }) =>
      locks.map((lock) => ({
        device_id: device.id,
        slot: lock.slot,
        device: device.name,
        trolley_id: lock.trolley_id,
      })),
    ),
  );
  const names = new Map(
    known.flatMap((one) => (one.trolley_id ? [[spot(one), numbers.get(one.trolley_id) ?? one.trolley_id]] : [])),
  );
  return { place, plan: plan.width_m && plan.height_m ? plan : { ...plan, ...FIRST }, locks: known, names };
}

/** What the keys do wherever one is on the page, but in a field. @param {() => void} undo @param {() => void} redo */
function useShortcuts(undo, redo) {
  useEffect(() => {
    const heard = (/** @type {KeyboardEvent} */ event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      if (!(event.ctrlKey || event.metaKey) || event.altKey || target.matches("input, textarea, select")) return;
      const key = event.key.toLowerCase();
      if (key !== "z" && key !== "y") return;
      event.preventDefault();
      if (key === "y" || event.shiftKey) redo();
      else undo();
    };
    addEventListener("keydown", heard);
    return () => removeEventListener("keydown", heard);
  }, [undo, redo]);
}

/** The browser asks before a page with unsaved changes is left. @param {boolean} unsaved */
function useWarning(unsaved) {
  useEffect(() => {
    if (!unsaved) return;
    const ask = (/** @type {Event} */ event) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [unsaved]);
}

/** @param {{ icon: string, label: string, off?: boolean, pressed?: boolean, run: () => void }} props */
const Tool = ({ icon, label, off = false, pressed, run }) => html`<button
  type="button"
  class=${cx("btn", "btn-quiet", "btn-icon", icon === "redo" && "turned")}
  disabled=${off}
  aria-pressed=${pressed}
  aria-label=${label}
  title=${label}
  onClick=${run}
>
  <${Icon} name=${icon === "redo" ? "undo" : icon} />
</button>`;

/**
 * What is drawn, what is held, and how both change.
 * @param {Ground} ground
 */
function useDrawing(ground) {
  const [history, setHistory] = useState(() => draft?.history ?? begun(ground.plan));
  const [chosen, choose] = useState(/** @type {string[]} */ ([]));
  const put = (/** @type {History} */ next) => {
    setHistory(next);
    draft = next.now === ground.plan ? null : { ground, history: next };
  };
  const plan = history.now;
  const held = chosen.filter((key) => thingOf(plan, key));
  const back = (/** @type {(history: History) => History} */ way) => () => put(way(history));
  return {
    plan,
    history,
    chosen: held,
    choose,
    unsaved: plan !== ground.plan,
    change: (/** @type {FloorPlan} */ next, tag = "") => put(stepped(history, next, tag)),
    add: (/** @type {{ plan: FloorPlan, keys: string[] }} */ made) => {
      put(stepped(history, made.plan));
      choose(made.keys);
    },
    remove: () => {
      put(stepped(history, without(plan, held)));
      choose([]);
    },
    undo: back(undone),
    redo: back(redone),
  };
}

/** @param {{ ground: Ground, onSaved: (place: any) => void, reload: () => Promise<void> }} props */
function Editor({ ground, onSaved, reload }) {
  const drawing = useDrawing(ground);
  const { plan, history, chosen, unsaved, change, add, undo, redo } = drawing;
  const [draws, setDraws] = useState(false);
  const [row, setRow] = useState(false);
  const [zoom, setZoom] = useState(1);
  const { busy, problem, run } = useRequest();
  useShortcuts(undo, redo);
  useWarning(unsaved);
  const nameOf = (/** @type {any} */ slot) => ground.names.get(spot(slot)) ?? "";
  const taken = new Set(plan.slots.map(spot));
  const free = ground.locks.filter((one) => !taken.has(spot(one)));
  const save = async () => {
    const headers = { "If-Match": `"${ground.place.version}"` };
    if (!(await run(() => auth.call("PUT", `${base}/floor-plan`, { body: plan, headers })))) return;
    draft = null;
    toast(t("floor.saved"));
    const place = await run(reload);
    if (place) onSaved(place);
  };
  const leave = () => {
    draft = null;
    run(reload);
  };
  return html`
    <div class="row floor-tools" role="toolbar" aria-label=${t("floor.tools")}>
      <${Tool} icon="undo" label=${t("undo")} off=${!history.past.length} run=${undo} />
      <${Tool} icon="redo" label=${t("floor.redo")} off=${!history.future.length} run=${redo} />
      <button type="button" class="btn btn-quiet" aria-pressed=${draws} onClick=${() => setDraws(!draws)}>
        ${t("floor.draw")}
      </button>
      <button type="button" class="btn btn-quiet" onClick=${() => add(withZone(plan, t("floor.new_zone")))}>
        ${t("floor.add_zone")}
      </button>
      <button type="button" class="btn btn-quiet" disabled=${!free.length} onClick=${() => setRow(true)}>
        ${t("floor.row")}
      </button>
      <${Tool} icon="plus" label=${t("zoom.in")} off=${zoom >= MOST_ZOOM} run=${() => setZoom(zoom + 1)} />
      <${Tool} icon="minus" label=${t("zoom.out")} off=${zoom <= 1} run=${() => setZoom(zoom - 1)} />
      <span class="push row tight">
        ${
          unsaved &&
          html`<button type="button" class="btn btn-bare" disabled=${busy} onClick=${leave}>${t("floor.leave")}</button>`
        }
        <button type="button" class="btn btn-primary" disabled=${busy || !unsaved} onClick=${save}>
          <${Busy} on=${busy} />${t("save")}
        </button>
      </span>
    </div>
    <${Refusal} problem=${problem} />
    <div class="floor-work">
      <${Drawing}
        plan=${plan}
        chosen=${chosen}
        choose=${drawing.choose}
        change=${change}
        remove=${drawing.remove}
        nameOf=${nameOf}
        drawing=${draws}
        onDrawn=${() => setDraws(false)}
        zoom=${zoom}
      />
      <${Side}
        plan=${plan}
        chosen=${chosen}
        change=${change}
        remove=${drawing.remove}
        nameOf=${nameOf}
        pictures=${`${base}/floor-plan/pictures`}
      />
    </div>
    ${
      row &&
      html`<${RowSheet}
        plan=${plan}
        free=${free}
        nameOf=${nameOf}
        onClose=${() => setRow(false)}
        onRow=${(/** @type {any} */ made) => {
          setRow(false);
          add(made);
        }}
      />`
    }
  `;
}

/** @param {{ onSaved: (place: any) => void }} props */
export function PlanTab({ onSaved }) {
  const [ground, setGround] = useState(/** @type {Ground | null} */ (draft?.ground ?? null));
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  const [turn, setTurn] = useState(0);
  const reload = async () => {
    const fresh = await read();
    setGround(fresh);
    setTurn(turn + 1);
    return fresh.place;
  };
  const begin = () => {
    setProblem(null);
    reload().catch((refused) => (refused.code === "signed_out" ? signIn() : setProblem(refused)));
  };
  useEffect(() => {
    if (!ground) begin();
  }, []);
  if (!ground) return waiting({ data: null, problem, reload: begin });
  return html`<div class="stack floor-editor">
    <${Editor} key=${turn} ground=${ground} onSaved=${onSaved} reload=${reload} />
  </div>`;
}
