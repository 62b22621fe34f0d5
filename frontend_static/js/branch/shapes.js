/** A shape for each state, so that nobody has to tell colours apart. Drawn on a 40 grid around (0, 0). */
import { html } from "../ui.js";

/** @type {Record<import("./states.js").State, string>} */
export const SHAPES = {
  available: "M0-17A17 17 0 1 1 0 17A17 17 0 1 1 0-17Z",
  held: "M-15-10a5 5 0 0 1 5-5h20a5 5 0 0 1 5 5v20a5 5 0 0 1-5 5h-20a5 5 0 0 1-5-5Z",
  claiming: "M0-20L20 0L0 20L-20 0Z",
  stray: "M0-22L22 17H-22Z",
  maintenance: "M-9.5-17H9.5L19 0L9.5 17H-9.5L-19 0Z",
  fault: "M-7.5-18H7.5L18-7.5V7.5L7.5 18H-7.5L-18 7.5V-7.5Z",
  unreachable: "M0-20L19-5L12 17H-12L-19-5Z",
  missing: "M0 22L22-17H-22Z",
  inactive: "M0-16A16 16 0 1 1 0 16A16 16 0 1 1 0-16Z",
};

/**
 * Where the number sits in a shape; a triangle's middle is lower than its box's.
 * @type {Partial<Record<import("./states.js").State, number>>}
 */
export const NUMBER_Y = { stray: 6, missing: -6 };

/**
 * The shape with the trolley's number, as its own small picture.
 * @param {{ state: import("./states.js").State, number: number }} props
 */
export function Marker({ state, number }) {
  return html`<svg class="marker is-${state}" viewBox="-22 -22 44 44" aria-hidden="true">
    <path class="shape" d=${SHAPES[state]} />
    <text y=${NUMBER_Y[state] ?? 0} dy=".35em">${number}</text>
  </svg>`;
}
