/** The till: a cashier scans a shopper's code, takes the money, and reads what goes back. */
import { html, render, useRef, useSignal } from "../ui.js";
import { t, money } from "../i18n.js";
import { auth } from "../api.js";
import { decimalsOf, readAmount } from "../money.js";
import { TROLLEY_FORMATS, signalFound } from "../scan.js";
import { uuid } from "../socket.js";
import { Icon } from "../parts/icons.js";
import { Refusal, useRequest } from "../parts/forms.js";
import { Viewfinder } from "../parts/viewfinder.js";
import { Post, api } from "./post.js";
import { TypedCode } from "./typed-code.js";

/** @param {{ onCode: (text: string) => void, busy: boolean }} props */
const Asking = ({ onCode, busy }) => html`<${Viewfinder}
    formats=${TROLLEY_FORMATS}
    onCode=${onCode}
    hint=${t("till.hint")}
    square
  />
  <${TypedCode} action=${t("till.show")} onCode=${onCode} busy=${busy} />`;

/**
 * What is to be paid, and the two ways to pay it.
 * @param {{ bill: Rest.TillView, busy: boolean, onPaid: (method: string, received?: string) => void }} props
 */
function Taking({ bill, busy, onPaid }) {
  const due = Number(bill.due_in_cash).toFixed(decimalsOf(bill.currency));
  const received = useSignal("");
  const read = received.value.trim() === "" ? { amount: due } : readAmount(received.value, bill.currency);
  const enough = "amount" in read && Number(read.amount) >= Number(due);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if ("amount" in read) onPaid("cash", read.amount);
  };
  return html`<div class="label label-pay">
      <span class="label-word"><bdi>${bill.customer}</bdi></span>
      <span class="label-sum num">${money(bill.amount, bill.currency)}</span>
      <span class="label-count num">${t("count.units", { n: bill.total_items })}</span>
    </div>
    <form class="stack" onSubmit=${submit}>
      <div class="field">
        <label for="received">${t("till.received")}</label>
        <input
          id="received"
          class="input num"
          dir="ltr"
          inputmode="decimal"
          placeholder=${due}
          value=${received.value}
          aria-invalid=${"wrong" in read ? "true" : undefined}
          aria-describedby=${"wrong" in read ? "received-error" : undefined}
          onInput=${(/** @type {Typed} */ e) => (received.value = e.target.value)}
        />
        ${
          "wrong" in read &&
          html`<p class="field-error" id="received-error"
          role="alert">${t(read.wrong, read.vars)}</p>`
        }
      </div>
      <button class="btn btn-primary btn-big btn-wide" disabled=${busy || !enough}>
        ${t("till.cash")} · <span class="num">${money(bill.due_in_cash, bill.currency)}</span>
      </button>
    </form>
    <button type="button" class="btn btn-primary btn-big btn-wide" disabled=${busy} onClick=${() => onPaid("card")}>
      <${Icon} name="card" />
      ${t("till.card")} · <span class="num">${money(bill.amount, bill.currency)}</span>
    </button>`;
}

/** @param {{ taken: Rest.TillTakenView }} props */
const Taken = ({ taken }) => html`<div class="stack" role="status">
  <p class="note note-good"><${Icon} name="check" /><strong>${t("till.paid")}</strong></p>
  <div class="label label-pay">
    <span class="label-word">${t("till.change")}</span>
    <span class="label-sum num">${money(taken.change, taken.currency)}</span>
    <span class="label-count num">${t("till.of", { received: money(taken.received, taken.currency) })}</span>
  </div>
</div>`;

function Till() {
  const [bill, taken, code] = [
    useSignal(/** @type {Rest.TillView | null} */ (null)),
    useSignal(/** @type {Rest.TillTakenView | null} */ (null)),
    useSignal(""),
  ];
  const key = useRef("");
  const { busy, problem, run } = useRequest();
  const show = async (/** @type {string} */ text) => {
    code.value = text;
    key.current = uuid();
    const found = await run(() => auth.call("GET", `${api}/till/${encodeURIComponent(text)}`));
    bill.value = found;
    signalFound(Boolean(found));
  };
  const pay = async (/** @type {string} */ method, /** @type {string | undefined} */ received) => {
    const body = { code: code.value, method, ...(received !== undefined && { received }) };
    const headers = { "Idempotency-Key": `${key.current}-${method}-${received ?? ""}` };
    taken.value = await run(() => auth.call("POST", `${api}/till`, { body, headers }));
  };
  const next = () => {
    bill.value = null;
    taken.value = null;
  };
  return html`<main class="exit" id="main">
    <h1>${t("till.title")}</h1>
    <p class="soft">${t("till.lead")}</p>
    <${Refusal} problem=${problem} />
    ${
      taken.value
        ? html`<${Taken} taken=${taken.value} />`
        : bill.value
          ? html`<${Taking} bill=${bill.value} busy=${busy} onPaid=${pay} />`
          : html`<${Asking} onCode=${show} busy=${busy} />`
    }
    ${
      bill.value &&
      html`<button type="button" class="btn btn-quiet btn-big btn-wide" onClick=${next}>${t("exit.next")}</button>`
    }
  </main>`;
}

render(html`<${Post} here="till"><${Till} /><//>`, document.body);
