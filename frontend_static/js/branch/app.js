/** The branch page: a live floor plan for the wall, a list by urgency, orders for staff. */
import { html, cx, render, useEffect, useSignal } from "../ui.js";
import { t, lang, number, zone } from "../i18n.js";
import { auth } from "../api.js";
import { Icon } from "../parts/icons.js";
import { Denied, Empty, Loading, OfflineBanner, Toasts, ZoneNote } from "../parts/common.js";
import { signInUrl } from "../next.js";
import { useAddress } from "../frame/address.js";
import { Frame } from "../frame/frame.js";
import { Boundary } from "../parts/boundary.js";
import { socketUrl } from "../connect.js";
import { BranchStore } from "./store.js";
import { useStore, WithStore } from "./context.js";
import { CALLS, needs } from "./needs.js";
import { placed } from "./states.js";
import { Counters, Find, Grid, List } from "./board.js";
import { Latest } from "./log.js";
import { Needs } from "./alarms.js";
import { Plan } from "./plan.js";
import { WallButton } from "./wall.js";
import { Panel } from "./panel/panel.js";
import { present } from "../present.js";

/** @typedef {import("./states.js").Board} BoardData */

const code = decodeURIComponent(location.pathname.split("/")[2] ?? "");

function WallClock() {
  const { now } = useStore();
  const shown = new Intl.DateTimeFormat(lang.value, {
    hour: "2-digit",
    minute: "2-digit",
    timeZone: zone.value,
  }).format(now.value);
  return html`<span class="wall-clock num">${shown}</span>`;
}

function Live() {
  const { connection } = useStore();
  const open = connection.value === "open";
  if (connection.value === "denied") return null;
  return html`<span class=${cx("pill", open ? "pill-good" : "pill-bad")} role="status">
    <i class="dot"></i>
    ${t(open ? "live.on" : "live.off")}
  </span>`;
}

/** @param {{ devices: Live.DeviceView[] }} props */
function Devices({ devices }) {
  const off = devices.filter((one) => !one.online).length;
  const silent = devices.filter((one) => one.online).flatMap((one) => one.silent_boards).length;
  const said = !devices.length
    ? t("devices.title")
    : off
      ? t("device.off", { n: off })
      : silent
        ? t("device.silent", { n: silent })
        : t("device.on", { n: devices.length });
  return html`<a
    class=${cx("pill", "pill-link", off || silent ? "pill-bad" : "pill-good")}
    href=${`/branch/${encodeURIComponent(code)}/devices`}
    aria-label=${`${t("devices.open")}: ${said}`}
    title=${devices.map((one) => one.firmware).join(", ")}
  >
    <${Icon} name="device" />
    ${said}
  </a>`;
}

function TopBar() {
  const data = useStore().board.value;
  const tools = html`<${Live} />${data && html`<${Devices} devices=${data.devices} />`}
    <${WallClock} /><${WallButton} />`;
  return html`<${Frame}
    here="map"
    skip=${data?.trolleys.length ? "trolleys" : "main"}
    branch=${code}
    name=${data?.branch.name}
    title=${data ? data.branch.name : code}
    note=${data && html`<span class="small soft"><span class="code">${code}</span><${ZoneNote} /></span>`}
    tools=${tools}
  />`;
}

/** What a narrow screen shows one at a time. */
const VIEWS = [
  ["alarms", "alert"],
  ["map", "map"],
  ["list", "list"],
];

/** @param {{ view: Signal<string>, needed: number }} props */
function Tabs({ view, needed }) {
  return html`<div class="tabs" role="group" aria-label=${t("view.label")}>
    ${VIEWS.map(
      ([name, icon]) => html`<button
        key=${name}
        type="button"
        class="btn"
        aria-pressed=${view.value === name}
        onClick=${() => (view.value = name)}
      >
        <${Icon} name=${icon} />
        ${t(`view.${name}`)}
        ${name === "alarms" && needed > 0 && html`<span class="num tab-count">${number(needed)}</span>`}
      </button>`,
    )}
  </div>`;
}

