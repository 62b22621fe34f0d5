/** A branch's stock: what there is of each thing, what came and went, deliveries and corrections. */
import { html, useState } from "../ui.js";
import { dayAndTime, number, t } from "../i18n.js";
import { auth, queryOf } from "../api.js";
import { Problem, ours } from "../problem.js";
import { Busy, LineField, Refusal, useRequest } from "../parts/forms.js";
import { Icon } from "../parts/icons.js";
import { Empty, Sheet, toast } from "../parts/common.js";
import { useListing } from "../parts/listing.js";
import { Listed } from "../parts/rows.js";
import { base } from "./load.js";

const PAGE = "30";
const KINDS = ["", "received", "adjusted", "sold", "returned"];

/**
 * A whole number that somebody typed; null for nothing. Raises the field's Problem, in words.
 * @param {string} field
 * @param {string} text
 */
function wholeOf(field, text) {
  const typed = text.trim().replace("−", "-");
  if (!typed) return null;
  if (/^[+-]?\d{1,9}$/.test(typed)) return Number(typed);
  throw new Problem({ code: "invalid", errors: { [field]: [ours("stock.whole")] } });
}

/**
 * How a level is called: the product, and its kind where it is one.
 * @param {Rest.StockAnswer} level
 */
const nameOf = ({ name, variant_name, sku }) => [name || sku, variant_name].filter(Boolean).join(", ");

/** @param {{ level: Rest.StockAnswer, open: () => void }} props */
const Level = ({ level, open }) => html`<li>
  <button type="button" class="office-row" onClick=${open}>
    <span class="grow">
      <strong><bdi>${nameOf(level)}</bdi></strong>
      <span class="small soft num">
        ${t("stock.reserved", { n: level.reserved })} · ${t("stock.in_trolleys", { n: level.in_trolleys })}
      </span>
    </span>
    ${level.low && html`<span class="badge badge-late">${t("stock.low")}</span>`}
    <strong class="num">${number(level.available)}</strong>
  </button>
</li>`;

/** @param {{ one: Rest.MovementAnswer, zone?: string }} props */
const Moved = ({ one, zone }) => html`<li class="office-row">
  <span class="grow">
    <strong>${t(`stock.${one.kind}`)}</strong>
    <span class="small soft num">${dayAndTime(one.at, zone)}</span>
    ${one.note && html`<span class="small" dir="auto">${one.note}</span>`}
  </span>
  <strong class="num"><bdi>${one.units > 0 && "+"}${number(one.units)}</bdi></strong>
</li>`;

/** @param {{ product: string, zone?: string }} props */
function Movements({ product, zone }) {
  const [kind, setKind] = useState("");
  const list = useListing(`${base}/stock/movements?${queryOf({ product_id: product, kind, page_size: "10" })}`);
  return html`<section class="stack-s">
    <h3>${t("stock.movements")}</h3>
    <div class="chips" role="group" aria-label=${t("stock.movements")}>
      ${KINDS.map(
        (one) => html`<button
          key=${one}
          type="button"
          class="chip"
          aria-pressed=${kind === one}
          onClick=${() => setKind(one)}
        >
          ${t(one ? `stock.${one}` : "sales.all")}
        </button>`,
      )}
    </div>
    <${Listed}
      list=${list}
      class="office-list"
      row=${(/** @type {Rest.MovementAnswer} */ one) => html`<${Moved} one=${one} zone=${zone} />`}
      empty=${html`<p class="small soft">${t("stock.nothing_moved")}</p>`}
    />
  </section>`;
}

/** @param {{ level: Rest.StockAnswer, zone?: string, onClose: () => void, onDone: () => void }} props */
function LevelSheet({ level, zone, onClose, onDone }) {
  const [values, setValues] = useState({ counted: "", delta: "", low_at: String(level.low_at), reason: "" });
  const { busy, problem, run } = useRequest();
  const set = (/** @type {keyof typeof values} */ name) => (/** @type {string} */ value) =>
    setValues({ ...values, [name]: value });
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const done = await run(() => {
      const body = {
        product_id: level.product_id,
        variant_id: level.variant_id,
        reason: values.reason.trim() || t("stock.counted"),
        counted: wholeOf("counted", values.counted),
        delta: wholeOf("delta", values.delta),
        low_at: wholeOf("low_at", values.low_at),
      };
      return auth.call("POST", `${base}/stock/adjust`, { body });
    });
    if (!done) return;
    toast(t("saved"));
    onDone();
  };
  return html`<${Sheet} side title=${nameOf(level)} onClose=${onClose}>
    <div class="stack">
      <dl class="facts">
        <div><dt>${t("stock.on_hand")}</dt><dd class="num">${number(level.on_hand)}</dd></div>
        <div><dt>${t("stock.kept")}</dt><dd class="num">${number(level.reserved)}</dd></div>
        <div><dt>${t("stock.available")}</dt><dd class="num">${number(level.available)}</dd></div>
        <div><dt>${t("stock.trolleys")}</dt><dd class="num">${number(level.in_trolleys)}</dd></div>
        <div><dt>${t("stock.sold")}</dt><dd class="num">${number(level.sold)}</dd></div>
      </dl>
      <form class="stack" onSubmit=${save} novalidate>
        <h3>${t("stock.adjust")}</h3>
        ${["counted", "delta", "low_at"].map(
          (name) => html`<${LineField}
            key=${name}
            name=${name}
            label=${t(`stock.field_${name}`)}
            problem=${problem}
            dir="ltr"
            inputmode="numeric"
            value=${values[/** @type {keyof typeof values} */ (name)]}
            onValue=${set(/** @type {keyof typeof values} */ (name))}
          />`,
        )}
        <${LineField}
          name="reason"
          label=${t("office.reason")}
          problem=${problem}
          value=${values.reason}
          onValue=${set("reason")}
        />
        <${Refusal} problem=${problem} fields=${["counted", "delta", "low_at", "reason"]} />
        <button class="btn btn-primary" disabled=${busy}><${Busy} on=${busy} />${t("save")}</button>
      </form>
      <${Movements} product=${level.product_id} zone=${zone} />
    </div>
  <//>`;
}

