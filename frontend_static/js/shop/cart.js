/** The live cart: lines with steppers, the total as a shelf label, the scan button under the thumb. */
import { html, cx, useSignal } from "../ui.js";
import { t, money, timeOfDay } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { Empty } from "../parts/common.js";
import { serverNow, parseTime } from "../clock.js";
import { LinePromotions } from "../parts/sums.js";
import { CartSums, promoted } from "./amounts.js";
import { useCheckout, useEdits, useStore } from "./context.js";
import { LockCard } from "./lock.js";
import { SessionTimerWarning } from "./session-timer.js";
import { ScannerSheet, TypedSheet } from "./scanner.js";
import { HelpButton } from "./staff/help.js";
import { Needs } from "./staff/needs.js";
import { EndSheet } from "./ending.js";
import { FrozenNote, PaySheet } from "./pay.js";
import { BudgetBar } from "./assistant/budget.js";
import { Suggestions } from "./assistant/suggestions.js";
import { present } from "../present.js";

/** @typedef {import("../fold.js").Shown} Shown */
/** @typedef {Exclude<Shown, { ghost: true }>} Kept A line that the server has. */

/** @param {{ line: Kept }} props */
function Stepper({ line }) {
  const { setQuantity } = useEdits();
  const name = line.product.name;
  return html`<div class="stepper" role="group" aria-label=${t("line.quantity", { name })}>
    <button
      type="button"
      aria-label=${line.quantity === 1 ? t("line.remove", { name }) : t("line.fewer", { name })}
      onClick=${() => setQuantity(line, line.quantity - 1)}
    >
      <${Icon} name=${line.quantity === 1 ? "bin" : "minus"} />
    </button>
    <output class="num">${line.quantity}</output>
    <button
      type="button"
      aria-label=${t("line.more", { name })}
      disabled=${line.quantity >= 999}
      onClick=${() => setQuantity(line, line.quantity + 1)}
    >
      <${Icon} name="plus" />
    </button>
  </div>`;
}

/** @param {{ product: Live.CartView["items"][number]["product"] }} props */
function Picture({ product }) {
  if (product.image) return html`<img class="pic" src=${product.image} alt="" loading="lazy" />`;
  return html`<span class="pic pic-letter" aria-hidden="true">${[...product.name][0]}</span>`;
}

/** @param {{ line: Extract<Shown, { ghost: true }> }} props */
function Ghost({ line }) {
  return html`<li class="line line-pending">
    <span class="pic pic-letter"><span class="spinner" /></span>
    <div class="line-what">
      <strong><bdi>${line.name ?? html`<span class="code">${line.barcode}</span>`}</bdi></strong>
      <span class="small soft">${t("line.adding")}</span>
    </div>
  </li>`;
}

/**
 * What stands in the way of paying at this line, and the one press that puts it right.
 * @param {{ line: Kept }} props
 */
function Shortage({ line }) {
  const { remove, setQuantity } = useEdits();
  const { shortages } = useCheckout();
  const { gone, sold_out, recalled, available } = shortages.value[line.id];
  const name = line.product.name;
  const fix = () => (available === undefined ? remove(line) : setQuantity(line, available));
  return html`<div class="shortage">
    <span class="badge badge-danger">
      ${gone ? t(recalled ? "line.recalled" : sold_out ? "line.sold_out" : "line.unavailable") : t("line.only", { n: available })}
    </span>
    <button
      type="button"
      class="btn btn-quiet"
      aria-label=${gone ? t("line.remove", { name }) : t("line.take_only_of", { n: available, name })}
      onClick=${fix}
    >
      ${gone ? t("line.take_out") : t("line.take_only", { n: available })}
    </button>
  </div>`;
}

/** @param {{ line: Shown, currency: string }} props */
function Line({ line, currency }) {
  const { cart } = useStore();
  const { remove } = useEdits();
  const { shortages } = useCheckout();
  if (line.ghost) return html`<${Ghost} line=${line} />`;
  const { product, variant, pending } = line;
  const frozen = Boolean(cart.value?.checkout);
  return html`<li
    class=${cx(
      "line",
      frozen && "line-frozen",
      shortages.value[line.id] && "line-short",
      pending && "line-pending",
      pending === "remove" && "line-leaving",
    )}
    aria-busy=${pending ? "true" : undefined}
  >
    <${Picture} product=${product} />
    <div class="line-what">
      <strong><bdi>${product.name}${variant?.name ? ` · ${variant.name}` : ""}</bdi></strong>
      <span class="small soft num">${t("line.each", { price: money(line.unit_price, currency) })}</span>
      ${line.warnings.map(
        ({ about }) => html`<span key=${about} class="badge badge-danger line-warning" role="alert">
          <${Icon} name="alert" />
          ${t("line.contains", { what: t(`allergen.${about}`) })}
        </span>`,
      )}
    </div>
    <span class="line-total num">
      ${
        pending
          ? html`<span class="line-wait"><span class="spinner" aria-label=${t("line.waiting")} /></span>`
          : money(line.line_total, currency)
      }
    </span>
    <${LinePromotions} promotions=${promoted.value[line.id]} currency=${currency} />
    ${shortages.value[line.id] && html`<${Shortage} line=${line} />`}
    ${frozen && html`<span class="line-count num">${line.quantity} ×</span>`}
    ${
      !frozen &&
      !shortages.value[line.id]?.gone &&
      html`<div class="line-tools">
        ${
          line.quantity > 1 &&
          html`<button
            type="button"
            class="btn btn-icon line-bin"
            aria-label=${t("line.remove", { name: product.name })}
            onClick=${() => remove(line)}
          >
            <${Icon} name="bin" />
          </button>`
        }
        <${Stepper} line=${line} />
      </div>`
    }
  </li>`;
}

