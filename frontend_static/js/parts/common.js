/** Parts that every page uses: sheet, toasts, offline banner, language and theme switches. */
import { html, cx, signal, useEffect, useRef, useId } from "../ui.js";
import { t, lang, setLang, theme, setTheme, zoneNote } from "../i18n.js";
import { auth } from "../api.js";
import { signInUrl } from "../next.js";
import { Icon, Mark } from "./icons.js";
import { present } from "../present.js";

/**
 * A modal dialog of our own; the browser keeps the focus inside and closes it on Escape.
 * @param {{ title: string, onClose: () => void, side?: boolean, children: any, class: string }} props
 */
export function Sheet({ title, onClose, side = false, children, class: extra }) {
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const id = useId();
  useEffect(() => {
    const dialog = present(box.current);
    const opener = /** @type {HTMLElement | null} */ (document.activeElement);
    dialog.showModal();
    return () => {
      dialog.close();
      requestAnimationFrame(() => opener?.isConnected && opener.focus());
    };
  }, []);
  const outside = (/** @type {Event} */ event) => event.target === box.current && onClose();
  return html`<dialog
    ref=${box}
    class=${cx("sheet", side && "side", extra)}
    aria-labelledby=${id}
    onClick=${outside}
    onCancel=${(/** @type {Event} */ event) => {
      event.preventDefault();
      onClose();
    }}
  >
    <div class="sheet-head">
      <h2 id=${id}>${title}</h2>
      <button type="button" class="btn btn-icon push" onClick=${onClose} aria-label=${t("close")}>
        <${Icon} name="close" />
      </button>
    </div>
    <div class="sheet-body">${children}</div>
  </dialog>`;
}

/**
 * @typedef {{ label: string, run: () => void }} Action
 * @typedef {{ key: number, text: string, bad: boolean, action: Action | null, drop: () => void }} Toast
 */
const toasts = signal(/** @type {Toast[]} */ ([]));
let toastNumber = 0;

/** @typedef {{ bad?: boolean, action?: Action | null, ms?: number }} ToastOptions */

/** Say something in passing. `action`: {label, run}. `bad`: a refusal. Gone by itself after `ms`. */
export function toast(
  /** @type {string} */ text,
  /** @type {ToastOptions} */ { bad = false, action = null, ms = action ? 7000 : 4500 } = {},
) {
  const key = ++toastNumber;
  const drop = () => (toasts.value = toasts.value.filter((one) => one.key !== key));
  toasts.value = [...toasts.value.slice(-2), { key, text, bad, action, drop }];
  setTimeout(drop, ms);
}

/** Shown above everything: a dialog opened later would cover it, so each new one is brought to the front again. */
export function Toasts() {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const newest = toasts.value.at(-1)?.key;
  useEffect(() => {
    const shelf = present(box.current);
    if (!newest || !shelf.showPopover) return;
    if (shelf.matches(":popover-open")) shelf.hidePopover();
    shelf.showPopover();
  }, [newest]);
  return html`<div ref=${box} class="toasts" role="status" aria-live="polite" popover="manual">
    ${toasts.value.map(
      (one) => html`<div key=${one.key} class=${cx("toast", one.bad && "toast-bad")}>
        <span>${one.text}</span>
        ${
          one.action &&
          html`<button
            type="button"
            class="btn btn-bare"
            onClick=${() => {
              one.drop();
              one.action?.run();
            }}
          >
            ${one.action.label}
          </button>`
        }
      </div>`,
    )}
  </div>`;
}

/**
 * Shown from the loss of the connection until it is open again; what is on screen stays, and may be old.
 * @param {{ state: string }} props
 */
export function OfflineBanner({ state }) {
  const lost = useRef(false);
  if (state !== "connecting") lost.current = state === "waiting"; // an attempt is not yet a connection
  if (!lost.current) return null;
  return html`<div class="offline" role="status"><${Icon} name="offline" /><span>${t("offline.banner")}</span></div>`;
}

/** In which zone the page tells time, where that is not the reader's own. */
export function ZoneNote() {
  const said = zoneNote();
  return said && html`<span class="zone-note num"> · ${t("zone.note", { zone: said })}</span>`;
}

export function LangSwitch() {
  const other = lang.value === "en" ? "he" : "en";
  const turn = async () => {
    try {
      await setLang(other);
    } catch {
      return toast(t("problem.offline"), { bad: true });
    }
    auth.noteLanguage(other);
  };
  return html`<button type="button" class="btn btn-bare" lang=${other} onClick=${turn}>
    <${Icon} name="globe" />
    ${other === "he" ? "עברית" : "English"}
  </button>`;
}

/** @type {Record<string, string>} */
const NEXT_THEME = { auto: "dark", dark: "light", light: "auto" };
/** @type {Record<string, string>} */
const THEME_ICONS = { auto: "contrast", dark: "moon", light: "sun" };

export function ThemeSwitch() {
  return html`<button
    type="button"
    class="btn btn-bare theme-switch"
    onClick=${() => setTheme(NEXT_THEME[theme.value])}
    aria-label=${t("theme.label", { theme: t(`theme.${theme.value}`) })}
    title=${t("theme.label", { theme: t(`theme.${theme.value}`) })}
  >
    <${Icon} name=${THEME_ICONS[theme.value]} />
    <span class="theme-word">${t(`theme.${theme.value}`)}</span>
  </button>`;
}

/** The mark, first on every page; before it, for whoever has no mouse, the way past all that stands above `skip`. */
export function Brand({ href = "/", short = false, skip = "main" }) {
  return html`<a class="skip" href=${`#${skip}`}>${t(`skip.${skip}`)}</a>
    <a class="brand" href=${href} aria-label=${t("app.name")}>
    <${Mark} />
    ${!short && html`<span>${t("app.name")}</span>`}
  </a>`;
}

/** @param {{ icon: string, title: string, text: string, children: any }} props */
export function Empty({ icon, title, text, children }) {
  return html`<div class="empty">
    <${Icon} name=${icon} />
    <h2>${title}</h2>
    ${text && html`<p>${text}</p>`}
    ${children}
  </div>`;
}

/** @param {{ text: string }} props */
export function Loading({ text }) {
  return html`<div class="empty" role="status"><span class="spinner" /><p>${text ?? t("loading")}</p></div>`;
}

/**
 * Who is signed in has no role in the branch; perhaps another account of theirs has.
 * @param {{ code: string }} props
 */
export function Denied({ code }) {
  const other = async () => {
    await auth.signOut();
    location.assign(signInUrl());
  };
  return html`<main id="main">
    <${Empty} icon="locked" title=${t("denied.title")} text=${t("denied.text", { code })}>
      <button type="button" class="btn btn-primary" onClick=${other}>${t("home.other_account")}</button>
    <//>
  </main>`;
}
