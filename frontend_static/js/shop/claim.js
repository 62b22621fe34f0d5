/** Getting a trolley: scan its code, type it, or come straight from its printed QR. */
import { html, useState, useSignal } from "../ui.js";
import { t, reason } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { Sheet } from "../parts/common.js";
import { Viewfinder } from "../parts/viewfinder.js";
import { TROLLEY_FORMATS, signalFound } from "../scan.js";
import { useStore } from "./context.js";

/**
 * What was typed, as the server wants it: "trolley 1" has its separator back, an address stays as it is.
 * @param {string} text
 */
export function tidyCode(text) {
  const code = text.trim();
  return code.includes("/") ? code : code.toUpperCase().replace(/[\s-]+/g, "_");
}

/**
 * The trolley's public code in a scanned or typed text, for showing; the server reads the whole.
 * @param {string} text
 */
export function trolleyCode(text) {
  const match = /\/t\/([^/?#]+)/.exec(text);
  return match ? decodeURIComponent(match[1]) : text.trim();
}

/** @param {{ problem: Problem | null }} props */
function Refused({ problem }) {
  if (!problem) return null;
  const advice = t(`advice.${problem.code}`);
  return html`<div class="note note-danger" role="alert">
    <${Icon} name="alert" />
    <div>
      <strong>${reason(problem)}</strong>
      ${advice !== `advice.${problem.code}` && html`<p class="small">${advice}</p>`}
    </div>
  </div>`;
}

/** @param {{ busy: boolean }} props */
function TypedCode({ busy }) {
  const { claim } = useStore();
  const [code, setCode] = useState("");
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (code.trim()) claim(tidyCode(code));
  };
  return html`<form class="typed" onSubmit=${submit}>
    <div class="field">
      <label for="trolley-code">${t("claim.typed")}</label>
      <div class="row">
        <input
          id="trolley-code"
          class="input code"
          placeholder="TROLLEY_01"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck=${false}
          value=${code}
          onInput=${(/** @type {Typed} */ e) => setCode(e.target.value)}
        />
        <button class="btn btn-quiet typed-go" disabled=${busy || !code.trim()}>${t("claim.take_short")}</button>
      </div>
    </div>
  </form>`;
}

/** @param {{ onClose: () => void }} props */
function ScanSheet({ onClose }) {
  const { claim } = useStore();
  const found = (/** @type {string} */ text) => {
    signalFound(true);
    onClose();
    claim(text.trim());
  };
  return html`<${Sheet} title=${t("claim.scan_title")} onClose=${onClose} class="scan-sheet">
    <${Viewfinder} formats=${TROLLEY_FORMATS} onCode=${found} hint=${t("claim.scan_hint")} square />
  <//>`;
}

/**
 * `invited`: the address of the QR that opened the page, or null.
 * @param {{ invited: string | null, onOther: () => void }} props
 */
export function Claim({ invited, onOther }) {
  const { claim, claimProblem, claiming, connection } = useStore();
  const scanning = useSignal(false);
  const busy = claiming.value !== null;
  const waiting =
    busy &&
    html`<p class="row" role="status">
      <span class="spinner" />
      ${t("claim.asking", { trolley: trolleyCode(claiming.value ?? "") })}
    </p>`;
  const offline = connection.value !== "open";
  if (invited) {
    return html`<section class="claim stack">
      <div class="plate">
        <span class="plate-word">${t("claim.plate")}</span>
        <span class="plate-code code">${trolleyCode(invited)}</span>
      </div>
      <h1>${t("claim.invited")}</h1>
      <p class="soft">${t("claim.invited_lead")}</p>
      <${Refused} problem=${claimProblem.value} />
      <button
        type="button"
        class="btn btn-tag btn-big btn-wide"
        disabled=${busy || offline}
        onClick=${() => claim(invited)}
      >
        ${busy ? html`<span class="spinner" />` : html`<${Icon} name="unlocked" />`}
        ${t("claim.take")}
      </button>
      ${waiting}
      <button type="button" class="btn btn-bare" onClick=${onOther}>${t("claim.other")}</button>
    </section>`;
  }
  return html`<section class="claim stack">
    <div class="claim-hero">
      <div class="claim-art" aria-hidden="true">
        <div class="frame"><i></i><i></i><i></i><i></i></div>
        <${Icon} name="trolley" />
      </div>
      <h1>${t("claim.title")}</h1>
      <p>${t("claim.lead")}</p>
      <button
        type="button"
        class="btn btn-tag btn-big btn-wide"
        disabled=${busy || offline}
        onClick=${() => (scanning.value = true)}
      >
        <${Icon} name="scan" />
        ${t("claim.scan")}
      </button>
    </div>
    <${Refused} problem=${claimProblem.value} />
    ${waiting}
    <${TypedCode} busy=${busy || offline} />
    ${scanning.value && html`<${ScanSheet} onClose=${() => (scanning.value = false)} />`}
  </section>`;
}
