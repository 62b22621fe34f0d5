/** Forms that order something of the server: one order at a time, each error at its field. */
import { html, cx, useState } from "../ui.js";
import { fieldReason, t, reason } from "../i18n.js";
import { readAmount } from "../money.js";
import { Problem, isOurs, ours, readOurs } from "../problem.js";

/** {busy, problem, run(order)}; run gives what the order gave (true for nothing), or null when it was refused. */
export function useRequest() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  /** @type {<Result>(order: () => Promise<Result>) => Promise<any>} */
  const run = async (order) => {
    setBusy(true);
    setProblem(null);
    try {
      return (await order()) ?? true;
    } catch (refused) {
      setProblem(refused);
      return null;
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, run };
}

/**
 * The sentence for a field, of our own when the problem names a key of ours, else the server's.
 * @param {Problem | null} problem
 * @param {string} name
 */
export function errorOf(problem, name) {
  const said = problem?.errors?.[name]?.[0];
  return said && isOurs(said) ? t(...readOurs(said)) : fieldReason(problem, name);
}

/**
 * The amount that somebody typed into a field, as the API takes it. Raises the field's Problem, in words.
 * @param {string} field
 * @param {string} text
 * @param {string} currency
 */
export function amountOf(field, text, currency) {
  const read = readAmount(text, currency);
  if ("amount" in read) return read.amount;
  throw new Problem({ code: "invalid", errors: { [field]: [ours(read.wrong, read.vars)] } });
}

/**
 * A labelled control with its own error under it. `children` is a function of the attributes that the
 * control takes. `also`: names of fields that this control stands for too.
 * @param {{ name: string, label: string, problem: Problem | null, hint: string, also?: string[], children: any }} props
 */
export function Field({ name, label, problem, hint, also = [], children }) {
  const error = [name, ...also].map((one) => errorOf(problem, one)).find(Boolean);
  const described = [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(" ");
  const more = { id: name, "aria-invalid": error ? "true" : undefined, "aria-describedby": described || undefined };
  return html`<div class="field">
    <label for=${name}>${label}</label>
    ${children(more)}
    ${hint && html`<p class="small soft" id=${`${name}-hint`}>${hint}</p>`}
    ${error && html`<p class="field-error" id=${`${name}-error`} role="alert">${error}</p>`}
  </div>`;
}

/**
 * What is refused for no field that is on the form.
 * @param {{ problem: Problem | null, fields?: string[] }} props
 */
export function Refusal({ problem, fields = [] }) {
  if (!problem || fields.some((name) => problem.errors?.[name])) return null;
  const [name] = Object.keys(problem.errors ?? {});
  return html`<p class="field-error" role="alert">${name ? errorOf(problem, name) : reason(problem)}</p>`;
}

/**
 * A field of one line, named `name` in the request.
 * @param {{ name: string, label: string, problem: Problem | null, hint?: string, value: string,
 *   onValue: (value: string) => void, type?: string, dir?: string, autocomplete?: string, autocapitalize?: string,
 *   inputmode?: string }} props
 */
export function LineField(props) {
  const { name, label, problem, hint, value, onValue, type = "text", dir = "auto" } = props;
  return html`<${Field} name=${name} label=${label} problem=${problem} hint=${hint}>
    ${(/** @type {object} */ more) =>
      html`<input
        ...${more}
        class="input"
        type=${type}
        autocomplete=${props.autocomplete}
        autocapitalize=${props.autocapitalize}
        inputmode=${props.inputmode}
        dir=${dir}
        value=${value}
        onInput=${(/** @type {any} */ e) => onValue(e.target.value)}
      />`}
  <//>`;
}

/** @param {{ on: boolean }} props */
export const Busy = ({ on }) => on && html`<span class="spinner" />`;

/**
 * The button that sends a form. While something is missing it can be pressed all the same, and says what: a button
 * that is merely grey leaves people to guess. `missing`: labels of what is still empty; what is there may be false.
 * @param {{ busy: boolean, missing?: (string | false | null)[], class?: string, children: any }} props
 */
export function Submit({ busy, missing = [], class: kind = "btn-primary btn-wide", children }) {
  const [asked, ask] = useState(false);
  const empty = missing.filter(Boolean);
  const press = (/** @type {Event} */ event) => {
    if (!empty.length) return;
    event.preventDefault();
    ask(true);
  };
  return html`
    ${asked && empty.length > 0 && html`<p class="field-error" role="alert">${t("form.missing", { what: empty.join(", ") })}</p>`}
    <button class=${cx("btn", kind)} disabled=${busy} onClick=${press}><${Busy} on=${busy} />${children}</button>
  `;
}

/**
 * Sentences to choose from rather than to type one; `keys`: theirs in the dictionary.
 * @param {{ keys: string[], chosen: string, onChoose: (sentence: string) => void }} props
 */
export const Reasons = ({ keys, chosen, onChoose }) => html`<div class="chips">
  ${keys.map(
    (key) => html`<button
      key=${key}
      type="button"
      class="chip"
      aria-pressed=${chosen === t(key)}
      onClick=${() => onChoose(t(key))}
    >
      ${t(key)}
    </button>`,
  )}
</div>`;
