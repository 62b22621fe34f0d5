/** Open a trolley's lock, and what becomes of the order, told where it was given. */
import { html, useState } from "../../ui.js";
import { secondOfDay, t } from "../../i18n.js";
import { Icon } from "../../parts/icons.js";
import { Busy, Reasons, Refusal, useRequest } from "../../parts/forms.js";
import { useStore } from "../context.js";

/** @typedef {import("../states.js").Trolley} Trolley */

const REASONS = ["reason.stuck", "reason.help", "reason.cleaning"];

/**
 * What became of the order to open this trolley's lock; nothing if none was given here.
 * @param {{ trolley_id: string }} props
 */
export function OpeningSaid({ trolley_id }) {
  const opening = useStore().openings.value.get(trolley_id);
  if (!opening) return html`<p class="said" role="status"></p>`;
  const { stage, at, fault } = opening;
  if (stage === "failed")
    return html`<div class="note note-danger" role="alert">
      <${Icon} name="alert" />
      <span>${t("opening.failed")} ${t(`fault.${fault}`)}. ${t(`fault_do.${fault}`)}</span>
    </div>`;
  return html`<p class="said" role="status">
    ${stage === "opened" ? html`<${Icon} name="check" />` : html`<span class="spinner" />`}
    ${stage === "opened" && at ? t("opening.opened", { time: secondOfDay(at) }) : t(`opening.${stage}`)}
  </p>`;
}

/** @param {{ trolley: Trolley }} props */
export function Open({ trolley }) {
  const { connection, unlock } = useStore();
  const [why, setWhy] = useState("");
  const { busy, problem, run } = useRequest();
  const reachable = connection.value === "open";
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    run(() => unlock(trolley.trolley_id, why.trim()).then(() => setWhy("")));
  };
  return html`<form class="stack-s" onSubmit=${submit}>
    <${Reasons} keys=${REASONS} chosen=${why} onChoose=${setWhy} />
    <div class="field">
      <label for="why">${t("unlock.why")}</label>
      <input
        id="why"
        class="input"
        maxlength="300"
        required
        value=${why}
        onInput=${(/** @type {Typed} */ e) => setWhy(e.target.value)}
      />
    </div>
    <${Refusal} problem=${problem} />
    ${!reachable && html`<p class="small soft" role="status">${t("order.unreachable")}</p>`}
    <button class="btn btn-primary btn-wide" disabled=${busy || !reachable || !why.trim()}>
      <${Busy} on=${busy} />${t("unlock.do")}
    </button>
    <p class="small soft">${t("unlock.logged")}</p>
  </form>`;
}
