/** Every part that the pages are made of, in each state, both directions and both colours, for whoever makes a page. */
import { html, cx, render, useEffect, useState } from "../ui.js";
import { t, lang } from "../i18n.js";
import { learn, translate } from "../messages.js";
import { Problem } from "../problem.js";
import { Brand, Empty, LangSwitch, Loading, Sheet, ThemeSwitch, Toasts, toast } from "../parts/common.js";
import { Busy, Field } from "../parts/forms.js";
import { Icon, NAMES } from "../parts/icons.js";

/**
 * The sentence of a key in the language of a sample.
 * @typedef {(key: string, vars?: Record<string, unknown>) => string} Say
 */

const STATES = ["available", "held", "claiming", "stray", "maintenance", "fault", "inactive"];
/** @type {["en" | "he", "light" | "dark"][]} */
const SAMPLES = [
  ["en", "light"],
  ["en", "dark"],
  ["he", "light"],
  ["he", "dark"],
];

/** @param {{ say: Say }} props */
const Buttons = ({ say }) => html`
  <div class="row">
    ${["btn-primary", "btn-tag", "btn-quiet", "btn-bare", "btn-danger"].map(
      (kind) => html`<button key=${kind} type="button" class=${cx("btn", kind)}>${say("save")}</button>`,
    )}
  </div>
  <div class="row">
    ${["btn-primary", "btn-quiet", "btn-danger"].map(
      (kind) => html`<button key=${kind} type="button" class=${cx("btn", kind)} disabled>${say("save")}</button>`,
    )}
    <button type="button" class="btn btn-primary" disabled><${Busy} on />${say("save")}</button>
  </div>
  <div class="row">
    <button type="button" class="btn btn-icon" aria-label=${say("close")}><${Icon} name="close" /></button>
    <button type="button" class="btn btn-quiet"><${Icon} name="download" />${say("catalogue.export")}</button>
    <button type="button" class="btn btn-quiet">${say("nav.more")}<${Icon} name="arrow" flips /></button>
  </div>
  <button type="button" class="btn btn-primary btn-big btn-wide"><${Icon} name="scan" />${say("scan.open")}</button>
`;

/** @param {{ say: Say }} props */
function Choices({ say }) {
  const [on, turn] = useState(true);
  return html`
    <div class="chips">
      <button type="button" class="chip" aria-pressed="true">${say("view.map")}</button>
      <button type="button" class="chip" aria-pressed="false">${say("view.list")}</button>
    </div>
    <label class="switch">
      <input type="checkbox" checked=${on} onChange=${() => turn(!on)} />
      ${say("product.active")}
    </label>
    <div class="stepper" role="group" aria-label=${say("line.quantity", { name: "" })}>
      <button type="button" aria-label="−"><${Icon} name="minus" /></button>
      <output class="num">2</output>
      <button type="button" aria-label="+" disabled><${Icon} name="plus" /></button>
    </div>
  `;
}

/** @param {{ say: Say, id: string }} props */
function Fields({ say, id }) {
  const refused = new Problem({ code: "invalid", errors: { [`${id}-bad`]: [say("board.no_port")] } });
  const box =
    (/** @type {string} */ value, more = {}) =>
    (/** @type {object} */ given) =>
      html`<input ...${given} ...${more} class="input" dir="auto" value=${value} />`;
  return html`
    <${Field} name=${`${id}-good`} label=${say("product.name")} hint=${say("settings.name")} problem=${null}>
      ${box("FreshMart")}
    <//>
    <${Field} name=${`${id}-bad`} label=${say("board.port")} problem=${refused}>${box("")}<//>
    <${Field} name=${`${id}-off`} label=${say("board.port")}
      problem=${null}>${box("/dev/ttyUSB0", { disabled: true })}<//>
    <${Field} name=${`${id}-one`} label=${say("inspect.board")} problem=${null}>
      ${(/** @type {object} */ given) =>
        html`<select ...${given} class="input"><option>${say("inspect.all")}</option></select>`}
    <//>
    <p class="field-error">${say("problem.offline")}</p>
  `;
}

