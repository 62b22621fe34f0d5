/** The branches of a chain: which there are, and new ones. */
import { html, useState } from "../ui.js";
import { t } from "../i18n.js";
import { auth, queryOf } from "../api.js";
import { Field, Refusal, Submit, useRequest } from "../parts/forms.js";
import { Empty, Sheet, toast } from "../parts/common.js";
import { useListing } from "../parts/listing.js";
import { Listed } from "../parts/rows.js";
import { chainOfPage } from "./load.js";

const FIELDS = ["code", "name", "city", "timezone"];

/** @param {{ onClose: () => void, onDone: () => void }} props */
function NewBranch({ onClose, onDone }) {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const [values, setValues] = useState(
    /** @type {Record<string, string>} */ ({ code: "", name: "", city: "", timezone: here }),
  );
  const { busy, problem, run } = useRequest();
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const made = await run(() => auth.call("POST", "/api/branches", { body: { ...values, chain: chainOfPage } }));
    if (!made) return;
    toast(t("branches.made", { name: made.name }));
    onDone();
  };
  return html`<${Sheet} side title=${t("branches.new")} onClose=${onClose}>
    <form class="stack" onSubmit=${save} novalidate>
      ${FIELDS.map(
        (name) => html`<${Field}
          key=${name}
          name=${name}
          label=${t(name === "code" ? "branches.code" : `settings.${name}`)}
          problem=${problem}
        >
          ${(/** @type {Record<string, unknown>} */ more) =>
            html`<input
              ...${more}
              class="input"
              dir="auto"
              value=${values[name]}
              onInput=${(/** @type {Typed} */ e) => setValues({ ...values, [name]: e.target.value })}
            />`}
        <//>`,
      )}
      <${Refusal} problem=${problem} fields=${FIELDS} />
      <${Submit} class="btn-primary" busy=${busy} missing=${[!values.code && t("branches.code"), !values.name && t("settings.name")]}>
        ${t("branches.make")}
      <//>
    </form>
  <//>`;
}

/** @param {{ branch: Rest.BranchAnswer, onDone: () => void }} props */
function Turn({ branch, onDone }) {
  const { busy, problem, run } = useRequest();
  const turn = async () => {
    const path = `/api/branches/${encodeURIComponent(branch.code)}`;
    const headers = { "If-Match": `"${branch.version}"` };
    const body = { is_active: !branch.is_active };
    if (await run(() => auth.call("PATCH", path, { body, headers }))) onDone();
  };
  return html`<span class="stack-s">
    <button type="button" class="btn btn-quiet" disabled=${busy} onClick=${turn}>
      ${t(branch.is_active ? "branches.close" : "branches.open")}
    </button>
    <${Refusal} problem=${problem} />
  </span>`;
}

/** @param {{ branch: Rest.BranchAnswer, onDone: () => void }} props */
const Row = ({ branch, onDone }) => html`<li class="office-row">
  <a class="grow" href=${`/branch/${encodeURIComponent(branch.code)}/office`}>
    <strong>${branch.name}</strong>
    <span class="small soft">${branch.city && `${branch.city} · `}<span class="code">${branch.code}</span></span>
  </a>
  ${!branch.is_active && html`<span class="badge badge-late">${t("branches.closed")}</span>`}
  <${Turn} branch=${branch} onDone=${onDone} />
</li>`;

export function BranchesTab() {
  const [adding, setAdding] = useState(false);
  const list = useListing(`/api/branches?${queryOf({ chain: chainOfPage ?? "", page_size: "50" })}`);
  return html`
    <div class="row">
      <button type="button" class="btn btn-primary" onClick=${() => setAdding(true)}>${t("branches.new")}</button>
    </div>
    <${Listed}
      list=${list}
      class="office-list"
      row=${(/** @type {Rest.BranchAnswer} */ one) => html`<${Row} branch=${one} onDone=${list.again} />`}
      empty=${html`<${Empty} icon="store" title=${t("branches.none")} />`}
    />
    ${
      adding &&
      html`<${NewBranch}
        onClose=${() => setAdding(false)}
        onDone=${() => {
          setAdding(false);
          list.again();
        }}
      />`
    }
  `;
}
