/** The rows of a list, and what is told at its end. */
import { html } from "../ui.js";
import { number, reason, t } from "../i18n.js";
import { idOf } from "./listing.js";
import { Boundary } from "./boundary.js";
import { Empty, Loading } from "./common.js";
import { Icon } from "./icons.js";

/** @param {{ of: any, row: (of: any) => any }} props */
const Row = ({ of, row }) => row(of);

/**
 * One that cannot be shown says so in its place. `row` makes an `li` of what the list holds.
 * @param {{ rows: any[], class: string, row: (of: any) => any }} props
 */
export const Rows = ({ rows, class: extra, row }) => html`<ul class=${extra}>
  ${rows.map(
    (one, place) => html`<${Boundary} key=${idOf(one) ?? place} as="li" what=${t("list.row")} of=${one}>
      <${Row} of=${one} row=${row} />
    <//>`,
  )}
</ul>`;

/**
 * How much of the list is shown, and a button for what follows.
 * @param {{ list: import("./listing.js").Listing }} props
 */
export function More({ list }) {
  const shown = list.rows?.length ?? 0;
  if (!shown) return null;
  const said = { shown: number(shown), n: list.count, all: number(list.count) };
  return html`<div class="list-end">
    <p class="small soft num">${t(list.more ? "list.shown" : "list.all", said)}</p>
    ${
      list.more &&
      html`<button type="button" class="btn btn-quiet" disabled=${list.busy} onClick=${list.more}>
        ${list.busy && html`<span class="spinner" />`}
        ${t("catalogue.more")}
      </button>`
    }
    ${list.problem && html`<p class="field-error" role="alert"><${Icon} name="alert" />${reason(list.problem)}</p>`}
  </div>`;
}

/**
 * A list with all that it may be: on its way, refused, empty, or rows and its end. `count`: how many there are, in
 * words of that key; `empty`: what is shown of nothing.
 * @param {{ list: import("./listing.js").Listing, class: string, row: (of: any) => any, count?: string,
 *   empty: any }} props
 */
export function Listed({ list, class: extra, row, count, empty }) {
  if (!list.rows) {
    if (!list.problem) return html`<${Loading} />`;
    return html`<${Empty} icon="offline" title=${t("orders.failed")} text=${reason(list.problem)}>
      <button type="button" class="btn btn-primary" onClick=${list.again}>${t("retry")}</button>
    <//>`;
  }
  return html`
    ${count && html`<p class="small soft" role="status">${t(count, { n: list.count })}</p>`}
    ${list.rows.length ? html`<${Rows} class=${extra} rows=${list.rows} row=${row} />` : empty}
    <${More} list=${list} />
  `;
}
