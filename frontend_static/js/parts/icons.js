/** Line icons on a 24 grid, drawn for this product. `flips`: mirrored in right-to-left text. */
import { html, cx } from "../ui.js";

/** @type {Record<string, string>} */
const PATHS = {
  trolley: "M2 4h2.6l2.6 11h10.6l2.4-8H6 M9 20.2a1 1 0 1 0 .01 0 M17 20.2a1 1 0 1 0 .01 0",
  scan: "M4 8V5a1 1 0 0 1 1-1h3 M16 4h3a1 1 0 0 1 1 1v3 M20 16v3a1 1 0 0 1-1 1h-3 M8 20H5a1 1 0 0 1-1-1v-3 M8 8.5v7 M11 8.5v7 M13.5 8.5v7 M16 8.5v7",
  keyboard: "M3 6h18v12H3z M7 10h.01 M11 10h.01 M15 10h.01 M18 10h.01 M7.5 14h9",
  plus: "M12 5v14 M5 12h14",
  minus: "M5 12h14",
  bin: "M4 7h16 M9 7V4h6v3 M6 7l1 13h10l1-13 M10 11v5 M14 11v5",
  close: "M6 6l12 12 M18 6L6 18",
  check: "M4.5 12.5l5 5 10-11",
  alert: "M12 3l10 18H2z M12 10v5 M12 18h.01",
  octagon: "M8 3h8l5 5v8l-5 5H8l-5-5V8z M12 7.5v5.5 M12 16.5h.01",
  hand: "M7 12V6.5a1.5 1.5 0 0 1 3 0V11 M10 11V4.5a1.5 1.5 0 0 1 3 0V11 M13 11V6a1.5 1.5 0 0 1 3 0v6 M16 9.5a1.5 1.5 0 0 1 3 0V15a6 6 0 0 1-6 6h-1.2a6 6 0 0 1-4.9-2.6L4.3 15a1.5 1.5 0 0 1 2.4-1.8L7 13.6",
  info: "M12 3a9 9 0 1 0 .01 0 M12 11v6 M12 7.5h.01",
  offline:
    "M2 8.5a15 15 0 0 1 6-3.3 M22 8.5A15 15 0 0 0 12 4.6 M5.5 12.5a9.5 9.5 0 0 1 4-2.3 M18.5 12.5a9.6 9.6 0 0 0-3-2 M9 16a4.5 4.5 0 0 1 6 0 M12 20h.01 M3 3l18 18",
  locked: "M5 11h14v9H5z M8 11V7.5a4 4 0 0 1 8 0V11 M12 14.5v2",
  unlocked: "M5 11h14v9H5z M8 11V7a4 4 0 0 1 7.6-1.8 M12 14.5v2",
  unknown: "M5 11h14v9H5z M8 11V7.5a4 4 0 0 1 8 0V11 M12 17.6h.01 M12 15.4c0-1 1.4-1 1.4-2",
  person: "M12 4a4 4 0 1 0 .01 0 M4.5 20.5a7.5 7.5 0 0 1 15 0",
  store: "M4 10v10h16V10 M3 10l2-6h14l2 6a3 3 0 0 1-6 0 3 3 0 0 1-6 0 3 3 0 0 1-6 0 M10 20v-5h4v5",
  wrench: "M14.5 6.5a4.5 4.5 0 0 1 5.8-3l-3 3 .6 2.6 2.6.6 3-3a4.5 4.5 0 0 1-6 5.4L9 20.6a2.1 2.1 0 0 1-3-3z",
  arrow: "M5 12h14 M13 6l6 6-6 6",
  down: "M6 9.5l6 6 6-6",
  back: "M19 12H5 M11 6l-6 6 6 6",
  bag: "M5 8h14l1 12H4z M9 8V6.5a3 3 0 0 1 6 0V8",
  undo: "M9 8H15a5 5 0 0 1 0 10H8 M9 8l3.5-3.5 M9 8l3.5 3.5",
  torch: "M8 3h8v3l-2 3v11h-4V9L8 6z M12 12v2",
  map: "M9 4L3 6.5v13.5L9 17.5l6 2.5 6-2.5V4l-6 2.5z M9 4v13.5 M15 6.5V20",
  list: "M8 6h12 M8 12h12 M8 18h12 M4 6h.01 M4 12h.01 M4 18h.01",
  device: "M7 4h10v16H7z M10 8h4 M10 12h4 M11 16h2",
  globe: "M12 3a9 9 0 1 0 .01 0 M3 12h18 M12 3c3 3 3.5 6 3.5 9s-.5 6-3.5 9c-3-3-3.5-6-3.5-9s.5-6 3.5-9",
  sun: "M12 8a4 4 0 1 0 .01 0 M12 2.5v2 M12 19.5v2 M2.5 12h2 M19.5 12h2 M5.3 5.3l1.4 1.4 M17.3 17.3l1.4 1.4 M5.3 18.7l1.4-1.4 M17.3 6.7l1.4-1.4",
  contrast: "M12 3a9 9 0 1 0 .01 0 M12 3v18 M15.5 5v14 M18.8 7v10",
  moon: "M20 14.5A8 8 0 1 1 9.5 4a6.5 6.5 0 0 0 10.5 10.5z",
  signout: "M10 4H5v16h5 M14 8l4 4-4 4 M18 12H9",
  copy: "M9 9h11v11H9z M5 15H4V4h11v1",
  download: "M12 4v11 M7 10.5l5 5 5-5 M4 20h16",
  coins: "M9 4.5a5 5 0 1 0 .01 0 M15.5 9.6a5 5 0 1 1-6 6.8",
  leaf: "M5 19C5 9 11 4 20 4c0 10-5 15-13 15 M5 20c2-5 5-8 9-10",
  chat: "M4 5h16v11H9l-5 4z M8 9.5h8 M8 12.5h5",
  card: "M3 6h18v12H3z M3 10h18 M7 14.5h3",
  ticket: "M4 7h16v3.5a1.5 1.5 0 0 0 0 3V17H4v-3.5a1.5 1.5 0 0 0 0-3z M14 7.5v1.5 M14 11v2 M14 15v1.5",
  receipt: "M6 3h12v18l-3-2-3 2-3-2-3 2z M9 8h6 M9 12h6",
  more: "M6 12h.01 M12 12h.01 M18 12h.01",
  wall: "M4 9V5h4 M16 5h4v4 M20 15v4h-4 M8 19H4v-4",
  exit: "M13 4H5v16h8 M10 12h10 M16.5 8.5L20 12l-3.5 3.5",
  printer: "M7 9V3h10v6 M7 17H4V9h16v8h-3 M7 14h10v7H7z",
  search: "M10.5 4a6.5 6.5 0 1 0 .01 0 M15.5 15.5L20 20",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z M12 9.5a2.5 2.5 0 1 0 .01 0",
  play: "M8 5.5v13l10.5-6.5z",
  pause: "M8.5 5.5v13 M15.5 5.5v13",
  stop: "M7 7h10v10H7z",
  out: "M12 19V5 M6.5 10.5L12 5l5.5 5.5",
  in: "M12 5v14 M6.5 13.5L12 19l5.5-5.5",
  clock: "M12 3a9 9 0 1 0 .01 0 M12 7v5l3.5 2",
};

/** Every icon there is. */
export const NAMES = Object.keys(PATHS);

/** @param {{ name: string, flips?: boolean, label: string }} props */
export function Icon({ name, flips = false, label }) {
  return html`<svg
    class=${cx("icon", flips && "flips")}
    viewBox="0 0 24 24"
    role=${label ? "img" : undefined}
    aria-label=${label}
    aria-hidden=${label ? undefined : "true"}
  >
    <path d=${PATHS[name]} />
  </svg>`;
}

/** The mark: a trolley's basket as the bars of a barcode on a price label. */
export function Mark() {
  return html`<svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="8" fill="var(--tag)" />
    <path
      d="M5 8h3.2l3 13h13"
      fill="none"
      stroke="var(--on-tag)"
      stroke-width="2.2"
      stroke-linecap="round"
      stroke-linejoin="round"
    />
    <path d="M12.5 10v8 M15.6 10v8 M18 10v8 M21.8 10v8 M25 10v8" stroke="var(--on-tag)" stroke-width="1.7" />
    <circle cx="13.5" cy="25" r="1.9" fill="var(--on-tag)" />
    <circle cx="22.5" cy="25" r="1.9" fill="var(--on-tag)" />
  </svg>`;
}
