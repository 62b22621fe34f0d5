/** What a branch has sold: look an order up, see what became of it, give money back. */
import { html, cx, render, useEffect, useSignal } from "../ui.js";
import { t, lang, dayAndTime, money, reason, zone } from "../i18n.js";
import { auth, queryOf } from "../api.js";
import { Icon } from "../parts/icons.js";
import {
  Brand,
  Empty,
  LangSwitch,
  Loading,
  OfflineBanner,
  Sheet,
  ThemeSwitch,
  Toasts,
  ZoneNote,
} from "../parts/common.js";
import { Lines, Refunds, Status, Total, WhenAndUnits, signIn, useOrder } from "./parts.js";
import { Dispute } from "./dispute.js";
import { RefundForm } from "./refund.js";

const branch = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const home = `/branch/${encodeURIComponent(branch)}`;
const PAGE = 30;
const SOON_MS = 200;
const EVERY_MS = 10_000;
const STATES = ["", "paid", "partly_refunded", "refunded"];

const left = (order) => (order.verified_at ? html`<span class="badge badge-out">${t("sales.left")}</span>` : null);

function Sale({ order, open }) {
  return html`<li>
    <button type="button" class="bought" onClick=${() => open(order.id)}>
      <span class="sale-number num">${order.number ?? "…"}</span>
      <span class="bought-what">
        <strong><bdi>${order.customer ?? t("sales.erased")}</bdi></strong>
        <${WhenAndUnits} order=${order} />
        <span class="row sale-badges"><${Status} order=${order} />${left(order)}</span>
      </span>
      <span class="bought-sum num">${money(order.total, order.currency)}</span>
    </button>
  </li>`;
}

function OrderSheet({ id, manages, onClose }) {
  const { order, problem, look } = useOrder(id);
  return html`<${Sheet}
    side
    title=${order ? t("order.number", { n: order.number ?? "…" }) : t("loading")}
    onClose=${onClose}
  >
    <div class="stack">
      ${
        !order &&
        (problem
          ? html`<p class="note note-danger" role="alert"><${Icon} name="alert" />${reason(problem)}</p>`
          : html`<${Loading} />`)
      }
      ${
        order &&
        html`
          <div class="row sale-badges">
            <${Status} order=${order} />
            ${left({ verified_at: order.exit_pass.verified_at })}
          </div>
          <${Dispute} order=${order} zone=${order.shop?.timezone} />
          <dl class="facts">
            <div><dt>${t("exit.customer")}</dt><dd><bdi>${order.customer ?? t("sales.erased")}</bdi></dd></div>
            <div>
              <dt>${t("sales.when")}</dt>
              <dd class="num">${dayAndTime(order.placed_at, order.shop?.timezone)}</dd>
            </div>
            ${
              order.trolley_id &&
              html`<div><dt>${t("exit.trolley")}</dt><dd class="code">${order.trolley_id}</dd></div>`
            }
            <div>
              <dt>${t("sales.exit")}</dt>
              <dd class="num">
                ${
                  order.exit_pass.verified_at
                    ? dayAndTime(order.exit_pass.verified_at, order.shop?.timezone)
                    : t("sales.not_yet")
                }
              </dd>
            </div>
          </dl>
          <${Lines} order=${order} />
          <${Total} order=${order} />
          ${
            order.refunded > 0 &&
            html`<p class="row receipt-back">
              <strong>${t("receipt.given_back")}</strong>
              <strong class="num push">${money(order.refunded, order.currency)}</strong>
            </p>`
          }
          <${Refunds} order=${order} zone=${order.shop?.timezone} />
          ${
            manages &&
            order.status !== "refunded" &&
            html`<${RefundForm} key=${order.id} order=${order} onDone=${look} />`
          }
          <a class="btn btn-bare" href=${`/orders/${order.id}`}><${Icon} name="receipt" />${t("sales.receipt")}</a>
        `
      }
    </div>
  <//>`;
}

