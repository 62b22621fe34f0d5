/** The branch on a screen at the wall: the whole of it, larger, awake, and dim at night. */
import { html, useEffect } from "../ui.js";
import { t, theme, zone } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { keepAwake } from "../parts/wakelock.js";
import { useAddress } from "../frame/address.js";
import { useStore } from "./context.js";

const NIGHT_FROM = 22;
const NIGHT_TO = 6;
/** A screen that somebody has touched is bright for so long. */
const BRIGHT_MS = 60_000;

/**
 * Whether it is night where the branch is.
 * @param {number} now milliseconds since 1970
 * @param {string | undefined} timeZone IANA name
 */
export function isNight(now, timeZone) {
  const hour = Number(new Intl.DateTimeFormat("en-GB", { hour: "2-digit", hourCycle: "h23", timeZone }).format(now));
  return hour >= NIGHT_FROM || hour < NIGHT_TO;
}

/** The screen as large as it goes; where the browser does not let us, the page is a wall screen all the same. */
function enlarge() {
  if (!document.fullscreenElement) document.documentElement.requestFullscreen?.().catch(() => {});
}

/** @param {boolean} night */
function dim(night) {
  const { body, documentElement: root } = document;
  if (night === body.hasAttribute("data-night")) return;
  body.toggleAttribute("data-night", night);
  if (night) root.dataset.theme = "dark";
  else if (theme.peek() === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme.peek();
}

/** Says of the page that it hangs at a wall, and whether it is dim, for as long as that is so. */
function useWall(/** @type {boolean} */ on) {
  const { now } = useStore();
  useEffect(() => {
    if (!on) return undefined;
    let touched = 0;
    const look = () => dim(isNight(Date.now(), zone.value) && Date.now() - touched > BRIGHT_MS);
    const touch = () => {
      touched = Date.now();
      look();
    };
    document.body.dataset.wall = "";
    keepAwake(true);
    look();
    const stop = now.subscribe(look);
    addEventListener("pointerdown", touch);
    addEventListener("keydown", touch);
    return () => {
      stop();
      removeEventListener("pointerdown", touch);
      removeEventListener("keydown", touch);
      delete document.body.dataset.wall;
      dim(false);
      keepAwake(false);
    };
  }, [on]);
}

/** Turns the page into a wall screen, and back; `?wall=on` opens it as one. */
export function WallButton() {
  const [wall, setWall] = useAddress("wall");
  const on = wall !== "";
  useWall(on);
  const turn = () => {
    setWall(on ? "" : "on");
    if (on) document.exitFullscreen?.().catch(() => {});
    else enlarge();
  };
  const said = t(on ? "wall.leave" : "wall.enter");
  return html`<button
    type="button"
    class="btn btn-bare btn-icon wall-button"
    aria-label=${said}
    title=${said}
    onClick=${turn}
  >
    <${Icon} name=${on ? "close" : "wall"} />
  </button>`;
}
