/** A slot took in a trolley and cannot tell which: whoever took this one is asked whether it was theirs. */
import { html } from "../ui.js";
import { t } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { Busy, Refusal, useRequest } from "../parts/forms.js";
import { useStore } from "./context.js";

/** Stays until it is answered, or somebody else has said which trolley it is. */
export function ReturnQuestion() {
  const { asked, giveBack } = useStore();
  const { busy, problem, run } = useRequest();
  const trolley = asked.value;
  if (!trolley) return null;
  return html`<section class="return-ask" role="alert" aria-labelledby="return-title">
    <span class="return-art" aria-hidden="true"><${Icon} name="trolley" /></span>
    <div class="return-words">
      <h2 id="return-title">${t("return.ask", { trolley })}</h2>
      <p class="small">${t("return.why")}</p>
      <${Refusal} problem=${problem} />
    </div>
    <div class="return-answers">
      <button type="button" class="btn btn-primary" disabled=${busy} onClick=${() => run(() => giveBack(trolley))}>
        <${Busy} on=${busy} />
        ${t("return.mine")}
      </button>
      <button type="button" class="btn btn-quiet" disabled=${busy} onClick=${() => (asked.value = null)}>
        ${t("return.not_mine")}
      </button>
    </div>
  </section>`;
}
