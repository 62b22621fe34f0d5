/**
 * How long the trolley is kept without a sign of life, as a ring that empties. An open socket is a sign
 * of life, so it only shows without one, and in the last seconds.
 */
import { html, useEffect, useState } from "../ui.js";
import { t } from "../i18n.js";
import { secondsUntil } from "../clock.js";

const WARN_S = 10;
const R = 15;
const ROUND = 2 * Math.PI * R;

/** @param {{ session: Live.SessionView }} props */
export function SessionTimer({ session }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 500);
    return () => clearInterval(timer);
  }, []);
  const left = Math.min(secondsUntil(session.expires_at), session.timeout_s);
  if (left > WARN_S) return null;
  const share = left / Math.min(WARN_S, session.timeout_s);
  const said = t("ring.left", { n: Math.ceil(left) });
  return html`<span class="ring ring-late" role="timer" title=${said} aria-label=${said}>
    <svg viewBox="0 0 36 36" aria-hidden="true">
      <circle class="ring-back" cx="18" cy="18" r=${R} />
      <circle
        class="ring-left"
        cx="18"
        cy="18"
        r=${R}
        stroke-dasharray=${ROUND}
        stroke-dashoffset=${ROUND * (1 - share)}
        transform="rotate(-90 18 18)"
      />
    </svg>
    <span class="num" aria-hidden="true">${Math.ceil(left)}</span>
  </span>`;
}

/**
 * The gentle warning of the last seconds, for as long as signs of life do not get through.
 * @param {{ session: Live.SessionView }} props
 */
export function SessionTimerWarning({ session }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 500);
    return () => clearInterval(timer);
  }, []);
  const left = secondsUntil(session.expires_at);
  if (left > WARN_S) return null;
  return html`<p class="note note-warn" role="status">
    ${t("ring.warn_offline", { n: Math.ceil(left) })}
  </p>`;
}
