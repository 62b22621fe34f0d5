/** Giving the trolley back: the question before, the summary after. */
import { html, useState } from "../ui.js";
import { t, money, reason } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { Sheet } from "../parts/common.js";
import { useStore } from "./context.js";
import { present } from "../present.js";

/** @param {{ onClose: () => void }} props */
export function EndSheet({ onClose }) {
  const { cart, endSession, session } = useStore();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  const count = cart.value?.items_count ?? 0;
  const end = async () => {
    setBusy(true);
    try {
      await endSession();
    } catch (refused) {
      setProblem(refused);
      setBusy(false);
    }
  };
  return html`<${Sheet} title=${t("end.title")} onClose=${onClose}>
    <div class="stack">
      <p>${t("end.text", { trolley: session.value?.trolley_id ?? "" })}</p>
      ${
        count > 0 &&
        html`<p class="note note-warn"><${Icon} name="info" /><span>${t("end.cart", { n: count })}</span></p>`
      }
      ${problem && html`<p class="field-error" role="alert">${reason(problem)}</p>`}
      <button type="button" class="btn btn-danger btn-big btn-wide" disabled=${busy} onClick=${end}>
        ${busy && html`<span class="spinner" />`}
        ${t("end.do")}
      </button>
      <button type="button" class="btn btn-quiet btn-big btn-wide" onClick=${onClose}>${t("end.keep")}</button>
    </div>
  <//>`;
}

export function Summary() {
  const { summary } = useStore();
  const { trolley_id, outcome, total, units, products, currency } = present(summary.value);
  return html`<main class="claim stack" id="main">
    <section class="card stack summary">
      <span class=${`summary-badge summary-${outcome}`}>
        <${Icon} name=${outcome === "expired" ? "clock" : "check"} />
      </span>
      <h1>${t(`summary.${outcome}`)}</h1>
      <p class="soft">${t(`summary.${outcome}_text`, { trolley: trolley_id })}</p>
      ${
        units > 0 &&
        html`<dl class="facts">
          <div>
            <dt>${t("summary.products")}</dt>
            <dd class="num">${t("count.products", { n: products })} · ${t("count.units", { n: units })}</dd>
          </div>
          <div><dt>${t("total")}</dt><dd class="num">${money(total, currency)}</dd></div>
        </dl>`
      }
      ${
        units > 0 &&
        outcome !== "paid" &&
        html`<p class="note"><${Icon} name="undo" /><span>${t("summary.saved")}</span></p>`
      }
      <button type="button" class="btn btn-tag btn-big btn-wide" onClick=${() => (summary.value = null)}>
        <${Icon} name="scan" />
        ${t("summary.again")}
      </button>
    </section>
  </main>`;
}
