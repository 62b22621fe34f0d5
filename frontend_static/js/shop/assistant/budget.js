/** What one means to spend: the bar above the lines, and the sheet in which it is set. */
import { html, cx, useSignal } from "../../ui.js";
import { t, money } from "../../i18n.js";
import { Icon } from "../../parts/icons.js";
import { Sheet } from "../../parts/common.js";
import { LineField, Refusal, Submit, useRequest } from "../../parts/forms.js";
import { useStore } from "../context.js";
import { present } from "../../present.js";

/** @typedef {NonNullable<Live.CartView["budget"]>} Budget */
const PERIODS = /** @type {const} */ (["trip", "week", "month"]);

/** @param {{ budget: Budget, status: string, onOpen: () => void }} props */
const Bar = ({ budget, status, onOpen }) => html`<button
  type="button"
  class=${cx("budget", `budget-${status}`)}
  aria-label=${t("budget.change")}
  onClick=${onOpen}
>
  <span class="budget-words">
    <strong>${t(`budget.${budget.period}`)}</strong>
    <span class="num">
      ${
        budget.left < 0
          ? t("budget.over", { amount: money(-budget.left, budget.currency) })
          : t("budget.left", { amount: money(budget.left, budget.currency) })
      }
    </span>
  </span>
  <progress max=${budget.amount} value=${Math.min(budget.spent, budget.amount)} aria-hidden="true"></progress>
  <span class="small soft num">
    ${t("budget.spent", {
      spent: money(budget.spent, budget.currency),
      amount: money(budget.amount, budget.currency),
    })}
  </span>
</button>`;

/** @param {{ budget: Budget | null, onClose: () => void }} props */
function BudgetSheet({ budget, onClose }) {
  const { command } = useStore();
  const { busy, problem, run } = useRequest();
  const amount = useSignal(budget ? String(budget.amount) : "");
  const period = useSignal(budget?.period ?? "trip");
  const time_zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  /** @param {() => Promise<unknown>} order */
  const give = async (order) => {
    if (await run(order)) onClose();
  };
  const set = (/** @type {Event} */ event) => {
    event.preventDefault();
    const body = {
      amount: /** @type {any} */ (amount.value.trim().replace(",", ".")),
      period: period.value,
      time_zone,
    };
    give(() => command("budget.set", body, { queue: false }));
  };
  return html`<${Sheet} title=${t("budget.title")} onClose=${onClose}>
    <form class="stack" onSubmit=${set} novalidate>
      <${LineField}
        name="amount"
        label=${t("budget.amount")}
        problem=${problem}
        dir="ltr"
        value=${amount.value}
        onValue=${(/** @type {string} */ value) => (amount.value = value)}
      />
      <div class="chips" role="group" aria-label=${t("budget.period")}>
        ${PERIODS.map(
          (one) => html`<button
            key=${one}
            type="button"
            class="chip"
            aria-pressed=${period.value === one}
            onClick=${() => (period.value = one)}
          >
            ${t(`budget.${one}`)}
          </button>`,
        )}
      </div>
      <${Refusal} problem=${problem} fields=${["amount"]} />
      <div class="row">
        <${Submit} class="btn-primary btn-big btn-wide" busy=${busy} missing=${[!amount.value.trim() && t("budget.amount")]}>
          ${t("budget.set")}
        <//>
        ${
          budget &&
          html`<button
            type="button"
            class="btn btn-quiet btn-big"
            disabled=${busy}
            onClick=${() => give(() => command("budget.remove", {}, { queue: false }))}
          >
            ${t("budget.remove")}
          </button>`
        }
      </div>
    </form>
  <//>`;
}

export function BudgetBar() {
  const { cart } = useStore();
  const open = useSignal(false);
  const { budget, budget_status } = present(cart.value);
  const onOpen = () => (open.value = true);
  return html`
    ${
      budget
        ? html`<${Bar} budget=${budget} status=${budget_status} onOpen=${onOpen} />`
        : html`<button type="button" class="btn btn-bare budget-none" onClick=${onOpen}>
            <${Icon} name="coins" />
            ${t("budget.open")}
          </button>`
    }
    ${open.value && html`<${BudgetSheet} budget=${budget} onClose=${() => (open.value = false)} />`}
  `;
}
