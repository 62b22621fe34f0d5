/** A chain's promotions: what runs, what is to come and what is over; what a cart would cost with them. */
import { html, useState } from "../ui.js";
import { t } from "../i18n.js";
import { queryOf } from "../api.js";
import { Empty } from "../parts/common.js";
import { Icon } from "../parts/icons.js";
import { useLoaded, waiting } from "./load.js";
import { PromotionSheet } from "./promotion-form.js";
import { limitsOf, sentenceOf, standingOf } from "./promotion-words.js";
import { WhatIfSheet } from "./what-if.js";

const ORDER = ["on", "later", "off", "over"];
const BADGES = /** @type {Record<string, string>} */ ({ on: "badge-ok", later: "", off: "", over: "" });

/** @param {{ one: Rest.PromotionAnswer, today: string, onOpen: () => void }} props */
function Row({ one, today, onOpen }) {
  const standing = standingOf(one, today);
  return html`<li>
    <button type="button" class="office-row" onClick=${onOpen}>
      <span class="grow">
        <strong dir="auto">${one.name}</strong>
        <span class="small" dir="auto">${sentenceOf(one)}</span>
        <span class="small soft">${limitsOf(one).join(" · ")}</span>
      </span>
      <span class=${`badge ${BADGES[standing]}`}>${t(`promo.is_${standing}`)}</span>
    </button>
  </li>`;
}

/** @param {{ place: Rest.ChainAnswer }} props */
export function PromotionsTab({ place }) {
  const [opened, setOpened] = useState(/** @type {Rest.PromotionAnswer | "new" | "what-if" | null} */ (null));
  const loaded = useLoaded(`/api/promotions?${queryOf({ chain: place.slug })}`);
  const close = () => setOpened(null);
  const now = new Date();
  const today = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((n) => String(n).padStart(2, "0")).join("-");
  /** @type {Rest.PromotionAnswer[]} */
  const all = loaded.data ?? [];
  const sorted = [...all].sort(
    (a, b) => ORDER.indexOf(standingOf(a, today)) - ORDER.indexOf(standingOf(b, today)) || b.priority - a.priority,
  );
  return html`
    <p class="soft">${t("promo.lead")}</p>
    <div class="row promotions">
      <button type="button" class="btn btn-primary" onClick=${() => setOpened("new")}>
        <${Icon} name="plus" />${t("promo.new")}
      </button>
      <button type="button" class="btn btn-quiet" onClick=${() => setOpened("what-if")}>
        <${Icon} name="search" />${t("promo.what_if")}
      </button>
    </div>
    ${
      waiting(loaded) ??
      (sorted.length
        ? html`<ul class="office-list">
          ${sorted.map(
            (one) => html`<${Row} key=${one.id} one=${one} today=${today} onOpen=${() => setOpened(one)} />`,
          )}
        </ul>`
        : html`<${Empty} icon="bag" title=${t("promo.none")} text=${t("promo.none_text")} />`)
    }
    ${opened === "what-if" && html`<${WhatIfSheet} chain=${place} onClose=${close} />`}
    ${
      opened &&
      opened !== "what-if" &&
      html`<${PromotionSheet}
        chain=${place}
        one=${opened === "new" ? null : opened}
        onClose=${close}
        onDone=${() => {
          close();
          loaded.reload();
        }}
      />`
    }
  `;
}
