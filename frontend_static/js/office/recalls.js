/** Recalled lots: what is not sold any more, and a lot called back by whoever first hears of it. */
import { html, useState } from "../ui.js";
import { dayAndTime, t } from "../i18n.js";
import { auth, queryOf } from "../api.js";
import { LineField, Refusal, Submit, useRequest } from "../parts/forms.js";
import { Empty, Sheet, toast } from "../parts/common.js";
import { Icon } from "../parts/icons.js";
import { useListing } from "../parts/listing.js";
import { Listed } from "../parts/rows.js";

const PAGE = "30";
const FIELDS = ["barcode", "lot", "reason"];

/** @param {{ chain: string, onClose: () => void, onDone: () => void }} props */
function NewRecall({ chain, onClose, onDone }) {
  const [values, setValues] = useState({ barcode: "", lot: "", reason: "" });
  const { busy, problem, run } = useRequest();
  const set = (/** @type {keyof typeof values} */ name) => (/** @type {string} */ value) =>
    setValues({ ...values, [name]: value });
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const { barcode, reason } = values;
    const body = { chain, barcode: barcode.trim(), reason, lot: values.lot.trim() || null };
    const made = await run(() => auth.call("POST", "/api/recalls", { body }));
    if (!made) return;
    toast(t("recalls.done", { name: made.product_name, lot: made.lot }));
    onDone();
  };
  return html`<${Sheet} side title=${t("recalls.new")} onClose=${onClose}>
    <form class="stack" onSubmit=${save} novalidate>
      <p class="soft">${t("recalls.new_text")}</p>
      <${LineField}
        name="barcode"
        label=${t("product.barcode")}
        hint=${t("recalls.barcode_hint")}
        problem=${problem}
        dir="ltr"
        value=${values.barcode}
        onValue=${set("barcode")}
      />
      <${LineField} name="lot" label=${t("recalls.lot")} problem=${problem} dir="ltr" value=${values.lot} onValue=${set("lot")} />
      <${LineField} name="reason" label=${t("recalls.reason")} problem=${problem} value=${values.reason} onValue=${set("reason")} />
      <${Refusal} problem=${problem} fields=${FIELDS} />
      <${Submit} class="btn-danger btn-wide" busy=${busy} missing=${[!values.barcode.trim() && t("product.barcode")]}>
        ${t("recalls.make")}
      <//>
    </form>
  <//>`;
}

/** @param {{ one: Rest.RecallAnswer, zone?: string, onClose: () => void, onDone: () => void }} props */
function RecallSheet({ one, zone, onClose, onDone }) {
  const [sure, setSure] = useState(false);
  const { busy, problem, run } = useRequest();
  const end = async () => {
    if (!sure) return setSure(true);
    if (!(await run(() => auth.call("DELETE", `/api/recalls/${one.id}`)))) return;
    toast(t("recalls.ended", { name: one.product_name, lot: one.lot }));
    onDone();
  };
  return html`<${Sheet} side title=${one.product_name} onClose=${onClose}>
    <div class="stack">
      <dl class="facts">
        <div><dt>${t("recalls.lot")}</dt><dd class="code">${one.lot}</dd></div>
        <div><dt>${t("product.barcode")}</dt><dd class="code">${one.barcode}</dd></div>
        <div><dt>${t("recalls.since")}</dt><dd class="num">${dayAndTime(one.created_at, zone)}</dd></div>
      </dl>
      ${one.reason && html`<p dir="auto">${one.reason}</p>`}
      <${Refusal} problem=${problem} />
      <button type="button" class="btn btn-danger" disabled=${busy} onClick=${end}>
        ${t(sure ? "recalls.end_sure" : "recalls.end")}
      </button>
    </div>
  <//>`;
}

/** @param {{ one: Rest.RecallAnswer, zone?: string, open: () => void }} props */
const Row = ({ one, zone, open }) => html`<li>
  <button type="button" class="office-row" onClick=${open}>
    <span class="grow">
      <strong><bdi>${one.product_name}</bdi></strong>
      <span class="small soft num">${dayAndTime(one.created_at, zone)}</span>
      ${one.reason && html`<span class="small" dir="auto">${one.reason}</span>`}
    </span>
    <span class="badge badge-danger code"><bdi>${one.lot}</bdi></span>
  </button>
</li>`;

/** @param {{ chain: string, zone?: string }} props */
export function RecallsTab({ chain, zone }) {
  const [opened, setOpened] = useState(/** @type {Rest.RecallAnswer | "new" | null} */ (null));
  const [words, setWords] = useState("");
  const list = useListing(`/api/recalls?${queryOf({ chain, search: words, page_size: PAGE })}`);
  const close = () => setOpened(null);
  const done = () => {
    close();
    list.again();
  };
  return html`
    <p class="soft">${t("recalls.lead")}</p>
    <div class="row">
      <button type="button" class="btn btn-danger" onClick=${() => setOpened("new")}>
        <${Icon} name="plus" />${t("recalls.new")}
      </button>
    </div>
    <div class="field">
      <label class="visually-hidden" for="recalls-words">${t("recalls.search")}</label>
      <input
        id="recalls-words"
        class="input"
        type="search"
        dir="auto"
        placeholder=${t("recalls.search")}
        value=${words}
        onInput=${(/** @type {any} */ e) => setWords(e.target.value)}
      />
    </div>
    <${Listed}
      list=${list}
      class="office-list"
      row=${(/** @type {Rest.RecallAnswer} */ one) =>
        html`<${Row} one=${one} zone=${zone} open=${() => setOpened(one)} />`}
      empty=${html`<${Empty} icon="check" title=${t("recalls.none")} />`}
    />
    ${opened === "new" && html`<${NewRecall} chain=${chain} onClose=${close} onDone=${done} />`}
    ${
      opened &&
      opened !== "new" &&
      html`<${RecallSheet} key=${opened.id} one=${opened} zone=${zone} onClose=${close} onDone=${done} />`
    }
  `;
}
