/** The live bus: frames as they pass, decoded and timed, for a technician with a board that does not answer. */
import { html, cx, useEffect, useRef, useSignal } from "../ui.js";
import { t, lang, number, reason, zone } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { copy } from "./sheets.js";
import { asText, busesOf, fits, openLocks, ranges, sentenceOf, tally } from "./frames.js";
import { useDevices, useWatch } from "./context.js";
import { present } from "../present.js";

/** @typedef {import("./frames.js").Kept} Kept */
/** @typedef {import("./store.js").Device} Device */

/** Rows on the page; more are kept and counted. */
const SHOWN = 200;

const clock = () =>
  new Intl.DateTimeFormat(lang.value, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
    hourCycle: "h23",
    timeZone: zone.value,
  });
const ms = (/** @type {number} */ us) =>
  us < 10_000 ? (us / 1000).toFixed(2) : us < 10_000_000 ? (us / 1000).toFixed(0) : "…";

/**
 * Hook bits as open locks, by what the branch knows of the board.
 * @param {Record<string, string>} said
 * @param {Device} device
 */
function hooksSaid({ board, hooks }, device) {
  const address = Number(board);
  const known = device.controllers.find((one) => one.address === address);
  const wired = (device.status?.reported ?? [])
    .filter((one) => ((one.slot >> 4) & 15) === address)
    .map((one) => one.slot & 15);
  const open = openLocks(hooks, known?.polarity === "inverted", wired.length ? new Set(wired) : null);
  return open.length ? t("frame.open", { board, locks: ranges(open) }) : t("frame.shut", { board });
}

/**
 * @param {Kept} frame
 * @param {Device} device
 */
function meaning(frame, device) {
  const sentence = sentenceOf(frame.meaning);
  if (!sentence) return html`<bdi dir="ltr">${frame.meaning}</bdi>`;
  return sentence.key === "state" ? hooksSaid(sentence.vars, device) : t(`frame.${sentence.key}`, sentence.vars);
}

/** @param {{ frame: Kept, time: Intl.DateTimeFormat, device: Device }} props */
function Frame({ frame, time, device }) {
  const out = frame.dir === "out";
  return html`<tr class=${cx("frame", `frame-${frame.dir}`, frame.fault && "frame-fault")}>
    <td class="num frame-time"><bdi dir="ltr">${time.format(frame.us / 1000)}</bdi></td>
    <td class="num frame-gap">${frame.gap !== null && html`<bdi dir="ltr">+${ms(frame.gap)}</bdi>`}</td>
    <td class="frame-way">
      <span class="frame-dir"><${Icon} name=${out ? "out" : "in"} label=${t(out ? "frame.out" : "frame.in")} /></span>
      <span class="num">${frame.board ?? "–"}</span>
    </td>
    <td class="frame-hex"><bdi class="code" dir="ltr">${frame.hex}</bdi></td>
    <td class="frame-meaning">
      ${frame.fault && html`<${Icon} name="alert" label=${t("frame.fault")} />`}
      <span>${meaning(frame, device)}</span>
    </td>
  </tr>`;
}

/**
 * Follows the newest frame for as long as the reader has not scrolled away from it.
 * @param {{ list: Kept[], device: Device }} props
 */
function Frames({ list, device }) {
  const { hold, phase, still } = useWatch();
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const follows = useRef(true);
  useEffect(() => {
    const view = present(box.current);
    if (follows.current) view.scrollTop = view.scrollHeight;
  }, [list.at(-1)?.key]);
  const scrolled = () => {
    const { scrollTop, scrollHeight, clientHeight } = present(box.current);
    follows.current = scrollHeight - scrollTop - clientHeight < 24;
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== " " || phase.value !== "live") return;
    event.preventDefault();
    hold(!still.value);
  };
  const time = clock();
  return html`<div
    class="frames"
    ref=${box}
    tabindex="0"
    role="region"
    aria-label=${t("inspect.frames")}
    onScroll=${scrolled}
    onKeyDown=${key}
  >
    <table>
      <thead>
        <tr>
          <th scope="col">${t("frame.time")}</th>
          <th scope="col">${t("frame.gap")}</th>
          <th scope="col">${t("board.address_short")}</th>
          <th scope="col">${t("frame.bytes")}</th>
          <th scope="col">${t("frame.meaning")}</th>
        </tr>
      </thead>
      <tbody>
        ${list
          .slice(-SHOWN)
          .map((frame) => html`<${Frame} key=${frame.key} frame=${frame} time=${time} device=${device} />`)}
      </tbody>
    </table>
  </div>`;
}

