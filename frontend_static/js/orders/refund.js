/** Giving money back: the goods chosen make the amount, the button says it, and the order shows what became of it. */
import { html, useMemo, useState } from "../ui.js";
import { t, money, reason } from "../i18n.js";
import { auth } from "../api.js";
import { decimalsOf, readAmount } from "../money.js";
import { costOf, leftOf } from "./refundable.js";
import { uuid } from "../socket.js";
import { Icon } from "../parts/icons.js";
import { Reasons } from "../parts/forms.js";
import { Rows } from "../parts/rows.js";

const REASONS = ["refund.damaged", "refund.wrong_price", "refund.unwanted"];
/** @typedef {import("./refundable.js").Counts} Counts */
/** @typedef {"goods" | "all" | "part"} Way */
const WAYS = /** @type {Way[]} */ (["goods", "all", "part"]);

/**
 * Smallest units as the decimal text that the API takes.
 * @param {number} units
 * @param {string} currency
 */
function textOf(units, currency) {
  const digits = decimalsOf(currency);
  return (units / 10 ** digits).toFixed(digits);
}

/** @param {{ item: Rest.ItemAnswer, currency: string, count: number, onCount: (count: number) => void }} props */
function Back({ item, currency, count, onCount }) {
  const most = item.quantity - item.returned;
  return html`<li class="back">
    <span class="receipt-what">
      <bdi>${item.name}${item.variant_name && `, ${item.variant_name}`}</bdi>
      <span class="small soft num"><bdi>${t("refund.each", { price: money(item.unit_price, currency) })}</bdi></span>
    </span>
    <span class="stepper">
      <button
        type="button"
        aria-label=${t("refund.fewer", { name: item.name })}
        disabled=${!count}
        onClick=${() => onCount(count - 1)}
      >
        <${Icon} name="minus" />
      </button>
      <output class="num">${count}</output>
      <button
        type="button"
        aria-label=${t("refund.more", { name: item.name })}
        disabled=${count >= most}
        onClick=${() => onCount(count + 1)}
      >
        <${Icon} name="plus" />
      </button>
    </span>
  </li>`;
}

/** @param {{ order: Rest.OrderAnswer, counts: Counts, setCounts: (counts: Counts) => void }} props */
const Goods = ({ order, counts, setCounts }) => html`<${Rows}
  class="restock"
  rows=${order.items.filter((item) => item.quantity > item.returned)}
  row=${(/** @type {Rest.ItemAnswer} */ item) =>
    html`<${Back}
      item=${item}
      currency=${order.currency}
      count=${counts[item.id] ?? 0}
      onCount=${(/** @type {number} */ n) => setCounts({ ...counts, [item.id]: n })}
    />`}
/>`;

/** @param {{ text: string, setText: (text: string) => void, currency: string, wrong: string }} props */
const Typing = ({ text, setText, currency, wrong }) => html`<div class="field">
  <label for="amount">${t("refund.amount_in", { currency })}</label>
  <input
    id="amount"
    class="input num"
    inputmode="decimal"
    autocomplete="off"
    dir="ltr"
    aria-invalid=${wrong ? "true" : undefined}
    aria-describedby=${wrong ? "amount-error" : undefined}
    value=${text}
    onInput=${(/** @type {Typed} */ e) => setText(e.target.value)}
  />
  ${wrong && html`<span class="field-error" id="amount-error" role="alert">${wrong}</span>`}
</div>`;

/**
 * @param {any} problem
 * @param {string} currency
 */
function explain(problem, currency) {
  if (problem.code === "refund_too_high") return t("problem.refund_too_high", { left: money(problem.left, currency) });
  return reason(problem);
}

/**
 * Asked before more is given back than the chain lets go without a second question.
 * @param {{ said: string, limit: string, busy: boolean, onYes: () => void, onNo: () => void }} props
 */
const Sure = ({ said, limit, busy, onYes, onNo }) => html`<div class="note note-warn stack-s" role="alertdialog">
  <p><strong>${t("refund.sure", { amount: said })}</strong> ${t("refund.above", { limit })}</p>
  <div class="row">
    <button type="button" class="btn btn-danger" disabled=${busy} onClick=${onYes}>
      ${busy && html`<span class="spinner" />`} ${t("refund.do_amount", { amount: said })}
    </button>
    <button type="button" class="btn btn-quiet" onClick=${onNo}>${t("cancel")}</button>
  </div>
</div>`;

/**
 * What somebody wants to give back, and the request for it. `missing` says what is not told yet, else it is empty.
 * @param {Rest.OrderAnswer} order
 * @param {() => void} onDone
 */
