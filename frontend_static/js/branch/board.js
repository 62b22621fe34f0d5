/** The list by urgency, the grid for trolleys that no plan shows, and the counters. */
import { html, cx, useState } from "../ui.js";
import { t, money, number } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { Marker } from "./shapes.js";
import { ATTENTION, countersOf, grouped, isWanted, lockIcon, lockOf, stateOf } from "./states.js";
import { inHand, lockText, since } from "./sentences.js";
import { useStore } from "./context.js";

/** @typedef {import("./states.js").Trolley} Trolley */
/** @typedef {import("./states.js").Board} Board */
/** @typedef {import("./states.js").Wanted} Wanted */
/** @typedef {(trolley_id: string) => void} Open */

/** @param {{ trolley: Trolley }} props */
export function Lock({ trolley }) {
  const lock = lockOf(trolley);
  if (!lock) return null;
  return html`<span
    class=${cx("lock-state", lock.differs && "differs", lock.reported === "unknown" && "unsure")}
    title=${lockText(trolley)}
  >
    <${Icon} name=${lockIcon(lock)} label=${t("lock.said", { lock: lockText(trolley) })} />
  </span>`;
}

/** @param {Trolley} trolley */
function second(trolley) {
  if (trolley.lock_fault) return t(`fault.${trolley.lock_fault}`);
  if (trolley.maintenance) return trolley.maintenance_notes || t("state.maintenance");
  if (trolley.phase === "held" || trolley.phase === "claiming")
    return trolley.place ? t(`custody.${trolley.custody}`) : "";
  if (trolley.staff) return inHand(trolley);
  return t(trolley.custody === "out" ? "custody.out" : `state.${stateOf(trolley)}`);
}

/** @param {{ trolley: Trolley, currency: string, selected: boolean, onOpen: Open }} props */
function Row({ trolley, currency, selected, onOpen }) {
  const { now } = useStore();
  const shown = trolley.assigned_to ?? second(trolley);
  const also = trolley.assigned_to ? second(trolley) : "";
  return html`<li>
    <button
      type="button"
      class=${cx("entry", selected && "selected")}
      data-trolley=${trolley.trolley_id}
      onClick=${() => onOpen(trolley.trolley_id)}>
      <${Marker} state=${stateOf(trolley)} number=${trolley.cart_number} />
      <span class="entry-what">
        <strong><bdi>${shown}</bdi></strong>
        <span class="small soft">
          <span class=${cx("code", also && "entry-code")}>${trolley.trolley_id}</span>
          ${also && html`<span class="entry-code"> · </span>${also}`}
        </span>
      </span>
      <span class="entry-side">
        ${trolley.cart_units > 0 && html`<strong class="num">${money(trolley.cart_total, currency)}</strong>`}
        <span class="small soft num">${since(trolley, now.value)}</span>
      </span>
      <${Lock} trolley=${trolley} />
    </button>
  </li>`;
}

/**
 * Look for trolleys by number, code or holder; Enter opens the first.
 * @param {{ wanted: Signal<Wanted>, trolleys: Trolley[], onOpen: Open }} props
 */
export function Find({ wanted, trolleys, onOpen }) {
  const found = trolleys.filter((one) => isWanted(one, wanted.value));
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (found.length) onOpen(found[0].trolley_id);
  };
  return html`<form class="find" role="search" onSubmit=${submit}>
    <input
      class="input"
      type="search"
      dir="auto"
      aria-label=${t("find.label")}
      placeholder=${t("find.label")}
      value=${wanted.value.words}
      onInput=${(/** @type {Typed} */ e) => (wanted.value = { ...wanted.value, words: e.target.value })}
    />
    <span class="small soft num" role="status">${isAsked(wanted.value) && t("find.found", { n: found.length })}</span>
  </form>`;
}

/** @param {Wanted} wanted */
const isAsked = ({ only, words }) => only !== null || words.trim() !== "";

/** @param {{ board: Board, wanted: Wanted, selected: string | null, onOpen: Open }} props */
export function List({ board, wanted, selected, onOpen }) {
  const found = board.trolleys.filter((one) => isWanted(one, wanted));
  const shared = { currency: board.branch.currency, selected, onOpen };
  return html`<div class="groups">
    ${grouped(found, isAsked(wanted)).map(
      ([state, list]) => html`<${Group} key=${state} state=${state} list=${list} ...${shared} />`,
    )}
  </div>`;
}

