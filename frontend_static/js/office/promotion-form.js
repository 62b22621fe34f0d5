/** A promotion to make or to change: what it gives, for which goods, where, when and for whom. */
import { html, useState } from "../ui.js";
import { t } from "../i18n.js";
import { auth } from "../api.js";
import { Field, LineField, Refusal, Submit, amountOf, useRequest } from "../parts/forms.js";
import { Icon } from "../parts/icons.js";
import { Sheet, toast } from "../parts/common.js";
import { Problem, ours } from "../problem.js";
import { GoodsPicker } from "./goods-picker.js";
import { useLoaded } from "./load.js";
import { weekdayOf } from "./promotion-words.js";

/** @typedef {import("./goods-picker.js").Goods} Goods */
/** @typedef {Goods & { units: string }} Set */

const KINDS = ["n_for_m", "nth", "bundle", "price", "spend"];
const GIVES = { price: ["percent", "amount"], spend: ["amount", "percent", "gift"] };
const TIERS = ["", "SILVER", "GOLD", "PLATINUM"];
const DAYS = [1, 2, 3, 4, 5, 6, 7];
const FIELDS = ["name", "buy", "pay", "percent", "amount", "threshold", "priority", "valid_from", "valid_until"];
/** @returns {Set} */
const nothing = () => ({ products: [], categories: [], units: "1" });

/**
 * A promotion as the form holds it: everything as it is typed.
 * @param {Rest.PromotionAnswer | null} one
 */
function valuesOf(one) {
  const text = (/** @type {string | number | null | undefined} */ value) => `${value ?? ""}`;
  const sets = (one?.goods ?? []).map((set) => ({ ...set, units: text(set.units) }));
  return {
    name: one?.name ?? "",
    kind: one?.kind ?? "n_for_m",
    gives: one?.gifts ? "gift" : one && one.amount !== null ? "amount" : one?.kind === "spend" ? "amount" : "percent",
    buy: text(one ? one.buy : 3),
    pay: text(one ? one.pay : 2),
    percent: text(one?.percent),
    amount: text(one?.amount),
    threshold: text(one?.threshold),
    sets: sets.length ? sets : [nothing()],
    gifts: one?.gifts ? { ...one.gifts, units: "1" } : nothing(),
    tier: one?.tier ?? "",
    branches: one?.branches ?? [],
    combines: one?.combines ?? true,
    priority: text(one?.priority ?? 0),
    valid_from: one?.valid_from ?? "",
    valid_until: one?.valid_until ?? "",
    weekdays: one?.weekdays ?? [],
    from_time: one?.from_time ?? "",
    until_time: one?.until_time ?? "",
    is_active: one?.is_active ?? true,
  };
}

/** @typedef {ReturnType<typeof valuesOf>} Values */

/**
 * A whole number that was typed. Raises the field's Problem, in words.
 * @param {string} field
 * @param {string} text
 */
function wholeOf(field, text) {
  if (/^-?\d{1,4}$/.test(text.trim())) return Number(text);
  throw new Problem({ code: "invalid", errors: { [field]: [ours("stock.whole")] } });
}

/**
 * What the API takes of the form. Raises the Problem of a field that is typed wrong.
 * @param {Values} values
 * @param {string} currency
 */
