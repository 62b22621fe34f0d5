/** What a manager orders, each in a sheet: a new Pi, a name, a token, an end, a firmware. */
import { html, useEffect, useState } from "../ui.js";
import { t } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { Loading, Sheet, toast } from "../parts/common.js";
import { Busy, Field, Refusal, Submit, useRequest } from "../parts/forms.js";
import { useDevices } from "./context.js";

/** @typedef {{ device: Rest.DeviceAnswer, onClose: () => void }} Ordering */

/** @param {string} text */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(t("copied"));
  } catch {
    toast(t("copy.failed"), { bad: true });
  }
}

const Command = (/** @type {{ text: string }} */ { text }) => html`<div class="command">
  <code tabindex="0">
    ${text.split(/ (?=--)/).map((part, place) => html`${place > 0 && " "}<span key=${part}>${part}</span>`)}
  </code>
  <button
    type="button"
    class="btn btn-quiet btn-icon"
    onClick=${() => copy(text)}
    aria-label=${t("copy")}
    title=${t("copy")}
  >
    <${Icon} name="copy" />
  </button>
</div>`;

/**
 * The time that is left, in minutes and seconds.
 * @param {string} expires_at
 * @param {number} now
 */
function left(expires_at, now) {
  const seconds = Math.max(0, Math.ceil((Date.parse(expires_at) - now) / 1000));
  return { over: seconds === 0, text: `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}` };
}

/**
 * Shows the code, and says when the Pi that used it is there.
 * @param {{ onClose: () => void }} props
 */
export function AddSheet({ onClose }) {
  const { devices, makeClaimCode, now, soon } = useDevices();
  const [claim, setClaim] = useState(/** @type {Rest.ClaimCodeAnswer & { known: Set<string> } | null} */ (null));
  const [before] = useState(() => new Set((devices.peek() ?? []).map((one) => one.id)));
  const { problem, run } = useRequest();
  const make = async () => setClaim(await run(makeClaimCode));
  useEffect(() => {
    make();
    const timer = setInterval(soon, 3000);
    return () => clearInterval(timer);
  }, []);
  const arrived = (devices.value ?? []).find((one) => !before.has(one.id));
  const time = claim && left(claim.expires_at, now.value);
  return html`<${Sheet} title=${t("add.title")} onClose=${onClose}>
    <div class="stack">
      <${Refusal} problem=${problem} />
      ${!claim && !problem && html`<${Loading} />`}
      ${
        claim &&
        html`
          <p>${t("add.lead")}</p>
          <div class="claim-code">
            <span class="small">${t("add.code")}</span>
            <strong>${claim.code}</strong>
            <span class="num small" role="timer">
              ${time?.over ? t("add.over") : t("add.left", { time: time?.text })}
            </span>
          </div>
          ${
            time?.over
              ? html`<button type="button" class="btn btn-primary btn-wide" onClick=${make}>${t("add.again")}</button>`
              : html`<div class="stack-s">
                <p class="small soft">${t("add.type")}</p>
                <${Command} text=${claim.command} />
              </div>`
          }
          <p class="note" role="status">
            <${Icon} name=${arrived ? "check" : "device"} />
            <span>${arrived ? t("add.arrived", { name: arrived.name }) : t("add.waiting")}</span>
          </p>
        `
      }
      ${
        arrived && html`<button type="button" class="btn btn-primary btn-wide" onClick=${onClose}>${t("done")}</button>`
      }
    </div>
  <//>`;
}

/** @param {Ordering} props */
export function RotateSheet({ device, onClose }) {
  const { rotate } = useDevices();
  const [made, setMade] = useState(/** @type {Rest.RotateAnswer | null} */ (null));
  const { busy, problem, run } = useRequest();
  const go = async () => setMade(await run(() => rotate(device.id)));
  return html`<${Sheet} title=${t("rotate.title", { name: device.name })} onClose=${onClose}>
    <div class="stack">
      ${
        made
          ? html`
            <p>${t("rotate.made")}</p>
            <${Command} text=${made.device_token} />
            <button type="button" class="btn btn-primary btn-wide" onClick=${onClose}>${t("done")}</button>
          `
          : html`
            <p>${t("rotate.lead")}</p>
            <${Refusal} problem=${problem} />
            <button type="button" class="btn btn-primary btn-wide" disabled=${busy} onClick=${go}>
              <${Busy} on=${busy} />
              ${t("rotate.do")}
            </button>
          `
      }
    </div>
  <//>`;
}

/** @param {Ordering} props */
export function RevokeSheet({ device, onClose }) {
  const { revoke } = useDevices();
  const { busy, problem, run } = useRequest();
  const go = async () => {
    if (!(await run(() => revoke(device.id)))) return;
    toast(t("revoke.done", { name: device.name }));
    onClose();
  };
  return html`<${Sheet} title=${t("revoke.title", { name: device.name })} onClose=${onClose}>
    <div class="stack">
      <p class="note note-danger"><${Icon} name="alert" /><span>${t("revoke.lead")}</span></p>
      <${Refusal} problem=${problem} />
      <button type="button" class="btn btn-danger btn-wide" disabled=${busy} onClick=${go}>
        <${Busy} on=${busy} />
        ${t("revoke.do")}
      </button>
      <button type="button" class="btn btn-quiet btn-wide" onClick=${onClose}>${t("revoke.keep")}</button>
    </div>
  <//>`;
}

/**
 * The Pi leaves the branch for good; where its page was, the list is shown.
 * @param {Ordering & { onGone: () => void }} props
 */
