/** What the lock does right now and what the shopper does about it. */
import { html, cx, useEffect, useState } from "../ui.js";
import { t } from "../i18n.js";
import { Icon } from "../parts/icons.js";

/** How long "it is yours" stays once the trolley is out. */
const GONE_MS = 6000;

/**
 * "none" (no lock hardware), "opening", "open", "failed" or "out" for a SessionView.
 * @param {Live.SessionView} session
 */
export function lockStage(session) {
  if (session.lock_fault) return "failed";
  if (session.custody === "out") return "out";
  const { desired, reported } = session.lock ?? {};
  if (desired === "open" && reported !== "open") return "opening";
  if (reported === "open") return "open";
  return "none";
}

const LOOK = {
  opening: { icon: "locked", tone: "opening" },
  open: { icon: "unlocked", tone: "open" },
  failed: { icon: "alert", tone: "failed" },
  out: { icon: "check", tone: "open" },
};

/** @param {{ session: Live.SessionView }} props */
export function LockCard({ session }) {
  const stage = lockStage(session);
  const [past, setPast] = useState(stage === "out");
  useEffect(() => {
    if (stage !== "out") return setPast(false);
    const timer = setTimeout(() => setPast(true), GONE_MS);
    return () => clearTimeout(timer);
  }, [stage]);
  if (stage === "none" || (stage === "out" && past)) return null;
  return html`<div
    class=${cx("lock-card", `lock-${LOOK[stage].tone}`)}
    role=${stage === "failed" ? "alert" : "status"}
    aria-live="polite"
  >
    <span class="lock-badge"><${Icon} name=${LOOK[stage].icon} /></span>
    <div><strong>${t(`lock.${stage}`)}</strong><p>${t(`lock.${stage}_do`)}</p></div>
  </div>`;
}
