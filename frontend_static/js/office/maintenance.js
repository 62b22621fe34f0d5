/** What of a branch's trolleys is out of service: since when, what is wrong, who said so. */
import { html } from "../ui.js";
import { dayAndTime, t } from "../i18n.js";
import { auth } from "../api.js";
import { Busy, Refusal, useRequest } from "../parts/forms.js";
import { Empty, toast } from "../parts/common.js";
import { useListing } from "../parts/listing.js";
import { Listed } from "../parts/rows.js";
import { base, branchOfPage } from "./load.js";

/** @param {{ one: Rest.MaintenanceAnswer, zone?: string, onDone: () => void }} props */
function Row({ one, zone, onDone }) {
  const { busy, problem, run } = useRequest();
  const put = async () => {
    const path = `${base}/carts/${one.cart_number}/maintenance`;
    if (!(await run(() => auth.call("POST", path, { body: { on: false } })))) return;
    toast(t("maintenance.done_off"));
    onDone();
  };
  const map = `/branch/${encodeURIComponent(branchOfPage ?? "")}?trolley=${encodeURIComponent(one.trolley_id)}`;
  const said = [
    one.at && dayAndTime(one.at, zone),
    one.by,
    one.assigned_to && t("held.by", { holder: one.assigned_to }),
  ];
  return html`<li class="office-row">
    <a class="number num" href=${map} aria-label=${t("trolley.number", { n: one.cart_number })}>${one.cart_number}</a>
    <span class="grow">
      <strong dir="auto">${one.notes || t("upkeep.no_notes")}</strong>
      <span class="small soft num">
        ${said.filter(Boolean).map((part, place) => html`${place > 0 && " · "}<bdi key=${part}>${part}</bdi>`)}
      </span>
      <${Refusal} problem=${problem} />
    </span>
    <button type="button" class="btn btn-quiet" disabled=${busy} onClick=${put}>
      <${Busy} on=${busy} />${t("maintenance.off")}
    </button>
  </li>`;
}

/** @param {{ zone?: string }} props */
export function MaintenanceTab({ zone }) {
  const list = useListing(`${base}/maintenance?page_size=50`);
  return html`<${Listed}
    list=${list}
    class="office-list"
    count="upkeep.count"
    row=${(/** @type {Rest.MaintenanceAnswer} */ one) => html`<${Row} one=${one} zone=${zone} onDone=${list.again} />`}
    empty=${html`<${Empty} icon="check" title=${t("upkeep.none")} />`}
  />`;
}
