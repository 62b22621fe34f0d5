/** One's own account: what one is told, how, where one is logged in, and what is held about one. */
import { html, useEffect, useState } from "../ui.js";
import { t, reason, dayAndTime } from "../i18n.js";
import { auth } from "../api.js";
import { Icon } from "../parts/icons.js";
import { Empty, Loading, Sheet, toast } from "../parts/common.js";
import { Busy, LineField, Refusal, Submit, useRequest } from "../parts/forms.js";
import { useListing } from "../parts/listing.js";
import { Listed } from "../parts/rows.js";
import { CodeRefusal } from "./by-phone.js";
import { OwnPhone } from "./own-phone.js";
import { SecondFactor } from "./second-factor.js";
import { useProof } from "../parts/proof.js";
import { browserPush } from "./push.js";
import { Wants } from "./wants.js";

const KINDS = ["overdue", "branch_overdue", "alarm", "role_given", "budget_alert", "recall", "recall_bought"];
const WAYS = ["socket", "email", "sms", "push"];

/** @param {Problem} problem */
const say = (problem) => toast(reason(problem), { bad: true });

/** The e-mail address, and whether it is confirmed. @param {any} props */
function Address({ me, setMe }) {
  const [email, setEmail] = useState(me.email);
  const { busy, problem, run } = useRequest();
  const proof = useProof(me, "email");
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    const answer = await run(() =>
      proof.order((own) => auth.call("PATCH", "/api/me", { body: { email: email.trim(), ...own } })),
    );
    if (!answer) return;
    setMe(answer);
    if (answer.email && !answer.email_confirmed) toast(t("account.confirm_sent", { email: answer.email }));
  };
  return html`<form class="stack-s" onSubmit=${submit} novalidate>
    <${LineField}
      name="email"
      label=${t("reset.email")}
      problem=${problem}
      hint=${me.email ? t(me.email_confirmed ? "account.confirmed" : "account.unconfirmed") : t("account.email_hint")}
      type="email"
      autocomplete="email"
      dir="ltr"
      value=${email}
      onValue=${setEmail}
    />
    ${proof.field}
    <${CodeRefusal} problem=${problem} fields=${["email"]} />
    <button class="btn btn-quiet" disabled=${busy || proof.waits || email.trim() === me.email}>
      <${Busy} on=${busy} />
      ${t("people.save")}
    </button>
  </form>`;
}

/** @param {{ row: Rest.NotificationAnswer, read: () => void }} props */
const Notice = ({ row, read }) => html`<li class=${row.read_at ? "soft" : ""}>
  <span>
    <a href=${row.link} onClick=${read}><strong dir="auto">${row.title}</strong></a>
    ${row.text && html`<span class="small" dir="auto">${row.text}</span>`}
    <time class="small soft" datetime=${row.created_at}>${dayAndTime(row.created_at)}</time>
  </span>
  ${
    !row.read_at &&
    html`<button
      type="button"
      class="btn btn-icon btn-bare"
      aria-label=${t("account.read")}
      title=${t("account.read")}
      onClick=${read}
    >
      <${Icon} name="check" />
    </button>`
  }
</li>`;

/** What one was told, the latest first. */
function Told() {
  const list = useListing("/api/notifications?page_size=20");
  /** @param {Rest.NotificationAnswer} row */
  const read = (row) => auth.call("POST", `/api/notifications/${row.id}/read`).then(list.put, say);
  return html`<${Listed}
    list=${list}
    class="told"
    row=${(/** @type {Rest.NotificationAnswer} */ one) => html`<${Notice} row=${one} read=${() => read(one)} />`}
    empty=${html`<${Empty} icon="info" title=${t("account.nothing_told")} />`}
  />`;
}

