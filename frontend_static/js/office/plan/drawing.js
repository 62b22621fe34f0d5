/** The plan as it is drawn: things are moved by mouse, by finger and by key. Metres in, 40 units a metre out. */
import { html, cx, useRef, useState } from "../../ui.js";
import { t } from "../../i18n.js";
import { present } from "../../present.js";
import { lockPlace } from "../../branch/states.js";
import { pitch, toScreen, zoneLabel } from "../../branch/geometry.js";
import {
  FAR_M,
  STEP_M,
  isZone,
  moved,
  rectangle,
  slotKey,
  snap,
  thingOf,
  turned,
  withValues,
  withZone,
  zoneKey,
} from "./edits.js";

/**
 * @typedef {import("./edits.js").FloorPlan} FloorPlan
 * @typedef {import("./edits.js").Point} Point
 * What the drawing is told: `change(plan, tag)` draws another one, `choose(keys)` says what is held.
 * @typedef {{ plan: FloorPlan, chosen: string[], choose: (keys: string[]) => void,
 *   change: (plan: FloorPlan, tag?: string) => void, remove: () => void, nameOf: (slot: any) => string,
 *   drawing: boolean, onDrawn: () => void, zoom: number }} Props
 * A pointer that is down: on what, where it began, and the plan as it was then.
 * @typedef {{ kind: "move" | "size" | "draw", tag: string, from: Point, plan: FloorPlan, keys: string[] }} Drag
 */

const M = 40;
/** A press that goes less far, in metres, draws a zone of the usual size. */
const TAP_M = 0.3;
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
/** @type {[string, number, number][]} corners of a zone: how it looks, and how far along w and h it is */
const CORNERS = [
  ["nesw", 0, 0],
  ["nwse", 1, 0],
  ["nwse", 0, 1],
  ["nesw", 1, 1],
];
let drags = 0;

/** @param {any} slot */
export const lockText = ({ slot }) =>
  t("slot.where", { board: lockPlace(slot).board & 15, lock: lockPlace(slot).lock });

/**
 * @param {{ zone: any, shown: any, plan: FloorPlan, chosen: boolean, hold: object }} props
 */
const ZoneShape = ({ zone, shown, plan, chosen, hold }) => {
  const { tall, size } = zoneLabel(shown, toScreen(plan));
  const [x, y] = [(shown.x + shown.w / 2) * M, (shown.y + shown.h / 2) * M];
  const said = t("floor.zone_said", zone);
  return html`<g
    class=${cx("thing", "zone", chosen && "chosen")}
    role="button"
    aria-pressed=${chosen}
    aria-label=${said}
    ...${hold}
  >
    <title>${said}</title>
    <rect x=${shown.x * M} y=${shown.y * M} width=${shown.w * M} height=${shown.h * M} rx="8" />
    <text x=${x} y=${y} dy=".35em" font-size=${size * M * 0.9} transform=${tall ? `rotate(-90 ${x} ${y})` : undefined}>
      ${zone.name}
    </text>
  </g>`;
};

/** @param {{ slot: any, shown: any, size: number, name: string, chosen: boolean, hold: object }} props */
const SlotShape = ({ slot, shown, size, name, chosen, hold }) => {
  const w = size * M;
  const said = t("floor.slot_said", { name: name || t("slot.nobody"), where: lockText(slot), x: slot.x, y: slot.y });
  return html`<g
    class=${cx("thing", "placed", !name && "placed-free", chosen && "chosen")}
    role="button"
    aria-pressed=${chosen}
    aria-label=${said}
    transform="translate(${shown.x * M} ${shown.y * M})"
    ...${hold}
  >
    <title>${said}</title>
    <g transform="rotate(${shown.angle})">
      <rect x=${-w / 2} y=${-w / 2} width=${w} height=${w} rx="5" />
      <path d="M${w / 2} ${-w / 4}L${w * 0.72} 0L${w / 2} ${w / 4}" />
    </g>
    <text dy=".35em" font-size=${w * 0.5}>${name || "–"}</text>
  </g>`;
};

