/** A chain's people: who has which role where, whom to give one, and whom to invite. */
import { html, render, useEffect, useState } from "../ui.js";
import { t, lang, reason, dayAndTime } from "../i18n.js";
import { auth } from "../api.js";
import { all } from "../chains.js";
import { signInUrl } from "../next.js";
import { present } from "../present.js";
import { Problem } from "../problem.js";
import { Icon } from "../parts/icons.js";
import { Frame } from "../frame/frame.js";
import { Empty, Loading, Sheet, Toasts, toast } from "../parts/common.js";
import { Busy, Field, Refusal, Submit, useRequest } from "../parts/forms.js";

const CHAIN = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const PATH = `/api/chains/${encodeURIComponent(CHAIN)}/members`;
const ROLES = ["staff", "manager", "chain_admin"];

/** @typedef {{ chain: Rest.ChainAnswer, branches: Rest.BranchAnswer[], everywhere: boolean, admin: boolean }} Own */

/**
 * What the caller may give here. `everywhere`: in all of the chain; `admin`: chain admins too.
 * @param {Rest.MeAnswer} me
 */
function reach(me) {
  const mine = me.roles.filter((one) => one.chain === CHAIN);
  const admin = me.is_platform_admin || mine.some((one) => one.role === "chain_admin");
  return { admin, everywhere: admin || mine.some((one) => one.role === "manager" && !one.branch) };
}

/** What was typed, under the name that the server knows it by. @param {string} text */
export function named(text) {
  const word = text.trim();
  if (word.includes("@")) return { email: word };
  return /^\+?[\d\s().-]{6,}$/.test(word) ? { phone: word } : { username: word };
}

/** @param {{ own: Own, value: string, onChange: (code: string) => void, more: object }} props */
function Where({ own, value, onChange, more }) {
  return html`<select
    ...${more}
    class="input"
    value=${value}
    onChange=${(/** @type {any} */ e) => onChange(e.target.value)}
  >
    ${own.everywhere && html`<option value="">${t("people.everywhere")}</option>`}
    ${own.branches.map((one) => html`<option key=${one.code} value=${one.code}>${one.name}</option>`)}
  </select>`;
}

/** @param {{ own: Own, value: string, onChange: (role: string) => void, more: object }} props */
function Role({ own, value, onChange, more }) {
  const given = ROLES.filter((one) => one !== "chain_admin" || own.admin);
  return html`<select
    ...${more}
    class="input"
    value=${value}
    onChange=${(/** @type {any} */ e) => onChange(e.target.value)}
  >
    ${given.map((one) => html`<option key=${one} value=${one}>${t(`role.${one}`)}</option>`)}
  </select>`;
}

/** The two choices that make a role. @param {any} props */
function RoleFields({ own, role, setRole, branch, setBranch, problem }) {
  return html`<${Field} name="role" label=${t("people.role")} problem=${problem}>
      ${(/** @type {object} */ more) => html`<${Role} own=${own} value=${role} onChange=${setRole} more=${more} />`}
    <//>
    ${
      role !== "chain_admin" &&
      html`<${Field} name="branch" label=${t("people.where")} problem=${problem}>
        ${(/** @type {object} */ more) =>
          html`<${Where} own=${own} value=${branch} onChange=${setBranch} more=${more} />`}
      <//>`
    }`;
}

/** @param {{ own: Own, onClose: () => void, onDone: (member: Rest.MemberAnswer) => void }} props */
function AddSheet({ own, onClose, onDone }) {
  const [who, setWho] = useState("");
  const [role, setRole] = useState("staff");
  const [branch, setBranch] = useState(own.everywhere ? "" : (own.branches[0]?.code ?? ""));
  const { busy, problem, run } = useRequest();
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    const where = role === "chain_admin" || !branch ? {} : { branch };
    const member = await run(() => auth.call("POST", PATH, { body: { ...named(who), role, ...where } }));
    if (member) onDone(member);
  };
  return html`<${Sheet} title=${t("people.add")} onClose=${onClose}>
    <form class="stack" onSubmit=${submit} novalidate>
      <${Field}
        name="who"
        label=${t("people.who")}
        hint=${t("people.who_hint")}
        problem=${problem}
        also=${["username", "email", "phone"]}
      >
        ${(/** @type {object} */ more) =>
          html`<input
            ...${more}
            class="input"
            autocomplete="off"
            autocapitalize="none"
            dir="auto"
            value=${who}
            onInput=${(/** @type {any} */ e) => setWho(e.target.value)}
          />`}
      <//>
      <${RoleFields} ...${{ own, role, setRole, branch, setBranch, problem }} />
      <${Refusal} problem=${problem} fields=${["username", "email", "phone", "role", "branch"]} />
      <${Submit} busy=${busy} missing=${[!who.trim() && t("people.who")]}>
        ${t("people.add")}
      <//>
    </form>
  <//>`;
}

