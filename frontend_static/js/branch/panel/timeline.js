/** What happened to a trolley, newest first: who did it, to whom, and why. */
import { html, useEffect, useState } from "../../ui.js";
import { dayAndTime, lang, t } from "../../i18n.js";
import { translate } from "../../messages.js";
import { auth } from "../../api.js";
import { Loading } from "../../parts/common.js";
import { Refusal } from "../../parts/forms.js";

/** @typedef {Rest.HappeningAnswer} Happening */

/**
 * The sentence of one happening; an event that nobody has put into words is not told.
 * @param {{ name: string, user: string | null }} one
 */
export function sentence({ name, user }) {
  return translate(lang.value, `timeline.${name}`, { user: user ?? t("someone") }, null);
}

/**
 * Why, in words where it is a code of ours.
 * @param {string} why
 */
const reasonOf = (why) =>
  translate(lang.value, `fault.${why}`, {}, null) ?? translate(lang.value, `timeline.why.${why}`, {}, null) ?? why;

/**
 * @param {{ one: Pick<Happening, "at" | "name" | "by" | "user" | "why">, trolley?: string }} props `trolley`: whose it
 *   is, where that is not said already
 */
export const Row = ({ one, trolley }) => html`<li class="happening">
  <time class="small soft num" datetime=${one.at}>${dayAndTime(one.at)}</time>
  <span>
    ${trolley && html`<strong>${trolley}</strong> · `}${sentence(one)}
    ${one.by && html`<span class="small soft"> · <bdi>${one.by}</bdi></span>`}
    ${one.why && html`<br /><span class="small soft"><bdi>${reasonOf(one.why)}</bdi></span>`}
  </span>
</li>`;

/**
 * Read anew whenever the trolley's journal has grown: `seq`.
 * @param {{ branch: string, trolley: import("../states.js").Trolley }} props
 */
export function Timeline({ branch, trolley }) {
  const [rows, setRows] = useState(/** @type {Happening[] | null} */ (null));
  const [next, setNext] = useState(/** @type {number | null} */ (null));
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  const path = `/api/branches/${encodeURIComponent(branch)}/carts/${encodeURIComponent(trolley.trolley_id)}/timeline`;
  const read = async (/** @type {Happening[]} */ before, /** @type {string} */ query) => {
    try {
      const page = await auth.call("GET", path + query);
      setRows([...before, ...page.results]);
      setNext(page.next);
      setProblem(null);
    } catch (refused) {
      setProblem(refused);
    }
  };
  useEffect(() => {
    read([], "");
  }, [path, trolley.seq]);
  if (!rows) return problem ? html`<${Refusal} problem=${problem} />` : html`<${Loading} />`;
  const told = rows.filter(sentence);
  return html`<div class="stack-s">
    ${told.length === 0 && html`<p class="small soft">${t("timeline.none")}</p>`}
    <ol class="happenings">${told.map((one) => html`<${Row} key=${one.seq} one=${one} />`)}</ol>
    <${Refusal} problem=${problem} />
    ${
      next &&
      html`<button type="button" class="btn btn-quiet" onClick=${() => read(rows, `?before=${next}`)}>
        ${t("timeline.more")}
      </button>`
    }
  </div>`;
}
