/** One box that finds a page, a branch, a trolley by its number, an order, a product, and goes there. */
import { html, useEffect, useId, useMemo, useRef, useState } from "../ui.js";
import { t } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { Sheet } from "../parts/common.js";
import { findThings } from "./finding.js";
import { matches } from "./matching.js";

const SOON_MS = 200;

/**
 * @typedef {import("./places.js").Place} Place
 * @typedef {import("./finding.js").Hit} Hit
 */

/**
 * The hits of what is typed, kind after kind. Pages are there at once, things when the server has answered; an
 * answer to older words is not shown.
 * @param {string} typed
 * @param {import("./standing.js").Standing} standing
 * @param {Place[]} places
 */
function useHits(typed, standing, places) {
  const words = typed.trim();
  const [found, setFound] = useState({ words: "", hits: /** @type {Hit[]} */ ([]) });
  useEffect(() => {
    if (!words) return undefined;
    let over = false;
    const soon = setTimeout(async () => {
      const hits = await findThings(words, standing);
      if (!over) setFound({ words, hits });
    }, SOON_MS);
    return () => {
      over = true;
      clearTimeout(soon);
    };
  }, [words, standing]);
  const pages = useMemo(
    () =>
      places
        .filter((one) => matches(words, t(`nav.${one.key}`)))
        .map((one) => ({ ...one, kind: "page", name: t(`nav.${one.key}`), detail: "" })),
    [words, places],
  );
  const current = words !== "" && found.words === words;
  return { hits: [...pages, ...(current ? found.hits : [])], looking: words !== "" && !current };
}

/** @param {{ standing: import("./standing.js").Standing, places: Place[], onClose: () => void }} props */
export function Palette({ standing, places, onClose }) {
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const list = useId();
  const box = useRef(/** @type {HTMLInputElement | null} */ (null));
  const { hits, looking } = useHits(typed, standing, places);
  const chosen = Math.min(at, hits.length - 1);
  useEffect(() => box.current?.focus(), []);
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && hits.length) {
      event.preventDefault();
      setAt((chosen + step + hits.length) % hits.length);
    }
    if (event.key === "Enter" && hits[chosen]) location.assign(hits[chosen].href);
  };
  return html`<${Sheet} title=${t("palette.title")} onClose=${onClose} class="palette">
    <div class="stack-s">
      <input
        ref=${box}
        class="input"
        type="text"
        dir="auto"
        role="combobox"
        autocomplete="off"
        spellcheck=${false}
        aria-label=${t("palette.title")}
        aria-expanded=${hits.length > 0}
        aria-controls=${list}
        aria-activedescendant=${hits.length ? `${list}-${chosen}` : undefined}
        placeholder=${t(standing.code ? "palette.hint" : "palette.hint_chain")}
        value=${typed}
        onInput=${(/** @type {Typed} */ e) => {
          setTyped(e.target.value);
          setAt(0);
        }}
        onKeyDown=${pressed}
      />
      <ul class="palette-hits" role="listbox" id=${list} aria-label=${t("palette.hits")}>
        ${hits.map(
          (hit, place) => html`<li
            key=${hit.href}
            id=${`${list}-${place}`}
            role="option"
            class="palette-hit"
            aria-selected=${place === chosen}
            onClick=${() => location.assign(hit.href)}
            onPointerMove=${() => setAt(place)}
          >
            <${Icon} name=${hit.icon} />
            <span class="palette-name"><bdi>${hit.name}</bdi></span>
            <span class="small soft">
              ${hit.detail && html`<bdi>${hit.detail}</bdi> · `}${t(`palette.${hit.kind}`)}
            </span>
          </li>`,
        )}
      </ul>
      <p class="small soft" role="status">
        ${looking ? t("palette.looking") : hits.length ? t("palette.keys") : t("palette.nothing")}
      </p>
    </div>
  <//>`;
}
