/** What a manager orders, each in a sheet: a new Pi, a board, a token, an end, a firmware. */
import { html, useEffect, useState } from "../ui.js";
import { t, reason } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { Loading, Sheet, toast } from "../parts/common.js";
import { devices, makeClaimCode, now, releases, removeBoard, rename, revoke, rotate, saveBoard, soon, updateAll, updateOne } from "./store.js";

/** {busy, problem, run(order)}; run gives what the order gave, or null when it was refused. */
function useOrder() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const run = async (order) => {
    setBusy(true);
    setProblem(null);
    try {
      return (await order()) ?? true;
    } catch (refused) {
      setProblem(refused);
      return null;
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, run };
}

const Refusal = ({ problem }) => problem && html`<p class="field-error" role="alert">${Object.values(problem.errors ?? {}).flat()[0] ?? reason(problem)}</p>`;
const Busy = ({ on }) => on && html`<span class="spinner" />`;

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(t("copied"));
  } catch {
    toast(t("copy.failed"), { bad: true });
  }
}

const Command = ({ text }) => html`<div class="command"><code tabindex="0">${text.split(/ (?=--)/).map((part, place) => html`${place > 0 && " "}<span key=${part}>${part}</span>`)}</code>
  <button type="button" class="btn btn-quiet btn-icon" onClick=${() => copy(text)} aria-label=${t("copy")} title=${t("copy")}><${Icon} name="copy" /></button></div>`;

function left(expires_at) {
  const seconds = Math.max(0, Math.ceil((Date.parse(expires_at) - now.value) / 1000));
  return { over: seconds === 0, text: `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}` };
}

/** Shows the code, and says when the Pi that used it is there. */
export function AddSheet({ onClose }) {
  const [claim, setClaim] = useState(null);
  const [before] = useState(() => new Set((devices.peek() ?? []).map((one) => one.id)));
  const { problem, run } = useOrder();
  const make = async () => setClaim(await run(makeClaimCode));
  useEffect(() => {
    make();
    const timer = setInterval(soon, 3000);
    return () => clearInterval(timer);
  }, []);
  const arrived = (devices.value ?? []).find((one) => !before.has(one.id));
  const time = claim && left(claim.expires_at);
  return html`<${Sheet} title=${t("add.title")} onClose=${onClose}><div class="stack">
    <${Refusal} problem=${problem} />
    ${!claim && !problem && html`<${Loading} />`}
    ${claim && html`<p>${t("add.lead")}</p>
      <div class="claim-code"><span class="small">${t("add.code")}</span><strong>${claim.code}</strong><span class="num small" role="timer">${time.over ? t("add.over") : t("add.left", { time: time.text })}</span></div>
      ${time.over ? html`<button type="button" class="btn btn-primary btn-wide" onClick=${make}>${t("add.again")}</button>` : html`<div class="stack-s"><p class="small soft">${t("add.type")}</p><${Command} text=${claim.command} /></div>`}
      <p class="note" role="status"><${Icon} name=${arrived ? "check" : "device"} /><span>${arrived ? t("add.arrived", { name: arrived.name }) : t("add.waiting")}</span></p>`}
    ${arrived && html`<button type="button" class="btn btn-primary btn-wide" onClick=${onClose}>${t("done")}</button>`}
  </div><//>`;
}

const BAUDRATES = [9600, 19200, 38400, 57600, 115200];
const PROTOCOLS = ["kerong", "modbus", "simulator"];

export function BoardSheet({ device, board, onClose }) {
  const [body, setBody] = useState(board ? { port: board.port, address: board.address, baudrate: board.baudrate, protocol: board.protocol, polarity: board.polarity } : { port: device.controllers[0]?.port ?? "/dev/ttyUSB0", address: device.controllers.length, baudrate: 19200, protocol: "kerong", polarity: "normal" });
  const { busy, problem, run } = useOrder();
  const set = (name, value) => setBody({ ...body, [name]: value });
  const submit = async (event) => {
    event.preventDefault();
    if (await run(() => saveBoard(device.id, board, body))) onClose();
  };
  const remove = async () => (await run(() => removeBoard(device.id, board))) && onClose();
  const choice = (name, values, say) => html`<div class="field"><label for=${name}>${t(`board.${name}`)}</label><select id=${name} class="input" value=${body[name]} onChange=${(e) => set(name, typeof body[name] === "number" ? Number(e.target.value) : e.target.value)}>${values.map((one) => html`<option key=${one} value=${one}>${say(one)}</option>`)}</select></div>`;
  return html`<${Sheet} title=${t(board ? "board.edit" : "board.add")} onClose=${onClose}><form class="stack" onSubmit=${submit}>
    <div class="field"><label for="port">${t("board.port")}</label><input id="port" class="input code" required maxlength="120" value=${body.port} onInput=${(e) => set("port", e.target.value)} /></div>
    <div class="pair"><div class="field"><label for="address">${t("board.address")}</label><input id="address" class="input num" type="number" inputmode="numeric" min="0" max="247" required value=${body.address} onInput=${(e) => set("address", e.target.valueAsNumber)} /></div>
      ${choice("baudrate", BAUDRATES, String)}</div>
    <div class="pair">${choice("protocol", PROTOCOLS, (one) => t(`protocol.${one}`))}${choice("polarity", ["normal", "inverted"], (one) => t(`polarity.${one}`))}</div>
    <${Refusal} problem=${problem} />
    <button class="btn btn-primary btn-wide" disabled=${busy}><${Busy} on=${busy} />${t("save")}</button>
    ${board && html`<button type="button" class="btn btn-bare btn-warns btn-wide" disabled=${busy} onClick=${remove}><${Icon} name="bin" />${t("board.remove")}</button>`}
  </form><//>`;
}

