/** One Pi in full: how it is, its boards and slots, its bus live, and what a manager can do with it. */
import { html, cx } from "../ui.js";
import { t } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { Empty } from "../parts/common.js";
import { Boards } from "./boards.js";
import { Facts, FirmwareJob, PILL, lastSeen } from "./cards.js";
import { conditionOf } from "./health.js";
import { Hours } from "./hours.js";
import { Inspector } from "./inspector.js";
import { Slots } from "./slots.js";
import { useDevices } from "./context.js";
import { present } from "../present.js";

/** @typedef {import("./store.js").Device} Known */

/** @param {{ device: Known, open: (what: object) => void }} props */
function Head({ device, open }) {
  const { manages } = useDevices();
  const condition = conditionOf(device);
  const act = (/** @type {string} */ kind, /** @type {string} */ icon, extra = "btn-quiet") => html`<button
    type="button"
    class=${cx("btn", extra)}
    onClick=${() => open({ kind })}
  >
    <${Icon} name=${icon} />
    ${t(`pi.${kind}`)}
  </button>`;
  const { status } = device;
  return html`<section
    class=${cx("card", "pi", condition === "offline" && "pi-off", condition === "revoked" && "pi-revoked")}
    aria-label=${device.name}
  >
    <div class="pi-head">
      <h2><bdi>${device.name}</bdi></h2>
      <span class=${cx("pill", PILL[condition])}><i class="dot"></i>${t(`pi.${condition}`)}</span>
    </div>
    <${FirmwareJob} device=${device} />
    <${Facts}
      rows=${[
        [t("fact.firmware"), device.firmware && html`<span class="code">${device.firmware}</span>`],
        [t("fact.seen"), lastSeen(device)],
        [t("fact.mac"), device.mac_address && html`<span class="code">${device.mac_address}</span>`],
        [t("fact.serial"), device.serial_number && html`<span class="code">${device.serial_number}</span>`],
        [t("fact.slots"), status?.reported.length && html`<span class="num">${status.reported.length}</span>`],
        [t("fact.pending"), status?.pending.length && html`<span class="num">${status.pending.length}</span>`],
        [t("fact.waiting"), status?.health.outbox && html`<span class="num">${status.health.outbox}</span>`],
      ]}
    />
    ${
      manages.value &&
      html`<div class="pi-actions">
        ${act("rename", "keyboard")}
        ${
          condition !== "revoked" &&
          html`${act("firmware", "download")}${act("rotate", "undo")}${act("revoke", "locked")}`
        }
        ${act("remove", "bin", "btn-bare btn-warns")}
      </div>`
    }
  </section>`;
}

/** @param {{ id: string, open: (what: object) => void }} props */
export function Device({ id, open }) {
  const { devices, manages } = useDevices();
  const device = present(devices.value).find((one) => one.id === id);
  if (!device)
    return html`<main id="main">
      <${Empty} icon="device" title=${t("device.gone")} text=${t("device.gone_text")} />
    </main>`;
  return html`<main class="device" id="main">
    <div class="device-about"><${Head} device=${device} open=${open} /><${Boards} device=${device} open=${open} /></div>
    <div class="device-at-work">
      <${Slots} device=${device} open=${open} />
      <${Hours} device=${device} />
      ${manages.value && html`<${Inspector} device=${device} />`}
    </div>
  </main>`;
}
