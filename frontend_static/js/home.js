/** The first page: shopping or managing; for staff, their branches with live counts where they may see them. */
import { html, render, useEffect, useState } from "./ui.js";
import { t, lang, reason } from "./i18n.js";
import { auth } from "./api.js";
import { TrolleySocket } from "./socket.js";
import { socketUrl } from "./connect.js";
import { foldChain } from "./fold.js";
import { AccountMenu } from "./frame/account-menu.js";
import { all, managedChains } from "./chains.js";
import { ADMIN } from "./next.js";
import { Icon } from "./parts/icons.js";
import { Brand, LangSwitch, Loading, ThemeSwitch, Toasts } from "./parts/common.js";
import { present } from "./present.js";

const SIGN_IN = "/login";

/**
 * @param {{ href: string, icon: string, title: string, text: string, tag?: boolean,
 *   onClick?: (event: Event) => void }} props
 */
function Choice({ href, icon, title, text, tag, onClick }) {
  return html`<a class=${`choice ${tag ? "choice-tag" : ""}`} href=${href} onClick=${onClick}>
    <${Icon} name=${icon} />
    <span><strong>${title}</strong><span>${text}</span></span>
    <${Icon} name="arrow" flips />
  </a>`;
}

/**
 * The live overview of a chain: {branches} or null.
 * @param {string | null} slug
 */
function useChain(slug) {
  const [state, setState] = useState(/** @type {Live.ChainSnapshot | null} */ (null));
  useEffect(() => {
    if (!slug) return undefined;
    /** @type {Live.ChainSnapshot | null} */
    let latest = null;
    const show = (/** @type {Live.ChainSnapshot} */ next) => setState((latest = next));
    const socket = new TrolleySocket({ url: socketUrl(`/ws/chain/${encodeURIComponent(slug)}/`), auth });
    socket.subscribe(`chain:${slug}`, {
      snapshot: show,
      event: (name, data) => show(foldChain(present(latest), name, data)),
    });
    socket.open();
    return () => socket.close();
  }, [slug]);
  return state;
}

/** @param {{ branch: Rest.BranchAnswer, counters?: Live.BranchInChain["counters"] }} props */
function BranchLink({ branch, counters }) {
  const { code, name, city } = branch;
  return html`<a class="choice" href=${`/branch/${encodeURIComponent(code)}`}>
    <${Icon} name="store" />
    <span>
      <strong>${name}</strong>
      <span>
        ${
          counters
            ? t("home.free", { n: counters.available, total: counters.total })
            : city || html`<span class="code">${code}</span>`
        }
      </span>
    </span>
    <${Icon} name="arrow" flips />
  </a>`;
}

/**
 * A chain's branches; with live counts for those who may watch the whole chain.
 * @param {{ slug: string, branches: Rest.BranchAnswer[], live: boolean }} props
 */
function Chain({ slug, branches, live }) {
  const overview = useChain(live ? slug : null);
  const counts = new Map((overview?.branches ?? []).map((one) => [one.code, one.counters]));
  return branches.map(
    (/** @type {Rest.BranchAnswer} */ branch) =>
      html`<${BranchLink} key=${branch.code} branch=${branch} counters=${counts.get(branch.code)} />`,
  );
}

/**
 * @param {Rest.MeAnswer} me
 * @param {string} chain
 */
const watches = (me, chain) => me.is_platform_admin || me.roles.some((one) => one.chain === chain && !one.branch);

/** @typedef {{ me: Rest.MeAnswer, branches: Rest.BranchAnswer[], managed: Rest.ChainAnswer[] }} Found */