function bodyOf(values, currency) {
  const { kind, gives, sets, gifts } = values;
  const idsOf = (/** @type {Goods} */ { products, categories }) => ({
    products: products.map(({ id }) => id),
    categories: categories.map(({ id }) => id),
  });
  const isBundle = kind === "bundle";
  const chooses = kind === "price" || kind === "spend";
  const groups = kind === "n_for_m" || kind === "nth";
  return {
    name: values.name,
    kind,
    buy: groups ? wholeOf("buy", values.buy) : null,
    pay: kind === "n_for_m" ? wholeOf("pay", values.pay) : null,
    percent:
      kind === "nth" || (chooses && gives === "percent") ? Number(amountOf("percent", values.percent, "EUR")) : null,
    amount: isBundle || (chooses && gives === "amount") ? amountOf("amount", values.amount, currency) : null,
    threshold: kind === "spend" ? amountOf("threshold", values.threshold, currency) : null,
    goods: (isBundle ? sets : sets.slice(0, 1)).map((set) => ({
      ...(isBundle && { units: wholeOf("goods", set.units) }),
      ...idsOf(set),
    })),
    gifts: kind === "spend" && gives === "gift" ? idsOf(gifts) : null,
    tier: values.tier || null,
    branches: values.branches,
    combines: values.combines,
    priority: wholeOf("priority", values.priority),
    valid_from: values.valid_from || null,
    valid_until: values.valid_until || null,
    weekdays: values.weekdays,
    from_time: values.from_time || null,
    until_time: values.until_time || null,
    is_active: values.is_active,
  };
}

/** @typedef {{ values: Values, set: (some: Partial<Values>) => void, problem: Problem | null }} Part */

/** @param {Part & { name: "buy" | "pay" | "percent" | "amount" | "threshold" | "priority", label: string }} props */
const Count = ({ values, set, problem, name, label }) => html`<${LineField}
  name=${name}
  label=${label}
  problem=${problem}
  dir="ltr"
  inputmode="decimal"
  value=${values[name]}
  onValue=${(/** @type {string} */ text) => set({ [name]: text })}
/>`;

/** @param {{ label: string, on: boolean, onTurn: (on: boolean) => void }} props */
const Switch = ({ label, on, onTurn }) => html`<label class="switch">
  <input type="checkbox" checked=${on} onChange=${(/** @type {any} */ e) => onTurn(e.target.checked)} />
  ${label}
</label>`;

/**
 * One of several, as chips.
 * @param {{ label: string, all: readonly any[], chosen: (one: any) => boolean, word: (one: any) => string,
 *   onChoose: (one: any) => void }} props
 */
const Chips = ({ label, all, chosen, word, onChoose }) => html`<div class="field">
  <span class="group-label">${label}</span>
  <div class="chips" role="group" aria-label=${label}>
    ${all.map(
      (one) => html`<button
        key=${one}
        type="button"
        class="chip"
        aria-pressed=${chosen(one)}
        onClick=${() => onChoose(one)}
      >
        ${word(one)}
      </button>`,
    )}
  </div>
</div>`;

/**
 * A list with one more of something, or without it.
 * @template T
 * @param {readonly T[]} list
 * @param {T} one
 */
const turned = (list, one) => (list.includes(one) ? list.filter((other) => other !== one) : [...list, one]);

/** What it gives. @param {Part & { currency: string }} props */
function Gives({ values, set, problem, currency }) {
  const part = { values, set, problem };
  const { kind, gives } = values;
  const choices = kind === "price" || kind === "spend" ? GIVES[kind] : [];
  const wants = (/** @type {string} */ what) => choices.includes(what) && gives === what;
  return html`
    ${
      (kind === "n_for_m" || kind === "nth") &&
      html`<div class="pair">
        <${Count} ...${part} name="buy" label=${t(kind === "nth" ? "promo.every" : "promo.buy")} />
        ${kind === "n_for_m" && html`<${Count} ...${part} name="pay" label=${t("promo.pay")} />`}
        ${kind === "nth" && html`<${Count} ...${part} name="percent" label=${t("promo.percent")} />`}
      </div>`
    }
    ${kind === "spend" && html`<${Count} ...${part} name="threshold" label=${t("promo.threshold", { currency })} />`}
    ${
      choices.length > 0 &&
      html`<${Chips}
        label=${t("promo.gives")}
        all=${choices}
        chosen=${(/** @type {string} */ one) => one === gives}
        word=${(/** @type {string} */ one) => t(`promo.gives_${kind}_${one}`)}
        onChoose=${(/** @type {string} */ one) => set({ gives: one })}
      />`
    }
    ${wants("percent") && html`<${Count} ...${part} name="percent" label=${t("promo.percent")} />`}
    ${
      (kind === "bundle" || wants("amount")) &&
      html`<${Count}
        ...${part}
        name="amount"
        label=${t(kind === "spend" ? "promo.off" : "promo.price", { currency })}
      />`
    }
  `;
}