/**
 * Trolleys where they stand on the plan, and those that no plan shows.
 * @param {{ data: BoardData, wanted: import("./states.js").Wanted, selected: string | null,
 *   onOpen: (trolley_id: string) => void }} props
 */
function Floor({ data, wanted, selected, onOpen }) {
  const { onPlan, others } = placed(data);
  return html`
    ${
      onPlan.length > 0 &&
      html`<${Plan} board=${data} wanted=${wanted} selected=${selected} onOpen=${onOpen}>
        ${others.length === 0 && html`<${Latest} />`}
      <//>`
    }
    ${
      others.length > 0 &&
      html`
        ${[others.filter((one) => one.place), others.filter((one) => !one.place)].map(
          (some) =>
            some.length > 0 &&
            html`<${Grid}
              trolleys=${some}
              currency=${data.branch.currency}
              selected=${selected}
              onOpen=${onOpen}
            />`,
        )}
        <${Latest} />
      `
    }
  `;
}

function Board() {
  const { board, connection, now } = useStore();
  const [selected, select] = useAddress("trolley", { step: true });
  const wanted = useSignal(/** @type {import("./states.js").Wanted} */ ({ only: null, words: "" }));
  const data = present(board.value);
  const needed = needs(data, now.value).filter((one) => !one.waits).length;
  const view = useSignal(needed ? "alarms" : "list");
  const chosen = data.trolleys.find((one) => one.trolley_id === selected);
  if (!data.trolleys.length)
    return html`<main id="main">
      <${Empty} icon="trolley" title=${t("branch.empty")} text=${t("branch.empty_text")} />
    </main>`;
  return html`<main class="board" id="main" data-view=${view.value} data-stale=${connection.value !== "open"}>
    <${Boundary} what=${t("part.counters")} of=${data}>
      <${Counters} trolleys=${data.trolleys} wanted=${wanted} />
    <//>
    <${Tabs} view=${view} needed=${needed} />
    <${Boundary} what=${t("alarms.title")} of=${data}><${Needs} board=${data} onOpen=${select} /><//>
    <div class="board-map" id="trolleys" tabindex="-1">
      <${Boundary} what=${t("view.map")} of=${data}>
        <${Floor} data=${data} wanted=${wanted.value} selected=${selected} onOpen=${select} />
      <//>
    </div>
    <aside class="board-list" aria-label=${t("view.list")}>
      <${Boundary} what=${t("view.list")} of=${data}>
        <${Find} wanted=${wanted} trolleys=${data.trolleys} onOpen=${select} />
        <${List} board=${data} wanted=${wanted.value} selected=${selected} onOpen=${select} />
      <//>
    </aside>
    ${
      chosen &&
      html`<${Panel}
        key=${chosen.trolley_id}
        trolley=${chosen}
        board=${data}
        onClose=${() => select("")}
      />`
    }
  </main>`;
}

function Body() {
  const { board, connection, refused } = useStore();
  if (connection.value === "denied" || refused.value) return html`<${Denied} code=${code} />`;
  if (!board.value) return html`<main id="main"><${Loading} text=${t("connecting")} /></main>`;
  return html`<${Board} />`;
}

function App() {
  const { board, connection, start } = useStore();
  useEffect(() => {
    if (auth.signedIn) start();
    else location.replace(signInUrl());
  }, []);
  const lost = connection.value === "signed_out";
  useEffect(() => {
    if (lost) location.replace(signInUrl());
  }, [lost]);
  const name = board.value?.branch.name ?? code;
  const calls = (board.value?.alarms ?? []).filter((one) => CALLS.has(one.kind) && !one.assignee).length;
  useEffect(() => {
    document.title = `${calls ? `(${calls}) ` : ""}${t("title.branch", { name })}`;
  }, [lang.value, name, calls]);
  return html`
    <${TopBar} />
    <${OfflineBanner} state=${connection.value} />
    <${Body} />
    <${Toasts} />
  `;
}

const store = new BranchStore({ code, auth, url: socketUrl(`/ws/branch/${encodeURIComponent(code)}/`) });
render(html`<${WithStore} store=${store}><${App} /><//>`, document.body);
