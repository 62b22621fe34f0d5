/** When a trolley that is out is expected back, and what was noted of its rental. */
import { html, useEffect, useState } from "../../ui.js";
import { dayAndTime, t } from "../../i18n.js";
import { auth, queryOf } from "../../api.js";
import { Icon } from "../../parts/icons.js";

/**
 * Nothing of a trolley without a rental that goes on. Read anew whenever the trolley's journal has grown: `seq`.
 * @param {{ branch: string, trolley: import("../states.js").Trolley }} props
 */
export function Due({ branch, trolley }) {
  const [rental, setRental] = useState(/** @type {Rest.RentalAnswer | null} */ (null));
  const of = queryOf({ trolley_id: trolley.trolley_id, page_size: "1" });
  useEffect(() => {
    auth.call("GET", `/api/branches/${encodeURIComponent(branch)}/rentals/history?${of}`).then(
      ({ results: [last] }) => setRental(last && last.actual_return === null ? last : null),
      () => {}, // what is known of the trolley stands without it
    );
  }, [branch, trolley.seq]);
  if (!rental) return null;
  const late = rental.status === "overdue";
  return html`
    ${
      rental.expected_return &&
      html`<p class=${late ? "note note-warn" : "note"}>
        <${Icon} name="clock" />
        <span>
          ${t(late ? "due.was" : "due.is", { time: dayAndTime(rental.expected_return) })}
          ${" · "}${t("due.out", { n: rental.duration_minutes })}
        </span>
      </p>`
    }
    ${rental.notes && html`<p class="small soft"><bdi>${rental.notes}</bdi></p>`}
  `;
}
