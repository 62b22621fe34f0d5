/** The devices pages: the Pis of a branch, and one of them in full, for whoever works there. */
import { html, cx, render, useEffect, useSignal } from "../ui.js";
import { t, lang } from "../i18n.js";
import { auth } from "../api.js";
import { Icon } from "../parts/icons.js";
import { Denied, Empty, Loading, OfflineBanner, Toasts, ZoneNote } from "../parts/common.js";
import { Frame } from "../frame/frame.js";
import { signInUrl } from "../next.js";
import { BoardSheet } from "./boards.js";
import { Pi } from "./cards.js";
import { WithDevices, makeDevices, useDevices } from "./context.js";
import { Device } from "./device.js";
import { Rollout, shownRollouts } from "./rollouts.js";
import { AddSheet, FirmwareSheet, RemoveSheet, RenameSheet, RevokeSheet, RotateSheet } from "./sheets.js";
import { SlotSheet } from "./slots.js";
import { present } from "../present.js";

const [, , place, , deviceId = ""] = location.pathname.split("/");
const code = decodeURIComponent(place ?? "");
const branchUrl = `/branch/${encodeURIComponent(code)}`;
const here = `${branchUrl}/devices`;
/**
 * A sheet to open, and the board or slot that it is about.
 * @typedef {{ kind: string, board?: Rest.ControllerAnswer, slot?: Rest.SlotAnswer }} Asked
 */

/** @type {Record<string, (props: any) => any>} */
const SHEETS = {
  add: AddSheet,
  board: BoardSheet,
  firmware: FirmwareSheet,
  remove: RemoveSheet,
  rename: RenameSheet,
  revoke: RevokeSheet,
  rotate: RotateSheet,
  slot: SlotSheet,
};

function TopBar() {
  const { branch, connection } = useDevices();
  const open = connection.value === "open";
  const live = html`<span class=${cx("pill", open ? "pill-good" : "pill-bad")} role="status">
    <i class="dot"></i>
    ${t(open ? "live.on" : "live.off")}
  </span>`;
  return html`<${Frame}
    here="devices"
    branch=${code}
    name=${branch.value?.name}
    title=${t("devices.title")}
    up=${deviceId ? { href: here, label: t("device.back") } : undefined}
    note=${html`<span class="small soft"><span class="code">${code}</span><${ZoneNote} /></span>`}
    tools=${connection.value !== "denied" && live}
  />`;
}

/** @param {{ open: (what: Asked) => void }} props */
function Devices({ open }) {
  const { devices, manages, releases, rollouts } = useDevices();
  const off = present(devices.value).filter((one) => !one.online && !one.is_revoked).length;
  return html`<main class="devices" id="main">
    <div class="devices-head">
      <p class="soft">
        ${t("devices.count", { n: present(devices.value).length })}
        ${off > 0 && html` · <strong class="health-bad">${t("devices.off", { n: off })}</strong>`}
      </p>
      ${
        manages.value &&
        html`<div class="actions">
          ${
            present(devices.value).length > 0 &&
            releases.value.length > 0 &&
            html`<button type="button" class="btn btn-quiet" onClick=${() => open({ kind: "firmware" })}>
              <${Icon} name="download" />
              ${t("update.all")}
            </button>`
          }
          <button type="button" class="btn btn-primary" onClick=${() => open({ kind: "add" })}>
            <${Icon} name="plus" />
            ${t("devices.add")}
          </button>
        </div>`
      }
    </div>
    ${shownRollouts(rollouts.value).map((one) => html`<${Rollout} key=${one.id} rollout=${one} />`)}
    ${
      present(devices.value).length
        ? html`<ul class="devices-grid">
          ${present(devices.value).map((one) => html`<${Pi} key=${one.id} device=${one} here=${here} />`)}
        </ul>`
        : html`<${Empty} icon="device" title=${t("devices.empty")} text=${t("devices.empty_text")} />`
    }
  </main>`;
}

/** The sheet that is open, and how to open another. */
function Pages() {
  const { devices } = useDevices();
  const sheet = useSignal(/** @type {Asked | null} */ (null));
  const open = (/** @type {Asked} */ what) => (sheet.value = what);
  const asked = sheet.value;
  const device = deviceId ? present(devices.value).find((one) => one.id === deviceId) : undefined;
  return html`
    ${deviceId ? html`<${Device} id=${deviceId} open=${open} />` : html`<${Devices} open=${open} />`}
    ${
      asked &&
      (!deviceId || device) &&
      html`<${SHEETS[asked.kind]}
        device=${device}
        board=${asked.board}
        slot=${asked.slot}
        onGone=${() => location.assign(here)}
        onClose=${() => (sheet.value = null)}
      />`
    }
  `;
}

function Body() {
  const { connection, devices, refused } = useDevices();
  if (connection.value === "denied" || refused.value) return html`<${Denied} code=${code} />`;
  if (!devices.value) return html`<main id="main"><${Loading} text=${t("connecting")} /></main>`;
  return html`<${Pages} />`;
}

function App() {
  const { branch, connection, devices, start } = useDevices();
  useEffect(() => {
    if (auth.signedIn) start();
    else location.replace(signInUrl());
  }, []);
  const lost = connection.value === "signed_out";
  useEffect(() => {
    if (lost) location.replace(signInUrl());
  }, [lost]);
  const mine = deviceId && devices.value?.find((one) => one.id === deviceId)?.name;
  const name = mine || (branch.value?.name ?? code);
  useEffect(() => {
    document.title = t("title.devices", { name });
  }, [lang.value, name]);
  return html`<${TopBar} /><${OfflineBanner} state=${connection.value} /><${Body} /><${Toasts} />`;
}

render(html`<${WithDevices} page=${makeDevices(code, deviceId)}><${App} /><//>`, document.body);