/** For which goods. @param {Part & { chain: string }} props */
function ForGoods({ values, set, problem, chain }) {
  const { kind, gives, sets, gifts } = values;
  const isBundle = kind === "bundle";
  const shown = isBundle ? sets : sets.slice(0, 1);
  const change = (/** @type {number} */ place, /** @type {Partial<Set>} */ some) =>
    set({ sets: sets.map((each, at) => (at === place ? { ...each, ...some } : each)) });
  return html`
    ${shown.map(
      (each, place) => html`<div key=${place} class="stack-s">
        <${GoodsPicker}
          id=${`goods-${place}`}
          chain=${chain}
          label=${isBundle ? t("promo.set", { n: place + 1 }) : t("promo.goods")}
          none=${isBundle ? "" : t("promo.everything")}
          value=${each}
          onValue=${(/** @type {Goods} */ goods) => change(place, goods)}
        />
        ${
          isBundle &&
          html`<${LineField}
            name=${`units-${place}`}
            label=${t("promo.units")}
            problem=${null}
            dir="ltr"
            inputmode="numeric"
            value=${each.units}
            onValue=${(/** @type {string} */ units) => change(place, { units })}
          />`
        }
      </div>`,
    )}
    ${
      isBundle &&
      html`<div class="row">
        <button type="button" class="btn btn-quiet" onClick=${() => set({ sets: [...sets, nothing()] })}>
          <${Icon} name="plus" />${t("promo.another_set")}
        </button>
        ${
          sets.length > 1 &&
          html`<button type="button" class="btn btn-quiet" onClick=${() => set({ sets: sets.slice(0, -1) })}>
            ${t("promo.one_set_less")}
          </button>`
        }
      </div>`
    }
    ${
      kind === "spend" &&
      gives === "gift" &&
      html`<${GoodsPicker}
        id="gifts"
        chain=${chain}
        label=${t("promo.gifts")}
        value=${gifts}
        onValue=${(/** @type {Goods} */ goods) => set({ gifts: { ...gifts, ...goods } })}
      />`
    }
    <${Refusal} problem=${problem?.errors?.goods ? problem : null} />
  `;
}

/** When, where and for whom. @param {Part & { branches: readonly { code: string }[] }} props */
function Limits({ values, set, problem, branches }) {
  /** @param {"valid_from" | "valid_until" | "from_time" | "until_time"} name @param {string} type */
  const moment = (name, type) => html`<${LineField}
    name=${name}
    type=${type}
    label=${t(`promo.${name}`)}
    problem=${problem}
    dir="ltr"
    value=${values[name]}
    onValue=${(/** @type {string} */ text) => set({ [name]: text })}
  />`;
  return html`<details class="stack-s">
    <summary>${t("promo.limits")}</summary>
    <div class="stack">
      <p class="small soft">${t("promo.clock")}</p>
      <div class="pair">${moment("valid_from", "date")}${moment("valid_until", "date")}</div>
      <${Chips}
        label=${t("promo.weekdays")}
        all=${DAYS}
        chosen=${(/** @type {number} */ day) => values.weekdays.includes(day)}
        word=${(/** @type {number} */ day) => weekdayOf(day)}
        onChoose=${(/** @type {number} */ day) => set({ weekdays: turned(values.weekdays, day).sort() })}
      />
      <div class="pair">${moment("from_time", "time")}${moment("until_time", "time")}</div>
      ${
        branches.length > 1 &&
        html`<${Chips}
          label=${t("promo.branches")}
          all=${branches.map(({ code }) => code)}
          chosen=${(/** @type {string} */ code) => values.branches.includes(code)}
          word=${(/** @type {string} */ code) => code}
          onChoose=${(/** @type {string} */ code) => set({ branches: turned(values.branches, code) })}
        />`
      }
      <${Chips}
        label=${t("promo.whom")}
        all=${TIERS}
        chosen=${(/** @type {string} */ tier) => tier === values.tier}
        word=${(/** @type {string} */ tier) =>
          tier ? t("promo.tier_up", { tier: t(`promo.tier_${tier}`) }) : t("promo.everybody")}
        onChoose=${(/** @type {string} */ tier) => set({ tier })}
      />
      <${Switch}
        label=${t("promo.combines")}
        on=${values.combines}
        onTurn=${(/** @type {boolean} */ combines) => set({ combines })}
      />
      <${Count} values=${values} set=${set} problem=${problem} name="priority" label=${t("promo.priority")} />
    </div>
  </details>`;
}

