/** The sheet in which a frozen cart is paid for. What it shows follows from the stage, and only from it. */
import { html, cx, useEffect, useRef, useState } from "../ui.js";
import { t, money, reason } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { Sheet } from "../parts/common.js";
import { useCheckout, useStore } from "./context.js";
import { pageOf } from "./checkout.js";
import { mayLeave } from "./stage.js";
import { Countdown } from "./countdown.js";
import { AtTheTill, PayAtTill } from "./staff/till.js";
import { Vouchers } from "./vouchers.js";
import { BankAsks, Cards, cardsOf } from "./sandbox.js";
import { present } from "../present.js";

const DOUBLE_TAP_MS = 500;
/** Stages in which there is nothing to do but wait. */
const WAITING = ["reserving", "leaving", "resuming", "paying", "bank", "completing"];

function Goods() {
  const { cart } = useStore();
  const { items, items_count, total_items, currency } = present(cart.value);
  return html`<details class="goods" open=${items.length <= 4}>
    <summary>
      <span class="num">${t("count.products", { n: items_count })} · ${t("count.units", { n: total_items })}</span>
    </summary>
    <ul>
      ${items.map(
        ({ id, product, variant, quantity, line_total }) => html`<li key=${id}>
          <span class="num goods-times">${quantity} ×</span>
          <span class="goods-name"><bdi>${product.name}${variant?.name ? ` · ${variant.name}` : ""}</bdi></span>
          <span class="num push">${money(line_total, currency)}</span>
        </li>`,
      )}
    </ul>
  </details>`;
}

function Sum() {
  const { cart } = useStore();
  const { total_price, currency } = present(cart.value);
  return html`<div class="label label-pay">
    <span class="label-word">${t("pay.to_pay")}</span>
    <span class="label-sum num">${money(total_price, currency)}</span>
  </div>`;
}

/** Something stands in the way: said where the shopper looks, at once. */
function Trouble() {
  const { trouble } = useCheckout();
  if (!trouble.value) return null;
  return html`<p class="note note-danger" role="alert">
    <${Icon} name="alert" />
    <span>${reason(trouble.value)}</span>
  </p>`;
}

function Declined() {
  const { declined } = useCheckout();
  if (!declined.value) return null;
  const known = t(`declined.${declined.value.reason}`);
  const why = known === `declined.${declined.value.reason}` ? declined.value.detail : known;
  return html`<div class="note note-danger" role="alert">
    <${Icon} name="alert" />
    <div>
      <strong>${t("pay.declined")}</strong>
      ${why && html`<p class="small">${why}</p>`}
      <p class="small">${t("pay.declined_do")}</p>
    </div>
  </div>`;
}

/** @param {{ names: string[], chosen: string | null, onChoose: (name: string) => void }} props */
function Methods({ names, chosen, onChoose }) {
  if (names.length < 2) return null;
  return html`<fieldset class="choices">
    <legend>${t("pay.method")}</legend>
    ${names.map(
      (/** @type {string} */ name) => html`<label key=${name} class="pick">
        <input type="radio" name="method" value=${name} checked=${name === chosen} onChange=${() => onChoose(name)} />
        <span>${t(`method.${name}`)}</span>
      </label>`,
    )}
  </fieldset>`;
}

/**
 * `besides`: the provider that is left out, because its payment is begun.
 * @param {{ away: boolean, besides: string | undefined }} props
 */
function Choose({ away, besides }) {
  const { cart } = useStore();
  const { asking, methods, pay, payment } = useCheckout();
  const offered = (methods.value?.providers ?? []).filter((one) => one.name !== besides);
  const names = offered.map((one) => one.name);
  const [wish, setWish] = useState(payment.value?.provider ?? null);
  const chosen = wish && names.includes(wish) ? wish : (names[0] ?? null);
  const cards = cardsOf(offered, chosen, payment.value);
  const [wishedCard, setCard] = useState(/** @type {string | null} */ (null));
  const card = cards.find((one) => one.number === wishedCard) ?? cards[0];
  const { total_price, currency } = present(cart.value);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    pay(chosen, card?.number);
  };
  return html`<form class="stack" onSubmit=${submit}>
    ${!besides && html`<${Vouchers} />`}
    <${Methods} names=${names} chosen=${chosen} onChoose=${setWish} />
    ${cards.length > 0 && html`<${Cards} cards=${cards} chosen=${card.number} onChoose=${setCard} />`}
    <div class="pay-foot">
      <button class="btn btn-primary btn-big btn-wide" disabled=${away || asking.value !== null}>
        <${Icon} name="card" />
        ${t("pay.do", { total: money(total_price, currency) })}
      </button>
    </div>
    <${PayAtTill} away=${away} />
  </form>`;
}

