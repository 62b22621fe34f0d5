/** The floor plan in SVG: zones, lock bays, and where each trolley is. Metres in, 40 units a metre out. */
import { html, cx, useEffect, useRef, useState } from "../ui.js";
import { t } from "../i18n.js";
import { SHAPES, NUMBER_Y } from "./shapes.js";
import {
  aroundBays,
  bayName,
  CROWD,
  hasRoom,
  needsCloseUp,
  pitch,
  rowsOf,
  standing,
  toScreen,
  zoneLabel,
} from "./geometry.js";
import { Crowd } from "./crowd.js";
import { holderOf, isWanted, lockOf, placed, stateOf } from "./states.js";
import { describe, since } from "./sentences.js";
import { useStore } from "./context.js";
import { present } from "../present.js";

/** @typedef {import("./geometry.js").Spot} Spot */
/** @typedef {import("./geometry.js").FloorPlan} FloorPlan */
/** @typedef {import("./states.js").Wanted} Wanted */
/** @typedef {(trolley_id: string) => void} Open */

const M = 40;

/** The picture that the branch has put beneath its plan. @param {{ plan: FloorPlan }} props */
const FloorPicture = ({ plan }) =>
  plan.picture &&
  html`<image
    class="floor-picture"
    href=${plan.picture}
    width=${plan.width_m * M}
    height=${plan.height_m * M}
    preserveAspectRatio="none"
  />`;

/** @param {{ zone: import("./geometry.js").Zone, plan: FloorPlan }} props */
function Zone({ zone, plan }) {
  const { covered, tall, size } = zoneLabel(zone, plan);
  const [x, y] = [(zone.x + zone.w / 2) * M, (zone.y + zone.h / 2) * M];
  return html`<g class="zone">
    <rect x=${zone.x * M} y=${zone.y * M} width=${zone.w * M} height=${zone.h * M} rx="10" />
    ${
      !covered &&
      html`<text x=${x} y=${y} dy=".35em" font-size=${size * M} transform=${tall ? `rotate(-90 ${x} ${y})` : undefined}>
        ${zone.name}
      </text>`
    }
  </g>`;
}

/**
 * The bay and its lock: a body with a shackle that is down, up, or a question mark.
 * @param {{ spot: Spot, size: number }} props
 */
function Bay({ spot: { trolley, slot }, size }) {
  const w = size * M;
  const lock = present(lockOf(trolley));
  const out = trolley.custody === "out";
  return html`<g
    class=${cx("bay", out && "bay-empty", trolley.unheard && "bay-unheard")}
    transform="translate(${slot.x * M} ${slot.y * M}) rotate(${slot.angle})"
  >
    <rect class="bay-box" x=${-w * 0.95} y=${-w / 2} width=${w * 1.5} height=${w} rx="5" />
    <g
      class=${cx("bay-lock", `lock-${lock.reported}`, lock.differs && "lock-differs", trolley.unheard && "lock-stale")}
      transform="translate(${-w * 0.7} 0) rotate(${-slot.angle}) scale(${w / 60})"
    >
      <circle class="lock-halo" r="14" />
      ${
        lock.reported === "unknown"
          ? html`<text class="lock-what" dy=".36em">?</text>`
          : html`
            <path
              class="lock-shackle"
              d=${lock.reported === "open" ? "M-4-1v-5a4 4 0 0 1 7.4-2" : "M-4-1v-4a4 4 0 0 1 8 0v4"}
            />
            <rect class="lock-body" x="-6.5" y="-1" width="13" height="9" rx="2" />
          `
      }
    </g>
  </g>`;
}

/**
 * Who holds the trolley and for how long: beside it, or in its empty bay where trolleys stand in a row.
 * @param {{ spot: Spot, holder: string, size: number }} props
 */
function Holder({ spot: { trolley, slot }, holder, size }) {
  const { now } = useStore();
  const { x, y, side, upright } = standing({ trolley, slot }, size);
  const long = since(trolley, now.value);
  if (upright) {
    const rows = bayName(holder);
    const letters = Math.min(8, (size * M * 0.9) / (Math.max(...rows.map((row) => row.length)) * 0.58));
    const above = rows.length === 1 ? -0.1 : -0.7;
    return html`<g class="holder holder-small" transform="translate(${slot.x * M} ${slot.y * M})">
      <text style=${{ fontSize: `${letters}px` }}>
        ${rows.map((row, i) => html`<tspan x="0" dy="${i === 0 ? above : 1.1}em">${row}</tspan>`)}
      </text>
      <text class="holder-time" dy=${rows.length === 1 ? "1em" : "1.5em"}>${long}</text>
    </g>`;
  }
  return html`<g
    class=${cx("holder", side < 0 && "holder-left")}
    transform="translate(${(x + side * size * 0.62) * M} ${y * M})"
  >
    <text dy=".35em">${holder}</text>
  </g>`;
}

