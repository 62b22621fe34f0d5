/** The keys by which a chain's own systems call: what each may do, until when, another secret, an end. */
import { html, useState } from "../ui.js";
import { dayAndTime, t } from "../i18n.js";
import { auth } from "../api.js";
import { Field, LineField, Refusal, Submit, useRequest } from "../parts/forms.js";
import { Empty, Sheet, toast } from "../parts/common.js";
import { Icon } from "../parts/icons.js";
import { base, useLoaded, waiting } from "./load.js";

/** What a key may be made for, in the order of the tasks that systems have. @type {Rest.NewKey["scopes"]} */
const SCOPES = [
  "catalogue.deliver",
  "catalogue.manage",
  "catalogue.watch",
  "catalogue.recall",
  "stock.manage",
  "order.watch",
  "order.verify",
  "order.refund",
  "branch.watch",
  "branch.manage",
  "chain.watch",
  "chain.manage",
  "trolley.operate",
  "trolley.print_qr",
  "session.for_others",
  "approval.settle",
  "device.watch",
  "device.manage",
  "people.manage",
  "audit.watch",
];
const DAYS = [30, 90, 365, 730];
const OVERLAPS = [0, 60, 24 * 60];

/** @param {string} scope */
const named = (scope) => t(`scope.${scope}`);

/** The secret, which nobody will see again. @param {{ secret: string }} props */
function Secret({ secret }) {
  const copy = () =>
    navigator.clipboard.writeText(secret).then(
      () => toast(t("copied")),
      () => toast(t("copy.failed"), { bad: true }),
    );
  return html`<div class="stack" role="status">
    <p>${t("keys.once")}</p>
    <p class="code secret" dir="ltr" tabindex="0">${secret}</p>
    <button type="button" class="btn btn-primary" onClick=${copy}><${Icon} name="copy" />${t("copy")}</button>
  </div>`;
}

/** @param {{ scopes: string[], onChange: (scopes: string[]) => void, problem: Problem | null }} props */
function Scopes({ scopes, onChange, problem }) {
  const turn = (/** @type {string} */ scope, /** @type {boolean} */ on) =>
    onChange(on ? [...scopes, scope] : scopes.filter((one) => one !== scope));
  return html`<fieldset class="field scopes">
    <legend>${t("keys.scopes")}</legend>
    ${SCOPES.map(
      (scope) => html`<label key=${scope} class="switch">
        <input
          type="checkbox"
          checked=${scopes.includes(scope)}
          onChange=${(/** @type {any} */ e) => turn(scope, e.target.checked)}
        />
        <span>${named(scope)} <span class="small soft code" dir="ltr">${scope}</span></span>
      </label>`,
    )}
    <${Refusal} problem=${problem?.errors?.scopes ? problem : null} />
  </fieldset>`;
}

/** @param {{ onClose: () => void, onMade: () => void }} props */
function NewKey({ onClose, onMade }) {
  const [name, setName] = useState("");
  const [branch, setBranch] = useState("");
  const [days, setDays] = useState(365);
  const [scopes, setScopes] = useState(/** @type {string[]} */ ([]));
  const [secret, setSecret] = useState("");
  const { busy, problem, run } = useRequest();
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const body = { name, scopes, days, ...(branch && { branch }) };
    const made = await run(() => auth.call("POST", `${base}/keys`, { body }));
    if (!made) return;
    setSecret(made.secret);
    onMade();
  };
  return html`<${Sheet} side title=${t("keys.new")} onClose=${onClose}>
    ${
      secret
        ? html`<${Secret} secret=${secret} />`
        : html`<form class="stack" onSubmit=${save} novalidate>
          <${LineField} name="name" label=${t("keys.name")} problem=${problem} value=${name} onValue=${setName} />
          <${Scopes} scopes=${scopes} onChange=${setScopes} problem=${problem} />
          <${LineField}
            name="branch"
            label=${t("keys.branch")}
            hint=${t("keys.branch_hint")}
            problem=${problem}
            value=${branch}
            onValue=${setBranch}
          />
          <${Field} name="days" label=${t("keys.days")} problem=${problem}>
            ${(/** @type {object} */ more) =>
              html`<select
                ...${more}
                class="input"
                value=${days}
                onChange=${(/** @type {Typed} */ e) => setDays(Number(e.target.value))}
              >
                ${DAYS.map((n) => html`<option key=${n} value=${n}>${t("office.days", { n })}</option>`)}
              </select>`}
          <//>
          <${Refusal} problem=${problem} fields=${["name", "branch", "days", "scopes"]} />
          <${Submit} class="btn-primary" busy=${busy} missing=${[!name.trim() && t("keys.name"), !scopes.length && t("keys.scopes")]}>
            ${t("keys.make")}
          <//>
        </form>`
    }
  <//>`;
}

