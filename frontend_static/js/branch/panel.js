/** One trolley in detail, and what staff can order: open its lock, take it out of service. */
import { html, useState } from "../ui.js";
import { t, elapsed, money, reason, timeOfDay } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { Sheet } from "../parts/common.js";
import { Reasons } from "../parts/forms.js";
import { Marker } from "./shapes.js";
import { lockOf, lockPlace, stateOf } from "./states.js";
import { inHand, lockText, since } from "./sentences.js";
import { useStore } from "./context.js";

/** @typedef {import("./states.js").Trolley} Trolley */

const REASONS = ["reason.stuck", "reason.help", "reason.cleaning"];

/** Runs an order: {busy, problem, said, run(order, sentence)}. The sentence is `said` once it is done. */
function useRequest() {
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState("");
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  const run = async (/** @type {() => Promise<unknown>} */ order, /** @type {string} */ sentence) => {
    setBusy(true);
    setProblem(null);
    setSaid("");
    try {
      await order();
      setSaid(sentence);
    } catch (refused) {
      setProblem(refused);
    }
    setBusy(false);
  };
  return { busy, problem, said, run };
}

/** @param {{ rows: [string, any][] }} props */
const Facts = ({ rows }) => html`<dl class="facts">
  ${rows
    .filter(([, value]) => value)
    .map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}
</dl>`;

/**
 * @param {Trolley} trolley
 * @param {string} currency
 * @param {number} now
 * @returns {[string, any][]}
 */
function facts(trolley, currency, now) {
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
    [t("fact.slot"), trolley.place && html`<span class="num">${t("slot.where", lockPlace(trolley.place.slot))}</span>`],
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

/** @param {{ text: string }} props */
const Said = ({ text }) => html`<p class="said" role="status">${text && html`<${Icon} name="check" />`}${text}</p>`;

/** @param {{ trolley: Trolley }} props */
function Unlock({ trolley }) {
  const { unlock } = useStore();
  const [why, setWhy] = useState("");
  const { busy, problem, said, run } = useRequest();
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    run(() => unlock(trolley.trolley_id, why.trim()).then(() => setWhy("")), t("unlock.ordered"));
  };
  return html`<form class="order stack-s" onSubmit=${submit}>
    <h3><${Icon} name="unlocked" /> ${t("unlock.title")}</h3>
    <${Reasons} keys=${REASONS} chosen=${why} onChoose=${setWhy} />
    <div class="field">
      <label for="why">${t("unlock.why")}</label>
      <input
        id="why"
        class="input"
        maxlength="300"
        required
        value=${why}
        onInput=${(/** @type {Typed} */ e) => setWhy(e.target.value)}
      />
    </div>
    ${problem && html`<p class="field-error" role="alert">${reason(problem)}</p>`}
    <button class="btn btn-primary btn-wide" disabled=${busy || !why.trim()}>
      ${busy && html`<span class="spinner" />`}
      ${t("unlock.do")}
    </button>
    <p class="small soft">${t("unlock.logged")}</p>
    <${Said} text=${said} />
  </form>`;
}

/** @param {{ trolley: Trolley }} props */
function Maintenance({ trolley }) {
  const { setMaintenance } = useStore();
  const [notes, setNotes] = useState("");
  const { busy, problem, said, run } = useRequest();
  const on = !trolley.maintenance;
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    run(
      () => setMaintenance(trolley.trolley_id, on, notes.trim()).then(() => setNotes("")),
      t(on ? "maintenance.done_on" : "maintenance.done_off"),
    );
  };
  return html`<form class="order stack-s" onSubmit=${submit}>
    <h3><${Icon} name="wrench" /> ${t("maintenance.title")}</h3>
    ${
      on &&
      html`<div class="field">
        <label for="notes">${t("maintenance.notes")}</label>
        <textarea
          id="notes"
          class="input"
          maxlength="500"
          value=${notes}
          onInput=${(/** @type {Typed} */ e) => setNotes(e.target.value)}
        ></textarea>
      </div>`
    }
    ${problem && html`<p class="field-error" role="alert">${reason(problem)}</p>`}
    <button class="btn btn-quiet btn-wide" disabled=${busy}>
      ${busy && html`<span class="spinner" />`}
      ${t(on ? "maintenance.on" : "maintenance.off")}
    </button>
    <${Said} text=${said} />
  </form>`;
}

/** @param {{ trolley: Trolley, board: import("./states.js").Board, onClose: () => void }} props */
export function Panel({ trolley, board, onClose }) {
  const { now } = useStore();
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
      <${Facts} rows=${facts(trolley, board.branch.currency, now.value)} />
      ${lock && html`<${Unlock} trolley=${trolley} />`}
      <${Maintenance} trolley=${trolley} />
    </div>
  <//>`;
}