/** @param {{ onMe: (me: Rest.MeAnswer) => void }} props */
function Branches({ onMe }) {
  const [found, setFound] = useState(/** @type {Found | null} */ (null));
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  useEffect(() => {
    const load = async () => {
      const [me, branches] = await Promise.all([auth.call("GET", "/api/me"), all("/api/branches")]);
      onMe(me);
      setFound({ me, branches, managed: await managedChains(me) });
    };
    load().catch(setProblem);
  }, []);
  if (problem?.code === "signed_out") location.replace(SIGN_IN);
  if (problem) return html`<p class="note note-danger" role="alert"><${Icon} name="alert" />${reason(problem)}</p>`;
  if (!found) return html`<${Loading} />`;
  const { me, branches, managed } = found;
  const chains = [...new Set(branches.map((one) => one.chain))];
  const another = async (/** @type {Event} */ event) => {
    event.preventDefault();
    await auth.signOut();
    location.assign(SIGN_IN);
  };
  return html`<section class="stack" id="branches">
    <h2>${t("home.branches")}</h2>
    ${chains.map(
      (slug) => html`<${Chain}
        key=${slug}
        slug=${slug}
        branches=${branches.filter((one) => one.chain === slug)}
        live=${watches(me, slug)}
      />`,
    )}
    ${managed
      .filter((one) => watches(me, one.slug))
      .map(
        (one) => html`<${Choice}
          key=${one.slug}
          href=${`/office/${encodeURIComponent(one.slug)}`}
          icon="list"
          title=${t("home.office", { name: one.name })}
          text=${t("home.office_text")}
        />`,
      )}
    ${
      managed.length > 0 &&
      html`<${Choice} href="/catalogue" icon="bag" title=${t("home.catalogue")} text=${t("home.catalogue_text")} />`
    }
    ${managed.map(
      (one) => html`<${Choice}
        key=${one.slug}
        href=${`/people/${encodeURIComponent(one.slug)}`}
        icon="person"
        title=${t("home.people")}
        text=${one.name}
      />`,
    )}
    <${Choice} href="/account" icon="info" title=${t("account.title")} text=${t("home.account_text")} />
    ${
      me.is_platform_admin &&
      html`<${Choice} href=${ADMIN} icon="wrench" title=${t("home.admin")} text=${t("home.admin_text")} />`
    }
    ${
      me.withheld_roles.length > 0 &&
      html`<p class="note">
        <${Icon} name="info" />
        <span>
          ${t("problem.second_factor_needed")} <a href="/account#second-factor">${t("factor.begin")}</a>
        </span>
      </p>`
    }
    ${
      !branches.length &&
      !me.withheld_roles.length &&
      !me.is_platform_admin &&
      html`<p class="note">
        <${Icon} name="info" />
        <span><strong>${t("home.no_branch")}</strong> ${t("home.no_branch_text")}</span>
      </p>`
    }
    <a class="btn btn-bare" href=${SIGN_IN} onClick=${another}>${t("home.other_account")}</a>
  </section>`;
}

function Home() {
  const [branches, setBranches] = useState(location.hash === "#branches" && auth.signedIn);
  const [me, setMe] = useState(/** @type {Rest.MeAnswer | null} */ (null));
  useEffect(() => {
    document.title = t("title.home");
  }, [lang.value]);
  const manage = (/** @type {Event} */ event) => {
    if (!auth.signedIn) return;
    event.preventDefault();
    history.replaceState(null, "", "#branches");
    setBranches(true);
  };
  return html`
    <header class="topbar">
      <${Brand} />
      <span class="push row">
        ${auth.signedIn ? html`<${AccountMenu} me=${me} />` : html`<${LangSwitch} /><${ThemeSwitch} />`}
      </span>
    </header>
    <main class="home stack" id="main">
      <h1>${t("home.title")}</h1>
      <${Choice} href="/shop" icon="trolley" title=${t("home.shop")} text=${t("home.shop_text")} tag />
      ${
        branches
          ? html`<${Branches} onMe=${setMe} />`
          : html`<${Choice}
            href=${SIGN_IN}
            icon="store"
            title=${t("home.branch")}
            text=${t("home.branch_text")}
            onClick=${manage}
          />`
      }
      <p class="row home-developers">
        ${t("home.developers")} <a href="/api/docs">${t("home.api")}</a><a href="/docs/asyncapi">${t("home.live")}</a>
        <a href="/docs/components">${t("components.title")}</a>
      </p>
    </main>
    <${Toasts} />
  `;
}

render(html`<${Home} />`, document.body);