/** So many of a group are drawn at once; it says how many more there are. */
const LISTED = 40;

/**
 * Trolleys that stand as the same.
 * @param {{ state: import("./states.js").State, list: Trolley[], currency: string, selected: string | null,
 *   onOpen: Open }} props
 */
function Group({ state, list, currency, selected, onOpen }) {
  const [shown, show] = useState(LISTED);
  return html`<section class="group" data-state=${state}>
    <h2>${t(`group.${state}`)}<span class="num group-count">${number(list.length)}</span></h2>
    <ul>
      ${list.slice(0, shown).map(
        (trolley) => html`<${Row}
          key=${trolley.trolley_id}
          trolley=${trolley}
          currency=${currency}
          selected=${selected === trolley.trolley_id}
          onOpen=${onOpen}
        />`,
      )}
    </ul>
    ${
      list.length > shown &&
      html`<button type="button" class="btn btn-quiet btn-wide" onClick=${() => show(shown + LISTED)}>
        ${t("alarms.more", { n: list.length - shown })}
      </button>`
    }
  </section>`;
}

/**
 * Trolleys that the plan does not show: all with a slot, or all without one and so without a lock.
 * @param {{ trolleys: Trolley[], currency: string, selected: string | null, onOpen: Open }} props
 */
export function Grid({ trolleys, currency, selected, onOpen }) {
  const { now } = useStore();
  const why = trolleys[0].place ? "noplan" : "nolock";
  return html`<section class="nolock">
    <h2>${t(`${why}.title`)}</h2>
    <p class="small soft">${t(`${why}.text`)}</p>
    <ul class="tiles">
      ${trolleys.map(
        (trolley) => html`<li key=${trolley.trolley_id}>
          <button
            type="button"
            class=${cx("tile", selected === trolley.trolley_id && "selected")}
            data-trolley=${trolley.trolley_id}
            onClick=${() => onOpen(trolley.trolley_id)}
          >
            <${Marker} state=${stateOf(trolley)} number=${trolley.cart_number} />
            <strong><bdi>${(trolley.assigned_to ?? inHand(trolley)) || t(`state.${stateOf(trolley)}`)}</bdi></strong>
            <span class="small soft num">
              ${trolley.cart_units > 0 ? `${money(trolley.cart_total, currency)} · ` : ""}
              ${since(trolley, now.value) || html`<span class="code">${trolley.trolley_id}</span>`}
            </span>
          </button>
        </li>`,
      )}
    </ul>
  </section>`;
}

/** @typedef {import("./states.js").Counted} Counted */

/** @type {Counted[]} */
const ALWAYS = ["available", "held", "maintenance", "fault", "stray"];
/** Shown only when there is one. @type {Counted[]} */
const AT_TIMES = ["unreachable", "missing"];

/**
 * How many stand as what; each is a filter of list and map.
 * @param {{ trolleys: Trolley[], wanted: Signal<Wanted> }} props
 */
export function Counters({ trolleys, wanted }) {
  const { only } = wanted.value;
  const pick = (/** @type {Counted | null} */ state) =>
    (wanted.value = { ...wanted.value, only: state === only ? null : state });
  const counters = countersOf(trolleys);
  const shown = [...ALWAYS, ...AT_TIMES.filter((state) => counters[state])].map(
    (state) => /** @type {const} */ ([state, counters[state]]),
  );
  return html`<dl class="counters">
    ${shown.map(
      ([state, count]) => html`<div
        key=${state}
        class=${cx("counter", `is-${state}`, ATTENTION.has(state) && count === 0 && "counter-calm")}
      >
        <dt>
          <i class="swatch"></i>
          <button type="button" class="counter-pick" aria-pressed=${only === state} onClick=${() => pick(state)}>
            ${t(`counter.${state}`)}
          </button>
        </dt>
        <dd class="num">${number(count)}</dd>
      </div>`,
    )}
    <div class="counter counter-total">
      <dt>
        <button type="button" class="counter-pick" aria-pressed=${only === null} onClick=${() => pick(null)}>
          ${t("counter.total")}
        </button>
      </dt>
      <dd class="num">${number(counters.total)}</dd>
    </div>
  </dl>`;
}