/** @param {{ list: Kept[] }} props */
function Tally({ list }) {
  const rows = tally(list);
  if (!rows.length) return null;
  return html`<ul class="tally">
    ${rows.map(
      (one) => html`<li key=${one.board} class=${cx(one.faults > 0 && "tally-bad")}>
        <strong>${t("frame.board", { board: one.board })}</strong>
        <span class="num">${one.rate === null ? "–" : t("tally.rate", { n: one.rate.toFixed(1) })}</span>
        <span class="num">
          ${one.answer === null ? t("tally.silent") : t("tally.answer", { ms: one.answer.toFixed(1) })}
        </span>
        <span class="num">${t("tally.faults", { n: one.faults })}</span>
      </li>`,
    )}
  </ul>`;
}

/** @type {Record<string, string>} */
const TONES = { ended: "clock", offline: "device", lost: "offline", refused: "alert" };

function Condition() {
  const { missed, phase, problem, quiet, still } = useWatch();
  const now = phase.value;
  if (now === "live" && still.value)
    return html`<p class="note" role="status">
      <${Icon} name="pause" />
      <span>${t("inspect.held", { n: missed })}</span>
    </p>`;
  if (now === "live" && quiet)
    return html`<p class="note note-warn" role="status"><${Icon} name="clock" /><span>${t("inspect.quiet")}</span></p>`;
  if (now in TONES)
    return html`<p class=${cx("note", now !== "ended" && "note-warn")} role="status">
      <${Icon} name=${TONES[now]} />
      <span>${now === "refused" ? reason(problem.value) : t(`inspect.${now}`)}</span>
    </p>`;
  return html`<p class="visually-hidden" role="status">${now === "live" ? t("inspect.live") : ""}</p>`;
}

function Left() {
  const seconds = useWatch().secondsLeft;
  return html`<span class="pill pill-good inspect-left" role="timer">
    <i class="dot"></i>
    <span class="num">${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}</span>
  </span>`;
}

/**
 * @param {{ device: Device, bus: Signal<number>, filter: Signal<import("./frames.js").Filter>,
 *   shown: Kept[] }} props
 */