/**
 * What the keys do to the things that are held.
 * @param {KeyboardEvent} event
 * @param {Props} props
 * @param {string[]} keys
 */
function onKey(event, { plan, change, remove, choose }, keys) {
  const arrow = ARROWS[event.key];
  const done = () => event.preventDefault();
  if (event.ctrlKey || event.metaKey) return;
  if (arrow && event.altKey && keys.length === 1 && isZone(keys[0])) {
    const { w, h } = thingOf(plan, keys[0]);
    change(withValues(plan, keys[0], { w: w + arrow[0] * STEP_M, h: h + arrow[1] * STEP_M }), `keys ${keys}`);
    done();
  } else if (arrow && !event.altKey) {
    const step = event.shiftKey ? FAR_M : STEP_M;
    change(moved(plan, keys, arrow[0] * step, arrow[1] * step), `keys ${keys}`);
    done();
  } else if (event.key === "r" || event.key === "R") {
    change(turned(plan, keys, event.shiftKey ? -90 : 90));
    done();
  } else if (event.key === "Delete" || event.key === "Backspace") {
    remove();
    done();
  } else if (event.key === "Escape") choose([]);
  else if (event.key === "Enter" || event.key === " ") {
    choose(keys);
    done();
  }
}

/**
 * How pointers move, size and draw. All changes of one drag are taken back together.
 * @param {Props} props
 */
function usePointer({ plan, chosen, choose, change, drawing, onDrawn }) {
  const svg = useRef(/** @type {SVGSVGElement | null} */ (null));
  const [drag, setDrag] = useState(/** @type {Drag | null} */ (null));
  const [sketch, setSketch] = useState(/** @type {any} */ (null));
  const at = (/** @type {PointerEvent} */ event) => {
    const box = present(present(svg.current).getScreenCTM()).inverse();
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(box);
    return { x: x / M, y: plan.height_m - y / M };
  };
  const begin = (
    /** @type {PointerEvent} */ event,
    /** @type {Drag["kind"]} */ kind,
    /** @type {string[]} */ keys,
    /** @type {Point | null} */ from = null,
  ) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    present(svg.current).setPointerCapture(event.pointerId);
    setDrag({ kind, tag: `drag ${++drags}`, from: from ?? at(event), plan, keys });
  };
  const onThing = (/** @type {string} */ key) => (/** @type {PointerEvent} */ event) => {
    if (drawing) return;
    const more = event.shiftKey || event.ctrlKey || event.metaKey;
    const keys = chosen.includes(key)
      ? more
        ? chosen.filter((one) => one !== key)
        : chosen
      : more
        ? [...chosen, key]
        : [key];
    choose(keys);
    begin(event, "move", keys);
  };
  const onFloor = (/** @type {PointerEvent} */ event) => {
    if (drawing) return begin(event, "draw", []);
    choose([]);
  };
  const move = (/** @type {PointerEvent} */ event) => {
    if (!drag) return;
    const to = at(event);
    if (drag.kind === "draw") return setSketch(rectangle(plan, point(drag.from), point(to)));
    if (drag.kind === "size") {
      change(withValues(drag.plan, drag.keys[0], rectangle(plan, drag.from, point(to))), drag.tag);
      return;
    }
    const [dx, dy] = [snap(to.x - drag.from.x), snap(to.y - drag.from.y)];
    if (dx || dy || drag.plan !== plan) change(moved(drag.plan, drag.keys, dx, dy), drag.tag);
  };
  const end = (/** @type {PointerEvent} */ event) => {
    if (!drag) return;
    setDrag(null);
    setSketch(null);
    if (drag.kind !== "draw" || event.type === "pointercancel") return;
    const to = at(event);
    const tapped = Math.hypot(to.x - drag.from.x, to.y - drag.from.y) < TAP_M;
    const far = tapped ? { x: drag.from.x + 4, y: drag.from.y + 2 } : to;
    const made = withZone(plan, t("floor.new_zone"), rectangle(plan, point(drag.from), point(far)));
    change(made.plan);
    choose(made.keys);
    onDrawn();
  };
  return { svg, sketch, begin, onThing, onFloor, move, end };
}