/** @param {{ apiKey: Rest.KeyAnswer, onClose: () => void, onChanged: () => void }} props */
function KeySheet({ apiKey, onClose, onChanged }) {
  const [secret, setSecret] = useState("");
  const [overlap, setOverlap] = useState(60);
  const [sure, setSure] = useState(false);
  const { busy, problem, run } = useRequest();
  const path = `${base}/keys/${apiKey.id}`;
  const rotate = async () => {
    const found = await run(() => auth.call("POST", `${path}/rotate`, { body: { overlap_minutes: overlap } }));
    if (found) setSecret(found.secret);
  };
  const revoke = async () => {
    if (!sure) return setSure(true);
    if (!(await run(() => auth.call("DELETE", path)))) return;
    toast(t("keys.revoked", { name: apiKey.name }));
    onClose();
    onChanged();
  };
  return html`<${Sheet} side title=${apiKey.name} onClose=${onClose}>
    ${
      secret
        ? html`<${Secret} secret=${secret} />`
        : html`<div class="stack">
          <ul class="scopes-list">${apiKey.scopes.map((one) => html`<li key=${one}>${named(one)}</li>`)}</ul>
          <p class="small soft">${t("keys.owner", { name: apiKey.owner })}</p>
          <div class="stack card">
            <p>${t("keys.rotate_text")}</p>
            <div class="field">
              <label for="overlap">${t("keys.overlap")}</label>
              <select
                id="overlap"
                class="input"
                value=${overlap}
                onChange=${(/** @type {Typed} */ e) => setOverlap(Number(e.target.value))}
              >
                ${OVERLAPS.map((n) => html`<option key=${n} value=${n}>${t(`keys.overlap_${n}`)}</option>`)}
              </select>
            </div>
            <button type="button" class="btn btn-quiet" disabled=${busy} onClick=${rotate}>${t("keys.rotate")}</button>
          </div>
          <${Refusal} problem=${problem} />
          <button type="button" class="btn btn-danger" disabled=${busy} onClick=${revoke}>
            ${t(sure ? "keys.revoke_sure" : "keys.revoke")}
          </button>
        </div>`
    }
  <//>`;
}

/** @param {{ apiKey: Rest.KeyAnswer, onOpen: () => void }} props */
function Row({ apiKey, onOpen }) {
  const over = Date.parse(apiKey.expires_at) < Date.now();
  const used = apiKey.last_used_at;
  return html`<li>
    <button type="button" class="office-row" onClick=${onOpen}>
      <span class="grow">
        <strong dir="auto">${apiKey.name}</strong>
        <span class="small soft">${apiKey.scopes.map(named).join(", ")}</span>
        <span class="small soft">
          ${used ? t("keys.used", { time: dayAndTime(used) }) : t("keys.unused")} ·${" "}
          ${t("keys.until", { time: dayAndTime(apiKey.expires_at) })}
        </span>
      </span>
      ${apiKey.branch && html`<span class="badge code">${apiKey.branch}</span>`}
      ${over && html`<span class="badge badge-late">${t("keys.over")}</span>`}
    </button>
  </li>`;
}

export function KeysTab() {
  const [opened, setOpened] = useState(/** @type {Rest.KeyAnswer | "new" | null} */ (null));
  const loaded = useLoaded(`${base}/keys`);
  const close = () => setOpened(null);
  return html`
    <p class="soft">${t("keys.lead")}</p>
    <div class="row">
      <button type="button" class="btn btn-primary" onClick=${() => setOpened("new")}>${t("keys.new")}</button>
    </div>
    ${
      waiting(loaded) ??
      (loaded.data.length
        ? html`<ul class="office-list">
          ${loaded.data.map(
            (/** @type {Rest.KeyAnswer} */ one) =>
              html`<${Row} key=${one.id} apiKey=${one} onOpen=${() => setOpened(one)} />`,
          )}
        </ul>`
        : html`<${Empty} icon="locked" title=${t("keys.none")} />`)
    }
    ${opened === "new" && html`<${NewKey} onClose=${close} onMade=${loaded.reload} />`}
    ${
      opened &&
      opened !== "new" &&
      html`<${KeySheet} key=${opened.id} apiKey=${opened} onClose=${close} onChanged=${loaded.reload} />`
    }
  `;
}
