/** Lock boards: how they do, and the form that adds, changes and removes one. */
import { html, cx, useState } from "../ui.js";
import { t, number } from "../i18n.js";
import { Problem } from "../problem.js";
import { Icon } from "../parts/icons.js";
import { Sheet, toast } from "../parts/common.js";
import { Busy, Field, Refusal, useRequest } from "../parts/forms.js";
import { MISSED_MUCH, countersOf, healthOf, missedShare } from "./health.js";
import { ADDRESSES, flawsOf, freeAddress } from "./places.js";
import { useDevices } from "./context.js";

/** @typedef {import("./store.js").Device} Device */
/** @typedef {import("./store.js").Board} Board */

const SIGN = { good: "check", silent: "alert", unknown: "info" };
const TONE = { good: "health-good", silent: "health-bad", unknown: "health-calm" };
const BAUDRATES = [1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200];
/** @type {(keyof Board)[]} */
const FIELDS = ["port", "address", "baudrate", "protocol", "polarity"];

/** @param {{ board: Rest.ControllerAnswer, device: Device }} props */
export function Health({ board, device }) {
  const health = healthOf(board, device);
  return html`<span class=${cx("health", TONE[health])}>
    <${Icon} name=${SIGN[health]} />
    ${t(`health.${health}`)}
  </span>`;
}

const Line = (/** @type {{ board: Rest.ControllerAnswer }} */ { board }) => html`
  <span class="code small where">${board.port}</span>
  <br />
  <span class="small soft">
    ${t(`protocol.${board.protocol}`)} · <span class="num">${board.baudrate}</span> · ${t(
      `polarity.short_${board.polarity}`,
    )}
  </span>
`;

/** @param {{ board: Rest.ControllerAnswer, device: Device }} props */
function Counters({ board, device }) {
  const counters = device.status?.status === "online" ? countersOf(board, device.status.health) : null;
  if (!counters) return html`<span class="small soft">${t("counters.none")}</span>`;
  const share = missedShare(counters);
  return html`<span class="small">
    <span class="num">${t("counters.answer", { ms: (counters.round_trip_s * 1000).toFixed(1) })}</span>
    <br />
    <span class=${cx("num", share >= MISSED_MUCH ? "counters-bad" : "soft")}>
      ${t("counters.missed", {
        share: share > 0 && share < 0.1 ? `< ${number(0.1)}` : number(Math.round(share * 10) / 10),
        all: number(counters.requests),
      })}
    </span>
  </span>`;
}

/** @param {{ board: Rest.ControllerAnswer, device: Device, open: (what: object) => void }} props */
function Row({ board, device, open }) {
  const { manages } = useDevices();
  return html`<tr>
    <td class="num board-address">${board.address}</td>
    <td><${Line} board=${board} /></td>
    <td><${Health} board=${board} device=${device} /><div><${Counters} board=${board} device=${device} /></div></td>
    <td>
      ${
        manages.value &&
        html`<button
          type="button"
          class="btn btn-icon btn-bare"
          aria-label=${t("board.edit_one", { n: board.address })}
          onClick=${() => open({ kind: "board", board })}
        >
          <${Icon} name="wrench" />
        </button>`
      }
    </td>
  </tr>`;
}

/** @param {{ device: Device, open: (what: object) => void }} props */
export function Boards({ device, open }) {
  const { manages } = useDevices();
  return html`<section class="card boards-card" aria-labelledby="boards-title">
    <div class="section-head">
      <h2 id="boards-title">${t("boards.title")}</h2>
      ${
        manages.value &&
        html`<button type="button" class="btn btn-quiet" onClick=${() => open({ kind: "board" })}>
          <${Icon} name="plus" />
          ${t("pi.board")}
        </button>`
      }
    </div>
    ${
      device.controllers.length === 0
        ? html`<p class="small soft">${t("boards.none")}</p>`
        : html`<table class="boards">
          <thead>
            <tr>
              <th scope="col">${t("board.address_short")}</th>
              <th scope="col">${t("board.port")}</th>
              <th scope="col">${t("board.health")}</th>
              <th><span class="visually-hidden">${t("board.edit")}</span></th>
            </tr>
          </thead>
          <tbody>
            ${device.controllers.map(
              (board) => html`<${Row} key=${board.id} board=${board} device=${device} open=${open} />`,
            )}
          </tbody>
        </table>`
    }
  </section>`;
}

/**
 * What a new board most likely is: one more like the last.
 * @param {Device} device
 * @returns {Board}
 */
