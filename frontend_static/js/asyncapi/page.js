/** The live messages for people to read: every address, what one says there and what one hears. */
import { html, render, useEffect, useState } from "../ui.js";
import { t, lang, reason } from "../i18n.js";
import { call } from "../api.js";
import { Icon } from "../parts/icons.js";
import { Brand, LangSwitch, Loading, ThemeSwitch } from "../parts/common.js";
import { fieldsOf, matching, placesOf } from "./document.js";

const schemaOf = (document, name) => document.components.schemas[name];

/** Double backticks are how the sentences mark names. */
const plain = (text) => text.replaceAll("`", "");

/** Shown once it is opened: there are hundreds. */
function Folded({ title, note, children }) {
  const [open, setOpen] = useState(false);
  return html`<details class="fold" onToggle=${(event) => setOpen(event.currentTarget.open)}>
    <summary><span class="code">${title}</span> ${note && html`<span class="fold-note">${note}</span>`}</summary>
    ${open && children()}
  </details>`;
}

function Schema({ document, schema }) {
  const fields = fieldsOf(schema);
  const leads = [...new Set(fields.flatMap((each) => each.leads))].filter((name) => schemaOf(document, name));
  return html`<div class="schema stack-s">
    ${
      fields.length > 0 &&
      html`<table>
        <thead>
          <tr><th scope="col">${t("live.field")}</th><th scope="col">${t("live.type")}</th></tr>
        </thead>
        <tbody dir="ltr">
          ${fields.map(
            (each) => html`<tr key=${each.name}>
              <th scope="row" class="code">${each.name}${each.required && html`<b title=${t("live.required")}>*</b>`}</th>
              <td>
                <span class="code">${each.type}</span> ${each.bounds && html`<small>${each.bounds}</small>`}
                ${each.note && html`<p>${plain(each.note)}</p>`}
              </td>
            </tr>`,
          )}
        </tbody>
      </table>`
    }
    ${!fields.length && html`<p class="soft">${plain(schema.description ?? schema.type ?? "")}</p>`}
    ${leads.map(
      (name) => html`<${Folded} key=${name} title=${name}>
        ${() => html`<${Schema} document=${document} schema=${schemaOf(document, name)} />`}
      <//>`,
    )}
  </div>`;
}

function Messages({ document, title, names, search }) {
  const { messages } = document.components;
  const found = matching(names, messages, search);
  if (!found.length) return null;
  return html`<div class="stack-s">
    <h3>${title} <span class="count">${found.length}</span></h3>
    <div dir="ltr" lang="en">
      ${found.map((name) => {
        const { summary, payload } = messages[name];
        const schema = payload.$ref ? schemaOf(document, payload.$ref.split("/").at(-1)) : payload;
        return html`<${Folded} key=${name} title=${name} note=${plain(summary ?? "")}>
          ${() => html`<${Schema} document=${document} schema=${schema} />`}
        <//>`;
      })}
    </div>
  </div>`;
}

function Place({ document, place, search }) {
  const { messages } = document.components;
  const { says, hears, channels } = place;
  if (!matching([...says, ...hears], messages, search).length) return null;
  return html`<section class="card stack">
    <ul class="addresses" dir="ltr" lang="en">
      ${channels.map(
        (each) => html`<li key=${each.name}>
          <h2 class="code">${each.address}</h2>
          <p class="soft">${plain(each.text)}</p>
        </li>`,
      )}
    </ul>
    <${Messages} document=${document} title=${t("live.says")} names=${says} search=${search} />
    <${Messages} document=${document} title=${t("live.hears")} names=${hears} search=${search} />
  </section>`;
}

function Places({ document, search }) {
  const shown = placesOf(document).map(
    (place) => html`<${Place} key=${place.channels[0].name} document=${document} place=${place} search=${search} />`,
  );
  const { messages } = document.components;
  return html`${shown} ${
    !matching(Object.keys(messages), messages, search).length && html`<p class="note">${t("live.none")}</p>`
  }`;
}

function LiveMessages() {
  const [document, setDocument] = useState(/** @type {any} */ (null));
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  const [search, setSearch] = useState("");
  useEffect(() => {
    globalThis.document.title = t("title.live");
  }, [lang.value]);
  useEffect(() => {
    call("GET", "/api/asyncapi").then(setDocument).catch(setProblem);
  }, []);
  return html`
    <header class="topbar"><${Brand} /><span class="push row"><${LangSwitch} /><${ThemeSwitch} /></span></header>
    <main class="live stack" id="main">
      <h1>${t("live.title")}</h1>
      <p>${t("live.text")}</p>
      <nav class="row live-links">
        <a href="/api/docs">${t("live.http")}</a><a href="/api/asyncapi">${t("live.raw")}</a><a href="/">${t("missing.home")}</a>
      </nav>
      <div class="field">
        <label for="search">${t("live.search")}</label>
        <input
          id="search"
          class="input"
          type="search"
          value=${search}
          onInput=${(event) => setSearch(event.currentTarget.value)}
        />
      </div>
      ${problem && html`<p class="note note-danger" role="alert"><${Icon} name="alert" />${reason(problem)}</p>`}
      ${!document && !problem && html`<${Loading} />`}
      ${document && html`<${Places} document=${document} search=${search} />`}
    </main>
  `;
}

render(html`<${LiveMessages} />`, document.body);
