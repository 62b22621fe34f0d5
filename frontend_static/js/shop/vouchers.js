/** Voucher codes in the pay sheet. */
import { html, signal } from "../ui.js";
import { t, reason } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { cart, connection } from "./store.js";
import { changeVoucher } from "./checkout.js";
import { present } from "../present.js";

/** The sheet's body is drawn anew while the cart thaws and freezes, so what was typed is kept out here. */
const refused = signal(/** @type {Problem | null} */ (null));
const typed = signal("");
const open = signal(false);

async function apply() {
  const code = typed.peek().trim();
  if (!code) return;
  refused.value = null;
  const problem = await changeVoucher("cart.apply_voucher", code);
  refused.value = problem;
  if (problem) return;
  typed.value = "";
  open.value = false;
}

function Held({ code }) {
  return html`<li class="chip">
    <span class="code">${code}</span>
    <button
      type="button"
      class="btn btn-icon btn-bare"
      aria-label=${t("voucher.drop", { code })}
      disabled=${connection.value !== "open"}
      onClick=${() => changeVoucher("cart.drop_voucher", code)}
    >
      <${Icon} name="close" />
    </button>
  </li>`;
}

export function Vouchers() {
  const held = present(cart.value).vouchers ?? [];
  const enter = (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // the form around it pays
    apply();
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
            onInput=${(e) => (typed.value = e.target.value)}
            onKeyDown=${enter}
          />
          <button
            type="button"
            class="btn btn-quiet typed-go"
            disabled=${!typed.value.trim() || connection.value !== "open"}
            onClick=${apply}
          >
            ${t("voucher.apply")}
          </button>
        </div>
        ${refused.value && html`<p class="field-error" role="alert">${reason(refused.value)}</p>`}
      </div>`
    }
  </div>`;
}
