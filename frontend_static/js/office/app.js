/** The office: of a branch (`/branch/<branch>/office`) or of a chain (`/office/<chain>`). */
import { html, render, useEffect, useRef, useState } from "../ui.js";
import { lang, reason, t } from "../i18n.js";
import { auth } from "../api.js";
import { useAddress } from "../frame/address.js";
import { Frame } from "../frame/frame.js";
import { Empty, Loading, Toasts } from "../parts/common.js";
import { AuditTab } from "./audit.js";
import { BranchesTab } from "./branches.js";
import { FiguresTab } from "./figures.js";
import { base, branchOfPage, chainOfPage, signIn } from "./load.js";
import { KeysTab } from "./keys.js";
import { MaintenanceTab } from "./maintenance.js";
import { PlanTab } from "./plan/editor.js";
import { PromotionsTab } from "./promotions.js";
import { RecallsTab } from "./recalls.js";
import { RentalsTab } from "./rentals.js";
import { BranchSettings, ChainSettings } from "./settings.js";
import { StockTab } from "./stock.js";
import { TaxesTab } from "./taxes.js";
import { TrolleysTab } from "./trolleys.js";

const OF_BRANCH = ["figures", "rentals", "trolleys", "maintenance", "stock", "recalls", "settings", "audit", "plan"];
const OF_CHAIN = ["branches", "figures", "recalls", "taxes", "settings", "keys", "audit", "promotions"];
const FOR_MANAGERS = ["taxes", "settings", "keys", "audit", "plan", "promotions"];

/**
 * Whether the account runs this branch or chain.
 * @param {Rest.MeAnswer} me
 * @param {any} place
 */
const runs = (me, place) =>
  me.is_platform_admin ||
  me.roles.some(
    (one) =>
      (one.role === "chain_admin" && one.chain === (place.chain ?? place.slug)) ||
      (one.role === "manager" && branchOfPage && one.chain === place.chain && [null, place.code].includes(one.branch)),
  );

/** @param {{ tab: string, place: any, manages: boolean, onSaved: (place: any) => void }} props */
function Tab({ tab, place, manages, onSaved }) {
  const zone = place.timezone;
  switch (tab) {
    case "branches":
      return html`<${BranchesTab} />`;
    case "figures":
      return html`<${FiguresTab} zone=${zone} />`;
    case "rentals":
      return html`<${RentalsTab} zone=${zone} />`;
    case "maintenance":
      return html`<${MaintenanceTab} zone=${zone} />`;
    case "stock":
      return html`<${StockTab} place=${place} />`;
    case "taxes":
      return html`<${TaxesTab} chain=${place.slug} />`;
    case "recalls":
      return html`<${RecallsTab} chain=${place.chain ?? place.slug} zone=${zone} />`;
    case "trolleys":
      return html`<${TrolleysTab} manages=${manages} />`;
    case "settings":
      return html`<${branchOfPage ? BranchSettings : ChainSettings}
        key=${place.version}
        place=${place}
        onSaved=${onSaved}
      />`;
    case "plan":
      return html`<${PlanTab} onSaved=${onSaved} />`;
    case "promotions":
      return html`<${PromotionsTab} place=${place} />`;
    case "keys":
      return html`<${KeysTab} />`;
    default:
      return html`<${AuditTab} zone=${zone} />`;
  }
}

/** @param {{ place: any, me: Rest.MeAnswer, onSaved: (place: any) => void }} props */
function Office({ place, me, onSaved }) {
  const manages = runs(me, place);
  const tabs = (branchOfPage ? OF_BRANCH : OF_CHAIN).filter((one) => manages || !FOR_MANAGERS.includes(one));
  const [asked, choose] = useAddress("tab", { step: true });
  const tab = tabs.includes(asked) ? asked : tabs[0];
  const bar = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    bar.current?.querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [tab, lang.value]);
  return html`<main class="office" id="main">
    <nav ref=${bar} class="office-tabs" aria-label=${t("office.parts")}>
      ${tabs.map(
        (one) => html`<button
          key=${one}
          type="button"
          class="chip"
          aria-pressed=${tab === one}
          onClick=${() => choose(one)}
        >
          ${t(`office.${one}`)}
        </button>`,
      )}
    </nav>
    <${Tab} key=${tab} tab=${tab} place=${place} manages=${manages} onSaved=${onSaved} />
  </main>`;
}

/** @typedef {{ place?: any, me?: Rest.MeAnswer, problem?: Problem }} Found */

function App() {
  const [found, setFound] = useState(/** @type {Found} */ ({}));
  useEffect(() => {
    if (!auth.signedIn) return signIn();
    Promise.all([auth.call("GET", base), auth.call("GET", "/api/me")]).then(
      ([place, me]) => setFound({ place, me }),
      (problem) => (problem.code === "signed_out" ? signIn() : setFound({ problem })),
    );
  }, []);
  const { place, me, problem } = found;
  const code = branchOfPage ?? chainOfPage;
  const name = place?.name ?? code;
  useEffect(() => {
    document.title = t("title.office", { name });
  }, [lang.value, name]);
  const saved = (/** @type {any} */ fresh) => setFound({ place: fresh, me });
  const denied = problem?.status === 404 || problem?.status === 403;
  return html`
    <${Frame}
      here=${branchOfPage ? "office" : "chain"}
      branch=${branchOfPage}
      chain=${chainOfPage}
      name=${place?.name}
      title=${t("office.title")}
      note=${html`<span class="small soft">
        ${!branchOfPage && place && html`<bdi>${name}</bdi> · `}<span class="code">${code}</span>
      </span>`}
    />
    ${
      place && me
        ? html`<${Office} place=${place} me=${me} onSaved=${saved} />`
        : html`<main id="main">
          ${
            !problem
              ? html`<${Loading} />`
              : html`<${Empty}
                icon=${denied ? "locked" : "offline"}
                title=${t(denied ? "denied.title" : "orders.failed")}
                text=${denied ? t("denied.text", { code }) : reason(problem)}
              >
                <button type="button" class="btn btn-primary" onClick=${() => location.reload()}>${t("retry")}</button>
              <//>`
          }
        </main>`
    }
    <${Toasts} />
  `;
}

render(html`<${App} />`, document.body);