/** How one wants to be told: a row a kind, a box a way. @param {any} props */
function Preferences({ me, setMe }) {
  const wanted = me.preferences.notifications;
  const managing = me.is_platform_admin || me.roles.some((/** @type {any} */ one) => one.role !== "staff");
  const kinds = KINDS.filter((kind) => managing || !["branch_overdue", "alarm"].includes(kind));
  /** @param {string} kind @param {string} way */
  const turn = async (kind, way) => {
    const next = { ...wanted, [kind]: { ...wanted[kind], [way]: !wanted[kind][way] } };
    try {
      const notifications = await auth.call("PUT", "/api/notifications/preferences", { body: next });
      setMe({ ...me, preferences: { ...me.preferences, notifications } });
    } catch (problem) {
      say(problem);
    }
  };
  return html`<table class="ways">
    <thead>
      <tr>
        <th scope="col"><span class="visually-hidden">${t("account.kind")}</span></th>
        ${WAYS.map((way) => html`<th key=${way} scope="col" class="small">${t(`way.${way}`)}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${kinds.map(
        (kind) => html`<tr key=${kind}>
          <th scope="row">${t(`told.${kind}`)}</th>
          ${WAYS.map(
            (way) => html`<td key=${way}>
              <label class="box">
                <span class="visually-hidden">${t(`told.${kind}`)}, ${t(`way.${way}`)}</span>
                <input type="checkbox" checked=${wanted[kind][way]} onChange=${() => turn(kind, way)} />
              </label>
            </td>`,
          )}
        </tr>`,
      )}
    </tbody>
  </table>`;
}

/** Web push to this browser, where server and browser can. */
function ThisBrowser() {
  const [state, setState] = useState(/** @type {"off" | "on" | "unable" | null} */ (null));
  const { busy, run } = useRequest();
  useEffect(() => {
    browserPush.state().then(setState, () => setState("unable"));
  }, []);
  if (!state || state === "unable") return null;
  const turn = () =>
    run(async () => setState(await (state === "on" ? browserPush.stop() : browserPush.start()))).then(
      (done) => done === null && toast(t("account.push_refused"), { bad: true }),
    );
  return html`<button type="button" class="btn btn-quiet" disabled=${busy} onClick=${turn}>
    <${Busy} on=${busy} />
    ${t(state === "on" ? "account.push_stop" : "account.push_start")}
  </button>`;
}

/** Where one is logged in. @param {any} props */
function Logins({ me, setMe }) {
  /** @param {Rest.LoginAnswer} login */
  const end = (login) =>
    auth
      .call("DELETE", `/api/me/logins/${login.id}`)
      .then(() => setMe({ ...me, logins: me.logins.filter((/** @type {any} */ one) => one.id !== login.id) }), say);
  return html`<ul class="told">
    ${me.logins.map(
      (/** @type {Rest.LoginAnswer} */ login) => html`<li key=${login.id}>
        <span>
          <span class="cut" dir="auto">${login.device || t("account.device_unknown")}</span>
          <span class="small soft"><bdi class="code">${login.address}</bdi> · ${dayAndTime(login.seen_at)}</span>
        </span>
        ${
          login.is_current
            ? html`<span class="badge">${t("account.this_one")}</span>`
            : html`<button type="button" class="btn btn-bare" onClick=${() => end(login)}>${t("account.end")}</button>`
        }
      </li>`,
    )}
  </ul>`;
}

async function saveExport() {
  const found = await auth.call("GET", "/api/me/export");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(found, null, 2)], { type: "application/json" }));
  link.download = "my-data.json";
  link.click();
  URL.revokeObjectURL(link.href);
}

/** @param {{ me: Rest.MeAnswer, onClose: () => void }} props */
function EraseSheet({ me, onClose }) {
  const [password, setPassword] = useState("");
  const { busy, problem, run } = useRequest();
  const needs = me.factors.includes("password");
  /** @param {Event} event */
  const erase = async (event) => {
    event.preventDefault();
    const done = await run(() => auth.call("DELETE", "/api/me", { body: needs ? { password } : {} }));
    if (!done) return;
    auth.forget();
    location.replace("/");
  };
  return html`<${Sheet} title=${t("account.erase")} onClose=${onClose}>
    <form class="stack" onSubmit=${erase} novalidate>
      <p>${t("account.erase_text")}</p>
      ${
        needs &&
        html`<${LineField}
          name="password"
          label=${t("signin.password")}
          problem=${problem}
          type="password"
          autocomplete="current-password"
          value=${password}
          onValue=${setPassword}
        />`
      }
      <${Refusal} problem=${problem} fields=${["password"]} />
      <${Submit} class="btn-danger btn-wide" busy=${busy} missing=${[needs && !password && t("signin.password")]}>
        ${t("account.erase")}
      <//>
    </form>
  <//>`;
}

/** @param {any} props */
function Part({ title, id, children }) {
  return html`<section class="card stack" id=${id}><h2>${title}</h2>${children}</section>`;
}

export function Me() {
  const [me, setMe] = useState(/** @type {Rest.MeAnswer | null} */ (null));
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  const [erasing, setErasing] = useState(false);
  useEffect(() => {
    auth.call("GET", "/api/me").then(setMe, setProblem);
  }, []);
  useEffect(() => {
    // What the address names is on the page only now.
    if (me && location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }, [me !== null]);
  if (problem?.code === "signed_out") location.replace("/login?next=%2Faccount");
  if (problem) return html`<p class="note note-danger" role="alert"><${Icon} name="alert" />${reason(problem)}</p>`;
  if (!me) return html`<${Loading} />`;
  return html`<div class="account stack">
    <div>
      <h1>${t("account.title")}</h1>
      <p class="soft"><bdi>${me.phone ?? me.username}</bdi></p>
    </div>
    <${Part} title=${t("account.told")}><${Told} /><//>
    <${Part} title=${t("account.how")}><${Preferences} me=${me} setMe=${setMe} /><${ThisBrowser} /><//>
    <${Part} title=${t("wants.title")}><${Wants} me=${me} setMe=${setMe} /><//>
    <${Part} title=${t("account.address")}><${Address} me=${me} setMe=${setMe} /><//>
    <${Part} title=${t("phone.number")}>
      <${OwnPhone} me=${me} onChanged=${(/** @type {string | null} */ phone) => setMe({ ...me, phone })} />
    <//>
    <${Part} title=${t("factor.title")} id="second-factor">
      ${
        me.withheld_roles.length > 0 &&
        html`<p class="note"><${Icon} name="info" />${t("problem.second_factor_needed")}</p>`
      }
      <${SecondFactor}
        me=${me}
        onChanged=${() => auth.call("GET", "/api/me").then(setMe, say)}
      />
    <//>
    <${Part} title=${t("account.logins")}><${Logins} me=${me} setMe=${setMe} /><//>
    <${Part} title=${t("account.data")}>
      <button type="button" class="btn btn-quiet" onClick=${() => saveExport().catch(say)}>
        <${Icon} name="download" />
        ${t("account.export")}
      </button>
      <button type="button" class="btn btn-danger" onClick=${() => setErasing(true)}>${t("account.erase")}</button>
    <//>
    ${erasing && html`<${EraseSheet} me=${me} onClose=${() => setErasing(false)} />`}
  </div>`;
}
