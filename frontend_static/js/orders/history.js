/** Everything one has bought, newest first. */
import { html, render, useEffect, useSignal } from "../ui.js";
import { t, lang, money, reason } from "../i18n.js";
import { auth } from "../api.js";
import { Icon } from "../parts/icons.js";
import { Brand, Empty, LangSwitch, Loading, ThemeSwitch, Toasts } from "../parts/common.js";
import { Status, WhenAndUnits, signIn } from "./parts.js";

const PAGE = 20;
const SOON_MS = 200;

function Bought({ order }) {
  return html`<li><a class="bought" href=${`/orders/${order.id}`}><span class="bought-what"><strong><bdi>${order.branch_name}</bdi></strong>
      <${WhenAndUnits} order=${order} /><${Status} order=${order} /></span>
    <span class="bought-sum num">${money(order.total, order.currency)}</span><${Icon} name="arrow" flips /></a></li>`;
}

function History() {
  const [words, pages, found, problem] = [useSignal(""), useSignal(1), useSignal(null), useSignal(null)];
  const load = async (gone) => {
    const query = new URLSearchParams({ page_size: PAGE * pages.value, search: words.value });
    try {
      const answer = await auth.call("GET", `/api/orders?${query}`);
      if (gone()) return;
      found.value = answer;
      problem.value = null;
    } catch (refused) {
      if (refused.code === "signed_out") return signIn();
      if (!gone()) problem.value = refused;
    }
  };
  useEffect(() => {
    let over = false;
    const soon = setTimeout(() => load(() => over), SOON_MS);
    return () => { over = true; clearTimeout(soon); };
  }, [words.value, pages.value]);
  if (problem.value) {
    return html`<${Empty} icon="offline" title=${t("orders.failed")} text=${reason(problem.value)}><button type="button" class="btn btn-primary" onClick=${() => load(() => false)}>${t("retry")}</button><//>`;
  }
  if (!found.value) return html`<${Loading} />`;
  const { count, results } = found.value;
  if (!count && !words.value) {
    return html`<${Empty} icon="receipt" title=${t("orders.none")} text=${t("orders.none_text")}><a class="btn btn-tag btn-big" href="/shop"><${Icon} name="trolley" />${t("orders.shop")}</a><//>`;
  }
  return html`<div class="field"><label class="visually-hidden" for="words">${t("orders.search")}</label>
      <input id="words" class="input" type="search" dir="auto" placeholder=${t("orders.search")} value=${words.value} onInput=${(e) => { words.value = e.target.value; pages.value = 1; }} /></div>
    ${results.length ? html`<ul class="bought-list">${results.map((one) => html`<${Bought} key=${one.id} order=${one} />`)}</ul>` : html`<${Empty} icon="search" title=${t("catalogue.none")} />`}
    ${results.length < Math.min(count, 200) && html`<button type="button" class="btn btn-quiet" onClick=${() => (pages.value += 1)}>${t("catalogue.more")}</button>`}`;
}

function Page() {
  useEffect(() => {
    document.title = t("title.orders");
  }, [lang.value]);
  useEffect(() => {
    if (!auth.signedIn) signIn();
  }, []);
  return html`<header class="topbar"><${Brand} /><span class="push row"><${LangSwitch} /><${ThemeSwitch} /></span></header>
    <main class="orders stack" id="main"><h1>${t("orders.title")}</h1>${auth.signedIn && html`<${History} />`}</main><${Toasts} />`;
}

render(html`<${Page} />`, document.body);
