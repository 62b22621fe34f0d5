/** One trolley in detail: what is known of it, what staff can order as it is now, and what happened to it. */
import { html, useState } from "../../ui.js";
import { t, elapsed, money, secondOfDay, timeOfDay } from "../../i18n.js";
import { Icon } from "../../parts/icons.js";
import { Sheet } from "../../parts/common.js";
import { serverNow } from "../../clock.js";
import { Marker } from "../shapes.js";
import { actionsOf, bayOf, lockOf, stateOf } from "../states.js";
import { inHand, lockText, since } from "../sentences.js";
import { useStore } from "../context.js";
import { Open, OpeningSaid } from "./opening.js";
import { Assign, Back, End, Found, InService, Maintenance, Missing } from "./orders.js";
import { Due } from "./due.js";
import { Timeline } from "./timeline.js";

/** @typedef {import("../states.js").Trolley} Trolley */
/** @typedef {import("../states.js").Action} Action */

/** The form, title and icon of each action. @type {Record<Action, { form: any, title: string, icon: string }>} */
const ACTIONS = {
  open: { form: Open, title: "unlock.title", icon: "unlocked" },
  assign: { form: Assign, title: "assign.title", icon: "person" },
  end: { form: End, title: "end_use.title", icon: "exit" },
  back: { form: Back, title: "back.title", icon: "check" },
  maintenance: { form: Maintenance, title: "maintenance.title", icon: "wrench" },
  in_service: { form: InService, title: "maintenance.title", icon: "wrench" },
  missing: { form: Missing, title: "mark_missing.title", icon: "alert" },
  found: { form: Found, title: "found.title", icon: "check" },
};

/** @param {{ rows: [string, any][] }} props */
const Facts = ({ rows }) => html`<dl class="facts">
  ${rows
    .filter(([, value]) => value)
    .map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}
</dl>`;

/**
 * @param {Trolley} trolley
 * @param {import("../states.js").Board} board
 * @param {number} now
 * @returns {[string, any][]}
 */
function facts(trolley, { branch: { currency }, devices }, now) {
  return [
    [t("fact.holder"), trolley.assigned_to && html`<bdi>${trolley.assigned_to}</bdi>`],
    [t("fact.in_hand"), inHand(trolley) && html`<bdi>${inHand(trolley)}</bdi>`],
    [t("fact.since"), since(trolley, now) && html`<span class="num">${since(trolley, now)}</span>`],
    [
      t("fact.cart"),
      trolley.cart_units > 0 &&
        html`<span class="num">
          ${money(trolley.cart_total, currency)} · ${t("count.units", { n: trolley.cart_units })}
        </span>`,
    ],
    [t("fact.custody"), trolley.place && t(`custody.${trolley.custody}`)],
    [t("fact.lock"), lockText(trolley)],
    [t("fact.lock_at"), trolley.lock.at && html`<span class="num">${timeOfDay(trolley.lock.at)}</span>`],
    [t("fact.slot"), trolley.place && html`<bdi class="num">${bayOf(trolley.place, devices)}</bdi>`],
    [
      t("fact.notes"),
      trolley.maintenance && trolley.maintenance_notes && html`<bdi>${trolley.maintenance_notes}</bdi>`,
    ],
  ];
}

/**
 * That nothing comes from the lock, and how old its last word is.
 * @param {Trolley} trolley
 * @param {number} now
 */
const staleText = ({ lock }, now) =>
  lock.at ? t("device.stale_since", { time: now && elapsed(lock.at) }) : t("device.stale");

/**
 * What can be ordered now; the most likely is open, and an order that was carried out says when.
 * @param {{ trolley: Trolley }} props
 */
function Orders({ trolley }) {
  const [done, setDone] = useState("");
  const say = (/** @type {string} */ sentence) =>
    setDone(t("order.done", { what: sentence, time: secondOfDay(new Date(serverNow()).toISOString()) }));
  return html`
    <p class="said" role="status">${done && html`<${Icon} name="check" />${done}`}</p>
    <${OpeningSaid} trolley_id=${trolley.trolley_id} />
    ${actionsOf(trolley).map((action, place) => {
      const { form, title, icon } = ACTIONS[action];
      return html`<details key=${action} class="order" open=${place === 0}>
        <summary><h3><${Icon} name=${icon} /> ${t(title)}</h3></summary>
        <${form} trolley=${trolley} onDone=${say} />
      </details>`;
    })}
  `;
}

/** @param {{ trolley: Trolley, board: import("../states.js").Board, onClose: () => void }} props */
export function Panel({ trolley, board, onClose }) {
  const { now } = useStore();
  const [told, tell] = useState(false);
  const state = stateOf(trolley);
  const lock = lockOf(trolley);
  return html`<${Sheet} side title=${t("trolley.number", { n: trolley.cart_number })} onClose=${onClose}>
    <div class="stack">
      <div class="row panel-head">
        <${Marker} state=${state} number=${trolley.cart_number} />
        <div>
          <strong class="panel-state">${t(`state.${state}`)}</strong>
          <p class="code soft">${trolley.trolley_id}</p>
        </div>
      </div>
      ${
        trolley.lock_fault &&
        html`<p class="note note-danger"><${Icon} name="alert" /><span>${t(`fault.${trolley.lock_fault}`)}</span></p>`
      }
      ${
        lock?.differs &&
        !trolley.lock_fault &&
        html`<p class="note note-warn"><${Icon} name="clock" /><span>${t("lock.differs_long")}</span></p>`
      }
      ${
        trolley.unheard &&
        html`<p class="note note-warn"><${Icon} name="device" /><span>${staleText(trolley, now.value)}</span></p>`
      }
      <${Due} branch=${board.branch.code} trolley=${trolley} />
      <${Facts} rows=${facts(trolley, board, now.value)} />
      <${Orders} trolley=${trolley} />
      <details class="order" onToggle=${(/** @type {any} */ event) => tell(event.currentTarget.open)}>
        <summary><h3><${Icon} name="list" /> ${t("timeline.title")}</h3></summary>
        ${told && html`<${Timeline} branch=${board.branch.code} trolley=${trolley} />`}
      </details>
    </div>
  <//>`;
}
