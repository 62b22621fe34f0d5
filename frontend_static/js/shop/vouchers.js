/** Voucher codes in the pay sheet. */
import { html } from "../ui.js";
import { t, reason } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { useCheckout, useStore } from "./context.js";
import { present } from "../present.js";

/** @param {{ code: string }} props */
function Held({ code }) {
  const { connection } = useStore();
  const { dropVoucher } = useCheckout();
  return html`<li class="held-code">
    <span class="code">${code}</span>
    <button
      type="button"
      class="btn btn-icon btn-bare"
      aria-label=${t("voucher.drop", { code })}
      disabled=${connection.value !== "open"}
      onClick=${() => dropVoucher(code)}
    >
      <${Icon} name="close" />
    </button>
  </li>`;
}

export function Vouchers() {
  const { cart, connection } = useStore();
  const { applyVoucher, voucher } = useCheckout();
  const { open, typed, refused } = voucher;
  const held = present(cart.value).vouchers ?? [];
  const enter = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // the form around it pays
    applyVoucher();
  };
  return html`<div class="stack-s">
    ${
      held.length > 0 &&
      html`<ul class="chips" aria-label=${t("voucher.held")}>
        ${held.map((code) => html`<${Held} key=${code} code=${code} />`)}
      </ul>`
    }
    ${
      !open.value &&
      html`<button type="button" class="btn btn-bare voucher-open" onClick=${() => (open.value = true)}>
        <${Icon} name="ticket" />
        ${t("voucher.open")}
      </button>`
    }
    ${
      open.value &&
      html`<div class="field">
        <label for="voucher">${t("voucher.label")}</label>
        <div class="row">
          <input
            id="voucher"
            class="input code"
            autofocus
            autocomplete="off"
            autocapitalize="characters"
            spellcheck=${false}
            aria-invalid=${refused.value ? "true" : undefined}
            value=${typed.value}
            onInput=${(/** @type {Typed} */ e) => (typed.value = e.target.value)}
            onKeyDown=${enter}
          />
          <button
            type="button"
            class="btn btn-quiet typed-go"
            disabled=${!typed.value.trim() || connection.value !== "open"}
            onClick=${applyVoucher}
          >
            ${t("voucher.apply")}
          </button>
        </div>
        ${refused.value && html`<p class="field-error" role="alert">${reason(refused.value)}</p>`}
      </div>`
    }
  </div>`;
}
