/** The figures of a branch, or of a chain and each of its branches. */
import { html, useState } from "../ui.js";
import { dayAndTime, money, number, t, timeOfDay } from "../i18n.js";
import { Bars } from "../parts/bars.js";
import { base, useLoaded, waiting } from "./load.js";

const DAY_MS = 86_400_000;
const STRETCHES = [1, 7, 30, 90];

/** @param {{ label: string, value: string, more?: string }} props */
const Tile = ({ label, value, more }) => html`<div class="tile">
  <span class="small soft">${label}</span>
  <strong class="num"><bdi>${value}</bdi></strong>
  ${more && html`<span class="small soft num">${more}</span>`}
</div>`;

/** @param {{ figures: Rest.FiguresAnswer, zone?: string }} props */
function Figures({ figures, zone }) {
  const { trolleys, rentals, sales, checks } = figures;
  const hourly = figures.series.length > 1 && span(figures.series) < DAY_MS;
  const named = (/** @type {{ at: string }} */ point) =>
    hourly ? timeOfDay(point.at, zone) : dayAndTime(point.at, zone).replace(/,?\s\d+:\d+.*$/, "");
  return html`
    <div class="tiles">
      <${Tile} label=${t("office.free")} value=${number(trolleys.free)} more=${t("office.of", { n: trolleys.total })} />
      <${Tile} label=${t("office.in_use")} value=${number(trolleys.in_use)} />
      <${Tile}
        label=${t("office.overdue")}
        value=${number(rentals.overdue)}
        more=${t("office.missing", { n: trolleys.missing })}
      />
      <${Tile} label=${t("office.utilisation")} value=${`${number(Math.round(figures.utilisation * 1000) / 10)} %`} />
      <${Tile}
        label=${t("office.rentals_begun")}
        value=${number(rentals.started)}
        more=${figures.mean_minutes === null ? undefined : t("office.minutes", { n: Math.round(figures.mean_minutes) })}
      />
      <${Tile}
        label=${t("office.revenue")}
        value=${money(sales.revenue, sales.currency)}
        more=${t("sales.count", { n: sales.orders })}
      />
      ${
        checks.made > 0 &&
        html`<${Tile}
          label=${t("office.checks")}
          value=${number(checks.made)}
          more=${t("office.checks_more", {
            clean: number(checks.clean),
            unpaid: money(checks.unpaid_amount, sales.currency),
          })}
        />`
      }
      <${Tile} label=${t("office.alarms")} value=${number(figures.alarms.open)} />
    </div>
    <${Bars}
      title=${t("office.busiest")}
      values=${figures.busiest_hours}
      names=${figures.busiest_hours.map((_, hour) => `${hour}:00`)}
    />
    ${
      figures.series.length > 0 &&
      html`<${Bars}
        title=${t("office.out_series")}
        values=${figures.series.map((point) => point.in_use)}
        names=${figures.series.map(named)}
      />`
    }
  `;
}

/** @param {{ at: string }[]} series */
const span = (series) => Date.parse(series[1].at) - Date.parse(series[0].at);

/** @param {{ zone?: string, children?: any }} props */
export function FiguresTab({ zone }) {
  const [days, setDays] = useState(7);
  const [from, setFrom] = useState(() => new Date(Date.now() - 7 * DAY_MS).toISOString());
  const loaded = useLoaded(days === 7 ? `${base}/stats` : `${base}/stats?from=${from}`);
  const choose = (/** @type {number} */ next) => {
    setDays(next);
    setFrom(new Date(Date.now() - next * DAY_MS).toISOString());
  };
  return html`
    <div class="chips" role="group" aria-label=${t("office.stretch")}>
      ${STRETCHES.map(
        (one) => html`<button
          key=${one}
          type="button"
          class="chip"
          aria-pressed=${days === one}
          onClick=${() => choose(one)}
        >
          ${t("office.days", { n: one })}
        </button>`,
      )}
    </div>
    ${waiting(loaded) ?? html`<${Figures} figures=${loaded.data} zone=${zone} />`}
    ${loaded.data?.branches && html`<${Branches} branches=${loaded.data.branches} />`}
  `;
}

/** @param {{ branches: Rest.BranchFiguresAnswer[] }} props */
const Branches = ({ branches }) => html`<ul class="office-list">
  ${branches.map(
    (one) => html`<li key=${one.branch}>
      <a class="office-row" href=${`/branch/${encodeURIComponent(one.branch)}/office`}>
        <span class="grow">
          <strong>${one.name}</strong>
          <span class="small soft"><span class="code">${one.branch}</span></span>
        </span>
        <span class="num">${t("home.free", { n: one.trolleys.free, total: one.trolleys.total })}</span>
        <span class="num">${money(one.sales.revenue, one.sales.currency)}</span>
        ${
          one.rentals.overdue > 0 &&
          html`<span class="badge badge-late">${t("office.late", { n: one.rentals.overdue })}</span>`
        }
      </a>
    </li>`,
  )}
</ul>`;
