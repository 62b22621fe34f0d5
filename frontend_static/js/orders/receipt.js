/** One receipt: the exit pass on top while it is good, then what was bought; on paper as well as on a phone. */
import { html, cx, render, useEffect, useState } from "../ui.js";
import { t, lang, dayAndTime, money, reason, timeOfDay, zoneNote } from "../i18n.js";
import { auth } from "../api.js";
import { secondsUntil } from "../clock.js";
import { Icon } from "../parts/icons.js";
import { Qr } from "../parts/qr.js";
import { Sums } from "../parts/sums.js";
import { Busy, LineField, Refusal, useRequest } from "../parts/forms.js";
import { keep } from "../parts/files.js";
import { Brand, Empty, LangSwitch, Loading, OfflineBanner, ThemeSwitch, Toasts } from "../parts/common.js";
import { Lines, Refunds, Status, Total, passOpen, signIn, useOrder } from "./parts.js";

const id = decodeURIComponent(location.pathname.split("/")[2] ?? "");

/** Providers that have a name for shoppers. */
const METHODS = ["sandbox", "stripe", "razorpay", "paypal"];

function useSeconds() {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, []);
}

/** @type {Record<string, string>} */
const PASS_OVER = { verified: "check", expired: "clock" };

/** @param {{ order: Rest.OrderAnswer }} props */
function ExitPass({ order }) {
  useSeconds();
  const { code, url, valid_until, verified_at } = order.exit_pass;
  const zone = order.shop?.timezone;
  if (!order.mine || (order.status === "refunded" && !verified_at)) return null;
  if (!passOpen(order)) {
    const how = verified_at ? "verified" : "expired";
    return html`<section class=${cx("pass", "pass-over", `pass-${how}`)} role="status">
      <${Icon} name=${PASS_OVER[how]} />
      <div>
        <h2>${t(`pass.${how}`)}</h2>
        <p>${t(`pass.${how}_text`, { time: verified_at ? timeOfDay(verified_at, zone) : "" })}</p>
      </div>
    </section>`;
  }
  const minutes = Math.ceil(secondsUntil(valid_until) / 60);
  return html`<section class="pass">
    <h2>${t("pass.title")}</h2>
    <${Qr} text=${url} label=${t("pass.qr")} class="pass-qr" />
    <p class="pass-code code">${code}</p>
    <p class="small">
      <span class="on-screen">${t("pass.left", { n: minutes })}</span>
      <span class="on-paper">${t("pass.until", { time: timeOfDay(valid_until, zone) })}</span>
    </p>
  </section>`;
}

/**
 * How it was paid: by which provider, or at the till with what was given; and what was paid at the exit.
 * @param {{ order: Rest.OrderAnswer }} props
 */
function HowPaid({ order: { payment, exit_check, currency } }) {
  const line = (/** @type {string} */ text) => html`<p class="small soft receipt-paid">${text}</p>`;
  const amount = (/** @type {any} */ it) => money(it, currency);
  return html`
    ${payment?.method && line(t(`receipt.paid_${payment.method}`, { amount: amount(payment.received) }))}
    ${(payment?.change ?? 0) > 0 && line(t("receipt.change", { amount: amount(payment?.change) }))}
    ${
      payment && METHODS.includes(payment.provider) && line(t("receipt.paid", { how: t(`method.${payment.provider}`) }))
    }
    ${exit_check?.paid && line(t("receipt.paid_at_exit", { amount: amount(exit_check.paid) }))}
  `;
}

const BUYER = /** @type {const} */ (["name", "tax_number", "address"]);

/**
 * The business that it was for, and the form that names it.
 * @param {{ order: Rest.OrderAnswer, onChanged: () => void }} props
 */
function Buyer({ order, onChanged }) {
  const { buyer } = order;
  const [values, setValues] = useState({ name: "", tax_number: "", address: "", ...buyer });
  const { busy, problem, run } = useRequest();
  const path = `/api/orders/${order.id}/buyer`;
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (await run(() => auth.call("PUT", path, { body: values }))) onChanged();
  };
  const remove = async () => {
    if (await run(() => auth.call("DELETE", path))) onChanged();
  };
  return html`
    ${
      buyer &&
      html`<p class="receipt-buyer" dir="auto">
        <strong>${buyer.name}</strong> · ${t("buyer.tax_number")} <span class="code">${buyer.tax_number}</span>
        ${buyer.address && html` · ${buyer.address}`}
      </p>`
    }
    <details class="on-screen">
      <summary>${t(buyer ? "buyer.change" : "buyer.add")}</summary>
      <form class="stack" onSubmit=${save} novalidate>
        ${BUYER.map(
          (name) =>
            html`<${LineField}
              key=${name}
              name=${name}
              label=${t(`buyer.${name}`)}
              problem=${problem}
              dir=${name === "tax_number" ? "ltr" : "auto"}
              value=${values[name]}
              onValue=${(/** @type {string} */ value) => setValues({ ...values, [name]: value })}
            />`,
        )}
        <${Refusal} problem=${problem} fields=${BUYER} />
        <div class="row">
          <button class="btn btn-primary" disabled=${busy}><${Busy} on=${busy} />${t("save")}</button>
          ${
            buyer &&
            html`<button type="button" class="btn btn-quiet" disabled=${busy} onClick=${remove}>
              ${t("buyer.remove")}
            </button>`
          }
        </div>
      </form>
    </details>
  `;
}

