/** Pictures of goods, and what stands for one that has none. */
import { html } from "../ui.js";
import { Icon } from "./icons.js";

/** @type {boolean | undefined} */
let drawn;

/**
 * Whether this device has a font that draws emoji: a screen at a wall or a kiosk may show an empty box instead.
 * Such a font has colours of its own, the box has the colour of the text.
 */
export function drawsEmoji() {
  if (drawn !== undefined) return drawn;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 16;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (!pen) return (drawn = false);
  pen.font = "14px sans-serif";
  pen.fillStyle = "#000";
  pen.fillText("\u{1F34E}", 0, 14);
  const { data } = pen.getImageData(0, 0, 16, 16);
  return (drawn = data.some((value, place) => place % 4 !== 3 && value > 0));
}

/**
 * A product's picture, else its category's emoji where the device can draw that, else a drawing of our own.
 * @param {{ product: { image: string, emoji?: string } }} props
 */
export function Picture({ product }) {
  if (product.image) return html`<img class="good-picture" src=${product.image} alt="" loading="lazy" />`;
  return html`<span class="good-picture" aria-hidden="true">
    ${product.emoji && drawsEmoji() ? product.emoji : html`<${Icon} name="bag" />`}
  </span>`;
}
