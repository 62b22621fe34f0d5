/** Which trolley belongs into which slot: the locks of each board as they hang, and the sheet that changes it. */
import { html, cx, useState } from "../ui.js";
import { elapsed, t } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { Sheet, toast } from "../parts/common.js";
import { Busy, Field, Refusal, useRequest } from "../parts/forms.js";
import { boardLetter, lockPlace } from "../branch/states.js";
import { present } from "../present.js";
import { useDevices } from "./context.js";
import { isUnheard } from "./health.js";
import { racks } from "./places.js";

const HOOKS = { open: "unlocked", closed: "locked", unknown: "unknown" };

/** What people call a trolley of the branch: its number, or its code until that is known. */
function useNumbers() {
  const { trolleys } = useDevices();
  return (/** @type {string} */ trolley_id) =>
    trolleys.value.find((one) => one.trolley_id === trolley_id)?.cart_number ?? trolley_id;
}

/**
 * That a slot's last word is old, and how old.
 * @param {{ at: string | null }} slot
 */
const heardText = ({ at }) => (at ? t("device.stale_since", { time: elapsed(at) }) : t("device.stale"));

/** @param {{ one: Rest.SlotAnswer, unheard: boolean, open: (what: object) => void }} props */
function Lock({ one, unheard, open }) {
  const { manages } = useDevices();
  const numberOf = useNumbers();
  const { lock } = lockPlace(one.slot);
  const said = [
    t("slot.lock", { lock }),
    one.trolley_id ? t("trolley.number", { n: numberOf(one.trolley_id) }) : t("slot.nobody"),
    t(`slot.hook_${one.hook}`),
    ...(unheard ? [heardText(one)] : []),
  ].join(", ");
  const inside = html`
    <span class="slot-lock num">${lock}</span>
    <strong class="slot-trolley num">${one.trolley_id ? numberOf(one.trolley_id) : "–"}</strong>
    <${Icon} name=${HOOKS[one.hook]} />
  `;
  const look = cx(
    "slot",
    !one.trolley_id && "slot-free",
    one.present === false && one.trolley_id && "slot-out",
    unheard && "slot-unheard",
  );
  if (!manages.value)
    return html`<li class=${look} title=${said}>
      <span class="visually-hidden">${said}</span>
      <span aria-hidden="true">${inside}</span>
    </li>`;
  return html`<li>
    <button
      type="button"
      class=${look}
      aria-label=${said}
      title=${said}
      onClick=${() => open({ kind: "slot", slot: one })}
    >
      ${inside}
    </button>
  </li>`;
}

/** @param {{ device: import("./store.js").Device, open: (what: object) => void }} props */
export function Slots({ device, open }) {
  const { manages, slots } = useDevices();
  const found = racks(device, slots.value);
  return html`<section class="card slots" aria-labelledby="slots-title">
    <h2 id="slots-title">${t("slots.title")}</h2>
    <p class="small soft">${t(found.length ? (manages.value ? "slots.lead" : "slots.look") : "slots.none")}</p>
    ${found.map(
      ({ board, locks }) => html`<div class="rack" key=${board}>
        <h3 class="small">
          ${t("frame.board", { board: board & 15 })}
          <span class="soft"> · ${t("slots.row", { row: boardLetter(board) })}</span>
          ${board > 15 && html`<span class="soft"> · ${t("inspect.bus")} ${board >> 4}</span>`}
        </h3>
        ${isUnheard(board, device) && html`<p class="small note note-warn">${t("device.stale")}</p>`}
        <ul class="slot-grid">
          ${locks.map(
            (one) => html`<${Lock} key=${one.slot} one=${one} unheard=${isUnheard(board, device)} open=${open} />`,
          )}
        </ul>
      </div>`,
    )}
  </section>`;
}

/**
 * Choose the trolley of one slot. The one that was there before loses its place, and that is said beforehand.
 * @param {{ device: Rest.DeviceAnswer, slot: Rest.SlotAnswer, onClose: () => void }} props
 */
export function SlotSheet({ device, slot, onClose }) {
  const { placeTrolley, slots, trolleys } = useDevices();
  const numberOf = useNumbers();
  const [trolley_id, choose] = useState(slot.trolley_id ?? "");
  const { busy, problem, run } = useRequest();
  const { board, lock } = lockPlace(slot.slot);
  const elsewhere = new Map(
    slots.value.filter((one) => one.trolley_id && one.slot !== slot.slot).map((one) => [one.trolley_id, one.slot]),
  );
  const label = (/** @type {Live.TrolleyView} */ one) => {
    const placed = elsewhere.get(one.trolley_id);
    const where =
      placed !== undefined
        ? t("slot.where", lockPlace(placed))
        : one.place && one.place.device_id !== device.id
          ? t("slot.other_pi")
          : "";
    return `${t("trolley.number", { n: one.cart_number })} · ${one.trolley_id}${where ? ` (${where})` : ""}`;
  };
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!(await run(() => placeTrolley(device.id, slot.slot, trolley_id || null)))) return;
    toast(t("slot.saved"));
    onClose();
  };
  const moved = trolley_id && elsewhere.has(trolley_id);
  const ousted = slot.trolley_id && trolley_id !== slot.trolley_id;
  return html`<${Sheet} title=${t("slot.title", { board: board & 15, lock })} onClose=${onClose}>
    <form class="stack" onSubmit=${submit}>
      <${Field} name="trolley_id" label=${t("slot.which")} problem=${problem} also=${["slot"]}>
        ${(/** @type {object} */ more) => html`<select
          ...${more}
          class="input"
          value=${trolley_id}
          onChange=${(/** @type {Chosen} */ e) => choose(e.target.value)}
        >
          <option value="">${t("slot.nobody")}</option>
          ${[...trolleys.value]
            .sort((a, b) => a.cart_number - b.cart_number)
            .map((one) => html`<option key=${one.trolley_id} value=${one.trolley_id}>${label(one)}</option>`)}
        </select>`}
      <//>
      ${
        moved &&
        html`<p class="note"><${Icon} name="info" /><span>${t("slot.moves", { n: numberOf(trolley_id) })}</span></p>`
      }
      ${
        ousted &&
        html`<p class="note note-warn">
          <${Icon} name="alert" />
          <span>${t("slot.ousts", { n: numberOf(present(slot.trolley_id)) })}</span>
        </p>`
      }
      <${Refusal} problem=${problem} fields=${["trolley_id", "slot"]} />
      <button class="btn btn-primary btn-wide" disabled=${busy || trolley_id === (slot.trolley_id ?? "")}>
        <${Busy} on=${busy} />
        ${t("save")}
      </button>
    </form>
  <//>`;
}