/** @param {{ order: Rest.OrderAnswer, look: () => void }} props */
function Sheet({ order, look }) {
  const { shop } = order;
  return html`<article class="receipt">
    <header class="receipt-head">
      <h1 dir="auto">${shop?.name ?? order.branch_name}</h1>
      ${shop && html`<p class="soft" dir="auto">${[shop.address, shop.city].filter(Boolean).join(", ")}</p>`}
      ${
        shop?.tax_number &&
        html`<p class="soft">${t("receipt.tax_number")} <span class="code" dir="ltr">${shop.tax_number}</span></p>`
      }
      <p class="receipt-number">${t("order.number", { n: order.number ?? "…" })} <${Status} order=${order} /></p>
      <p class="soft num">
        ${dayAndTime(order.placed_at, order.timezone)} ${zoneNote(order.timezone, order.placed_at)}
      </p>
    </header>
    <${Buyer} key=${JSON.stringify(order.buyer)} order=${order} onChanged=${look} />
    <${Lines} order=${order} />
    <${Sums} amounts=${order} currency=${order.currency} />
    <${Total} order=${order} />
    <${HowPaid} order=${order} />
    ${
      order.refunded > 0 &&
      html`<p class="row receipt-back">
        <strong>${t("receipt.given_back")}</strong>
        <strong class="num push">${money(order.refunded, order.currency)}</strong>
      </p>`
    }
    <${Refunds} order=${order} zone=${order.timezone} />
  </article>`;
}

/**
 * Where one goes from here: whoever bought it to their own orders, staff back to the branch's.
 * @param {{ order: Rest.OrderAnswer }} props
 */
function Onward({ order }) {
  if (!order.mine) {
    const sales = `/branch/${encodeURIComponent(order.branch)}/orders?order=${order.id}`;
    return html`<a class="btn btn-primary" href=${sales}><${Icon} name="back" flips />${t("receipt.to_sales")}</a>`;
  }
  return html`
    <a class="btn btn-quiet" href="/orders"><${Icon} name="list" />${t("orders.title")}</a>
    <a class="btn btn-primary" href="/shop"><${Icon} name="trolley" />${t("orders.shop")}</a>
  `;
}

function Receipt() {
  const { order, problem, look } = useOrder(id);
  useEffect(() => {
    document.title = order?.number ? t("title.receipt", { n: order.number }) : t("title.orders");
  }, [lang.value, order?.number]);
  if (!order && problem) {
    const missing = problem.status === 404;
    return html`<main class="orders" id="main">
      <${Empty}
        icon=${missing ? "receipt" : "offline"}
        title=${t(missing ? "receipt.missing" : "orders.failed")}
        text=${missing ? t("receipt.missing_text") : reason(problem)}
      >
        <div class="row">
          ${!missing && html`<button type="button" class="btn btn-primary" onClick=${look}>${t("retry")}</button>`}
          <a class="btn btn-quiet" href="/orders">${t("orders.title")}</a>
        </div>
      <//>
    </main>`;
  }
  if (!order) return html`<main class="orders" id="main"><${Loading} text=${t("receipt.loading")} /></main>`;
  return html`
    <${OfflineBanner} state=${problem ? "waiting" : "open"} />
    <main class="orders receipt-page" id="main">
      ${
        !order.mine &&
        html`<p class="note on-screen">
          <${Icon} name="person" /><span>${t("receipt.staff", { who: order.customer ?? t("sales.erased") })}</span>
        </p>`
      }
      <${ExitPass} order=${order} />
      <${Sheet} order=${order} look=${look} />
      <div class="receipt-actions on-screen">
        <button type="button" class="btn btn-quiet" onClick=${() => print()}>
          <${Icon} name="printer" />
          ${t("receipt.print")}
        </button>
        <button
          type="button"
          class="btn btn-quiet"
          onClick=${() =>
            keep(`/api/orders/${id}/receipt.pdf?language=${lang.value}`, `receipt-${order.branch}-${order.number}.pdf`)}
        >
          <${Icon} name="download" />
          ${t("receipt.pdf")}
        </button>
        <${Onward} order=${order} />
      </div>
    </main>
  `;
}

function Page() {
  useEffect(() => {
    if (!auth.signedIn) signIn();
  }, []);
  return html`
    <header class="topbar on-screen">
      <${Brand} />
      <span class="push row"><${LangSwitch} /><${ThemeSwitch} /></span>
    </header>
    ${auth.signedIn ? html`<${Receipt} />` : html`<main id="main"><${Loading} /></main>`}
    <${Toasts} />
  `;
}

render(html`<${Page} />`, document.body);
