/** A branch's rentals: which go on, which are over; notes, another return, and an end without a slot. */
import { html, useState } from "../ui.js";
import { dayAndTime, t } from "../i18n.js";
import { auth, queryOf } from "../api.js";
import { Busy, Field, LineField, Refusal, useRequest } from "../parts/forms.js";
import { Empty, Sheet, toast } from "../parts/common.js";
import { keep } from "../parts/files.js";
import { useListing } from "../parts/listing.js";
import { Listed } from "../parts/rows.js";
import { base, branchOfPage } from "./load.js";

const STATES = ["", "active", "overdue", "returned", "lost", "found"];
/** @type {Record<string, string>} */
const LOOK = { overdue: "badge badge-late", lost: "badge badge-lost" };

/** @param {{ rental: Rest.RentalAnswer, zone?: string, open: () => void }} props */
const Row = ({ rental, zone, open }) => html`<li>
  <button type="button" class="office-row" onClick=${open}>
    <span class="code">${rental.trolley_id}</span>
    <span class="grow">
      <strong><bdi>${rental.user ?? t("office.nobody")}</bdi></strong>
      <span class="small soft num">${dayAndTime(rental.start_time, zone)}</span>
    </span>
    <span class="num">${t("office.minutes", { n: rental.duration_minutes })}</span>
    <span class=${LOOK[rental.status] ?? "badge"}>${t(`rental.${rental.status}`)}</span>
  </button>
</li>`;

/** @param {{ rental: Rest.RentalAnswer, zone?: string, onClose: () => void, onDone: () => void }} props */
function RentalSheet({ rental, zone, onClose, onDone }) {
  const [notes, setNotes] = useState(rental.notes ?? "");
  const [minutes, setMinutes] = useState("");
  const [reason, setReason] = useState("");
  const { busy, problem, run } = useRequest();
  const goesOn = rental.actual_return === null;
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const later = minutes && new Date(Date.now() + Number(minutes) * 60_000).toISOString();
    const body = { ...(notes === rental.notes ? {} : { notes }), ...(later ? { expected_return: later } : {}) };
    if (await run(() => auth.call("PATCH", `${base}/rentals/${rental.id}`, { body }))) {
      toast(t("saved"));
      onDone();
    }
  };
  const close = async () => {
    const path = `${base}/carts/${encodeURIComponent(rental.trolley_id)}/close-rental`;
    if (await run(() => auth.call("POST", path, { body: { reason } }))) {
      toast(t("rental.closed"));
      onDone();
    }
  };
  return html`<${Sheet} side title=${t("rental.title", { trolley: rental.trolley_id })} onClose=${onClose}>
    <div class="stack">
      <dl class="facts">
        <div><dt>${t("rental.who")}</dt><dd><bdi>${rental.user ?? t("office.nobody")}</bdi></dd></div>
        <div><dt>${t("rental.left")}</dt><dd class="num">${dayAndTime(rental.start_time, zone)}</dd></div>
        ${
          rental.expected_return &&
          html`<div><dt>${t("rental.due")}</dt><dd class="num">${dayAndTime(rental.expected_return, zone)}</dd></div>`
        }
        ${
          rental.actual_return &&
          html`<div><dt>${t("rental.back")}</dt><dd class="num">${dayAndTime(rental.actual_return, zone)}</dd></div>`
        }
      </dl>
      <form class="stack" onSubmit=${save} novalidate>
        <${Field} name="notes" label=${t("rental.notes")} problem=${problem}>
          ${(/** @type {Record<string, unknown>} */ more) =>
            html`<textarea
              ...${more}
              class="input"
              rows="3"
              dir="auto"
              value=${notes}
              onInput=${(/** @type {Typed} */ e) => setNotes(e.target.value)}
            />`}
        <//>
        ${
          goesOn &&
          html`<${Field} name="expected_return" label=${t("rental.later")} problem=${problem}>
            ${(/** @type {Record<string, unknown>} */ more) =>
              html`<input
                ...${more}
                class="input"
                type="number"
                min="1"
                value=${minutes}
                onInput=${(/** @type {Typed} */ e) => setMinutes(e.target.value)}
              />`}
          <//>`
        }
        <${Refusal} problem=${problem} fields=${["notes", "expected_return", "reason"]} />
        <button class="btn btn-primary" disabled=${busy}><${Busy} on=${busy} />${t("save")}</button>
      </form>
      ${
        goesOn &&
        html`<div class="stack card">
          <p>${t("rental.close_text")}</p>
          <${LineField} name="reason" label=${t("office.reason")} problem=${problem} value=${reason}
            onValue=${setReason} />
          <button type="button" class="btn btn-quiet" disabled=${busy || !reason.trim()} onClick=${close}>
            ${t("rental.close")}
          </button>
        </div>`
      }
    </div>
  <//>`;
}

/** @param {{ zone?: string }} props */
export function RentalsTab({ zone }) {
  const [status, setStatus] = useState("active");
  const [opened, setOpened] = useState(/** @type {Rest.RentalAnswer | null} */ (null));
  const list = useListing(`${base}/rentals/history?${queryOf({ page_size: "30", status })}`);
  return html`
    <div class="row">
      <div class="chips" role="group" aria-label=${t("rental.show")}>
        ${STATES.map(
          (one) => html`<button
            key=${one}
            type="button"
            class="chip"
            aria-pressed=${status === one}
            onClick=${() => setStatus(one)}
          >
            ${t(one ? `rental.${one}` : "sales.all")}
          </button>`,
        )}
      </div>
      <button
        type="button"
        class="btn btn-quiet push"
        onClick=${() => keep(`${base}/rentals/history.csv${status && `?status=${status}`}`, `${branchOfPage}.csv`)}
      >
        ${t("office.csv")}
      </button>
    </div>
    <${Listed}
      list=${list}
      class="office-list"
      count="rental.count"
      row=${(/** @type {Rest.RentalAnswer} */ one) =>
        html`<${Row} rental=${one} zone=${zone} open=${() => setOpened(one)} />`}
      empty=${html`<${Empty} icon="trolley" title=${t("rental.none")} />`}
    />
    ${
      opened &&
      html`<${RentalSheet}
        key=${opened.id}
        rental=${opened}
        zone=${zone}
        onClose=${() => setOpened(null)}
        onDone=${() => {
          setOpened(null);
          list.again();
        }}
      />`
    }
  `;
}
