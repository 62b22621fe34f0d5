/** Goods in a shopper's cart that need somebody: an age to look at, a tag to take off, something to weigh. */
import { html, useState } from "../ui.js";
import { t } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { useStore } from "./context.js";

/** Kinds of alarms behind which somebody waits for a decision. */
export const APPROVALS = new Set(["age_check", "tag_check", "weighing"]);

/**
 * Approve or refuse; of what is weighed, how much it weighs.
 * @param {{ alarm: Live.AlarmView, busy: boolean, run: (order: () => Promise<unknown>) => Promise<unknown> }} props
 */
export function Approval({ alarm, busy, run }) {
  const store = useStore();
  const [grams, setGrams] = useState("");
  const weighs = alarm.kind === "weighing";
  const id = `grams-${alarm.alarm_id}`;
  const approval = alarm.subject.replace("need/", "");
  const decide = (/** @type {boolean} */ approve) =>
    run(() => store.settleApproval(approval, approve, weighs && approve ? Number(grams) : undefined));
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    decide(true);
  };
  return html`<form class="alarm-orders" onSubmit=${submit}>
    ${
      weighs &&
      html`<label class="small" for=${id}>${t("approval.grams")}</label>
        <input
          id=${id}
          class="input num approval-grams"
          dir="ltr"
          inputmode="numeric"
          value=${grams}
          onInput=${(/** @type {InputEvent} */ e) => setGrams(/** @type {HTMLInputElement} */ (e.target).value)}
        />`
    }
    <button class="btn btn-primary" disabled=${busy || (weighs && !(Number(grams) > 0))}>
      <${Icon} name="check" />
      ${t(`approval.${alarm.kind}`)}
    </button>
    <button type="button" class="btn btn-quiet" disabled=${busy} onClick=${() => decide(false)}>
      ${t("approval.refuse")}
    </button>
  </form>`;
}
