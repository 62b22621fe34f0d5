/** What a branch has sold: find an order, see what became of it, give money back; sums and a file of what was found. */
import { html, render, useEffect, useSignal } from "../ui.js";
import { t, lang, money, zone } from "../i18n.js";
import { auth, queryOf } from "../api.js";
import { Icon } from "../parts/icons.js";
import { Frame } from "../frame/frame.js";
import { Empty, OfflineBanner, Toasts, ZoneNote } from "../parts/common.js";
import { keep } from "../parts/files.js";
import { useListing } from "../parts/listing.js";
import { Listed } from "../parts/rows.js";
import { NotYet, api, branch } from "./post.js";
import { Left, OrderSheet } from "./sale.js";
import { SearchForm, dayOf, filtersOf, isEmpty, searchOf } from "./search.js";
import { Status, WhenAndUnits, signIn } from "./parts.js";

const PAGE = 30;
const EVERY_MS = 10_000;

/** @param {{ order: Rest.OrderSummary, open: (id: string) => void }} props */
const Sale = ({ order, open }) => html`<li>
  <button type="button" class="bought" onClick=${() => open(order.id)}>
    <span class="sale-number num">${order.number ?? "…"}</span>
    <span class="bought-what">
      <strong><bdi>${order.customer ?? t("sales.erased")}</bdi></strong>
      <${WhenAndUnits} order=${order} />
      <span class="row sale-badges"><${Status} order=${order} /><${Left} verified_at=${order.verified_at} /></span>
    </span>
    <span class="bought-sum num">${money(order.total, order.currency)}</span>
  </button>
</li>`;

/**
 * What the orders found come to, or today's where nothing is looked for.
 * @param {{ query: string, today: boolean, count: number }} props
 */
function Sums({ query, today, count }) {
  const sums = useSignal(/** @type {Rest.TotalsAnswer[]} */ ([]));
  useEffect(() => {
    let over = false;
    auth.call("GET", `/api/orders/totals?${query}`).then(
      (answer) => over || (sums.value = answer),
      (refused) => console.debug("totals:", refused.code),
    );
    return () => {
      over = true;
    };
  }, [query, count]);
  return html`<ul class="takings" aria-label=${t(today ? "sales.today" : "sales.found")}>
    ${sums.value.map(
      (one) => html`<li key=${one.currency}>
        <span class="small soft">${t(today ? "sales.today" : "sales.found")}</span>
        <strong class="num">${money(one.kept, one.currency)}</strong>
        <span class="small soft num">
          ${t("sales.count", { n: one.orders })} · ${t("count.units", { n: one.units })}
          ${one.refunded > 0 && html` · ${t("sales.given_back", { amount: money(one.refunded, one.currency) })}`}
        </span>
      </li>`,
    )}
  </ul>`;
}

/** @param {{ place: Rest.BranchAnswer, manages: boolean }} props */
function Sales({ place, manages }) {
  const [search, opened] = [
    useSignal(searchOf(location.search)),
    useSignal(new URLSearchParams(location.search).get("order")),
  ];
  const { currency } = place;
  const show = () => {
    const query = queryOf({ ...search.value, order: opened.value ?? "" }).toString();
    history.replaceState(null, "", query ? `?${query}` : location.pathname);
  };
  const open = (/** @type {string | null} */ id) => {
    opened.value = id;
    show();
  };
  const filters = { branch, ...filtersOf(search.value, currency) };
  const list = useListing(`/api/orders?${queryOf({ ...filters, page_size: String(PAGE) })}`, { everyMs: EVERY_MS });
  const everything = isEmpty(search.value);
  const summed = everything ? { branch, from_day: dayOf(), to_day: dayOf() } : filters;
  return html`
    <${OfflineBanner} state=${list.problem ? "waiting" : "open"} />
    <main class="sales" id="main">
      <${SearchForm}
        search=${search.value}
        currency=${currency}
        onSearch=${(/** @type {import("./search.js").Search} */ next) => {
          search.value = next;
          show();
        }}
      />
      <div class="row sales-takings">
        <${Sums} query=${queryOf(summed).toString()} today=${everything} count=${list.count} />
        <button
          type="button"
          class="btn btn-quiet push"
          onClick=${() => keep(`/api/orders/export.csv?${queryOf(filters)}`, `orders-${branch}.csv`)}
        >
          <${Icon} name="download" />
          ${t("sales.csv")}
        </button>
      </div>
      <${Listed}
        list=${list}
        class="bought-list"
        count="sales.count"
        row=${(/** @type {Rest.OrderSummary} */ one) => html`<${Sale} order=${one} open=${open} />`}
        empty=${html`<${Empty} icon="receipt" title=${t(everything ? "sales.none" : "catalogue.none")} />`}
      />
      ${
        opened.value &&
        html`<${OrderSheet}
          key=${opened.value}
          id=${opened.value}
          manages=${manages}
          onOrder=${list.put}
          onClose=${() => open(null)}
        />`
      }
    </main>
  `;
}

/** @param {Rest.MeAnswer} me */
const leads = (me) =>
  me.is_platform_admin ||
  me.roles.some(
    (one) => ["manager", "chain_admin"].includes(one.role) && (one.branch === null || one.branch === branch),
  );

/** @typedef {{ place?: Rest.BranchAnswer, me?: Rest.MeAnswer, problem?: Problem }} Found */

function Page() {
  const found = useSignal(/** @type {Found} */ ({}));
  useEffect(() => {
    if (!auth.signedIn) return signIn();
    const both = Promise.all([auth.call("GET", api), auth.call("GET", "/api/me")]);
    both.then(
      ([place, me]) => {
        zone.value = place.timezone;
        found.value = { place, me };
      },
      (problem) => (problem.code === "signed_out" ? signIn() : (found.value = { problem })),
    );
  }, []);
  const { place, me, problem } = found.value;
  const name = place?.name ?? branch;
  useEffect(() => {
    document.title = t("title.sales", { name });
  }, [lang.value, name]);
  return html`
    <${Frame}
      here="orders"
      branch=${branch}
      name=${place?.name}
      title=${t("sales.title")}
      note=${html`<span class="small soft"><span class="code">${branch}</span><${ZoneNote} /></span>`}
    />
    ${me && place ? html`<${Sales} place=${place} manages=${leads(me)} />` : html`<${NotYet} problem=${problem} />`}
    <${Toasts} />
  `;
}

render(html`<${Page} />`, document.body);