/** @param {{ own: Own, member: Rest.MemberAnswer, onClose: () => void, onDone: () => Promise<void> }} props */
function MemberSheet({ own, member, onClose, onDone }) {
  const [role, setRole] = useState(member.role);
  const [branch, setBranch] = useState(member.branch ?? "");
  const [sure, setSure] = useState(false);
  const { busy, problem, run } = useRequest();
  const path = `${PATH}/${member.id}`;
  const invited = member.status === "invited";
  /** @param {Event} event */
  const change = (event) => {
    event.preventDefault();
    const where = role === "chain_admin" || !branch ? {} : { branch };
    run(() => auth.call("PATCH", path, { body: { role, ...where } }).then(onDone));
  };
  const remove = () => {
    if (!sure) return setSure(true);
    run(() => auth.call("DELETE", path).then(onDone));
  };
  return html`<${Sheet} title=${member.name} onClose=${onClose}>
    <form class="stack" onSubmit=${change} novalidate>
      ${
        invited
          ? html`<p class="soft">${t("people.invited_until", { time: dayAndTime(present(member.expires_at)) })}</p>`
          : html`<${RoleFields} ...${{ own, role, setRole, branch, setBranch, problem }} />`
      }
      <${Refusal} problem=${problem} fields=${["role", "branch"]} />
      ${
        !invited &&
        html`<button class="btn btn-primary btn-wide" disabled=${busy}>
          <${Busy} on=${busy} />
          ${t("people.save")}
        </button>`
      }
      <button type="button" class="btn btn-danger btn-wide" disabled=${busy} onClick=${remove}>
        ${t(sure ? "people.sure" : invited ? "people.withdraw" : "people.remove")}
      </button>
    </form>
  <//>`;
}

/** @param {{ member: Rest.MemberAnswer, own: Own, open: (member: Rest.MemberAnswer) => void }} props */
function Member({ member, own, open }) {
  const place = own.branches.find((one) => one.code === member.branch)?.name ?? member.branch ?? t("people.everywhere");
  return html`<li>
    <button type="button" class="member" onClick=${() => open(member)}>
      <${Icon} name="person" />
      <span>
        <strong><bdi>${member.name}</bdi></strong>
        <span class="small soft">${t(`role.${member.role}`)} · <bdi>${place}</bdi></span>
      </span>
      ${member.status === "invited" && html`<span class="badge">${t("people.invited")}</span>`}
    </button>
  </li>`;
}

/** @param {{ own: Own }} props */
function Members({ own }) {
  const [members, setMembers] = useState(/** @type {Rest.MemberAnswer[] | null} */ (null));
  const [adding, setAdding] = useState(false);
  const [opened, setOpened] = useState(/** @type {Rest.MemberAnswer | null} */ (null));
  const load = () => all(`${PATH}?page_size=200`).then(setMembers, (problem) => toast(reason(problem), { bad: true }));
  useEffect(() => {
    load();
  }, []);
  /** @param {Rest.MemberAnswer} member */
  const added = (member) => {
    setAdding(false);
    toast(t(member.status === "invited" ? "people.was_invited" : "people.was_added", { name: member.name }));
    load();
  };
  const changed = async () => {
    await load(); // before the sheet closes, or it could be opened again as it was
    setOpened(null);
  };
  return html`
    <div class="people-head">
      <div>
        <h1>${t("people.title")}</h1>
        <p class="soft"><bdi>${own.chain.name}</bdi></p>
      </div>
      <button type="button" class="btn btn-primary push" onClick=${() => setAdding(true)}>
        <${Icon} name="plus" />
        ${t("people.add")}
      </button>
    </div>
    ${
      !members
        ? html`<${Loading} />`
        : members.length
          ? html`<ul class="members">
            ${members.map((one) => html`<${Member} key=${one.id} member=${one} own=${own} open=${setOpened} />`)}
          </ul>`
          : html`<${Empty} icon="person" title=${t("people.none")} />`
    }
    ${adding && html`<${AddSheet} own=${own} onClose=${() => setAdding(false)} onDone=${added} />`}
    ${opened && html`<${MemberSheet} own=${own} member=${opened} onClose=${() => setOpened(null)} onDone=${changed} />`}
  `;
}

function App() {
  const [own, setOwn] = useState(/** @type {Own | null} */ (null));
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  useEffect(() => {
    const load = async () => {
      const [me, chain, branches] = await Promise.all([
        auth.call("GET", "/api/me"),
        auth.call("GET", `/api/chains/${encodeURIComponent(CHAIN)}`),
        all(`/api/branches?chain=${encodeURIComponent(CHAIN)}&page_size=200`),
      ]);
      const mine = reach(me);
      const roles = /** @type {Rest.RoleAnswer[]} */ (me.roles);
      const managed = new Set(roles.filter((one) => one.role === "manager").map((one) => one.branch));
      const here = mine.everywhere ? branches : branches.filter((one) => managed.has(one.code));
      if (!mine.everywhere && !here.length) throw new Problem({ code: "forbidden" });
      setOwn({ chain, branches: here, ...mine });
    };
    load().catch(setProblem);
  }, []);
  useEffect(() => {
    document.title = t("title.people");
  }, [lang.value]);
  if (problem?.code === "signed_out") location.replace(signInUrl());
  return html`
    <${Frame} here="people" chain=${CHAIN} />
    <main class="people" id="main">
      ${
        problem
          ? html`<h1>${t("people.title")}</h1>
            <p class="note note-danger" role="alert"><${Icon} name="alert" />${reason(problem)}</p>`
          : own
            ? html`<${Members} own=${own} />`
            : html`<${Loading} />`
      }
    </main>
    <${Toasts} />
  `;
}

if (globalThis.document) render(html`<${App} />`, document.body);
