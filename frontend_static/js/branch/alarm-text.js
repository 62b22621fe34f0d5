/** The sentence of an alarm, the same where it stands, among the latest events and in the history. */
import { t, number } from "../i18n.js";
import { bayOf, rowOf } from "./states.js";

/**
 * What of an alarm its sentence tells.
 * @typedef {{ kind: string, trolley_id: string | null, device_id?: string | null, slot?: number | null,
 *   shopper: string | null, product?: string | null, detail?: string }} AlarmFacts
 */

/**
 * The sentence of an alarm; `board` knows the trolley's number.
 * @param {AlarmFacts} alarm
 * @param {import("./states.js").Board} board
 */
export function alarmText(alarm, board) {
  const trolley = board.trolleys.find((one) => one.trolley_id === alarm.trolley_id);
  const place = typeof alarm.slot === "number" ? { device_id: alarm.device_id ?? null, slot: alarm.slot } : null;
  return t(`alarm.${alarm.kind}`, {
    n: trolley ? number(trolley.cart_number) : (alarm.trolley_id ?? ""),
    shopper: alarm.shopper ?? t("someone"),
    row: place ? rowOf(place, board.devices) : "",
    bay: place ? bayOf(place, board.devices) : "",
    product: alarm.product ?? "",
    left: number(Number(alarm.detail) || 0),
  });
}