/**
 * @param {{ chain: Rest.ChainAnswer, one: Rest.PromotionAnswer | null, onClose: () => void,
 *   onDone: () => void }} props
 */
export function PromotionSheet({ chain, one, onClose, onDone }) {
  const [values, setValues] = useState(valuesOf(one));
  const [sure, setSure] = useState(false);
  const { data } = useLoaded(`/api/branches?chain=${encodeURIComponent(chain.slug)}&page_size=200`);
  const { busy, problem, run } = useRequest();
  const set = (/** @type {Partial<Values>} */ some) => setValues({ ...values, ...some });
  const headers = { "If-Match": `"${one?.version}"` };
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const done = await run(() => {
      const body = bodyOf(values, chain.currency);
      if (one) return auth.call("PUT", `/api/promotions/${one.id}`, { body, headers });
      return auth.call("POST", "/api/promotions", { body: { chain: chain.slug, ...body } });
    });
    if (!done) return;
    toast(t("promo.saved", { name: values.name }));
    onDone();
  };
  const remove = async () => {
    if (!sure) return setSure(true);
    if (await run(() => auth.call("DELETE", `/api/promotions/${one?.id}`, { headers }))) onDone();
  };
  const part = { values, set, problem };
  return html`<${Sheet} side title=${one ? one.name : t("promo.new")} onClose=${onClose}>
    <form class="stack promotion" onSubmit=${save} novalidate>
      <${LineField}
        name="name"
        label=${t("promo.name")}
        hint=${t("promo.name_hint")}
        problem=${problem}
        value=${values.name}
        onValue=${(/** @type {string} */ name) => set({ name })}
      />
      <${Field} name="kind" label=${t("promo.kind")} problem=${problem}>
        ${(/** @type {object} */ more) =>
          html`<select
            ...${more}
            class="input"
            value=${values.kind}
            onChange=${(/** @type {Typed} */ e) => {
              const kind = e.target.value;
              set({ kind, gives: kind === "spend" ? "amount" : "percent", ...(kind === "nth" && { buy: "2" }) });
            }}
          >
            ${KINDS.map((kind) => html`<option key=${kind} value=${kind}>${t(`promo.kind_${kind}`)}</option>`)}
          </select>`}
      <//>
      <${Gives} ...${part} currency=${chain.currency} />
      <${ForGoods} ...${part} chain=${chain.slug} />
      <${Limits} ...${part} branches=${data?.results ?? []} />
      <${Switch}
        label=${t("promo.active")}
        on=${values.is_active}
        onTurn=${(/** @type {boolean} */ is_active) => set({ is_active })}
      />
      <${Refusal} problem=${problem} fields=${[...FIELDS, "goods"]} />
      <${Submit} class="btn-primary" busy=${busy} missing=${[!values.name.trim() && t("promo.name")]}>
        ${t("save")}
      <//>
      ${
        one &&
        html`<button type="button" class="btn btn-danger" disabled=${busy} onClick=${remove}>
          ${t(sure ? "promo.remove_sure" : "promo.remove")}
        </button>`
      }
    </form>
  <//>`;
}
