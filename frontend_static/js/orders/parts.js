/** What the pages of orders share: asking for one and looking again, its state in words, its lines and refunds. */
import { html, cx, useEffect, useSignal } from "../ui.js";
import { t, dayAndTime, money, zoneNote } from "../i18n.js";
import { auth } from "../api.js";
import { secondsUntil } from "../clock.js";
import { signInUrl } from "../next.js";
import { Icon } from "../parts/icons.js";
import { byLine, LinePromotions, ruleOf } from "../parts/sums.js";
import { Rows } from "../parts/rows.js";

const SOON_MS = 800;
const NOW_AND_THEN_MS = 5000;
/** An order that was paid this moment may still be on its way into the books. */
const UNWRITTEN_TRIES = 4;

export const signIn = () => location.replace(signInUrl());

/**
 * Whether something about the order is under way and will be known in a moment.
 * @param {Rest.OrderAnswer} order
 */
export const unsettled = (order) => order.number === null || order.refunds.some((one) => one.status === "pending");

/**
 * Whether its exit pass can still be used.
 * @param {Rest.OrderAnswer} order
 */
export const passOpen = (order) =>
  !order.exit_pass.verified_at && order.status !== "refunded" && secondsUntil(order.exit_pass.valid_until) > 0;

/**
 * {order, problem, look()} of one order, asked for again as long as something can happen to it.
 * @param {string} id
 */
export function useOrder(id) {
  const [order, problem, tick] = [
    useSignal(/** @type {Rest.OrderAnswer | null} */ (null)),
    useSignal(/** @type {Problem | null} */ (null)),
    useSignal(0),
  ];
  useEffect(() => {
    let gone = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    let tries = 0;
    const later = (/** @type {number} */ ms) => !gone && (timer = setTimeout(look, ms));
    async function look() {
      if (document.hidden) return later(NOW_AND_THEN_MS);
      try {
        const found = await auth.call("GET", `/api/orders/${id}`);
        if (gone) return;
        order.value = found;
        problem.value = null;
        if (unsettled(found)) later(SOON_MS);
        else if (passOpen(found)) later(NOW_AND_THEN_MS);
      } catch (refused) {
        if (gone) return;
        if (refused.code === "signed_out") return signIn();
        const unwritten = refused.status === 404 && !order.peek() && ++tries < UNWRITTEN_TRIES;
        if (!unwritten) problem.value = refused;
        if (unwritten) later(SOON_MS);
        else if (refused.status !== 404) later(NOW_AND_THEN_MS);
      }
    }
    const seen = () => !document.hidden && (clearTimeout(timer), look());
    document.addEventListener("visibilitychange", seen);
    look();
    return () => {
      gone = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [id, tick.value]);
  return { order: order.value, problem: problem.value, look: () => (tick.value += 1) };
}

/**
 * When and how much, as a line that breaks between the two only.
 * @param {{ order: Rest.OrderSummary }} props
 */
export const WhenAndUnits = ({ order }) => html`<span class="small soft when">
  <span>${dayAndTime(order.placed_at, order.timezone)} ${zoneNote(order.timezone, order.placed_at)}</span>
  <span>${t("count.units", { n: order.total_items })}</span>
</span>`;

/**
 * A refund or a dispute, as a badge; nothing for an order like any other.
 * @param {{ order: Rest.OrderSummary }} props
 */
export function Status({ order }) {
  const disputed = order.dispute && order.dispute.status !== "won";
  return html`
    ${order.status !== "paid" && html`<span class=${cx("badge", "badge-back")}>${t(`order.${order.status}`)}</span>`}
    ${disputed && html`<span class="badge badge-back">${t("dispute.badge")}</span>`}
  `;
}

/** @param {{ item: Rest.ItemAnswer, currency: string }} props */
const Price = ({ item, currency }) =>
  item.price_trace.length < 2
    ? null
    : html`<details class="trace">
      <summary>${t("receipt.trace")}</summary>
      <ol>
        ${item.price_trace.map(
          (step, place) => html`<li key=${place}>
            <span dir="auto">${ruleOf(step.rule)}</span>
            <span class="num">${money(step.unit_price, currency)}</span>
          </li>`,
        )}
      </ol>
    </details>`;

/**
 * @param {{ item: Rest.ItemAnswer, currency: string,
 *   promotions?: readonly import("../parts/sums.js").LinePromotion[] }} props
 */
const Line = ({ item, currency, promotions }) => html`<li>
  <span class="receipt-what">
    <span><bdi>${item.name}${item.variant_name && `, ${item.variant_name}`}</bdi></span>
    <span class="small soft num">
      <bdi>${item.quantity} × ${money(item.unit_price, currency)}</bdi>
      ${item.returned > 0 && html` · ${t("order.came_back", { n: item.returned })}`}
    </span>
  </span>
  <span class="num receipt-sum">${money(item.line_total, currency)}</span>
  <${LinePromotions} promotions=${promotions} currency=${currency} />
  <${Price} item=${item} currency=${currency} />
</li>`;

/** @param {{ order: Rest.OrderAnswer }} props */
export function Lines({ order }) {
  const promotions = byLine(order.promotions);
  return html`<${Rows}
    class="receipt-lines"
    rows=${order.items}
    row=${(/** @type {Rest.ItemAnswer} */ one) =>
      html`<${Line} item=${one} currency=${order.currency} promotions=${promotions[one.id]} />`}
  />`;
}

/** @type {Record<string, string>} */
const REFUND_ICON = { pending: "clock", made: "undo", failed: "alert" };

/** @param {{ one: Rest.RefundAnswer, currency: string, zone: string }} props */
const Refund = ({ one, currency, zone }) => html`<li class=${`refund-${one.status}`}>
  <${Icon} name=${REFUND_ICON[one.status]} />
  <span class="receipt-what">
    <strong>${t(`refund.${one.status}`)}</strong>
    ${one.source === "provider" && html`<span class="small soft">${t("refund.at_provider")}</span>`}
    <span class="small soft">
      <bdi>${one.reason}</bdi>
      ${one.detail && html`<br /><bdi>${one.detail}</bdi>`}
      ${one.by && html`<br />${t("refund.by", { who: one.by })}`}
      ${typeof one.in_cash === "number" && html`<br />${t("refund.in_cash", { amount: money(one.in_cash, currency) })}`}
      <br />
      ${dayAndTime(one.settled_at ?? one.at, zone)}
    </span>
  </span>
  <span class="num receipt-sum">${money(one.amount, currency)}</span>
</li>`;

/** @param {{ order: Rest.OrderAnswer, zone: string }} props */
export function Refunds({ order, zone }) {
  if (!order.refunds.length) return null;
  return html`<section class="refunds">
    <h2>${t("refund.history")}</h2>
    <${Rows}
      class="refund-list"
      rows=${order.refunds}
      row=${(/** @type {Rest.RefundAnswer} */ one) =>
        html`<${Refund} one=${one} currency=${order.currency} zone=${zone} />`}
    />
  </section>`;
}

/**
 * What was paid, as a shelf's label says a price.
 * @param {{ order: Rest.OrderAnswer }} props
 */
export const Total = ({ order }) => html`<div class="label">
  <span class="label-word">${t("total")}</span>
  <span class="label-sum num">${money(order.total, order.currency)}</span>
  <span class="label-count num">${t("count.units", { n: order.total_items })}</span>
</div>`;
