/** The live messages for people to read: every address, what one says there and what one hears. */
import { html, render, useEffect, useState } from "../ui.js";
import { t, lang, reason } from "../i18n.js";
import { call } from "../api.js";
import { Icon } from "../parts/icons.js";
import { Brand, LangSwitch, Loading, ThemeSwitch } from "../parts/common.js";
import { fieldsOf, matching, nameIn, placesOf, typeOf } from "./document.js";

/** @typedef {import("./document.js").Document} Document */

const schemaOf = (/** @type {Document} */ document, /** @type {string} */ name) => document.components.schemas[name];

/** Double backticks are how the sentences mark names. */
const plain = (/** @type {string} */ text) => text.replaceAll("`", "");

/**
 * Shown once it is opened: there are hundreds.
 * @param {{ title: string, note?: string, children: () => any }} props
 */
function Folded({ title, note, children }) {
  const [open, setOpen] = useState(false);
  const turned = (/** @type {Event & { currentTarget: HTMLDetailsElement }} */ { currentTarget }) =>
    setOpen(currentTarget.open);
  return html`<details class="fold" onToggle=${turned}>
    <summary><span class="code">${title}</span> ${note && html`<span class="fold-note">${note}</span>`}</summary>
    ${open && children()}
  </details>`;
}

/** @param {{ document: Document, schema: import("./document.js").Schema }} props */
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
              <th scope="row" class="code">
                ${each.name}${each.required && html`<b title=${t("live.required")}>*</b>`}
              </th>
              <td>
                <span class="code">${each.type}</span> ${each.bounds && html`<small>${each.bounds}</small>`}
                ${each.note && html`<p>${plain(each.note)}</p>`}
              </td>
            </tr>`,
          )}
        </tbody>
      </table>`
    }
    ${!fields.length && html`<p class="soft">${plain(schema.description ?? typeOf(schema))}</p>`}
    ${leads.map(
      (name) => html`<${Folded} key=${name} title=${name}>
        ${() => html`<${Schema} document=${document} schema=${schemaOf(document, name)} />`}
      <//>`,
    )}
  </div>`;
}

/** @param {{ document: Document, title: string, names: string[], search: string }} props */
function Messages({ document, title, names, search }) {
  const { messages } = document.components;
  const found = matching(names, messages, search);
  if (!found.length) return null;
  return html`<div class="stack-s">
    <h3>${title} <span class="count">${found.length}</span></h3>
    <div dir="ltr" lang="en">
      ${found.map((name) => {
        const { summary, payload } = messages[name];
        const schema = payload.$ref ? schemaOf(document, nameIn(payload.$ref)) : payload;
        return html`<${Folded} key=${name} title=${name} note=${plain(summary ?? "")}>
          ${() => html`<${Schema} document=${document} schema=${schema} />`}
        <//>`;
      })}
    </div>
  </div>`;
}

/** @param {{ document: Document, place: import("./document.js").Place, search: string }} props */
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

/** @param {{ document: Document, search: string }} props */
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
  const [document, setDocument] = useState(/** @type {Document | null} */ (null));
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
        <a href="/api/docs">${t("live.http")}</a>
        <a href="/api/asyncapi">${t("live.raw")}</a>
        <a href="/">${t("missing.home")}</a>
      </nav>
      <div class="field">
        <label for="search">${t("live.search")}</label>
        <input
          id="search"
          class="input"
          type="search"
          value=${search}
          onInput=${(/** @type {Typed} */ event) => setSearch(event.target.value)}
        />
      </div>
      ${problem && html`<p class="note note-danger" role="alert"><${Icon} name="alert" />${reason(problem)}</p>`}
      ${!document && !problem && html`<${Loading} />`}
      ${document && html`<${Places} document=${document} search=${search} />`}
    </main>
  `;
}

render(html`<${LiveMessages} />`, document.body);