export function RemoveSheet({ device, onClose, onGone }) {
  const { removeDevice } = useDevices();
  const { busy, problem, run } = useRequest();
  const go = async () => {
    if (!(await run(() => removeDevice(device.id)))) return;
    toast(t("remove.done", { name: device.name }));
    onClose();
    onGone();
  };
  return html`<${Sheet} title=${t("remove.title", { name: device.name })} onClose=${onClose}>
    <div class="stack">
      <p class="note note-danger"><${Icon} name="alert" /><span>${t("remove.lead")}</span></p>
      <${Refusal} problem=${problem} />
      <button type="button" class="btn btn-danger btn-wide" disabled=${busy} onClick=${go}>
        <${Busy} on=${busy} />
        ${t("remove.do")}
      </button>
      <button type="button" class="btn btn-quiet btn-wide" onClick=${onClose}>${t("revoke.keep")}</button>
    </div>
  <//>`;
}

/** @param {Ordering} props */
export function RenameSheet({ device, onClose }) {
  const { rename } = useDevices();
  const [name, setName] = useState(device.name);
  const { busy, problem, run } = useRequest();
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (await run(() => rename(device.id, name.trim()))) onClose();
  };
  return html`<${Sheet} title=${t("rename.title")} onClose=${onClose}>
    <form class="stack" onSubmit=${submit}>
      <${Field} name="name" label=${t("rename.name")} problem=${problem}>
        ${(/** @type {object} */ more) => html`<input
          ...${more}
          class="input"
          required
          maxlength="80"
          value=${name}
          onInput=${(/** @type {Typed} */ e) => setName(e.target.value)}
        />`}
      <//>
      <${Refusal} problem=${problem} fields=${["name"]} />
      <${Submit} busy=${busy} missing=${[!name.trim() && t("rename.name")]}>
        ${t("save")}
      <//>
    </form>
  <//>`;
}

/** What a number field shows: nothing for what is no number yet. */
const filled = (/** @type {number} */ value) => (Number.isNaN(value) ? "" : value);

/** @param {import("./store.js").Reach} reach */
const emptyOf = ({ batch_size, failures }) => [
  Number.isNaN(batch_size) && t("update.batch"),
  Number.isNaN(failures) && t("update.failures"),
];

/**
 * Where to and how carefully: a branch by its managers, the whole chain by its admins.
 * @param {{ reach: import("./store.js").Reach, set: (reach: import("./store.js").Reach) => void,
 *   problem: Problem | null }} props
 */
function Reach({ reach, set, problem }) {
  const { chain, managesChain } = useDevices();
  return html`
    ${
      managesChain.value &&
      html`<${Field} name="scope" label=${t("update.scope")} problem=${problem} also=${["branch", "chain"]}>
        ${(/** @type {object} */ more) => html`<select
          ...${more}
          class="input"
          value=${reach.scope}
          onChange=${(/** @type {Chosen} */ e) => set({ ...reach, scope: e.target.value })}
        >
          <option value="branch">${t("update.scope_branch")}</option>
          <option value="chain">${t("update.scope_chain", { chain })}</option>
        </select>`}
      <//>`
    }
    <div class="pair">
      <${Field} name="batch_size" label=${t("update.batch")} problem=${problem}>
        ${(/** @type {object} */ more) => html`<input
          ...${more}
          class="input num"
          type="number"
          inputmode="numeric"
          min="1"
          max="1000"
          required
          value=${filled(reach.batch_size)}
          onInput=${(/** @type {Typed} */ e) => set({ ...reach, batch_size: e.target.valueAsNumber })}
        />`}
      <//>
      <${Field} name="max_failure_rate" label=${t("update.failures")} problem=${problem}>
        ${(/** @type {object} */ more) => html`<input
          ...${more}
          class="input num"
          type="number"
          inputmode="numeric"
          min="0"
          max="100"
          required
          value=${filled(reach.failures)}
          onInput=${(/** @type {Typed} */ e) => set({ ...reach, failures: e.target.valueAsNumber })}
        />`}
      <//>
    </div>
    <p class="small soft">${t("update.batch_text")}</p>
  `;
}

/**
 * For one device, or for all of the branch or chain when none is named.
 * @param {{ device?: Rest.DeviceAnswer | null, onClose: () => void }} props
 */
export function FirmwareSheet({ device = null, onClose }) {
  const { releases, updateAll, updateOne } = useDevices();
  const [version, setVersion] = useState(releases.peek()[0]?.version ?? "");
  const [reach, setReach] = useState({ scope: "branch", batch_size: 5, failures: 20 });
  const { busy, problem, run } = useRequest();
  const chosen = releases.value.find((one) => one.version === version);
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (await run(() => (device ? updateOne(device.id, version) : updateAll(version, reach)))) onClose();
  };
  if (!releases.value.length)
    return html`<${Sheet} title=${t("update.all")} onClose=${onClose}><p>${t("update.none")}</p><//>`;
  return html`<${Sheet}
    title=${device ? t("update.title_one", { name: device.name }) : t("update.all")}
    onClose=${onClose}
  >
    <form class="stack" onSubmit=${submit} novalidate>
      <${Field} name="version" label=${t("update.version")} problem=${problem}>
        ${(/** @type {object} */ more) => html`<select
          ...${more}
          class="input"
          value=${version}
          onChange=${(/** @type {Chosen} */ e) => setVersion(e.target.value)}
        >
          ${releases.value.map((one) => html`<option key=${one.id} value=${one.version}>${one.version}</option>`)}
        </select>`}
      <//>
      ${chosen?.notes && html`<p class="small soft"><bdi>${chosen.notes}</bdi></p>`}
      ${!device && html`<${Reach} reach=${reach} set=${setReach} problem=${problem} />`}
      <${Refusal} problem=${problem} fields=${["version", "batch_size", "max_failure_rate", "branch", "chain"]} />
      <${Submit} busy=${busy} missing=${device ? [] : emptyOf(reach)}>${t("update.do")}<//>
    </form>
  <//>`;
}