export function RotateSheet({ device, onClose }) {
  const [made, setMade] = useState(null);
  const { busy, problem, run } = useOrder();
  const go = async () => setMade(await run(() => rotate(device.id)));
  return html`<${Sheet} title=${t("rotate.title", { name: device.name })} onClose=${onClose}><div class="stack">
    ${made ? html`<p>${t("rotate.made")}</p><${Command} text=${made.device_token} /><button type="button" class="btn btn-primary btn-wide" onClick=${onClose}>${t("done")}</button>`
      : html`<p>${t("rotate.lead")}</p><${Refusal} problem=${problem} /><button type="button" class="btn btn-primary btn-wide" disabled=${busy} onClick=${go}><${Busy} on=${busy} />${t("rotate.do")}</button>`}
  </div><//>`;
}

export function RevokeSheet({ device, onClose }) {
  const { busy, problem, run } = useOrder();
  const go = async () => {
    if (!(await run(() => revoke(device.id)))) return;
    toast(t("revoke.done", { name: device.name }));
    onClose();
  };
  return html`<${Sheet} title=${t("revoke.title", { name: device.name })} onClose=${onClose}><div class="stack">
    <p class="note note-danger"><${Icon} name="alert" /><span>${t("revoke.lead")}</span></p><${Refusal} problem=${problem} />
    <button type="button" class="btn btn-danger btn-wide" disabled=${busy} onClick=${go}><${Busy} on=${busy} />${t("revoke.do")}</button>
    <button type="button" class="btn btn-quiet btn-wide" onClick=${onClose}>${t("revoke.keep")}</button>
  </div><//>`;
}

export function RenameSheet({ device, onClose }) {
  const [name, setName] = useState(device.name);
  const { busy, problem, run } = useOrder();
  const submit = async (event) => {
    event.preventDefault();
    if (await run(() => rename(device.id, name.trim()))) onClose();
  };
  return html`<${Sheet} title=${t("rename.title")} onClose=${onClose}><form class="stack" onSubmit=${submit}>
    <div class="field"><label for="name">${t("rename.name")}</label><input id="name" class="input" required maxlength="80" value=${name} onInput=${(e) => setName(e.target.value)} /></div>
    <${Refusal} problem=${problem} /><button class="btn btn-primary btn-wide" disabled=${busy || !name.trim()}><${Busy} on=${busy} />${t("save")}</button></form><//>`;
}

/** For one device, or for all of the branch when none is named. */
export function FirmwareSheet({ device = null, onClose }) {
  const [version, setVersion] = useState(releases.peek()[0]?.version ?? "");
  const [batch, setBatch] = useState(5);
  const { busy, problem, run } = useOrder();
  const chosen = releases.value.find((one) => one.version === version);
  const submit = async (event) => {
    event.preventDefault();
    if (await run(() => (device ? updateOne(device.id, version) : updateAll(version, batch)))) onClose();
  };
  if (!releases.value.length) return html`<${Sheet} title=${t("update.title")} onClose=${onClose}><p>${t("update.none")}</p><//>`;
  return html`<${Sheet} title=${device ? t("update.title_one", { name: device.name }) : t("update.title")} onClose=${onClose}><form class="stack" onSubmit=${submit}>
    <div class="field"><label for="version">${t("update.version")}</label><select id="version" class="input" value=${version} onChange=${(e) => setVersion(e.target.value)}>${releases.value.map((one) => html`<option key=${one.id} value=${one.version}>${one.version}</option>`)}</select></div>
    ${chosen?.notes && html`<p class="small soft"><bdi>${chosen.notes}</bdi></p>`}
    ${!device && html`<div class="field"><label for="batch">${t("update.batch")}</label><input id="batch" class="input num" type="number" inputmode="numeric" min="1" max="1000" required value=${batch} onInput=${(e) => setBatch(e.target.valueAsNumber)} /><p class="small soft">${t("update.batch_text")}</p></div>`}
    <${Refusal} problem=${problem} /><button class="btn btn-primary btn-wide" disabled=${busy}><${Busy} on=${busy} />${t("update.do")}</button></form><//>`;
}
