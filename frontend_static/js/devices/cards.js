/** A Pi as a card of the list, and what is under way with its firmware. */
import { html, cx } from "../ui.js";
import { t, elapsed } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { Health } from "./boards.js";
import { conditionOf } from "./health.js";
import { useDevices } from "./context.js";

/** @typedef {import("./store.js").Device} Device */

export const PILL = { online: "pill-good", offline: "pill-bad", revoked: "pill-calm" };

/** @param {{ at: string }} props */
function Ago({ at }) {
  useDevices().now.value; // grows by itself
  return html`<span class="num">${t("ago", { time: elapsed(at) })}</span>`;
}

/** How long ago the Pi was heard last, or nothing. */
export const lastSeen = (/** @type {Device} */ { status }) =>
  status?.last_seen && html`<${Ago} at=${status.last_seen} />`;

/**
 * What is known of a thing, each with its name; what is not known is left out.
 * @param {{ rows: [string, unknown][] }} props
 */
export function Facts({ rows }) {
  const known = rows.filter(([, value]) => value);
  return (
    known.length > 0 &&
    html`<dl class="facts">
      ${known.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}
    </dl>`
  );
}

/**
 * The firmware that is on its way, or that failed; a job that went well shows as the version itself.
 * @param {{ device: Device }} props
 */
export function FirmwareJob({ device }) {
  const job = device.status?.firmware_job;
  if (!job || job.state === "updated") return null;
  const failed = job.state === "failed";
  return html`<p class=${cx("note", failed && "note-warn")}>
    <${Icon} name=${failed ? "alert" : "download"} />
    <span>
      ${t("rollout.title", { version: job.version })}
      : <strong>${t(`job.${job.state}`)}</strong>
      ${job.detail && html`<br /><span class="small"><bdi>${job.detail}</bdi></span>`}
    </span>
  </p>`;
}

/** @param {{ device: Device, here: string }} props */
export function Pi({ device, here }) {
  const condition = conditionOf(device);
  const url = `${here}/${device.id}`;
  return html`<li
    class=${cx("card", "pi", condition === "offline" && "pi-off", condition === "revoked" && "pi-revoked")}
  >
    <div class="pi-head">
      <div>
        <h2><a href=${url}><bdi>${device.name}</bdi></a></h2>
        ${device.mac_address && html`<p class="code small soft">${device.mac_address}</p>`}
      </div>
      <span class=${cx("pill", PILL[condition])}><i class="dot"></i>${t(`pi.${condition}`)}</span>
    </div>
    <${FirmwareJob} device=${device} />
    <${Facts}
      rows=${[
        [t("fact.firmware"), device.firmware && html`<span class="code">${device.firmware}</span>`],
        [t("fact.seen"), lastSeen(device)],
        [
          t("fact.slots"),
          device.status?.reported.length && html`<span class="num">${device.status.reported.length}</span>`,
        ],
      ]}
    />
    ${
      device.controllers.length === 0
        ? html`<p class="small soft">${t("boards.none")}</p>`
        : condition !== "online"
          ? html`<p class="small soft">${t("boards.unheard", { n: device.controllers.length })}</p>`
          : html`<ul class="board-list-short">
          ${device.controllers.map(
            (board) => html`<li key=${board.id}>
              <span>
                ${t("frame.board", { board: board.address })} <span class="code small soft">${board.port}</span>
              </span>
              <${Health} board=${board} device=${device} />
            </li>`,
          )}
        </ul>`
    }
    <a class="btn btn-quiet btn-wide" href=${url}>${t("pi.open")}<${Icon} name="arrow" flips /></a>
  </li>`;
}
