/** What stands beside the plan: the figures of what is held, and the sheet that puts a row of locks on it. */
import { html, useState } from "../../ui.js";
import { t } from "../../i18n.js";
import { Sheet } from "../../parts/common.js";
import { auth } from "../../api.js";
import { Field, Refusal, useRequest } from "../../parts/forms.js";
import {
  LEAST_M,
  LONGEST_M,
  STEP_M,
  isZone,
  thingOf,
  turned,
  withPicture,
  withRow,
  withValues,
  withWalls,
} from "./edits.js";
import { lockText } from "./drawing.js";

/** @typedef {import("./edits.js").FloorPlan} FloorPlan */
/** @typedef {{ device_id: string, slot: number, device: string }} Lock `device`: what its Pi is called */

/** The ways a trolley may leave its slot, in degrees counterclockwise from the right. @type {[number, string][]} */
const WAYS = [
  [90, "floor.up"],
  [270, "floor.down"],
  [0, "floor.right"],
  [180, "floor.left"],
];
const PITCH_M = 0.8;

/** @param {{ name: string, label: string, value: number, least?: number, onValue: (value: number) => void }} props */
const Metres = ({ name, label, value, least = 0, onValue }) =>
  html`<${Field} name=${name} label=${label} problem=${null}>
    ${(/** @type {object} */ more) => html`<input
      ...${more}
      class="input num"
      type="number"
      min=${least}
      max=${LONGEST_M}
      step=${STEP_M}
      value=${value}
      onChange=${(/** @type {Typed} */ event) => {
        const next = Number(event.target.value);
        if (event.target.value.trim() && Number.isFinite(next)) onValue(next);
        else event.target.value = String(value);
      }}
    />`}
  <//>`;

/** @param {{ name: string, label: string, value: number, onValue: (angle: number) => void }} props */
const Way = ({ name, label, value, onValue }) =>
  html`<${Field} name=${name} label=${label} problem=${null}>
    ${(/** @type {object} */ more) => html`<select
      ...${more}
      class="input"
      value=${String(value)}
      onChange=${(/** @type {Chosen} */ event) => onValue(Number(event.target.value))}
    >
      ${!WAYS.some(([angle]) => angle === value) && html`<option value=${value}>${value}°</option>`}
      ${WAYS.map(([angle, key]) => html`<option key=${key} value=${angle}>${t(key)}</option>`)}
    </select>`}
  <//>`;

/** @param {{ plan: FloorPlan, place: string, change: (plan: FloorPlan, tag?: string) => void }} props */
function ZoneForm({ plan, place, change }) {
  const zone = thingOf(plan, place);
  const figure = (/** @type {"x" | "y" | "w" | "h"} */ name) =>
    html`<${Metres}
      name=${name}
      label=${t(`floor.${name}`)}
      value=${zone[name]}
      least=${name === "w" || name === "h" ? LEAST_M : 0}
      onValue=${(/** @type {number} */ value) => change(withValues(plan, place, { [name]: value }))}
    />`;
  return html`
    <h2>${t("floor.zone")}</h2>
    <${Field} name="zone-name" label=${t("floor.zone_name")} problem=${null}>
      ${(/** @type {object} */ more) => html`<input
        ...${more}
        class="input"
        dir="auto"
        maxlength="80"
        value=${zone.name}
        onInput=${(/** @type {Typed} */ event) =>
          event.target.value.trim() && change(withValues(plan, place, { name: event.target.value }), `name ${place}`)}
        onBlur=${(/** @type {Typed} */ event) => (event.target.value = zone.name)}
      />`}
    <//>
    <div class="floor-figures">${figure("x")}${figure("y")}${figure("w")}${figure("h")}</div>
  `;
}

/**
 * @param {{ plan: FloorPlan, place: string, name: string,
 *   change: (plan: FloorPlan, tag?: string) => void }} props
 */
function SlotForm({ plan, place, name, change }) {
  const slot = thingOf(plan, place);
  const figure = (/** @type {"x" | "y"} */ axis) =>
    html`<${Metres}
      name=${axis}
      label=${t(`floor.${axis}`)}
      value=${slot[axis]}
      onValue=${(/** @type {number} */ value) => change(withValues(plan, place, { [axis]: value }))}
    />`;
  return html`
    <h2>${name ? t("trolleys.one", { n: name }) : t("slot.nobody")}</h2>
    <p class="small soft">${lockText(slot)}</p>
    <div class="floor-figures">${figure("x")}${figure("y")}</div>
    <${Way}
      name="angle"
      label=${t("floor.way")}
      value=${slot.angle ?? 0}
      onValue=${(/** @type {number} */ angle) => change(withValues(plan, place, { angle }))}
    />
  `;
}

/**
 * The picture beneath the plan. It is sent as soon as it is picked; the plan shows it elsewhere once it is saved.
 * @param {{ plan: FloorPlan, change: (plan: FloorPlan) => void, pictures: string }} props
 */
function PictureField({ plan, change, pictures }) {
  const { busy, problem, run } = useRequest();
  const pick = async (/** @type {any} */ event) => {
    const field = event.target;
    const [file] = field.files ?? [];
    if (!file) return;
    const form = new FormData();
    form.append("file", file);
    const made = await run(() => auth.call("POST", pictures, { form }));
    field.value = "";
    if (made) change(withPicture(plan, made.picture));
  };
  return html`
    <${Field} name="picture" label=${t("floor.picture")} problem=${null} hint=${t("floor.picture_text")}>
      ${(/** @type {object} */ more) =>
        html`<input ...${more} class="input" type="file" accept="image/*" disabled=${busy} onChange=${pick} />`}
    <//>
    <${Refusal} problem=${problem} />
    ${
      plan.picture &&
      html`<button type="button" class="btn btn-quiet" onClick=${() => change(withPicture(plan, ""))}>
        ${t("floor.no_picture")}
      </button>`
    }
  `;
}