/** @param {{ say: Say }} props */
const Signs = ({ say }) => html`
  <div class="row">
    <span class="pill pill-good"><i class="dot"></i>${say("live.on")}</span>
    <span class="pill pill-bad"><i class="dot"></i>${say("live.off")}</span>
    <span class="pill pill-warn">${say("order.partly_refunded")}</span>
    <span class="pill pill-calm">${say("order.refunded")}</span>
    <kbd>Ctrl K</kbd>
  </div>
  <div class="states">
    ${STATES.map((one) => html`<span key=${one} class=${`state-${one}`}>${say(`state.${one}`)}</span>`)}
  </div>
  <div class="label">
    <span class="label-word">${say("total")}</span>
    <span class="label-sum num">₹1,234.50</span>
    <span class="label-count num">${say("count.products", { n: 3 })}</span>
  </div>
`;

/** @param {{ say: Say }} props */
const Words = ({ say }) => html`
  <p class="note"><${Icon} name="info" /><span>${say("catalogue.none_text")}</span></p>
  <p class="note note-warn"><${Icon} name="clock" /><span>${say("offline.banner")}</span></p>
  <p class="note note-danger"><${Icon} name="alert" /><span>${say("problem.unknown")}</span></p>
  <div class="offline"><${Icon} name="offline" /><span>${say("offline.banner")}</span></div>
  <div class="toast"><span>${say("copied")}</span></div>
  <div class="toast toast-bad"><span>${say("copy.failed")}</span></div>
  <${Empty} icon="trolley" title=${say("branch.empty")} text=${say("branch.empty_text")}>
    <button type="button" class="btn btn-primary">${say("retry")}</button>
  <//>
  <${Loading} text=${say("loading")} />
`;

/** One language in one colour. @param {{ words: "en" | "he", theme: string }} props */
function Sample({ words, theme }) {
  /** @type {Say} */
  const say = (key, vars) => translate(words, key, vars);
  return html`<section
    class="sample"
    lang=${words}
    dir=${words === "he" ? "rtl" : "ltr"}
    data-theme=${theme}
    aria-label=${`${words}, ${theme}`}
  >
    <${Buttons} say=${say} />
    <${Choices} say=${say} />
    <${Fields} say=${say} id=${`${words}-${theme}`} />
    <${Signs} say=${say} />
    <${Words} say=${say} />
  </section>`;
}

function Components() {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    document.title = t("title.components");
  }, [lang.value]);
  return html`
    <header class="topbar"><${Brand} /><span class="push row"><${LangSwitch} /><${ThemeSwitch} /></span></header>
    <main class="gallery stack" id="main">
      <h1>${t("components.title")}</h1>
      <p class="soft">${t("components.text")}</p>
      <div class="row">
        <button type="button" class="btn btn-quiet" onClick=${() => setOpen(true)}>${t("components.sheet")}</button>
        <button type="button" class="btn btn-quiet"
          onClick=${() => toast(t("copied"))}>${t("components.toast")}</button>
      </div>
      <div class="samples">
        ${SAMPLES.map(([words, theme]) => html`<${Sample} key=${`${words}-${theme}`} words=${words} theme=${theme} />`)}
      </div>
      <ul class="row icons" aria-label=${t("components.icons")}>
        ${NAMES.map((name) => html`<li key=${name} title=${name}><${Icon} name=${name} label=${name} /></li>`)}
      </ul>
    </main>
    ${
      open &&
      html`<${Sheet} title=${t("components.sheet")} onClose=${() => setOpen(false)}><p>${t("components.text")}</p><//>`
    }
    <${Toasts} />
  `;
}

await Promise.all(["en", "he"].map(learn));
render(html`<${Components} />`, document.body);
