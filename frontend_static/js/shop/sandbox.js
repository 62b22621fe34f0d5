/** The built-in provider for trying out: cards whose outcome is known beforehand, and a bank that asks. */
import { html } from "../ui.js";
import { t, money } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { useCheckout } from "./context.js";
import { present } from "../present.js";

/**
 * The cards to choose from: as the payment that goes on names them, else as the provider does.
 * @param {Rest.ProvidersAnswer["providers"]} offered
 * @param {string | null} chosen
 * @param {Live.PaymentView | null} begun
 */
export function cardsOf(offered, chosen, begun) {
  const { cards } = /** @type {ProviderClient} */ (begun?.client ?? {});
  if (cards && begun?.provider === chosen) return cards;
  return offered.find((one) => one.name === chosen)?.cards ?? [];
}

/** @param {string} number */
const grouped = (number) => number.replace(/(\d{4})(?=\d)/g, "$1 ");

/** @param {{ outcome: string, title: string }} props */
function title({ outcome, title }) {
  const known = t(`sandbox.${outcome}`);
  return known === `sandbox.${outcome}` ? title : known;
}

/** @param {{ cards: Rest.CardAnswer[], chosen: string | null, onChoose: (name: string) => void }} props */
export function Cards({ cards, chosen, onChoose }) {
  return html`<fieldset class="choices sandbox">
    <legend>${t("sandbox.legend")}</legend>
    <p class="small sandbox-note"><${Icon} name="info" />${t("sandbox.note")}</p>
    ${cards.map(
      (/** @type {Rest.CardAnswer} */ card) => html`<label key=${card.number} class="pick">
        <input
          type="radio"
          name="card"
          value=${card.number}
          checked=${card.number === chosen}
          onChange=${() => onChoose(card.number)}
        />
        <span class="pick-what">
          <span>${title(card)}</span>
          <span class="code small soft">${grouped(card.number)}</span>
        </span>
      </label>`,
    )}
  </fieldset>`;
}

/**
 * What a bank's own page would ask.
 * @param {{ away: boolean }} props
 */
export function BankAsks({ away }) {
  const { approve, asking, payment } = useCheckout();
  const { amount, currency } = present(payment.value);
  const busy = away || asking.value !== null;
  return html`<section class="bank stack" aria-labelledby="bank-asks">
    <span class="badge badge-test">${t("sandbox.badge")}</span>
    <h3 id="bank-asks">${t("bank.asks", { total: money(amount, currency) })}</h3>
    <p class="small soft">${t("bank.text")}</p>
    <button type="button" class="btn btn-primary btn-big btn-wide" disabled=${busy} onClick=${() => approve(true)}>
      ${t("bank.approve")}
    </button>
    <button type="button" class="btn btn-quiet btn-big btn-wide" disabled=${busy} onClick=${() => approve(false)}>
      ${t("bank.deny")}
    </button>
  </section>`;
}