const point = (/** @type {Point} */ { x, y }) => ({ x: snap(x), y: snap(y) });

/** The corners of the zone that is held. @param {{ zone: any, shown: any, begin: any, id: string }} props */
const Corners = ({ zone, shown, begin, id }) =>
  CORNERS.map(
    ([look, right, low]) => html`<circle
      key=${`${right}${low}`}
      class="corner corner-${look}"
      cx=${(shown.x + right * shown.w) * M}
      cy=${(shown.y + low * shown.h) * M}
      r="9"
      onPointerDown=${(/** @type {PointerEvent} */ event) =>
        // The corner across stays where it is; low on the screen is y of the plan.
        begin(event, "size", [id], { x: zone.x + (1 - right) * zone.w, y: zone.y + low * zone.h })}
    />`,
  );

/** @param {Props} props */
export function Drawing(props) {
  const { plan, chosen, choose, nameOf, drawing, zoom } = props;
  const { svg, sketch, begin, onThing, onFloor, move, end } = usePointer(props);
  const screen = toScreen(plan);
  const size = pitch(screen.slots) * 0.86;
  const [width, height] = [plan.width_m * M, plan.height_m * M];
  const hold = (/** @type {string} */ key) => ({
    tabindex: 0,
    "data-key": key,
    onPointerDown: onThing(key),
    onFocus: (/** @type {any} */ event) =>
      event.currentTarget.matches(":focus-visible") && !chosen.includes(key) && choose([key]),
    onKeyDown: (/** @type {KeyboardEvent} */ event) => onKey(event, props, chosen.includes(key) ? chosen : [key]),
  });
  const [only] = chosen.length === 1 && isZone(chosen[0]) ? chosen : [];
  const held = only && thingOf(plan, only);
  const heldShown = held && thingOf(screen, only);
  const drawn = sketch && toScreen({ ...plan, zones: [sketch], slots: [] }).zones[0];
  return html`<figure class=${cx("floor-drawing", drawing && "floor-draws")} dir="ltr">
    <svg
      ref=${svg}
      viewBox="0 0 ${width} ${height}"
      style=${{ inlineSize: `${zoom * 100}%` }}
      role="group"
      aria-label=${t("floor.label")}
      onPointerDown=${onFloor}
      onPointerMove=${move}
      onPointerUp=${end}
      onPointerCancel=${end}
    >
      ${
        plan.picture &&
        html`<image
          class="floor-picture"
          href=${plan.picture}
          width=${width}
          height=${height}
          preserveAspectRatio="none"
        />`
      }
      <rect class="floor" x="1" y="1" width=${width - 2} height=${height - 2} rx="10" />
      ${plan.zones.map((zone, i) => {
        const key = zoneKey(i);
        return html`<${ZoneShape} key=${key} zone=${zone} shown=${screen.zones[i]} plan=${plan}
          chosen=${chosen.includes(key)} hold=${hold(key)} />`;
      })}
      ${plan.slots.map((slot, i) => {
        const key = slotKey(i);
        return html`<${SlotShape} key=${key} slot=${slot} shown=${screen.slots[i]} size=${size} name=${nameOf(slot)}
          chosen=${chosen.includes(key)} hold=${hold(key)} />`;
      })}
      ${held && html`<${Corners} zone=${held} shown=${heldShown} begin=${begin} id=${only} />`}
      ${
        drawn &&
        html`<rect
          class="sketch"
          x=${drawn.x * M}
          y=${drawn.y * M}
          width=${drawn.w * M}
          height=${drawn.h * M}
          rx="8"
        />`
      }
    </svg>
  </figure>`;
}
