/** A look into the trolley: everything in it is scanned, compared with the order, and put right. */
import { html, cx, useEffect, useRef, useSignal } from "../ui.js";
import { t, money, number } from "../i18n.js";
import { auth } from "../api.js";
import { PRODUCT_FORMATS, signalFound } from "../scan.js";
import { Icon } from "../parts/icons.js";
import { Refusal, useRequest } from "../parts/forms.js";
import { Loading } from "../parts/common.js";
import { Viewfinder } from "../parts/viewfinder.js";
import { api, branch } from "./post.js";

/** @param {{ rows: { name: string, quantity: number }[], title: string }} props */
const Goods = ({ rows, title }) => html`<section class="stack-s">
  <h2>${title}</h2>
  <ul class="check-goods">
    ${rows.map(
      (one) => html`<li key=${one.name}>
        <strong class="num">${number(one.quantity)}</strong><span><bdi>${one.name}</bdi></span>
      </li>`,
    )}
  </ul>
</section>`;

/** @param {{ title: string, sum: number, currency: string, rows: Rest.DifferenceView[] }} props */
const Differences = ({ title, sum, currency, rows }) =>
  rows.length > 0 &&
  html`<div class="note note-warn">
    <${Icon} name="alert" />
    <div class="grow">
      <${Goods} rows=${rows} title=${title} />
      <strong class="num">${money(sum, currency)}</strong>
    </div>
  </div>`;

/**
 * What came of it, and how it is put right.
 * @param {{ check: Rest.CheckView, busy: boolean, onSettle: (method: string) => void, onNext: () => void }} props
 */
function Outcome({ check, busy, onSettle, onNext }) {
  const { outcome, missing, unpaid, amount_due, refund_due, currency } = check;
  const order = `/branch/${encodeURIComponent(branch)}/orders?order=${check.order_id}`;
  return html`<div class="stack">
    <p class=${cx("note", outcome === "clean" && "note-good")} role="status">
      <${Icon} name=${outcome === "clean" ? "check" : "info"} />
      <strong>${t(`check.${outcome}`)}</strong>
    </p>
    <${Differences} title=${t("check.unpaid")} rows=${unpaid} sum=${amount_due} currency=${currency} />
    ${
      Number(amount_due) > 0 &&
      html`<div class="row">
        <button type="button" class="btn btn-primary btn-big grow" disabled=${busy} onClick=${() => onSettle("cash")}>
          ${t("till.cash")}
        </button>
        <button type="button" class="btn btn-primary btn-big grow" disabled=${busy} onClick=${() => onSettle("card")}>
          ${t("till.card")}
        </button>
      </div>`
    }
    ${
      check.settled_at &&
      html`<p class="note note-good" role="status">
      <${Icon} name="check" />${t("check.settled")}
    </p>`
    }
    <${Differences} title=${t("check.missing")} rows=${missing} sum=${refund_due} currency=${currency} />
    ${missing.length > 0 && html`<a class="btn btn-quiet btn-big btn-wide" href=${order}>${t("check.refund")}</a>`}
    <button type="button" class="btn btn-quiet btn-big btn-wide" onClick=${onNext}>${t("exit.next")}</button>
  </div>`;
}

/** @param {{ onCode: (text: string) => void, busy: boolean }} props */
function Typing({ onCode, busy }) {
  const code = useSignal("");
  const field = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => field.current?.focus(), []);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!code.value.trim()) return;
    onCode(code.value.trim());
    code.value = "";
  };
  return html`<form class="exit-typed" onSubmit=${submit}>
    <label for="barcode">${t("check.barcode")}</label>
    <div class="row">
      <input
        ref=${field}
        id="barcode"
        class="input code"
        autocomplete="off"
        maxlength="200"
        value=${code.value}
        onInput=${(/** @type {Typed} */ e) => (code.value = e.target.value)}
      />
      <button class="btn btn-primary btn-big" disabled=${busy}>${t("check.add")}</button>
    </div>
  </form>`;
}

/**
 * The check of the order whose pass has this code, from its beginning to its end.
 * @param {{ code: string, onNext: () => void }} props
 */
export function Check({ code, onNext }) {
  const check = useSignal(/** @type {Rest.CheckView | null} */ (null));
  const { busy, problem, run } = useRequest();
  const send = (/** @type {string} */ path, /** @type {any} */ body) =>
    run(async () => {
      check.value = await auth.call("POST", `${api}/checks${path}`, { body });
    });
  useEffect(() => void send("", { pass: code }), []);
  const now = check.value;
  if (!now) {
    return html`<main class="exit" id="main">
      ${problem ? html`<${Refusal} problem=${problem} />` : html`<${Loading} />`}
      <button type="button" class="btn btn-quiet btn-big btn-wide" onClick=${onNext}>${t("exit.next")}</button>
    </main>`;
  }
  const scan = async (/** @type {string} */ barcode) => {
    signalFound(Boolean(await send(`/${now.id}/scan`, { barcode })));
  };
  if (now.outcome) {
    const settle = (/** @type {string} */ method) => send(`/${now.id}/settle`, { method });
    return html`<main class="exit" id="main">
      <h1>${t("check.title", { name: now.customer || "–" })}</h1>
      <${Outcome} check=${now} busy=${busy} onSettle=${settle} onNext=${onNext} />
      <${Refusal} problem=${problem} />
    </main>`;
  }
  return html`<main class="exit" id="main">
    <h1>${t("check.title", { name: now.customer || "–" })}</h1>
    <p class="soft">${t("check.lead")}</p>
    <${Viewfinder} formats=${PRODUCT_FORMATS} onCode=${scan} hint=${t("check.hint")} />
    <${Typing} onCode=${scan} busy=${busy} />
    <${Refusal} problem=${problem} />
    <div aria-live="polite"><${Goods} rows=${now.found} title=${t("check.found")} /></div>
    <${Goods} rows=${now.items} title=${t("check.paid")} />
    <button
      type="button"
      class="btn btn-primary btn-big btn-wide"
      disabled=${busy}
      onClick=${() => send(`/${now.id}/finish`, undefined)}
    >
      ${t("check.finish")}
    </button>
  </main>`;
}