function useRefund(order, onDone) {
  const { currency } = order;
  const some = order.items.some((item) => item.quantity > item.returned);
  const [way, setWay] = useState(/** @type {Way} */ (some ? "goods" : "all"));
  const [text, setText] = useState("");
  const [why, setWhy] = useState("");
  const [counts, setCounts] = useState(/** @type {Counts} */ ({}));
  const [restocks, setRestocks] = useState(true);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(/** @type {any} */ (null));
  // The same words again, as after a lost answer, are the same refund; others, or those after a refund, are another.
  const key = useMemo(uuid, [way, text, why, counts, restocks, order.refunds.length]);
  const typed = readAmount(text, currency);
  const wrong = "wrong" in typed ? t(typed.wrong, typed.vars) : "";
  const left = textOf(leftOf(order), currency);
  const chosen = Object.entries(counts).filter(([, quantity]) => quantity);
  const amounts = {
    all: left,
    goods: textOf(costOf(order, counts), currency),
    part: "amount" in typed ? typed.amount : "",
  };
  const amount = amounts[way];
  const missing =
    (way === "goods" && !chosen.length && t("refund.choose")) ||
    (way === "part" && wrong) ||
    (!why.trim() && t("refund.why_needed")) ||
    "";
  const send = async (/** @type {boolean} */ confirmed) => {
    setBusy(true);
    setProblem(null);
    const restock = restocks ? chosen.map(([item_id, quantity]) => ({ item_id, quantity })) : [];
    const body = {
      reason: why.trim(),
      ...(way === "all" ? {} : { amount }),
      ...(restock.length ? { restock } : {}),
      ...(confirmed ? { confirmed } : {}),
    };
    const headers = { "Idempotency-Key": confirmed ? `${key}-sure` : key };
    try {
      await auth.call("POST", `/api/orders/${order.id}/refund`, { body, headers });
      setWhy("");
      setText("");
      setCounts({});
      onDone();
    } catch (refused) {
      setProblem(refused);
    }
    setBusy(false);
  };
  const fields = { way, setWay, text, setText, why, setWhy, counts, setCounts, restocks, setRestocks };
  return { ...fields, some, left, amount, chosen, wrong, missing, busy, problem, setProblem, send };
}

/** @param {{ order: Rest.OrderAnswer, refund: ReturnType<typeof useRefund> }} props */
function HowMuch({ order, refund }) {
  const { currency } = order;
  const { way, setWay, text, setText, counts, setCounts, some, left, wrong } = refund;
  const goods = html`<${Goods} order=${order} counts=${counts} setCounts=${setCounts} />`;
  return html`
    <fieldset class="choose">
      <legend>${t("refund.how_much")}</legend>
      ${WAYS.filter((one) => one !== "goods" || some).map(
        (one) => html`<label key=${one}>
          <input type="radio" name="much" checked=${way === one} onChange=${() => setWay(one)} />
          ${t(`refund.${one}`, { left: money(left, currency) })}
        </label>`,
      )}
    </fieldset>
    ${
      way === "part" &&
      html`<${Typing} text=${text} setText=${setText} currency=${currency} wrong=${text ? wrong : ""} />`
    }
    ${some && (way === "goods" ? goods : html`<details><summary>${t("refund.restock")}</summary>${goods}</details>`)}
    ${
      refund.chosen.length > 0 &&
      html`<label class="switch">
        <input
          type="checkbox"
          checked=${refund.restocks}
          onChange=${(/** @type {Typed} */ e) => refund.setRestocks(e.target.checked)}
        />
        ${t("refund.to_stock")}
      </label>`
    }
  `;
}

/** @param {{ order: Rest.OrderAnswer, onDone: () => void }} props */
export function RefundForm({ order, onDone }) {
  const { currency } = order;
  const refund = useRefund(order, onDone);
  const { amount, why, setWhy, missing, busy, problem, send } = refund;
  const [tried, setTried] = useState(false);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    setTried(Boolean(missing));
    if (!missing) send(false);
  };
  const said = money(amount, currency);
  const asks = problem?.code === "refund_unconfirmed";
  return html`<form class="refund stack" onSubmit=${submit} novalidate>
    <h2><${Icon} name="undo" /> ${t("refund.title")}</h2>
    <${HowMuch} order=${order} refund=${refund} />
    <${Reasons} keys=${REASONS} chosen=${why} onChoose=${setWhy} />
    <div class="field">
      <label for="why">${t("refund.why")}</label>
      <input
        id="why"
        class="input"
        dir="auto"
        maxlength="200"
        value=${why}
        onInput=${(/** @type {Typed} */ e) => setWhy(e.target.value)}
      />
      <span class="small soft">${t("refund.why_text")}</span>
    </div>
    ${tried && missing && html`<p class="field-error" role="alert">${missing}</p>`}
    ${problem && !asks && html`<p class="field-error" role="alert">${explain(problem, currency)}</p>`}
    ${
      asks
        ? html`<${Sure}
          said=${said}
          limit=${money(problem.above, currency)}
          busy=${busy}
          onYes=${() => send(true)}
          onNo=${() => refund.setProblem(null)}
        />`
        : html`<button class="btn btn-danger btn-big btn-wide" disabled=${busy}>
          ${busy && html`<span class="spinner" />`}
          ${Number(amount) ? t("refund.do_amount", { amount: said }) : t("refund.do")}
        </button>`
    }
  </form>`;
}