function Controls({ device, bus, filter, shown }) {
  const { connection } = useDevices();
  const { frames, hold, look, phase, still, stop } = useWatch();
  const buses = busesOf(device);
  const boards = [
    ...new Set([...device.controllers.map((one) => one.address), ...frames.value.map((one) => one.board ?? null)]),
  ]
    .filter((one) => one !== null)
    .sort((a, b) => a - b);
  const running = phase.value === "live" || phase.value === "asking";
  const choose = (/** @type {Chosen} */ event) =>
    (filter.value = { ...filter.value, board: event.target.value === "" ? null : Number(event.target.value) });
  return html`<div class="inspect-controls">
    ${
      buses.length > 1 &&
      html`<div class="field">
        <label for="bus">${t("inspect.bus")}</label>
        <select
          id="bus"
          class="input"
          disabled=${running}
          value=${bus.value}
          onChange=${(/** @type {Chosen} */ e) => (bus.value = Number(e.target.value))}
        >
          ${buses.map((one) => html`<option key=${one.bus} value=${one.bus}>${one.port || one.bus}</option>`)}
        </select>
      </div>`
    }
    <div class="field">
      <label for="of-board">${t("inspect.board")}</label>
      <select id="of-board" class="input" value=${filter.value.board ?? ""} onChange=${choose}>
        <option value="">${t("inspect.all")}</option>
        ${boards.map((one) => html`<option key=${one} value=${one}>${t("frame.board", { board: one })}</option>`)}
      </select>
    </div>
    <button
      type="button"
      class="chip"
      aria-pressed=${filter.value.faults}
      onClick=${() => (filter.value = { ...filter.value, faults: !filter.value.faults })}
    >
      <${Icon} name="alert" />
      ${t("inspect.faults")}
    </button>
    <span class="inspect-orders">
      ${
        phase.value === "live" &&
        html`<button
          type="button"
          class="btn btn-quiet"
          aria-pressed=${Boolean(still.value)}
          onClick=${() => hold(!still.value)}
        >
          <${Icon} name=${still.value ? "play" : "pause"} />
          ${t(still.value ? "inspect.go_on" : "inspect.pause")}
        </button>`
      }
      ${
        shown.length > 0 &&
        html`<button
          type="button"
          class="btn btn-quiet btn-icon"
          aria-label=${t("inspect.copy")}
          title=${t("inspect.copy")}
          onClick=${() => copy(asText(shown))}
        >
          <${Icon} name="copy" />
        </button>`
      }
      ${
        running
          ? html`<button type="button" class="btn btn-primary" onClick=${stop}>
            <${Icon} name="stop" />
            ${t("inspect.stop")}
          </button>`
          : html`<button
            type="button"
            class="btn btn-primary"
            disabled=${!device.online || connection.value !== "open"}
            onClick=${() => look(device.id, bus.value)}
          >
            <${Icon} name="play" />
            ${t(phase.value === "off" ? "inspect.start" : "inspect.again")}
          </button>`
      }
    </span>
  </div>`;
}

/** @param {{ device: Device }} props */
function Nothing({ device }) {
  const { frames, phase } = useWatch();
  const now = phase.value;
  if (!device.online && now === "off")
    return html`<p class="frames-none"><${Icon} name="device" />${t("inspect.away")}</p>`;
  if (now === "asking" || (now === "live" && !frames.value.length))
    return html`<p class="frames-none"><span class="spinner" />${t("inspect.waiting")}</p>`;
  if (frames.value.length) return html`<p class="frames-none">${t("inspect.none_fit")}</p>`;
  return html`<p class="frames-none"><${Icon} name="eye" />${t("inspect.off")}</p>`;
}

/** @param {{ device: Device }} props */
export function Inspector({ device }) {
  const { connection } = useDevices();
  const { connectionLost, dropped, frames, phase, still, stop } = useWatch();
  const bus = useSignal(0);
  const filter = useSignal(/** @type {import("./frames.js").Filter} */ ({ board: null, faults: false }));
  const lost = connection.value !== "open";
  useEffect(() => {
    if (lost) connectionLost();
  }, [lost]);
  useEffect(() => stop, []);
  const every = still.value ?? frames.value;
  const shown = every.filter((frame) => fits(frame, filter.value));
  return html`<section class="card inspect" aria-labelledby="inspect-title">
    <div class="inspect-head">
      <h2 id="inspect-title">${t("inspect.title")}</h2>
      ${phase.value === "live" && html`<${Left} />`}
    </div>
    <${Controls} device=${device} bus=${bus} filter=${filter} shown=${shown} />
    <${Condition} />
    ${
      shown.length
        ? html`<${Tally} list=${every} /><${Frames} list=${shown} device=${device} />`
        : html`<${Nothing} device=${device} />`
    }
    ${
      frames.value.length > 0 &&
      html`<p class="small soft num">
        ${t("inspect.counted", { n: number(shown.length), all: number(every.length) })}
        ${
          dropped.value > 0 &&
          html` · <strong class="health-bad">${t("inspect.dropped", { n: number(dropped.value) })}</strong>`
        }
        ${phase.value === "live" && html`<span class="for-keys"> · ${t("inspect.keys")}</span>`}
      </p>`
    }
  </section>`;
}