/** @param {{ chain: string, onClose: () => void, onDone: () => void }} props */
function ReceiveSheet({ chain, onClose, onDone }) {
  const [values, setValues] = useState({ barcode: "", quantity: "", note: "" });
  const { busy, problem, run } = useRequest();
  const set = (/** @type {keyof typeof values} */ name) => (/** @type {string} */ value) =>
    setValues({ ...values, [name]: value });
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const name = await run(async () => {
      const quantity = wholeOf("quantity", values.quantity) ?? 0;
      const query = queryOf({ chain, barcode: values.barcode.trim() });
      const { results } = await auth.call("GET", `/api/products?${query}`);
      if (!values.barcode.trim() || !results.length)
        throw new Problem({ code: "invalid", errors: { barcode: [ours("problem.product_not_found")] } });
      const body = { lines: [{ product_id: results[0].id, quantity }], note: values.note };
      await auth.call("POST", `${base}/stock/receive`, { body });
      return results[0].name;
    });
    if (!name) return;
    toast(t("stock.taken_in", { name }));
    setValues({ barcode: "", quantity: "", note: values.note });
    onDone();
  };
  return html`<${Sheet} title=${t("stock.receive")} onClose=${onClose}>
    <form class="stack" onSubmit=${save} novalidate>
      <${LineField}
        name="barcode"
        label=${t("product.barcode")}
        problem=${problem}
        dir="ltr"
        value=${values.barcode}
        onValue=${set("barcode")}
      />
      <${LineField}
        name="quantity"
        label=${t("stock.units")}
        problem=${problem}
        dir="ltr"
        inputmode="numeric"
        value=${values.quantity}
        onValue=${set("quantity")}
      />
      <${LineField} name="note" label=${t("stock.note")} problem=${problem} value=${values.note}
        onValue=${set("note")} />
      <${Refusal} problem=${problem} fields=${["barcode", "quantity", "note"]} />
      <button class="btn btn-primary btn-big btn-wide" disabled=${busy}>
        <${Busy} on=${busy} />${t("stock.receive")}
      </button>
    </form>
  <//>`;
}

/** @param {{ place: Rest.BranchAnswer }} props */
export function StockTab({ place }) {
  const [search, setSearch] = useState("");
  const [low, setLow] = useState(false);
  const [opened, setOpened] = useState(/** @type {Rest.StockAnswer | "new" | null} */ (null));
  const list = useListing(`${base}/stock?${queryOf({ search, low: low ? "true" : "", page_size: PAGE })}`);
  const close = () => setOpened(null);
  return html`
    <div class="filters">
      <div class="field">
        <label for="stock-words">${t("catalogue.search")}</label>
        <input
          id="stock-words"
          class="input"
          type="search"
          dir="auto"
          value=${search}
          onInput=${(/** @type {Typed} */ e) => setSearch(e.target.value)}
        />
      </div>
      <button type="button" class="chip" aria-pressed=${low} onClick=${() => setLow(!low)}>${t("stock.low")}</button>
      <button type="button" class="btn btn-primary" onClick=${() => setOpened("new")}>
        <${Icon} name="plus" />${t("stock.receive")}
      </button>
    </div>
    <${Listed}
      list=${list}
      class="office-list"
      row=${(/** @type {Rest.StockAnswer} */ one) => html`<${Level} level=${one} open=${() => setOpened(one)} />`}
      empty=${html`<${Empty} icon="bag" title=${t(search || low ? "catalogue.none" : "stock.none")} />`}
    />
    ${opened === "new" && html`<${ReceiveSheet} chain=${place.chain} onClose=${close} onDone=${list.again} />`}
    ${
      opened &&
      opened !== "new" &&
      html`<${LevelSheet}
        key=${opened.sku}
        level=${opened}
        zone=${place.timezone}
        onClose=${close}
        onDone=${() => {
          close();
          list.again();
        }}
      />`
    }
  `;
}
