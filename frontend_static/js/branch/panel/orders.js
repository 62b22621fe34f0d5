/** What staff can order of a trolley besides opening its lock; each says when it was done. */
import { html, useState } from "../../ui.js";
import { t } from "../../i18n.js";
import { Busy, Refusal, useRequest } from "../../parts/forms.js";
import { useStore } from "../context.js";

/** @typedef {import("../states.js").Trolley} Trolley */
/** @typedef {{ trolley: Trolley, onDone: (sentence: string) => void }} Props */

/**
 * A form with one field for a reason, which some orders need and some do not.
 * @param {{ label: string, button: string, danger?: boolean, required?: boolean, hint?: string,
 *   give: (text: string) => Promise<unknown>, done: string, onDone: (sentence: string) => void }} props
 */
function WithReason({ label, button, danger = false, required = true, hint, give, done, onDone }) {
  const [text, setText] = useState("");
  const { busy, problem, run } = useRequest();
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!(await run(() => give(text.trim())))) return;
    setText("");
    onDone(done);
  };
  return html`<form class="stack-s" onSubmit=${submit}>
    ${hint && html`<p class="small soft">${hint}</p>`}
    <div class="field">
      <label>
        <span>${label}</span>
        <input
          class="input"
          dir="auto"
          maxlength="300"
          required=${required}
          value=${text}
          onInput=${(/** @type {Typed} */ e) => setText(e.target.value)}
        />
      </label>
    </div>
    <${Refusal} problem=${problem} />
    <button class=${danger ? "btn btn-danger btn-wide" : "btn btn-quiet btn-wide"}
      disabled=${busy || (required && !text.trim())}>
      <${Busy} on=${busy} />${button}
    </button>
  </form>`;
}

/** @param {Props} props */
export function Assign({ trolley, onDone }) {
  const { assign } = useStore();
  const [phone, setPhone] = useState("");
  const [minutes, setMinutes] = useState("");
  const { busy, problem, run } = useRequest();
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const let_to = await run(() => assign(trolley.trolley_id, phone.trim(), Number(minutes) || null));
    if (let_to) onDone(t("assign.done", { name: let_to.assigned_to, n: let_to.minutes }));
  };
  return html`<form class="stack-s" onSubmit=${submit}>
    <div class="field">
      <label for="assign-phone">${t("assign.phone")}</label>
      <input
        id="assign-phone"
        class="input"
        type="tel"
        dir="ltr"
        autocomplete="off"
        required
        value=${phone}
        onInput=${(/** @type {Typed} */ e) => setPhone(e.target.value)}
      />
    </div>
    <div class="field">
      <label for="assign-minutes">${t("assign.minutes")}</label>
      <input
        id="assign-minutes"
        class="input"
        type="number"
        min="1"
        max="10080"
        value=${minutes}
        onInput=${(/** @type {Typed} */ e) => setMinutes(e.target.value)}
      />
      <p class="small soft">${t("assign.minutes_hint")}</p>
    </div>
    <${Refusal} problem=${problem} />
    <button class="btn btn-primary btn-wide" disabled=${busy || !phone.trim()}>
      <${Busy} on=${busy} />${t("assign.do")}
    </button>
  </form>`;
}

/** @param {Props} props */
export function End({ trolley, onDone }) {
  const { endSession } = useStore();
  const { busy, problem, run } = useRequest();
  const end = async () => {
    const holder = trolley.assigned_to ?? t("someone");
    if (await run(() => endSession(trolley.session_id ?? ""))) onDone(t("end_use.done", { holder }));
  };
  return html`<div class="stack-s">
    <p class="small soft">${t("end_use.text", { holder: trolley.assigned_to ?? t("someone") })}</p>
    <${Refusal} problem=${problem} />
    <button type="button" class="btn btn-danger btn-wide" disabled=${busy} onClick=${end}>
      <${Busy} on=${busy} />${t("end_use.do")}
    </button>
  </div>`;
}

/** @param {Props} props */
export const Back = ({ trolley, onDone }) => {
  const { closeRental } = useStore();
  return html`<${WithReason}
    label=${t("back.where")}
    button=${t("back.do")}
    hint=${t("back.text")}
    give=${(/** @type {string} */ text) => closeRental(trolley.trolley_id, text)}
    done=${t("back.done")}
    onDone=${onDone}
  />`;
};

/** @param {Props} props */
export const Maintenance = ({ trolley, onDone }) => {
  const { setMaintenance } = useStore();
  return html`<${WithReason}
    label=${t("maintenance.notes")}
    button=${t("maintenance.on")}
    required=${false}
    give=${(/** @type {string} */ text) => setMaintenance(trolley.trolley_id, true, text)}
    done=${t("maintenance.done_on")}
    onDone=${onDone}
  />`;
};

/** @param {Props} props */
export function InService({ trolley, onDone }) {
  const { setMaintenance } = useStore();
  const { busy, problem, run } = useRequest();
  const put = async () => {
    if (await run(() => setMaintenance(trolley.trolley_id, false, ""))) onDone(t("maintenance.done_off"));
  };
  return html`<div class="stack-s">
    <${Refusal} problem=${problem} />
    <button type="button" class="btn btn-primary btn-wide" disabled=${busy} onClick=${put}>
      <${Busy} on=${busy} />${t("maintenance.off")}
    </button>
  </div>`;
}

/** @param {Props} props */
export const Missing = ({ trolley, onDone }) => {
  const { setMissing } = useStore();
  return html`<${WithReason}
    label=${t("mark_missing.why")}
    button=${t("mark_missing.do")}
    danger
    hint=${t("mark_missing.text")}
    give=${(/** @type {string} */ text) => setMissing(trolley.trolley_id, true, text)}
    done=${t("mark_missing.done")}
    onDone=${onDone}
  />`;
};

/** @param {Props} props */
export const Found = ({ trolley, onDone }) => {
  const { setMissing } = useStore();
  return html`<${WithReason}
    label=${t("found.where")}
    button=${t("found.do")}
    give=${(/** @type {string} */ text) => setMissing(trolley.trolley_id, false, text)}
    done=${t("found.done")}
    onDone=${onDone}
  />`;
};
