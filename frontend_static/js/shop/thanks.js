/** It is paid: the order, the pass for the exit, and what to do with the trolley. */
import { html, cx, useEffect, useState } from "../ui.js";
import { t, money, timeOfDay } from "../i18n.js";
import { auth } from "../api.js";
import { Icon } from "../parts/icons.js";
import { Qr } from "../parts/qr.js";
import { useCheckout, useStore } from "./context.js";
import { present } from "../present.js";

const FIRST_MS = 300;
const TRIES = 12;
/** Whether the pass was looked at by staff is asked this often while the page is looked at. */
const AGAIN_MS = 6_000;

/**
 * The order and whether it could not be had: it is written a moment after the payment.
 * @returns {[Rest.OrderAnswer | null, boolean]}
 * @param {string} order_id
 */
function useOrder(order_id) {
  const [order, setOrder] = useState(/** @type {Rest.OrderAnswer | null} */ (null));
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    let over = false;
    const ask = async (/** @type {number} */ tries) => {
      /** @type {Rest.OrderAnswer | null} */
      let found = null;
      try {
        found = await auth.call("GET", `/api/orders/${order_id}`);
      } catch (problem) {
        console.info("order:", problem.code);
      }
      if (over) return;
      if (found) setOrder(found);
      const whole = Boolean(found?.number);
      if (!whole && tries <= 1) return setFailed(!found);
      if (found?.exit_pass?.verified_at) return;
      timer = setTimeout(() => ask(whole ? tries : tries - 1), whole ? AGAIN_MS : FIRST_MS * (1 + TRIES - tries));
    };
    timer = setTimeout(() => ask(TRIES), FIRST_MS);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [order_id]);
  return [order, failed];
}

/** @param {{ pass: NonNullable<Rest.OrderAnswer["exit_pass"]>, zone: string }} props */
function Pass({ pass, zone }) {
  return html`<section class=${cx("pass", pass.verified_at && "pass-used")} aria-label=${t("thanks.pass")}
    aria-live="polite">
    <h2>${t("thanks.pass")}</h2>
    ${
      pass.verified_at
        ? html`<p class="row">
            <${Icon} name="check" />${t("thanks.verified", { at: timeOfDay(pass.verified_at, zone) })}
          </p>`
        : html`
          <p>${t("thanks.pass_text")}</p>
          <${Qr} text=${pass.url} label=${t("thanks.pass_qr", { code: pass.code })} class="pass-qr" />
          <span class="code">${pass.code}</span>
          <span class="small">${t("thanks.pass_until", { until: timeOfDay(pass.valid_until, zone) })}</span>
        `
    }
  </section>`;
}

/** @param {{ trolley_id: string | null | undefined }} props */
function Steps({ trolley_id }) {
  const { hasLock, returned } = useStore();
  const back = returned.value === trolley_id;
  const how = hasLock.value ? t("thanks.next_return", { trolley: trolley_id }) : t("thanks.next_return_any");
  return html`<section class="stack-s">
    <h2>${t("thanks.next")}</h2>
    <ol class="steps" aria-live="polite">
      <li>${t("thanks.next_exit")}</li>
      ${
        trolley_id &&
        html`<li class=${cx(back && "step-done")}>${back ? t("thanks.returned", { trolley: trolley_id }) : how}</li>`
      }
    </ol>
  </section>`;
}

export function Thanks() {
  const { cart, connection } = useStore();
  const { bought, done } = useCheckout();
  const [order, failed] = useOrder(present(bought.value).order_id);
  return html`<main class="claim stack" id="main">
    <section class="card stack thanks">
      <span class="summary-badge"><${Icon} name="check" /></span>
      <div class="stack-s">
        <h1>${t("thanks.title")}</h1>
        ${
          order &&
          html`<p>
            <strong class="num">${t("thanks.paid", { total: money(order.total, order.currency) })}</strong>
            ${order.number && html`<br /><span class="soft num">${t("thanks.number", { number: order.number })}</span>`}
          </p>`
        }
      </div>
      ${
        !order &&
        !failed &&
        html`<p class="row waiting" role="status"><span class="spinner" />${t("thanks.writing")}</p>`
      }
      ${
        failed &&
        html`<p class="note note-warn" role="alert"><${Icon} name="info" /><span>${t("thanks.failed")}</span></p>`
      }
      ${order?.exit_pass && html`<${Pass} pass=${order.exit_pass} zone=${order.timezone} />`}
      <${Steps} trolley_id=${order?.trolley_id} />
      <a class="btn btn-quiet btn-big btn-wide" href=${failed ? "/orders" : `/orders/${bought.value?.order_id}`}>
        <${Icon} name="receipt" />
        ${t(failed ? "thanks.orders" : "thanks.receipt")}
      </a>
      <button
        type="button"
        class="btn btn-primary btn-big btn-wide"
        disabled=${!cart.value || connection.value !== "open"}
        onClick=${done}
      >
        ${t("thanks.done")}
      </button>
    </section>
  </main>`;
}