/** @param {{ saved: Live.CartView["saved"] }} props */
function SavedOffer({ saved }) {
  const { restore } = useEdits();
  if (!saved || !saved.items_count || parseTime(saved.until) < serverNow()) return null;
  return html`<div class="saved">
    <${Icon} name="undo" />
    <div>
      <strong>${t("restore.title")}</strong>
      <p class="small">${t("restore.text", { n: saved.items_count, until: timeOfDay(saved.until) })}</p>
    </div>
    <button type="button" class="btn btn-primary push" onClick=${restore}>${t("restore.do")}</button>
  </div>`;
}

/** What is to be said of a checkout that is over. */
function CheckoutNotice() {
  const { notice, stage } = useCheckout();
  const { kind, amount, currency } = notice.value ?? {};
  if (!kind && stage.value !== "late") return null;
  if (kind !== "returned" && stage.value === "late")
    return html`<p class="note note-warn" role="status"><span class="spinner" /><span>${t("pay.late")}</span></p>`;
  return html`<div class=${cx("note", kind === "expired" && "note-warn")} role="status">
    <${Icon} name=${kind === "expired" ? "clock" : "undo"} />
    <span>
      ${
        amount === undefined
          ? t(`checkout_notice.${kind}`)
          : t("checkout_notice.returned_amount", { amount: money(amount, currency) })
      }
    </span>
  </div>`;
}

/** @param {{ onScan: () => void }} props */
function Buttons({ onScan }) {
  const { cart } = useStore();
  const { busy } = useEdits();
  const { checkOut } = useCheckout();
  const { total_price, currency, items_count, checkout } = present(cart.value);
  const pay = html`<button
    key="pay"
    type="button"
    class="btn btn-primary btn-big dock-pay"
    disabled=${busy.value}
    onClick=${checkOut}
  >
    <${Icon} name="card" />
    <span>${checkout ? t("pay.go_on") : t("pay.do", { total: money(total_price, currency) })}</span>
  </button>`;
  if (checkout) return html`<div class="dock-buttons">${pay}</div>`;
  return html`<div class="dock-buttons">
    <button
      key="scan"
      type="button"
      aria-label=${t("scan.open")}
      class=${cx("btn btn-big dock-scan", items_count ? "btn-quiet" : "btn-primary")}
      onClick=${onScan}
    >
      <${Icon} name="scan" />
      ${t(items_count ? "scan.short" : "scan.open")}
    </button>
    ${items_count > 0 && pay}
  </div>`;
}

/** @param {{ onScan: () => void, onType: () => void }} props */
function Dock({ onScan, onType }) {
  const { cart } = useStore();
  const { busy } = useEdits();
  const { total_price, currency, items_count, total_items, checkout } = present(cart.value);
  return html`<footer class="dock">
    <div class="dock-total">
      <div class=${cx("label", busy.value && "label-busy")} aria-live="polite" aria-atomic="true">
        <span class="label-word">
          ${t("total")}
          ${busy.value && html` <span class="spinner" aria-label=${t("line.waiting")} />`}
        </span>
        <span class="label-sum num">${money(total_price, currency)}</span>
        <span class="label-count num">
          ${t("count.products", { n: items_count })} · ${t("count.units", { n: total_items })}
        </span>
      </div>
      ${
        !checkout &&
        html`<button
          type="button"
          class="btn btn-quiet btn-big btn-icon-big dock-type"
          aria-label=${t("type.open")}
          onClick=${onType}
        >
          <${Icon} name="keyboard" />
        </button>`
      }
    </div>
    <${Buttons} onScan=${onScan} />
  </footer>`;
}

export function CartView() {
  const { cart, connection, session } = useStore();
  const { lines } = useEdits();
  const { sheetOpen, shortages } = useCheckout();
  const sheet = useSignal(/** @type {string | null} */ (null));
  const close = () => (sheet.value = null);
  const { currency, saved, checkout, revision } = present(cart.value);
  const short = Object.keys(shortages.value).length > 0;
  return html`<div class="shopping">
    <main class="shopping-main" id="main">
      <${LockCard} session=${session.value} />
      ${connection.value !== "open" && html`<${SessionTimerWarning} session=${session.value} />`}
      ${!checkout && html`<${SavedOffer} saved=${saved} />`}
      <${BudgetBar} />
      <${CheckoutNotice} />
      <${Needs} />
      <${FrozenNote} />
      ${short && html`<p class="note note-danger" role="alert"><${Icon} name="alert" />${t("cart.short")}</p>`}
      ${
        lines.value.length === 0
          ? html`<${Empty} icon="bag" title=${t("cart.empty")} text=${t("cart.empty_lead")} />`
          : html`<ul class="lines" aria-label=${t("cart.title")}>
              ${lines.value.map((line) => html`<${Line} key=${line.id} line=${line} currency=${currency} />`)}
            </ul>
            <${CartSums} currency=${currency} revision=${revision} />`
      }
      <${Suggestions} />
      <div class="shopping-foot">
        <${HelpButton} />
        ${
          !checkout &&
          html`<button type="button" class="btn btn-bare end-button" onClick=${() => (sheet.value = "end")}>
            ${t("end.open")}
          </button>`
        }
      </div>
    </main>
    <${Dock} onScan=${() => (sheet.value = "scan")} onType=${() => (sheet.value = "type")} />
    ${sheet.value === "scan" && html`<${ScannerSheet} onClose=${close} onType=${() => (sheet.value = "type")} />`}
    ${sheet.value === "type" && html`<${TypedSheet} onClose=${close} />`}
    ${sheet.value === "end" && html`<${EndSheet} onClose=${close} />`}
    ${sheetOpen.value && html`<${PaySheet} />`}
  </div>`;
}
