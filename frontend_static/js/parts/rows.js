/** The rows of a list, and what is told at its end. */
import { html } from "../ui.js";
import { number, reason, t } from "../i18n.js";
import { idOf } from "./listing.js";
import { Boundary } from "./boundary.js";
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