/**
 * @param {{ spot: Spot, size: number, roomy: boolean, selected: boolean, dim: boolean, onOpen: Open,
 *   onMove: (event: KeyboardEvent) => void, tabbable: boolean }} props
 */
function Spot({ spot, size, roomy, selected, dim, onOpen, onMove, tabbable }) {
  const { now } = useStore();
  const { trolley } = spot;
  const state = stateOf(trolley);
  const place = standing(spot, size);
  const [x, y] = [place.x * M, place.y * M];
  const said = describe(trolley, now.value);
  const holder = holderOf(trolley);
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter" && event.key !== " ") return onMove(event);
    event.preventDefault();
    onOpen(trolley.trolley_id);
  };
  return html`<g
    class=${cx("spot", `is-${state}`, selected && "selected", dim && "spot-dim")}
    data-trolley=${trolley.trolley_id}
    role="button"
    tabindex=${tabbable ? 0 : -1}
    aria-label=${said}
    onClick=${() => onOpen(trolley.trolley_id)}
    onKeyDown=${key}
  >
    <title>${said}</title>
    <line
      class="reach"
      x1=${spot.slot.x * M}
      y1=${spot.slot.y * M}
      x2=${x}
      y2=${y}
      style=${{ strokeWidth: size * M }}
    />
    ${
      trolley.custody === "out" &&
      html`<line class="leash" x1=${place.mouth.x * M} y1=${place.mouth.y * M} x2=${x} y2=${y} />`
    }
    <g transform="translate(${x} ${y}) scale(${(size * M) / 44})">
      <circle class="spot-focus" r="25" />
      <path class="shape" d=${SHAPES[state]} />
      <text y=${NUMBER_Y[state] ?? 0} dy=".35em">${trolley.cart_number}</text>
    </g>
    ${roomy && holder && html`<${Holder} spot=${spot} holder=${holder} size=${size} />`}
  </g>`;
}

const MOST_ZOOM = 6;
/** So wide is a bay, in pixels, of a row that somebody has chosen. */
const NEAR_PX = 48;

/** How many times larger than its place the plan is drawn; the wheel with Ctrl (a pinch) turns it too. */
function useZoom() {
  const [zoom, setZoom] = useState(1);
  const zoomTo = (/** @type {number} */ next) => setZoom(Math.min(MOST_ZOOM, Math.max(1, next)));
  const zoomBy = (/** @type {number} */ step) => zoomTo(zoom + step);
  const onWheel = (/** @type {WheelEvent} */ event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoomBy(event.deltaY < 0 ? 0.5 : -0.5);
  };
  return { zoom, zoomBy, zoomTo, onWheel };
}

/** @type {Record<string, number>} */
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/**
 * One picture: `box` is the part of the plan that it shows, in metres. Arrow keys go from trolley to trolley.
 * @param {{ plan: FloorPlan, spots: Spot[], devices: { device_id: string }[], box: number[], label: string,
 *   wanted: Wanted, selected: string | null, onOpen: Open, close?: boolean }} props
 */
