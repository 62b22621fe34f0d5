/** Calling somebody of the staff: one press, and what became of it. */
import { html, useState } from "../../ui.js";
import { t, reason } from "../../i18n.js";
import { Icon } from "../../parts/icons.js";
import { useStore } from "../context.js";

export function HelpButton() {
  const { callForHelp, help } = useStore();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  const call = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await callForHelp();
    } catch (refused) {
      setProblem(refused);
    }
    setBusy(false);
  };
  if (help.value) {
    const answered = help.value.answered;
    return html`<p class="note help-note" role="status">
      <${Icon} name=${answered ? "check" : "hand"} />
      <span>${t(answered ? "help.coming" : "help.called")}</span>
    </p>`;
  }
  return html`<div class="help stack-s">
    <button type="button" class="btn btn-quiet btn-wide" disabled=${busy} onClick=${call}>
      ${busy ? html`<span class="spinner" />` : html`<${Icon} name="hand" />`}
      ${t("help.call")}
    </button>
    ${problem && html`<p class="field-error" role="alert">${reason(problem)}</p>`}
  </div>`;
}
