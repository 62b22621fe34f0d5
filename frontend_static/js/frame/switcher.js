/** The other branches, to go to the same page of one. */
import { html, useEffect, useState } from "../ui.js";
import { reason, t } from "../i18n.js";
import { all } from "../chains.js";
import { Icon } from "../parts/icons.js";
import { Loading, Sheet } from "../parts/common.js";
import { matches } from "./matching.js";
import { sameOf } from "./places.js";

/** From so many on one searches rather than reads. */
const MANY = 8;

/** @param {{ current: string | null, onClose: () => void }} props */
export function Switcher({ current, onClose }) {
  const [branches, setBranches] = useState(/** @type {Rest.BranchAnswer[] | null} */ (null));
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  const [words, setWords] = useState("");
  useEffect(() => {
    all("/api/branches?page_size=200").then(setBranches, setProblem);
  }, []);
  const shown = (branches ?? []).filter((one) => matches(words, one.name, one.code, one.city));
  return html`<${Sheet} title=${t("nav.switch")} onClose=${onClose}>
    <div class="stack">
      ${problem && html`<p class="note note-danger" role="alert"><${Icon} name="alert" />${reason(problem)}</p>`}
      ${!branches && !problem && html`<${Loading} />`}
      ${
        branches &&
        branches.length > MANY &&
        html`<input
          class="input"
          type="search"
          dir="auto"
          aria-label=${t("nav.find_branch")}
          placeholder=${t("nav.find_branch")}
          value=${words}
          onInput=${(/** @type {Typed} */ e) => setWords(e.target.value)}
        />`
      }
      <ul class="switcher">
        ${shown.map(
          (one) => html`<li key=${one.code}>
            <a
              class="menu-row"
              href=${sameOf(location.pathname, one.code)}
              aria-current=${one.code === current ? "true" : undefined}
            >
              <${Icon} name=${one.code === current ? "check" : "store"} />
              <span>
                <strong><bdi>${one.name}</bdi></strong>
                <span class="small soft">
                  ${one.city && html`<bdi>${one.city}</bdi> · `}<span class="code">${one.code}</span>
                </span>
              </span>
            </a>
          </li>`,
        )}
      </ul>
      ${branches && !shown.length && html`<p class="soft">${t("palette.nothing")}</p>`}
    </div>
  <//>`;
}