function Picture({ plan, spots, devices, box, label, wanted, selected, onOpen, close = false }) {
  const [at, setAt] = useState(0);
  const svg = useRef(/** @type {SVGSVGElement | null} */ (null));
  const size = pitch(plan.slots) * 0.86;
  const { zoom, zoomBy, zoomTo, onWheel } = useZoom();
  const at_trolley = (/** @type {string} */ id) =>
    /** @type {SVGElement | null} */ (present(svg.current).querySelector(`[data-trolley="${CSS.escape(id)}"]`));
  const [goal, setGoal] = useState("");
  const crowded = spots.length > CROWD && zoom === 1;
  const rows = crowded ? rowsOf(spots, devices, size) : [];
  const closer = (/** @type {string} */ trolley_id) => {
    const wide = present(svg.current?.parentElement).clientWidth;
    setGoal(trolley_id);
    zoomTo(Math.max(1.01, (NEAR_PX * box[2]) / (size * wide)));
  };
  useEffect(() => {
    const shown = selected || (zoom > 1 && goal);
    if (shown) at_trolley(shown)?.scrollIntoView({ block: "center", inline: "center" });
  }, [selected, zoom, goal]);
  const move = (/** @type {KeyboardEvent} */ event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const next = (at + step + spots.length) % spots.length;
    setAt(next);
    at_trolley(spots[next].trolley.trolley_id)?.focus();
  };
  return html`<figure
    class=${cx("plan", close && "plan-close", zoom > 1 && "plan-zoomed", crowded && "plan-crowded")}
    style=${{ "--zoom": zoom, "--rows": rows.length }}
    dir="ltr"
    onWheel=${onWheel}
  >
    <svg ref=${svg} viewBox=${box.map((n) => n * M).join(" ")} role="group" aria-label=${label}>
      ${!close && html`<${FloorPicture} plan=${plan} />`}
      <rect class="floor" x="1" y="1" width=${plan.width_m * M - 2} height=${plan.height_m * M - 2} rx="14" />
      ${!close && plan.zones.map((zone) => html`<${Zone} key=${zone.name} zone=${zone} plan=${plan} />`)}
      ${crowded && html`<${Crowd} rows=${rows} onCloser=${closer} />`}
      ${(crowded ? [] : spots).map(
        (spot) => html`<${Bay}
          key=${spot.trolley.trolley_id}
          spot=${spot}
          size=${size}
        />`,
      )}
      ${(crowded ? [] : spots).map(
        (spot, i) => html`<${Spot}
          key=${spot.trolley.trolley_id}
          spot=${spot}
          size=${size}
          roomy=${hasRoom(spot, spots, size)}
          selected=${selected === spot.trolley.trolley_id}
          dim=${!isWanted(spot.trolley, wanted)}
          tabbable=${i === at % spots.length}
          onOpen=${onOpen}
          onMove=${move}
        />`,
      )}
    </svg>
    <div class="plan-zoom" role="group" aria-label=${t("zoom.label")}>
      <button type="button" class="btn btn-icon" disabled=${zoom >= MOST_ZOOM} onClick=${() => zoomBy(1)}>
        <span aria-hidden="true">+</span><span class="visually-hidden">${t("zoom.in")}</span>
      </button>
      <button type="button" class="btn btn-icon" disabled=${zoom <= 1} onClick=${() => zoomBy(-1)}>
        <span aria-hidden="true">−</span><span class="visually-hidden">${t("zoom.out")}</span>
      </button>
    </div>
  </figure>`;
}

/**
 * The whole floor in small, under a close-up: where in the store the trolleys stand. Nothing to press.
 * @param {{ plan: FloorPlan, spots: Spot[] }} props
 */
function Overview({ plan, spots }) {
  const size = pitch(plan.slots);
  return html`<figure class="plan plan-overview" dir="ltr">
    <svg viewBox="0 0 ${plan.width_m * M} ${plan.height_m * M}" role="img" aria-label=${t("plan.overview")}>
      <${FloorPicture} plan=${plan} />
      <rect class="floor" x="1" y="1" width=${plan.width_m * M - 2} height=${plan.height_m * M - 2} rx="14" />
      ${plan.zones.map((zone) => html`<${Zone} key=${zone.name} zone=${zone} plan=${plan} />`)}
      ${spots.map((spot) => {
        const { x, y } = standing(spot, size);
        return html`<path
          key=${spot.trolley.trolley_id}
          class=${cx("shape", `is-${stateOf(spot.trolley)}`)}
          d=${SHAPES[stateOf(spot.trolley)]}
          transform="translate(${x * M} ${y * M}) scale(${(size * M) / 44})"
        />`;
      })}
    </svg>
  </figure>`;
}

/**
 * The floor with its bays; where these would be too small to read, a close-up of them and the floor in small.
 * @param {{ board: import("./states.js").Board, wanted: Wanted, selected: string | null, onOpen: Open,
 *   children?: any }} props
 */
export function Plan({ board, wanted, selected, onOpen, children }) {
  const plan = toScreen(board.branch.floor_plan);
  const { onPlan } = placed({ ...board, branch: { ...board.branch, floor_plan: plan } });
  const spots = onPlan.sort((a, b) => a.trolley.cart_number - b.trolley.cart_number);
  const shared = { plan, spots, devices: board.devices, wanted, selected, onOpen };
  if (needsCloseUp(plan)) {
    return html`
      <${Picture} ...${shared} close box=${aroundBays(plan)} label=${t("plan.near")} />
      <div class="plan-below"><${Overview} plan=${plan} spots=${spots} />${children}</div>
    `;
  }
  return html`
    <${Picture} ...${shared} box=${[0, 0, plan.width_m, plan.height_m]} label=${t("plan.label")} />
    ${children}
  `;
}
