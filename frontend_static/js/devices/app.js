/** The devices page: the Pis of a branch, their boards and firmware, for whoever manages it. */
import { html, cx, render, useEffect, useSignal } from "../ui.js";
import { t, lang } from "../i18n.js";
import { auth } from "../api.js";
import { Icon } from "../parts/icons.js";
import { Brand, Empty, LangSwitch, Loading, OfflineBanner, ThemeSwitch, Toasts } from "../parts/common.js";
import { branch, connection, devices, manages, refused, releases, rollouts, start } from "./store.js";
import { Pi, Rollout } from "./cards.js";
import { AddSheet, BoardSheet, FirmwareSheet, RenameSheet, RevokeSheet, RotateSheet } from "./sheets.js";

const code = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const signInUrl = `/login?next=${encodeURIComponent(location.pathname)}`;
const SHEETS = { add: AddSheet, board: BoardSheet, firmware: FirmwareSheet, rename: RenameSheet, revoke: RevokeSheet, rotate: RotateSheet };

function TopBar() {
  const open = connection.value === "open";
  return html`<header class="topbar branch-bar"><${Brand} short />
    <a class="branch-link" href=${`/branch/${encodeURIComponent(code)}`} aria-label=${t("devices.back")} title=${t("devices.back")}><${Icon} name="back" flips /></a>
    <div class="branch-name"><h1>${t("devices.title")}</h1><p class="small soft">${branch.value && html`<span class="branch-city">${branch.value.name} · </span>`}<span class="code">${code}</span></p></div>
    <div class="pills">${connection.value !== "denied" && html`<span class=${cx("pill", open ? "pill-good" : "pill-bad")} role="status"><i class="dot"></i>${t(open ? "live.on" : "live.off")}</span>`}</div>
    <span class="push row tight"><${LangSwitch} /><${ThemeSwitch} /></span></header>`;
}

function Denied() {
  const other = async () => {
    await auth.signOut();
    location.assign(signInUrl);
  };
  return html`<main id="main"><${Empty} icon="locked" title=${t("denied.title")} text=${t("denied.text", { code })}>
    <button type="button" class="btn btn-primary" onClick=${other}>${t("home.other_account")}</button><//></main>`;
}

/** Every rollout that is under way, and the last one for as long as nothing newer has come. */
const shownRollouts = () => rollouts.value.filter((one, place) => place === 0 || one.status === "running" || one.status === "paused");

function Devices() {
  const sheet = useSignal(null);
  const open = (what) => (sheet.value = what);
  const Open = sheet.value && SHEETS[sheet.value.kind];
  const fresh = sheet.value?.device && (devices.value.find((one) => one.id === sheet.value.device.id) ?? sheet.value.device);
  const off = devices.value.filter((one) => !one.online && !one.is_revoked).length;
  return html`<main class="devices" id="main">
    <div class="devices-head"><p class="soft">${t("devices.count", { n: devices.value.length })}${off > 0 && html` · <strong class="health-bad">${t("devices.off", { n: off })}</strong>`}</p>
      ${manages.value && html`<div class="actions">${devices.value.length > 0 && releases.value.length > 0 && html`<button type="button" class="btn btn-quiet" onClick=${() => open({ kind: "firmware" })}><${Icon} name="download" />${t("update.all")}</button>`}
        <button type="button" class="btn btn-primary" onClick=${() => open({ kind: "add" })}><${Icon} name="plus" />${t("devices.add")}</button></div>`}</div>
    ${shownRollouts().map((one) => html`<${Rollout} key=${one.id} rollout=${one} />`)}
    ${devices.value.length ? html`<ul class="devices-grid">${devices.value.map((one) => html`<${Pi} key=${one.id} device=${one} open=${open} />`)}</ul>` : html`<${Empty} icon="device" title=${t("devices.empty")} text=${t("devices.empty_text")} />`}
    ${Open && html`<${Open} device=${fresh} board=${sheet.value.board} onClose=${() => (sheet.value = null)} />`}
  </main>`;
}

function Body() {
  if (connection.value === "denied" || refused.value) return html`<${Denied} />`;
  if (!devices.value) return html`<main id="main"><${Loading} text=${t("connecting")} /></main>`;
  return html`<${Devices} />`;
}

function App() {
  useEffect(() => {
    if (auth.signedIn) start(code);
    else location.replace(signInUrl);
  }, []);
  const lost = connection.value === "signed_out";
  useEffect(() => {
    if (lost) location.replace(signInUrl);
  }, [lost]);
  const name = branch.value?.name ?? code;
  useEffect(() => {
    document.title = t("title.devices", { name });
  }, [lang.value, name]);
  return html`<${TopBar} /><${OfflineBanner} state=${connection.value} /><${Body} /><${Toasts} />`;
}

render(html`<${App} />`, document.body);
