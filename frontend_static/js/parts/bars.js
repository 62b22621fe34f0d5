/** A row of bars over time. */
import { html } from "../ui.js";
import { number } from "../i18n.js";

/** @param {{ title: string, values: number[], names: string[] }} props */
export function Bars({ title, values, names }) {
  const most = Math.max(1, ...values);
  return html`<figure class="chart">
    <figcaption><h2>${title}</h2></figcaption>
    <ol class="bars" dir="ltr" role="img" aria-label=${`${title}: ${number(Math.max(...values, 0))}`}>
      ${values.map(
        (value, place) => html`<li
          key=${place}
          data-none=${value ? undefined : ""}
          title=${`${names[place]}: ${number(value)}`}
          style=${{ blockSize: `${(value / most) * 100}%` }}
        />`,
      )}
    </ol>
    <p class="axis small soft num" dir="ltr"><span>${names[0]}</span><span>${names.at(-1)}</span></p>
  </figure>`;
}
