/** What staff has to decide before the shopper can pay: who is asked for what, and what they have said. */
import { html, cx } from "../../ui.js";
import { t } from "../../i18n.js";
import { Icon } from "../../parts/icons.js";
import { useStore } from "../context.js";

/** @param {{ need: Live.CartView["needs"][number] }} props */
function Need({ need }) {
  const refused = need.state === "refused";
  return html`<p class=${cx("note", refused ? "note-danger" : "note-warn")} role=${refused ? "alert" : "status"}>
    <${Icon} name=${refused ? "alert" : "person"} />
    <span>
      <strong><bdi>${need.name}</bdi></strong>${" "}
      ${t(refused ? "needs.refused" : `needs.${need.kind}`, { age: need.age ?? "" })}
      ${refused && need.reason && html`${" "}<bdi>${need.reason}</bdi>`}
    </span>
  </p>`;
}

/** All that is not approved yet. */
export function Needs() {
  const { cart } = useStore();
  const open = (cart.value?.needs ?? []).filter((one) => one.state !== "approved");
  return open.map((need) => html`<${Need} key=${need.id} need=${need} />`);
}
