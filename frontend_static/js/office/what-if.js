/** What a cart would cost in a branch at another time, and why. */
import { html, useState } from "../ui.js";
import { money, t } from "../i18n.js";
import { auth } from "../api.js";
import { Field, LineField, Refusal, Submit, useRequest } from "../parts/forms.js";
import { Sheet } from "../parts/common.js";
import { byLine, LinePromotions, Sums } from "../parts/sums.js";
import { GoodsPicker } from "./goods-picker.js";
import { useLoaded } from "./load.js";

const TIERS = ["STANDARD", "SILVER", "GOLD", "PLATINUM"];

/** @param {{ found: Rest.WhatIfView }} props */
const Found = ({ found }) => html`<section class="stack-s what-if" aria-live="polite">
  <ul class="stack-s">
    ${found.items.map(
      (line) => html`<li key=${line.id}>
        <div class="row">
          <span class="grow"><bdi>${line.name}</bdi> <span class="soft num">× ${line.quantity}</span></span>
          <span class="num push">${money(line.line_total, found.currency)}</span>
        </div>
        <${LinePromotions} promotions=${byLine(found.promotions)[line.id]} currency=${found.currency} />
      </li>`,
    )}
  </ul>
  <${Sums} amounts=${found} currency=${found.currency} />
  <p class="row"><strong class="grow">${t("total")}</strong>
    <strong class="num push">${money(found.total_price, found.currency)}</strong></p>
  ${!found.promotions.length && html`<p class="small soft">${t("promo.none_apply")}</p>`}
</section>`;

/** @param {{ chain: Rest.ChainAnswer, onClose: () => void }} props */
export function WhatIfSheet({ chain, onClose }) {
  const [goods, setGoods] = useState(
    /** @type {import("./goods-picker.js").Goods} */ ({ products: [], categories: [] }),
  );
  const [units, setUnits] = useState(/** @type {Record<string, string>} */ ({}));
  const [branch, setBranch] = useState("");
  const [at, setAt] = useState("");
  const [tier, setTier] = useState("STANDARD");
  const [found, setFound] = useState(/** @type {Rest.WhatIfView | null} */ (null));
  const { data } = useLoaded(`/api/branches?chain=${encodeURIComponent(chain.slug)}&page_size=200`);
  const { busy, problem, run } = useRequest();
  /** @type {{ code: string, name: string }[]} */
  const branches = data?.results ?? [];
  const code = branch || branches[0]?.code;
  const ask = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const items = goods.products.map(({ id }) => ({ product_id: id, quantity: Number(units[id] ?? 1) || 1 }));
    const body = { items, user_tier: tier, ...(at && { at: at.slice(0, 16) }) };
    setFound(await run(() => auth.call("POST", `/api/branches/${encodeURIComponent(code ?? "")}/what-if`, { body })));
  };
  return html`<${Sheet} side title=${t("promo.what_if")} onClose=${onClose}>
    <form class="stack" onSubmit=${ask} novalidate>
      <p class="soft">${t("promo.what_if_lead")}</p>
      <${Field} name="what-if-branch" label=${t("promo.branch")} problem=${problem}>
        ${(/** @type {object} */ more) =>
          html`<select
            ...${more}
            class="input"
            value=${code}
            onChange=${(/** @type {Typed} */ e) => setBranch(e.target.value)}
          >
            ${branches.map((one) => html`<option key=${one.code} value=${one.code}>${one.name} · ${one.code}</option>`)}
          </select>`}
      <//>
      <${LineField}
        name="at"
        type="datetime-local"
        label=${t("promo.at")}
        hint=${t("promo.at_hint")}
        problem=${problem}
        dir="ltr"
        value=${at}
        onValue=${setAt}
      />
      <${Field} name="user_tier" label=${t("promo.whom")} problem=${problem}>
        ${(/** @type {object} */ more) =>
          html`<select
            ...${more}
            class="input"
            value=${tier}
            onChange=${(/** @type {Typed} */ e) => setTier(e.target.value)}
          >
            ${TIERS.map((one) => html`<option key=${one} value=${one}>${t(`promo.tier_${one}`)}</option>`)}
          </select>`}
      <//>
      <${GoodsPicker}
        id="what-if-goods"
        chain=${chain.slug}
        label=${t("promo.cart")}
        onlyProducts
        value=${goods}
        onValue=${setGoods}
      />
      ${goods.products.map(
        ({ id, name }) => html`<${LineField}
          key=${id}
          name=${`units-${id}`}
          label=${t("promo.units_of", { name })}
          problem=${null}
          dir="ltr"
          inputmode="numeric"
          value=${units[id] ?? "1"}
          onValue=${(/** @type {string} */ text) => setUnits({ ...units, [id]: text })}
        />`,
      )}
      <${Refusal} problem=${problem} fields=${["at", "user_tier"]} />
      <${Submit} class="btn-primary" busy=${busy} missing=${[!goods.products.length && t("promo.cart"), !code && t("promo.branch")]}>
        ${t("promo.ask")}
      <//>
      ${found && html`<${Found} found=${found} />`}
    </form>
  <//>`;
}
