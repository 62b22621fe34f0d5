/** One order as those who work in its branch see it: what became of it, and giving money back. */
import { html, useEffect } from "../ui.js";
import { t, dayAndTime, money, reason } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { Loading, Sheet } from "../parts/common.js";
import { Lines, Refunds, Status, Total, useOrder } from "./parts.js";
import { Dispute } from "./dispute.js";
import { RefundForm } from "./refund.js";

/** @param {{ verified_at: string | null }} props */
export const Left = ({ verified_at }) =>
  verified_at ? html`<span class="badge badge-out">${t("sales.left")}</span>` : null;

/** @param {{ order: Rest.OrderAnswer }} props */
function Facts({ order }) {
  const { customer, trolley_id, placed_at, timezone, exit_pass } = order;
  return html`<dl class="facts">
    <div><dt>${t("exit.customer")}</dt><dd><bdi>${customer ?? t("sales.erased")}</bdi></dd></div>
    <div><dt>${t("sales.when")}</dt><dd class="num">${dayAndTime(placed_at, timezone)}</dd></div>
    ${trolley_id && html`<div><dt>${t("exit.trolley")}</dt><dd class="code">${trolley_id}</dd></div>`}
    <div>
      <dt>${t("sales.exit")}</dt>
      <dd class="num">
        ${exit_pass.verified_at ? dayAndTime(exit_pass.verified_at, timezone) : t("sales.not_yet")}
      </dd>
    </div>
  </dl>`;
}

/** @param {{ order: Rest.OrderAnswer, manages: boolean, look: () => void }} props */
const Sold = ({ order, manages, look }) => html`
  <div class="row sale-badges"><${Status} order=${order} /><${Left} verified_at=${order.exit_pass.verified_at} /></div>
  <${Dispute} order=${order} zone=${order.timezone} />
  <${Facts} order=${order} />
  <${Lines} order=${order} />
  <${Total} order=${order} />
  ${
    order.refunded > 0 &&
    html`<p class="row receipt-back">
      <strong>${t("receipt.given_back")}</strong>
      <strong class="num push">${money(order.refunded, order.currency)}</strong>
    </p>`
  }
  <${Refunds} order=${order} zone=${order.timezone} />
  ${manages && order.status !== "refunded" && html`<${RefundForm} key=${order.id} order=${order} onDone=${look} />`}
  <a class="btn btn-bare" href=${`/orders/${order.id}`}><${Icon} name="receipt" />${t("sales.receipt")}</a>
`;

/**
 * `onOrder` hears what the order is now, for the list behind.
 * @param {{ id: string, manages: boolean, onOrder: (order: Rest.OrderAnswer) => void, onClose: () => void }} props
 */
export function OrderSheet({ id, manages, onOrder, onClose }) {
  const { order, problem, look } = useOrder(id);
  useEffect(() => {
    if (order) onOrder(order);
  }, [order]);
  const inside = order
    ? html`<${Sold} order=${order} manages=${manages} look=${look} />`
    : problem
      ? html`<p class="note note-danger" role="alert"><${Icon} name="alert" />${reason(problem)}</p>`
      : html`<${Loading} />`;
  return html`<${Sheet}
    side
    title=${order ? t("order.number", { n: order.number ?? "…" }) : t("loading")}
    onClose=${onClose}
  >
    <div class="stack">${inside}</div>
  <//>`;
}
