/** Giving money back: how much, why, and what goes back on the shelf. The order shows what became of it. */
import { html, useMemo, useState } from "../ui.js";
import { t, money, reason } from "../i18n.js";
import { auth } from "../api.js";
import { uuid } from "../socket.js";
import { Icon } from "../parts/icons.js";
import { Reasons } from "../parts/forms.js";

const REASONS = ["refund.damaged", "refund.wrong_price", "refund.unwanted"];
const AMOUNT = /^\d{1,10}([.,]\d{1,3})?$/;

function Back({ item, count, onCount }) {
  const most = item.quantity - item.returned;
  if (!most) return null;
  return html`<li class="back">
    <bdi>${item.name}${item.variant_name && `, ${item.variant_name}`}</bdi>
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

function Amount({ all, setAll, amount, setAmount, bad }) {
  return html`<fieldset class="choose">
    <legend>${t("refund.how_much")}</legend>
    <label><input type="radio" name="much" checked=${all} onChange=${() => setAll(true)} />${t("refund.all")}</label>
    <label><input type="radio" name="much" checked=${!all} onChange=${() => setAll(false)} />${t("refund.part")}</label>
    ${
      !all &&
      html`<div class="field">
        <label for="amount">${t("refund.amount")}</label>
        <input
          id="amount"
          class="input num"
          inputmode="decimal"
          autocomplete="off"
          dir="ltr"
          aria-invalid=${bad}
          value=${amount}
          onInput=${(e) => setAmount(e.target.value)}
        />
      </div>`
    }
  </fieldset>`;
}

function explain(problem, currency) {
  if (problem.code === "refund_too_high") return t("problem.refund_too_high", { left: money(problem.left, currency) });
  return reason(problem);
}

export function RefundForm({ order, onDone }) {
  const [all, setAll] = useState(true);
  const [amount, setAmount] = useState("");
  const [why, setWhy] = useState("");
  const [back, setBack] = useState({});
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  // The same words again, as after a lost answer, are the same refund; others, or those after a refund, are another.
  const key = useMemo(uuid, [all, amount, why, back, order.refunds.length]);
  const right = all || AMOUNT.test(amount.trim());
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    const restock = Object.entries(back)
      .filter(([, quantity]) => quantity)
      .map(([item_id, quantity]) => ({ item_id, quantity }));
    const body = {
      reason: why.trim(),
      ...(all ? {} : { amount: Number(amount.trim().replace(",", ".")) }),
      ...(restock.length ? { restock } : {}),
    };
    try {
      await auth.call("POST", `/api/orders/${order.id}/refund`, { body, headers: { "Idempotency-Key": key } });
      setWhy("");
      setAmount("");
      setBack({});
      onDone();
    } catch (refused) {
      setProblem(refused);
    }
    setBusy(false);
  };
  const items = order.items.filter((item) => item.quantity > item.returned);
  return html`<form class="refund stack" onSubmit=${submit}>
    <h2><${Icon} name="undo" /> ${t("refund.title")}</h2>
    <${Amount}
      all=${all}
      setAll=${setAll}
      amount=${amount}
      setAmount=${setAmount}
      bad=${!all && amount !== "" && !right}
    />
    <${Reasons} keys=${REASONS} chosen=${why} onChoose=${setWhy} />
    <div class="field">
      <label for="why">${t("refund.why")}</label>
      <input
        id="why"
        class="input"
        dir="auto"
        maxlength="200"
        required
        value=${why}
        onInput=${(e) => setWhy(e.target.value)}
      />
      <span class="small soft">${t("refund.why_text")}</span>
    </div>
    ${
      items.length > 0 &&
      html`<details class="restock">
        <summary>${t("refund.restock")}</summary>
        <ul>
          ${items.map(
            (item) => html`<${Back}
              key=${item.id}
              item=${item}
              count=${back[item.id] ?? 0}
              onCount=${(n) => setBack({ ...back, [item.id]: n })}
            />`,
          )}
        </ul>
      </details>`
    }
    ${problem && html`<p class="field-error" role="alert">${explain(problem, order.currency)}</p>`}
    <button class="btn btn-danger btn-big btn-wide" disabled=${busy || !right || !why.trim()}>
      ${busy && html`<span class="spinner" />`}
      ${t("refund.do")}
    </button>
  </form>`;
}