/** @param {{ now: string }} props */
function Waiting({ now }) {
  return html`<div class="waiting" role="status">
    <span class="spinner" />
    <strong>${t(`pay.${now}`)}</strong>
    ${["bank", "paying"].includes(now) && html`<p class="soft">${t(`pay.${now}_text`)}</p>`}
  </div>`;
}

/**
 * The provider's own page takes over; this is the way (back) to it.
 * @param {{ away: boolean }} props
 */
function WithProvider({ away }) {
  const { methods, payment } = useCheckout();
  const { provider } = present(payment.value);
  const others = methods.value?.providers.some((one) => one.name !== provider);
  if (provider === "till") return html`<${AtTheTill} />`;
  return html`<div class="stack">
    <p>${t("pay.provider", { name: t(`method.${provider}`) })}</p>
    <a class="btn btn-primary btn-big btn-wide" href=${pageOf(present(payment.value))}>
      ${t("pay.provider_do")}
      <${Icon} name="arrow" flips />
    </a>
    ${
      others &&
      html`<details class="goods">
        <summary>${t("provider.back")}</summary>
        <${Choose} away=${away} besides=${provider} />
      </details>`
    }
  </div>`;
}

/**
 * The checkout was refused for something that is put right here or goes away: a voucher, a busy server.
 * @param {{ away: boolean }} props
 */
function Refused({ away }) {
  const { checkOut } = useCheckout();
  return html`<div class="stack">
    <${Vouchers} />
    <button type="button" class="btn btn-primary btn-big btn-wide" disabled=${away} onClick=${checkOut}>
      ${t("retry")}
    </button>
  </div>`;
}

/** @param {{ now: string, away: boolean }} props */
function Body({ now, away }) {
  if (["shopping", "late"].includes(now)) return html`<${Refused} away=${away} />`;
  if (now === "action") return html`<${BankAsks} away=${away} />`;
  if (now === "with_provider") return html`<${WithProvider} away=${away} />`;
  if (WAITING.includes(now)) return html`<${Waiting} now=${now} />`;
  return html`<${Choose} away=${away} />`;
}

/**
 * Keep the focus in the sheet when the button that had it is gone.
 * @param {string} now
 */
function useKeptFocus(now) {
  const title = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    const dialog = title.current?.closest("dialog");
    if (dialog && !dialog.querySelector(":focus")) title.current?.focus();
  }, [now]);
  return title;
}

/** True for a moment after the sheet is opened: the second half of a double tap is meant for nothing in it. */
function useEarly() {
  const [early, setEarly] = useState(true);
  useEffect(() => {
    const timer = setTimeout(() => setEarly(false), DOUBLE_TAP_MS);
    return () => clearTimeout(timer);
  }, []);
  return early;
}

export function PaySheet() {
  const { cart, connection } = useStore();
  const { sheetOpen, stage, trouble, turnBack } = useCheckout();
  const now = stage.value;
  const early = useEarly();
  const title = useKeptFocus(now);
  const away = connection.value !== "open";
  const frozen = cart.value?.checkout;
  const close = () => (sheetOpen.value = false);
  return html`<${Sheet} title=${t("pay.title")} onClose=${close} class=${cx("pay-sheet", early && "pay-early")}>
    <div class="stack" ref=${title} tabindex="-1">
      ${frozen && !["completing", "leaving"].includes(now) && html`<${Countdown} until=${frozen.expires_at} />`}
      ${
        away &&
        html`<p class="note note-warn" role="status"><${Icon} name="offline" /><span>${t("pay.away")}</span></p>`
      }
      <${Goods} />
      <${Sum} />
      ${now === "declined" && html`<${Declined} />`}
      <${Trouble} />
      <${Body} now=${now} away=${away} />
      ${
        mayLeave(now) &&
        html`<button type="button" class="btn btn-quiet btn-big btn-wide" disabled=${away} onClick=${turnBack}>
          ${t("pay.back")}
        </button>`
      }
      ${
        !frozen &&
        trouble.value &&
        html`<button type="button" class="btn btn-quiet btn-big btn-wide" onClick=${close}>${t("pay.back")}</button>`
      }
    </div>
  <//>`;
}

/** Above a frozen cart whose sheet is closed: why nothing can be changed, and the two ways on. */
export function FrozenNote() {
  const { cart, connection } = useStore();
  const { stage, turnBack } = useCheckout();
  const { checkout } = present(cart.value);
  if (!checkout) return null;
  return html`<section class="frozen" aria-label=${t("frozen.title")}>
    <div class="row">
      <${Icon} name="locked" />
      <div><strong>${t("frozen.title")}</strong><p class="small">${t("frozen.text")}</p></div>
    </div>
    <${Countdown} until=${checkout.expires_at} />
    ${
      mayLeave(stage.value) &&
      html`<button
        type="button"
        class="btn btn-quiet btn-wide"
        disabled=${connection.value !== "open"}
        onClick=${turnBack}
      >
        ${t("pay.back")}
      </button>`
    }
  </section>`;
}
