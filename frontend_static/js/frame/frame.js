/**
 * What stands around every page of staff: where one is, what else there is, a way to find things, and oneself.
 * A rail at the start of a wide screen, a bar at the foot of a narrow one.
 */
import { html, useEffect, useMemo, useState } from "../ui.js";
import { t } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { Brand } from "../parts/common.js";
import { AccountMenu } from "./account-menu.js";
import { Palette } from "./palette.js";
import { placesFor } from "./places.js";
import { learnStanding } from "./standing.js";
import { Switcher } from "./switcher.js";

/** So many places stand in the bar of a narrow screen; the others are behind the last button. */
const IN_BAR = 4;

/**
 * @typedef {import("./places.js").Place} Place
 * @typedef {import("./standing.js").Standing} Standing
 */

/** @param {{ place: Place, here: string }} props */
const PlaceLink = ({ place, here }) => html`<a
  class="rail-place"
  href=${place.href}
  aria-current=${place.key === here ? "page" : undefined}
>
  <${Icon} name=${place.icon} flips=${place.key === "exit"} />
  <span>${t(`nav.${place.key}`)}</span>
</a>`;

/** @param {{ places: Place[], here: string }} props */
function Rail({ places, here }) {
  const rest = places.slice(IN_BAR);
  return html`<nav class="rail" aria-label=${t("nav.label")}>
    ${places.slice(0, IN_BAR).map((one) => html`<${PlaceLink} key=${one.key} place=${one} here=${here} />`)}
    <div class="rail-rest" id="rail-rest" popover="auto">
      ${rest.map((one) => html`<${PlaceLink} key=${one.key} place=${one} here=${here} />`)}
    </div>
    ${
      rest.length > 0 &&
      html`<button
        type="button"
        class="rail-place rail-more"
        popovertarget="rail-rest"
        data-here=${rest.some((one) => one.key === here)}
      >
        <${Icon} name="list" />
        <span>${t("nav.more")}</span>
      </button>`
    }
  </nav>`;
}

/**
 * One step up, by the way one came if that was the page above: then back is what the browser's back is.
 * @param {{ href: string, label: string }} props
 */
function Up({ href, label }) {
  const go = (/** @type {Event} */ event) => {
    const from = URL.canParse(document.referrer) ? new URL(document.referrer) : null;
    if (from?.origin !== location.origin || from.pathname !== href || history.length < 2) return;
    event.preventDefault();
    history.back();
  };
  return html`<a class="branch-link" href=${href} aria-label=${label} title=${label} onClick=${go}>
    <${Icon} name="back" flips />
  </a>`;
}

/**
 * The chain, the branch, the page: the chain a link, the branch a way to the others.
 * @param {{ standing: Standing, places: Place[], here: string, branch: string | null, name?: string | null,
 *   onSwitch: () => void }} props
 */
function Crumbs({ standing, places, here, branch, name, onSwitch }) {
  const { chain } = standing;
  const above = places.find((one) => one.key === "chain");
  return html`<nav class="crumbs small" aria-label=${t("nav.crumbs")}>
    <ol>
      ${
        chain &&
        here !== "chain" &&
        html`<li>${above ? html`<a href=${above.href}><bdi>${chain}</bdi></a>` : html`<bdi>${chain}</bdi>`}</li>`
      }
      ${
        branch &&
        html`<li>
          <button type="button" class="crumb-switch" onClick=${onSwitch} aria-haspopup="dialog"
            title=${t("nav.switch")}>
            <bdi>${name ?? branch}</bdi>
            <${Icon} name="down" />
          </button>
        </li>`
      }
      <li aria-current="page">${t(`nav.${here}`)}</li>
    </ol>
  </nav>`;
}

/**
 * `here`: which of the places this is; `title`: the heading of a page that has none of its own, `note` beside it;
 * `up`: the page above, for one that is about a thing of a list; `tools`: what the page puts into its bar; `skip`: the
 * id of what somebody with a keyboard wants first.
 * @param {{ here: string, skip?: string, title?: any, branch?: string | null, chain?: string | null,
 *   name?: string | null, up?: { href: string, label: string }, note?: any, tools?: any, children?: any }} props
 */
export function Frame({ here, skip, title, branch = null, chain = null, name, up, note, tools, children }) {
  const standing = useMemo(() => learnStanding({ branch, chain }), [branch, chain]).value;
  const [open, setOpen] = useState(/** @type {"palette" | "switcher" | null} */ (null));
  const { me } = standing;
  const places = me ? placesFor(me, { branch: standing.code, chain: standing.chain }) : [];
  useEffect(() => {
    const heard = (/** @type {KeyboardEvent} */ event) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey)
        return;
      event.preventDefault();
      setOpen("palette");
    };
    addEventListener("keydown", heard);
    return () => removeEventListener("keydown", heard);
  }, []);
  return html`
    <header class="topbar branch-bar frame-bar">
      <${Brand} short skip=${skip} />
      ${up && html`<${Up} ...${up} />`}
      <div class="branch-name">
        <${Crumbs}
          standing=${standing}
          places=${places}
          here=${here}
          branch=${branch}
          name=${name}
          onSwitch=${() => setOpen("switcher")}
        />
        ${title && html`<div class="frame-title"><h1>${title}</h1>${note}</div>`}
      </div>
      ${tools && html`<div class="pills">${tools}</div>`}
      <span class="push row tight">
        <button
          type="button"
          class="btn btn-bare frame-find"
          aria-label=${t("palette.open")}
          title=${t("palette.open")}
          aria-keyshortcuts="Control+K"
          onClick=${() => setOpen("palette")}
        >
          <${Icon} name="search" />
          <span class="frame-find-word">${t("palette.word")} <kbd>Ctrl K</kbd></span>
        </button>
        <${AccountMenu} me=${me} />
      </span>
    </header>
    ${places.length > 0 && html`<${Rail} places=${places} here=${here} />`}
    ${children}
    ${open === "palette" && html`<${Palette} standing=${standing} places=${places} onClose=${() => setOpen(null)} />`}
    ${open === "switcher" && html`<${Switcher} current=${branch} onClose=${() => setOpen(null)} />`}
  `;
}
