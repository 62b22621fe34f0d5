/** A code that staff types, or that a scanner in somebody's hand types: it has the focus. */
import { html, useEffect, useRef, useSignal } from "../ui.js";
import { t } from "../i18n.js";
import { codeOf } from "./verdict.js";

/**
 * `action` is the word on its button, `begin` what stands in it at first.
 * @param {{ action: string, begin?: string, busy: boolean, onCode: (text: string) => void }} props
 */
export function TypedCode({ action, begin = "", busy, onCode }) {
  const [code, empty] = [useSignal(begin), useSignal(false)];
  const field = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => field.current?.focus(), []);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    empty.value = !codeOf(code.value);
    if (!empty.value) onCode(code.value.trim());
  };
  return html`<form class="exit-typed" onSubmit=${submit}>
    <label for="code">${t("exit.code")}</label>
    <div class="row">
      <input
        ref=${field}
        id="code"
        class="input code"
        aria-invalid=${empty.value ? "true" : undefined}
        aria-describedby=${empty.value ? "code-error" : undefined}
        autocomplete="off"
        autocapitalize="characters"
        spellcheck=${false}
        maxlength="300"
        placeholder="7K2M-Q0XP-91BD"
        value=${code.value}
        onInput=${(/** @type {Typed} */ e) => (code.value = e.target.value)}
      />
      <button class="btn btn-primary btn-big" disabled=${busy}>
        ${busy && html`<span class="spinner" />`}
        ${action}
      </button>
    </div>
    ${empty.value && html`<p class="field-error" id="code-error" role="alert">${t("exit.no_code")}</p>`}
  </form>`;
}
