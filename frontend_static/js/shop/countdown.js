/** How long the goods are still kept, to the second; said aloud at a few marks only. */
import { html, cx, useEffect, useState } from "../ui.js";
import { t } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { secondsUntil } from "../clock.js";
import { minutes, passed } from "./stage.js";

const LATE_S = 60;

/** @param {{ until: string }} props */
export function Countdown({ until }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 250);
    return () => clearInterval(timer);
  }, []);
  const left = secondsUntil(until);
  const mark = passed(left);
  const aloud = mark === null ? "" : mark >= 60 ? t("kept.minutes", { n: mark / 60 }) : t("kept.seconds", { n: mark });
  return html`<div class=${cx("countdown", left <= LATE_S && "countdown-late")}>
    <${Icon} name="clock" />
    <span>${t(left > 0 ? "kept.for" : "kept.over")}</span>
    <time class="num push" role="timer" aria-live="off">${minutes(left)}</time>
    <span class="visually-hidden" role="status">${aloud}</span>
  </div>`;
}
