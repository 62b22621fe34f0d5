/** The rows of a large plan, each told as one: how many are free, in use, in trouble. */
import { html, cx } from "../ui.js";
import { t } from "../i18n.js";
import { SHAPES } from "./shapes.js";

const M = 40;
const PARTS = /** @type {const} */ ([
  ["free", "available"],
  ["out", "held"],
  ["trouble", "stray"],
]);

/**
 * @param {{ one: import("./geometry.js").Row, onCloser: (trolley_id: string) => void }} props
 */
function Row({ one, onCloser }) {
  const [x, y, w, h] = one.box.map((n) => n * M);
  const parts = PARTS.filter(([name]) => one[name] > 0);
  const letter = Math.min(h * 0.6, w / (3 + parts.length * 4));
  const said = t("crowd.row", { row: one.row, free: one.free, out: one.out, trouble: one.trouble, n: one.total });
  const go = () => onCloser(one.first);
  return html`<g
    class=${cx("crowd", one.trouble > 0 && "crowd-trouble")}
    role="button"
    tabindex="0"
    aria-label=${said}
    onClick=${go}
    onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Enter" && go()}
  >
    <title>${said}</title>
    <rect x=${x} y=${y} width=${w} height=${h} rx="8" />
    <text x=${x + letter} y=${y + h / 2} dy=".35em" font-size=${letter}>${one.row}</text>
    ${parts.map(([name, state], place) => {
      const at = x + letter * (3.2 + place * 3.8);
      return html`<g key=${name} class=${`is-${state}`}>
        <path class="shape" d=${SHAPES[state]} transform="translate(${at} ${y + h / 2}) scale(${letter / 44})" />
        <text x=${at + letter * 0.7} y=${y + h / 2} dy=".35em" font-size=${letter}>${one[name]}</text>
      </g>`;
    })}
  </g>`;
}

/** @param {{ rows: import("./geometry.js").Row[], onCloser: (trolley_id: string) => void }} props */
export const Crowd = ({ rows, onCloser }) =>
  html`${rows.map((one) => html`<${Row} key=${one.row} one=${one} onCloser=${onCloser} />`)}`;