/** @param {{ plan: FloorPlan, change: (plan: FloorPlan) => void, pictures: string }} props */
function FloorForm({ plan, change, pictures }) {
  return html`
    <h2>${t("floor.walls")}</h2>
    <div class="floor-figures">
      <${Metres}
        name="width_m"
        label=${t("floor.w")}
        least=${LEAST_M}
        value=${plan.width_m}
        onValue=${(/** @type {number} */ value) => change(withWalls(plan, value, plan.height_m || value))}
      />
      <${Metres}
        name="height_m"
        label=${t("floor.h")}
        least=${LEAST_M}
        value=${plan.height_m}
        onValue=${(/** @type {number} */ value) => change(withWalls(plan, plan.width_m || value, value))}
      />
    </div>
    <${PictureField} plan=${plan} change=${change} pictures=${pictures} />
    <p class="small soft">${t("floor.hint")}</p>
  `;
}

/**
 * The figures of what is held; of the floor itself where nothing is.
 * @param {{ plan: FloorPlan, chosen: string[], change: (plan: FloorPlan, tag?: string) => void, remove: () => void,
 *   nameOf: (slot: any) => string, pictures: string }} props `pictures`: where they are sent
 */
export function Side({ plan, chosen, change, remove, nameOf, pictures }) {
  const [place] = chosen;
  const one = chosen.length === 1;
  const form = !chosen.length
    ? html`<${FloorForm} plan=${plan} change=${change} pictures=${pictures} />`
    : !one
      ? html`<h2>${t("floor.chosen", { n: chosen.length })}</h2>`
      : isZone(place)
        ? html`<${ZoneForm} key=${place} plan=${plan} place=${place} change=${change} />`
        : html`<${SlotForm}
            key=${place}
            plan=${plan}
            place=${place}
            name=${nameOf(thingOf(plan, place))}
            change=${change}
          />`;
  return html`<aside class="card stack floor-side" aria-label=${t("floor.side")}>
    ${form}
    ${
      chosen.length > 0 &&
      html`<div class="row">
        ${
          chosen.some((key) => !isZone(key)) &&
          html`<button type="button" class="btn btn-quiet" onClick=${() => change(turned(plan, chosen, 90))}>
            ${t("floor.turn")}
          </button>`
        }
        <button type="button" class="btn btn-quiet" onClick=${remove}>${t("floor.remove")}</button>
      </div>`
    }
  </aside>`;
}

/**
 * Which locks a row has, how it runs, and where its trolleys leave to. `free`: the locks not on the plan yet.
 * @param {{ plan: FloorPlan, free: Lock[], nameOf: (slot: any) => string, onClose: () => void,
 *   onRow: (made: { plan: FloorPlan, keys: string[] }) => void }} props
 */
export function RowSheet({ plan, free, nameOf, onClose, onRow }) {
  const [first, setFirst] = useState(0);
  const [count, setCount] = useState(String(free.filter((one) => one.device_id === free[0].device_id).length));
  const [pitch, setPitch] = useState(PITCH_M);
  const [upward, setUpward] = useState(false);
  const [angle, setAngle] = useState(90);
  const locks = free.slice(first).filter((one) => one.device_id === free[first].device_id);
  const wanted = Math.min(Number(count) || 0, locks.length);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    onRow(withRow(plan, locks.slice(0, wanted), { pitch, upward, angle }));
  };
  const label = (/** @type {Lock} */ one) => {
    const name = nameOf(one);
    return `${one.device} · ${lockText(one)}${name ? ` · ${t("trolleys.one", { n: name })}` : ""}`;
  };
  return html`<${Sheet} side title=${t("floor.row")} onClose=${onClose}>
    <form class="stack" onSubmit=${submit} novalidate>
      <p class="soft">${t("floor.row_text")}</p>
      <${Field} name="first" label=${t("floor.first")} problem=${null}>
        ${(/** @type {object} */ more) => html`<select
          ...${more}
          class="input"
          value=${first}
          onChange=${(/** @type {Chosen} */ event) => setFirst(Number(event.target.value))}
        >
          ${free.map((one, i) => html`<option key=${i} value=${i}>${label(one)}</option>`)}
        </select>`}
      <//>
      <${Field} name="count" label=${t("floor.count")} problem=${null} hint=${t("floor.most", { n: locks.length })}>
        ${(/** @type {object} */ more) => html`<input
          ...${more}
          class="input num"
          type="number"
          min="1"
          max=${locks.length}
          value=${count}
          onInput=${(/** @type {Typed} */ event) => setCount(event.target.value)}
        />`}
      <//>
      <${Metres} name="pitch" label=${t("floor.pitch")} least=${STEP_M} value=${pitch} onValue=${setPitch} />
      <${Field} name="runs" label=${t("floor.runs")} problem=${null}>
        ${(/** @type {object} */ more) => html`<select
          ...${more}
          class="input"
          value=${upward ? "up" : "across"}
          onChange=${(/** @type {Chosen} */ event) => setUpward(event.target.value === "up")}
        >
          <option value="across">${t("floor.across")}</option>
          <option value="up">${t("floor.upward")}</option>
        </select>`}
      <//>
      <${Way} name="row-angle" label=${t("floor.way")} value=${angle} onValue=${setAngle} />
      <button class="btn btn-primary btn-wide" disabled=${wanted < 1}>${t("floor.put", { n: wanted })}</button>
    </form>
  <//>`;
}
