/** Scanning products one after the other, and typing a barcode by hand. */
import { html, cx, useState, useRef } from "../ui.js";
import { t, money, reason } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { Sheet } from "../parts/common.js";
import { Viewfinder } from "../parts/viewfinder.js";
import { PRODUCT_FORMATS, signalFound } from "../scan.js";
import { useEdits, useStore } from "./context.js";
import { present } from "../present.js";

const SHOWN = 3;

/**
 * A code and what became of it.
 * @typedef {{ key: number, barcode: string, state: "asking" | "added" | "refused", name?: string,
 *   price?: number, quantity?: number, currency?: string, why?: string }} Scan
 */

/**
 * The last codes, newest first, and how to add one: resolves with whether it was.
 * @returns {[Scan[], (barcode: string) => Promise<boolean>]}
 */
function useScans() {
  const { addBarcode } = useEdits();
  const [scans, setScans] = useState(/** @type {Scan[]} */ ([]));
  const number = useRef(0);
  const change = (/** @type {number} */ key, /** @type {Partial<Scan>} */ more) =>
    setScans((list) => list.map((one) => (one.key === key ? { ...one, ...more } : one)));
  const add = async (/** @type {string} */ barcode) => {
    const key = ++number.current;
    setScans((list) => [/** @type {Scan} */ ({ key, barcode, state: "asking" }), ...list].slice(0, SHOWN));
    try {
      const { product, item, currency } = await addBarcode(barcode);
      change(key, { state: "added", name: product.name, price: product.price, quantity: item?.quantity, currency });
      return true;
    } catch (problem) {
      change(key, { state: "refused", why: reason(problem) });
      return false;
    }
  };
  return [scans, add];
}

/** @param {{ scan: Scan }} props */
function Scan({ scan }) {
  const icon = {
    added: html`<${Icon} name="check" />`,
    refused: html`<${Icon} name="alert" />`,
    asking: html`<span class="spinner" />`,
  }[scan.state];
  return html`<li class=${cx("scan", `scan-${scan.state}`)}>
    ${icon}
    <div class="scan-what">
      <strong><bdi>${scan.name ?? html`<span class="code">${scan.barcode}</span>`}</bdi></strong>
      ${scan.state === "refused" && html`<span class="small">${scan.why}</span>`}
      ${scan.state === "asking" && html`<span class="small">${t("line.adding")}</span>`}
    </div>
    ${
      scan.state === "added" &&
      html`<span class="num push">
        ${(scan.quantity ?? 1) > 1 ? `${scan.quantity} × ` : ""}
        ${money(scan.price, scan.currency)}
      </span>`
    }
  </li>`;
}

/** @param {{ scans: Scan[] }} props */
const Scans = ({ scans }) => html`<ol class="scans" aria-live="polite">
  ${scans.map((/** @type {Scan} */ scan) => html`<${Scan} key=${scan.key} scan=${scan} />`)}
</ol>`;

function RunningTotal() {
  const { cart } = useStore();
  const { busy } = useEdits();
  const { total_price, currency, total_items } = present(cart.value);
  return html`<div class=${cx("label label-small", busy.value && "label-busy")}>
    <span class="label-word">${t("total")}</span>
    <span class="label-sum num">${money(total_price, currency)}</span>
    <span class="label-count num">${t("count.units", { n: total_items })}</span>
  </div>`;
}

/** @param {{ onClose: () => void, onType: () => void }} props */
export function ScannerSheet({ onClose, onType }) {
  const [scans, add] = useScans();
  const seen = async (/** @type {string} */ barcode) => {
    signalFound(true);
    if (!(await add(barcode))) signalFound(false);
  };
  return html`<${Sheet} title=${t("scan.title")} onClose=${onClose} class="scan-sheet">
    <div class="stack">
      <${Viewfinder} formats=${PRODUCT_FORMATS} onCode=${seen} hint=${t("scan.hint")} />
      <${Scans} scans=${scans} />
      <div class="scan-foot">
        <${RunningTotal} />
        <button type="button" class="btn btn-quiet btn-icon-big" aria-label=${t("type.open")} onClick=${onType}>
          <${Icon} name="keyboard" />
        </button>
        <button type="button" class="btn btn-primary btn-big" onClick=${onClose}>${t("done")}</button>
      </div>
    </div>
  <//>`;
}

/** @param {{ onClose: () => void }} props */
export function TypedSheet({ onClose }) {
  const [scans, add] = useScans();
  const [code, setCode] = useState("");
  const box = useRef(/** @type {HTMLInputElement | null} */ (null));
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const barcode = code.replace(/[\s-]/g, "");
    if (!barcode) return;
    setCode("");
    box.current?.focus();
    await add(barcode);
  };
  return html`<${Sheet} title=${t("type.title")} onClose=${onClose}>
    <form class="stack" onSubmit=${submit}>
      <div class="field">
        <label for="barcode">${t("type.label")}</label>
        <input
          ref=${box}
          id="barcode"
          class="input code"
          inputmode="numeric"
          autocomplete="off"
          autofocus
          placeholder="7290000000015"
          value=${code}
          onInput=${(/** @type {Typed} */ e) => setCode(e.target.value)}
        />
        <span class="small soft">${t("type.help")}</span>
      </div>
      <${Scans} scans=${scans} />
      <div class="row">
        <button class="btn btn-primary btn-big btn-wide" disabled=${!code.trim()}>
          <${Icon} name="plus" />
          ${t("type.add")}
        </button>
        <button type="button" class="btn btn-quiet btn-big" onClick=${onClose}>${t("done")}</button>
      </div>
    </form>
  <//>`;
}