function first(device) {
  const like = device.controllers.at(-1);
  const port = like?.port ?? "/dev/trolley-bus0";
  const protocol = like?.protocol ?? "kerong";
  return {
    port,
    address: freeAddress(device.controllers, port, protocol),
    baudrate: like?.baudrate ?? 19200,
    protocol,
    polarity: like?.polarity ?? "normal",
  };
}

/** @param {{ device: Device, board?: Rest.ControllerAnswer, onClose: () => void }} props */
export function BoardSheet({ device, board, onClose }) {
  const { removeBoard, saveBoard } = useDevices();
  const [body, setBody] = useState(
    /** @type {() => Board} */ () => {
      if (!board) return first(device);
      const { id, ...known } = board;
      return { ...first(device), ...known };
    },
  );
  const [removing, setRemoving] = useState(false);
  const { busy, problem, run } = useRequest();
  const set = (/** @type {keyof Board} */ name, /** @type {string | number} */ value) =>
    setBody({ ...body, [name]: value });
  const save = async () => {
    const errors = flawsOf(
      body,
      device.controllers.filter((one) => one.id !== board?.id),
    );
    if (errors) throw new Problem({ code: "invalid", errors });
    return saveBoard(device.id, board, { ...body, port: body.port.trim() });
  };
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (await run(save)) onClose();
  };
  const remove = async (/** @type {Rest.ControllerAnswer} */ known) => {
    if (!(await run(() => removeBoard(device.id, known)))) return;
    toast(t("board.removed", { n: known.address }));
    onClose();
  };
  /** @type {(name: keyof Board, values: (string | number)[], say: (one: any) => string) => unknown} */
  const choice = (name, values, say) => html`<${Field} name=${name} label=${t(`board.${name}`)} problem=${problem}>
    ${(/** @type {object} */ more) => html`<select
      ...${more}
      class="input"
      value=${body[name]}
      onChange=${(/** @type {Chosen} */ e) => {
        set(name, typeof body[name] === "number" ? Number(e.target.value) : e.target.value);
      }}
    >
      ${values.map((one) => html`<option key=${one} value=${one}>${say(one)}</option>`)}
    </select>`}
  <//>`;
  const [least, most] = ADDRESSES[body.protocol];
  return html`<${Sheet} title=${t(board ? "board.edit" : "board.add")} onClose=${onClose}>
    <form class="stack" onSubmit=${submit} novalidate>
      <${Field} name="port" label=${t("board.port")} hint=${t("board.port_hint")} problem=${problem}>
        ${(/** @type {object} */ more) => html`<input
          ...${more}
          class="input code"
          maxlength="120"
          autocomplete="off"
          spellcheck=${false}
          value=${body.port}
          onInput=${(/** @type {Typed} */ e) => set("port", e.target.value)}
        />`}
      <//>
      <div class="pair">
        ${choice("protocol", Object.keys(ADDRESSES), (one) => t(`protocol.${one}`))}
        <${Field}
          name="address"
          label=${t("board.address")}
          hint=${t("board.address_hint", { least, most })}
          problem=${problem}
        >
          ${(/** @type {object} */ more) => html`<input
            ...${more}
            class="input num"
            type="number"
            inputmode="numeric"
            min=${least}
            max=${most}
            value=${Number.isNaN(body.address) ? "" : body.address}
            onInput=${(/** @type {Typed} */ e) => set("address", e.target.valueAsNumber)}
          />`}
        <//>
      </div>
      <div class="pair">
        ${choice("baudrate", BAUDRATES, String)}
        ${choice("polarity", ["normal", "inverted"], (one) => t(`polarity.${one}`))}
      </div>
      <p class="small soft">${t("board.config_too")}</p>
      <${Refusal} problem=${problem} fields=${FIELDS} />
      <button class="btn btn-primary btn-wide" disabled=${busy}><${Busy} on=${busy} />${t("save")}</button>
      ${
        board &&
        (removing
          ? html`<div class="note note-danger">
            <${Icon} name="alert" />
            <div class="stack-s">
              <span>${t("board.remove_sure", { n: board.address })}</span>
              <button type="button" class="btn btn-danger" disabled=${busy} onClick=${() => remove(board)}>
                ${t("board.remove_do")}
              </button>
            </div>
          </div>`
          : html`<button
            type="button"
            class="btn btn-bare btn-warns btn-wide"
            disabled=${busy}
            onClick=${() => setRemoving(true)}
          >
            <${Icon} name="bin" />
            ${t("board.remove")}
          </button>`)
      }
    </form>
  <//>`;
}