function Sales({ manages }) {
  const [words, state, pages, found, problem, opened] = [
    useSignal(""),
    useSignal(""),
    useSignal(1),
    useSignal(/** @type {Page<Rest.OrderSummary> | null} */ (null)),
    useSignal(/** @type {Problem | null} */ (null)),
    useSignal(new URLSearchParams(location.search).get("order")),
  ];
  const open = (id) => {
    opened.value = id;
    history.replaceState(null, "", id ? `?order=${encodeURIComponent(id)}` : location.pathname);
  };
  useEffect(() => {
    let over = false;
    const load = async () => {
      if (document.hidden) return;
      const query = queryOf({
        branch,
        page_size: String(PAGE * pages.value),
        search: words.value,
        status: state.value,
      });
      try {
        const answer = await auth.call("GET", `/api/orders?${query}`);
        if (over) return;
        found.value = answer;
        problem.value = null;
      } catch (refused) {
        if (refused.code === "signed_out") return signIn();
        if (!over) problem.value = refused;
      }
    };
    const soon = setTimeout(load, SOON_MS);
    const timer = setInterval(load, EVERY_MS);
    return () => {
      over = true;
      clearTimeout(soon);
      clearInterval(timer);
    };
  }, [words.value, state.value, pages.value, opened.value]);
  const rows = found.value?.results ?? [];
  return html`
    <${OfflineBanner} state=${problem.value ? "waiting" : "open"} />
    <main class="sales" id="main">
      <div class="sales-head">
        <label class="visually-hidden" for="words">${t("sales.search")}</label>
        <input
          id="words"
          class="input"
          type="search"
          dir="auto"
          placeholder=${t("sales.search")}
          value=${words.value}
          onInput=${(e) => {
            words.value = e.target.value;
            pages.value = 1;
          }}
        />
        <div class="chips" role="group" aria-label=${t("sales.show")}>
          ${STATES.map(
            (one) => html`<button
              key=${one}
              type="button"
              class="chip"
              aria-pressed=${state.value === one}
              onClick=${() => {
                state.value = one;
                pages.value = 1;
              }}
            >
              ${t(one ? `order.${one}` : "sales.all")}
            </button>`,
          )}
        </div>
      </div>
      ${
        !found.value
          ? problem.value
            ? html`<${Empty} icon="offline" title=${t("orders.failed")} text=${reason(problem.value)} />`
            : html`<${Loading} />`
          : html`
            <p class="small soft" role="status">${t("sales.count", { n: found.value.count })}</p>
            ${
              rows.length
                ? html`<ul class="bought-list">
                  ${rows.map((one) => html`<${Sale} key=${one.id} order=${one} open=${open} />`)}
                </ul>`
                : html`<${Empty}
                  icon="receipt"
                  title=${t(words.value || state.value ? "catalogue.none" : "sales.none")}
                />`
            }
            ${
              rows.length < Math.min(found.value.count, 200) &&
              html`<button type="button" class="btn btn-quiet" onClick=${() => (pages.value += 1)}>
                ${t("catalogue.more")}
              </button>`
            }
          `
      }
      ${
        opened.value &&
        html`<${OrderSheet}
          key=${opened.value}
          id=${opened.value}
          manages=${manages}
          onClose=${() => open(null)}
        />`
      }
    </main>
  `;
}

const leads = (me) =>
  me.is_platform_admin ||
  me.roles.some(
    (one) => ["manager", "chain_admin"].includes(one.role) && (one.branch === null || one.branch === branch),
  );

function Page() {
  const found = useSignal(/** @type {any | null} */ (null));
  useEffect(() => {
    if (!auth.signedIn) return signIn();
    const both = Promise.all([
      auth.call("GET", `/api/branches/${encodeURIComponent(branch)}`),
      auth.call("GET", "/api/me"),
    ]);
    both.then(
      ([place, me]) => {
        zone.value = place.timezone;
        found.value = { place, me };
      },
      (problem) => (problem.code === "signed_out" ? signIn() : (found.value = { problem })),
    );
  }, []);
  const { place, me, problem } = found.value ?? {};
  const name = place?.name ?? branch;
  useEffect(() => {
    document.title = t("title.sales", { name });
  }, [lang.value, name]);
  const denied = problem?.status === 404 || problem?.status === 403;
  return html`
    <header class="topbar branch-bar">
      <${Brand} short />
      <a class="branch-link" href=${home} aria-label=${t("devices.back")} title=${t("devices.back")}>
        <${Icon} name="back" flips />
      </a>
      <div class="branch-name">
        <h1>${t("sales.title")}</h1>
        <p class="small soft">
          ${place && html`<span class="branch-city">${name} · </span>`}
          <span class="code">${branch}</span>
          <${ZoneNote} />
        </p>
      </div>
      <div class="pills">
        <a class="pill pill-link pill-good" href=${`${home}/exit`}><${Icon} name="exit" flips />${t("exit.open")}</a>
      </div>
      <span class="push row tight"><${LangSwitch} /><${ThemeSwitch} /></span>
    </header>
    ${
      me
        ? html`<${Sales} manages=${leads(me)} />`
        : html`<main id="main">
          ${
            !problem
              ? html`<${Loading} />`
              : html`<${Empty}
                icon=${denied ? "locked" : "offline"}
                title=${t(denied ? "denied.title" : "orders.failed")}
                text=${denied ? t("denied.text", { code: branch }) : reason(problem)}
              >
                <button type="button" class=${cx("btn", "btn-primary")} onClick=${() => location.reload()}>
                  ${t("retry")}
                </button>
              <//>`
          }
        </main>`
    }
    <${Toasts} />
  `;
}

render(html`<${Page} />`, document.body);
