/** A text as a QR code, black on white in either colour scheme. */
import { html } from "../ui.js";
import { encode } from "../../vendor/uqr.js";

/**
 * The dark modules of `text` as one SVG path, and the side of the square with its quiet zone, in modules.
 * @param {string} text
 */
export function outline(text) {
  const { data, size } = encode(text, { ecc: "M", border: 4 });
  const runs = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")));
  return { path: runs.join(""), size };
}

/**
 * `label` says what it is to who cannot see it.
 * @param {{ text: string, label: string, class: string }} props
 */
export function Qr({ text, label, class: extra }) {
  const { path, size } = outline(text);
  return html`<svg
    class=${extra}
    viewBox=${`0 0 ${size} ${size}`}
    role="img"
    aria-label=${label}
    shape-rendering="crispEdges"
  >
    <rect width=${size} height=${size} fill="#fff" />
    <path d=${path} fill="#000" />
  </svg>`;
}
