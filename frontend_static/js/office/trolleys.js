/** The trolleys that a branch has: a numbered row of new ones, labels to print, codes to replace. */
import { html, useState } from "../ui.js";
import { t } from "../i18n.js";
import { auth } from "../api.js";
import { Field, LineField, Refusal, Submit, useRequest } from "../parts/forms.js";
import { Empty, Sheet, toast } from "../parts/common.js";
import { keep } from "../parts/files.js";
import { useListing } from "../parts/listing.js";
import { Listed } from "../parts/rows.js";
import { base, branchOfPage } from "./load.js";

const SIZES = ["s", "m", "l"];

/** @param {{ onClose: () => void, onDone: () => void }} props */
function NewTrolleys({ onClose, onDone }) {
  const [given, setGiven] = useState({ count: "10", cart_number: "", prefix: "" });
  const { busy, problem, run } = useRequest();
  const set = (/** @type {string} */ name) => (/** @type {Typed} */ event) =>
    setGiven({ ...given, [name]: event.target.value });
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const body = {
      count: Number(given.count),
      ...(given.cart_number && { cart_number: Number(given.cart_number) }),
      ...(given.prefix && { prefix: given.prefix }),
    };
    const made = await run(() => auth.call("POST", `${base}/trolleys`, { body }));
    if (!made) return;
    toast(t("trolleys.made", { n: made.trolleys.length }));
    onDone();
  };
  const control = (/** @type {"count" | "cart_number" | "prefix"} */ name, /** @type {string} */ type) =>
    html`<${Field} name=${name} label=${t(name === "count" ? "trolleys.count_field" : `trolleys.${name}`)}
      problem=${problem}>
      ${(/** @type {Record<string, unknown>} */ more) =>
        html`<input ...${more} class="input" type=${type} min="1" value=${given[name]} onInput=${set(name)} />`}
    <//>`;
  return html`<${Sheet} side title=${t("trolleys.new")} onClose=${onClose}>
    <form class="stack" onSubmit=${save} novalidate>
      <p class="soft">${t("trolleys.new_text")}</p>
      ${control("count", "number")} ${control("cart_number", "number")} ${control("prefix", "text")}
      <${Refusal} problem=${problem} fields=${["count", "cart_number", "prefix"]} />
      <${Submit} class="btn-primary" busy=${busy} missing=${[!given.count && t("trolleys.count_field")]}>
        ${t("trolleys.make")}
      <//>
    </form>
  <//>`;
}

/** @param {{ trolley: Rest.OwnTrolleyAnswer, onClose: () => void, onDone: () => void }} props */
function TrolleySheet({ trolley, onClose, onDone }) {
  const [why, setWhy] = useState("");
  const { busy, problem, run } = useRequest();
  const order = async (/** @type {() => Promise<any>} */ work, /** @type {string} */ said) => {
    if (!(await run(work))) return;
    toast(said);
    onDone();
  };
  const path = `${base}/trolleys/${trolley.cart_number}`;
  const turn = () => order(() => auth.call("PATCH", path, { body: { is_active: !trolley.is_active } }), t("saved"));
  const renew = () =>
    order(
      () => auth.call("POST", `/api/trolleys/${trolley.trolley_id}/new-qr`, { body: { reason: why } }),
      t("trolleys.renewed"),
    );
  return html`<${Sheet} side title=${t("trolleys.one", { n: trolley.cart_number })} onClose=${onClose}>
    <div class="stack">
      <p class="code">${trolley.trolley_id}</p>
      <button type="button" class="btn btn-quiet" disabled=${busy} onClick=${turn}>
        ${t(trolley.is_active ? "trolleys.off" : "trolleys.on")}
      </button>
      <div class="stack card">
        <p>${t("trolleys.renew_text")}</p>
        <${LineField} name="reason" label=${t("office.reason")} problem=${problem} value=${why} onValue=${setWhy} />
        <button type="button" class="btn btn-quiet" disabled=${busy || !why.trim()} onClick=${renew}>
          ${t("trolleys.renew")}
        </button>
      </div>
      <${Refusal} problem=${problem} fields=${["reason"]} />
    </div>
  <//>`;
}

/** @param {{ trolley: Rest.OwnTrolleyAnswer, manages: boolean, open: () => void }} props */
const Row = ({ trolley, manages, open }) => html`<li>
  <button type="button" class="office-row" disabled=${!manages} onClick=${open}>
    <span class="number num">${trolley.cart_number}</span>
    <span class="grow"><span class="code">${trolley.trolley_id}</span></span>
    ${!trolley.is_active && html`<span class="badge badge-late">${t("trolleys.inactive")}</span>`}
  </button>
</li>`;

/** @param {{ manages: boolean }} props */
export function TrolleysTab({ manages }) {
  const [label, setLabel] = useState("m");
  const [opened, setOpened] = useState(/** @type {Rest.OwnTrolleyAnswer | "new" | null} */ (null));
  const list = useListing(`${base}/trolleys?page_size=100`);
  const close = () => setOpened(null);
  const done = () => {
    close();
    list.again();
  };
  const sheet = (/** @type {string} */ kind) =>
    keep(`${base}/qr-sheet?kind=${kind}&size=${label}`, `qr-${branchOfPage}.${kind}`);
  return html`
    ${
      manages &&
      html`<div class="filters">
        <button type="button" class="btn btn-primary" onClick=${() => setOpened("new")}>${t("trolleys.new")}</button>
        <div class="field">
          <label for="label">${t("trolleys.label")}</label>
          <select
            id="label"
            class="input"
            value=${label}
            onChange=${(/** @type {Typed} */ e) => setLabel(e.target.value)}
          >
            ${SIZES.map((one) => html`<option key=${one} value=${one}>${t(`trolleys.size_${one}`)}</option>`)}
          </select>
        </div>
        <button type="button" class="btn btn-quiet" onClick=${() => sheet("pdf")}>${t("trolleys.pdf")}</button>
        <button type="button" class="btn btn-quiet" onClick=${() => sheet("svg")}>${t("trolleys.svg")}</button>
      </div>`
    }
    <${Listed}
      list=${list}
      class="office-list"
      count="trolleys.count"
      row=${(/** @type {Rest.OwnTrolleyAnswer} */ one) =>
        html`<${Row} trolley=${one} manages=${manages} open=${() => setOpened(one)} />`}
      empty=${html`<${Empty} icon="trolley" title=${t("branch.empty")} />`}
    />
    ${opened === "new" && html`<${NewTrolleys} onClose=${close} onDone=${done} />`}
    ${
      opened &&
      opened !== "new" &&
      html`<${TrolleySheet} key=${opened.id} trolley=${opened} onClose=${close} onDone=${done} />`
    }
  `;
}
