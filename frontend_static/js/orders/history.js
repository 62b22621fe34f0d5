/** Everything one has bought, newest first. */
import { html, render, useEffect, useSignal } from "../ui.js";
import { fieldReason, t, lang, money, reason } from "../i18n.js";
import { auth, queryOf } from "../api.js";
import { Icon } from "../parts/icons.js";
import { Brand, Empty, LangSwitch, Loading, ThemeSwitch, Toasts, toast } from "../parts/common.js";
import { useListing } from "../parts/listing.js";
import { useProof } from "../parts/proof.js";
import { More, Rows } from "../parts/rows.js";
import { Status, WhenAndUnits, signIn } from "./parts.js";

const PAGE = 20;

/** @param {{ order: Rest.OrderSummary }} props */
const Bought = ({ order }) => html`<li>
  <a class="bought" href=${`/orders/${order.id}`}>
    <span class="bought-what">
      <strong><bdi>${order.branch_name}</bdi></strong>
      <${WhenAndUnits} order=${order} />
      <${Status} order=${order} />
    </span>
    <span class="bought-sum num">${money(order.total, order.currency)}</span>
    <${Icon} name="arrow" flips />
  </a>
</li>`;

function History() {
  const words = useSignal("");
  const list = useListing(`/api/orders?${queryOf({ page_size: String(PAGE), search: words.value })}`);
  if (!list.rows) {
    if (!list.problem) return html`<${Loading} />`;
    return html`<${Empty} icon="offline" title=${t("orders.failed")} text=${reason(list.problem)}>
      <button type="button" class="btn btn-primary" onClick=${list.again}>${t("retry")}</button>
    <//>`;
  }
  if (!list.count && !words.value) {
    return html`<${Empty} icon="receipt" title=${t("orders.none")} text=${t("orders.none_text")}>
      <a class="btn btn-tag btn-big" href="/shop"><${Icon} name="trolley" />${t("orders.shop")}</a>
    <//>`;
  }
  return html`
    <div class="field">
      <label class="visually-hidden" for="words">${t("orders.search")}</label>
      <input
        id="words"
        class="input"
        type="search"
        dir="auto"
        placeholder=${t("orders.search")}
        value=${words.value}
        onInput=${(/** @type {Typed} */ e) => (words.value = e.target.value)}
      />
    </div>
    ${
      list.rows.length
        ? html`<${Rows}
          class="bought-list"
          rows=${list.rows}
          row=${(/** @type {Rest.OrderSummary} */ one) => html`<${Bought} order=${one} />`}
        />`
        : html`<${Empty} icon="search" title=${t("catalogue.none")} />`
    }
    <${More} list=${list} />
  `;
}

/** Where receipts are mailed to; empty for nowhere. */
function Mail() {
  const me = useSignal(/** @type {Rest.MeAnswer | null} */ (null));
  useEffect(() => {
    auth.call("GET", "/api/me").then(
      (answer) => (me.value = answer),
      (refused) => console.debug("me:", refused.code),
    );
  }, []);
  return me.value && html`<${MailForm} me=${me.value} onSaved=${(/** @type {any} */ saved) => (me.value = saved)} />`;
}

/** @param {{ me: Rest.MeAnswer, onSaved: (me: Rest.MeAnswer) => void }} props */
function MailForm({ me, onSaved }) {
  const proof = useProof(me, "mail");
  const [address, busy, problem] = [
    useSignal(me.email),
    useSignal(false),
    useSignal(/** @type {Problem | null} */ (null)),
  ];
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    busy.value = true;
    problem.value = null;
    try {
      const saved = await proof.order((own) =>
        auth.call("PATCH", "/api/me", { body: { email: address.value.trim(), ...own } }),
      );
      onSaved(saved);
      address.value = saved.email;
      toast(saved.email ? t("mail.saved", { address: saved.email }) : t("mail.none"));
    } catch (refused) {
      problem.value = refused;
    }
    busy.value = false;
  };
  return html`<form class="card stack-s mail" onSubmit=${save}>
    <div class="field">
      <label for="mail">${t("mail.label")}</label>
      <div class="row">
        <input
          id="mail"
          class="input"
          type="email"
          autocomplete="email"
          dir="ltr"
          maxlength="254"
          placeholder="you@example.com"
          value=${address.value}
          onInput=${(/** @type {Typed} */ e) => (address.value = e.target.value)}
        />
        <button
          class="btn btn-quiet"
          disabled=${busy.value || proof.waits || address.value.trim() === me.email}
        >
          ${t("product.save")}
        </button>
      </div>
      ${proof.field}
      ${
        problem.value &&
        html`<span class="field-error" role="alert">
          ${fieldReason(problem.value, "email") ?? reason(problem.value)}
        </span>`
      }
      <span class="small soft">${t("mail.text")}</span>
    </div>
  </form>`;
}

function Page() {
  useEffect(() => {
    document.title = t("title.orders");
  }, [lang.value]);
  useEffect(() => {
    if (!auth.signedIn) signIn();
  }, []);
  return html`
    <header class="topbar"><${Brand} /><span class="push row"><${LangSwitch} /><${ThemeSwitch} /></span></header>
    <main class="orders stack" id="main">
      <h1>${t("orders.title")}</h1>
      ${auth.signedIn && html`<${History} /><${Mail} />`}
    </main>
    <${Toasts} />
  `;
}

render(html`<${Page} />`, document.body);
