/** Firmware on its way to many: how far each Pi is, and what may be ordered of it. */
import { html, cx, useState } from "../ui.js";
import { t, reason } from "../i18n.js";
import { Icon } from "../parts/icons.js";
import { toast } from "../parts/common.js";
import { outcomeOf, progressOf } from "./health.js";
import { useDevices } from "./context.js";

/** @type {Record<string, string>} */
const PILLS = {
  running: "pill-good",
  paused: "pill-warn",
  finished: "pill-calm",
  aborted: "pill-calm",
  failed: "pill-bad",
};
/** @type {Record<string, string>} */
const JOB = { updated: "job-done", failed: "job-bad", aborted: "soft", waiting: "soft" };
/** More are folded away: those that are through, and those that have yet to begin. */
const FEW = 8;
/** @type {Record<string, number>} */
const RANK = {
  failed: 0,
  updating: 1,
  verified: 1,
  downloaded: 1,
  downloading: 1,
  offered: 2,
  waiting: 3,
  updated: 4,
  aborted: 4,
};

/** Every rollout that is under way, and the last one for as long as nothing newer has come. */
export const shownRollouts = (/** @type {Rest.RolloutAnswer[]} */ rollouts) =>
  rollouts.filter((one, place) => place === 0 || one.status === "running" || one.status === "paused");

/** @param {{ rollout: Rest.RolloutAnswer }} props */
function Orders({ rollout }) {
  const { orderRollout } = useDevices();
  const [busy, setBusy] = useState(false);
  const [sure, setSure] = useState(false);
  const go = async (/** @type {string} */ what) => {
    setBusy(true);
    try {
      await orderRollout(rollout.id, what);
    } catch (problem) {
      toast(reason(problem), { bad: true });
    }
    setBusy(false);
    setSure(false);
  };
  const button = (
    /** @type {string} */ what,
    /** @type {string} */ kind,
    /** @type {() => unknown} */ order = () => go(what),
    say = `rollout.${what}`,
  ) => html`<button
    type="button"
    class=${cx("btn", kind)}
    disabled=${busy}
    onClick=${order}
  >
    ${t(say)}
  </button>`;
  if (sure)
    return html`<span class="actions">
      <span class="small">${t("rollout.abort_sure")}</span>
      ${button("abort", "btn-danger")}
      ${button("keep", "btn-quiet", () => setSure(false))}
    </span>`;
  const live = rollout.status === "running" || rollout.status === "paused";
  const again = rollout.status !== "running" && rollout.counts.failed > 0;
  return html`<span class="actions">
    ${again && button("retry", "btn-primary")}
    ${rollout.status === "running" && button("pause", "btn-quiet")}
    ${rollout.status === "paused" && button("resume", again ? "btn-quiet" : "btn-primary")}
    ${live && button("abort", "btn-bare btn-warns", () => setSure(true))}
  </span>`;
}

const Job = (/** @type {{ job: Rest.RolloutDeviceAnswer }} */ { job }) => html`<li>
  <span><bdi>${job.name}</bdi></span>
  <span class=${cx("job-state", JOB[job.state])}>${t(`job.${job.state}`)}</span>
  ${job.detail && html`<p class="small soft"><bdi>${job.detail}</bdi></p>`}
</li>`;

/** @param {{ jobs: Rest.RolloutDeviceAnswer[] }} props */
function Jobs({ jobs }) {
  const list = [...jobs].sort((a, b) => RANK[a.state] - RANK[b.state]);
  const [few, rest] = list.length > FEW + 1 ? [list.slice(0, FEW), list.slice(FEW)] : [list, []];
  return html`
    <ul class="jobs">${few.map((job) => html`<${Job} key=${job.device_id} job=${job} />`)}</ul>
    ${
      rest.length > 0 &&
      html`<details class="jobs-rest">
        <summary>${t("rollout.more", { n: rest.length })}</summary>
        <ul class="jobs">${rest.map((job) => html`<${Job} key=${job.device_id} job=${job} />`)}</ul>
      </details>`
    }
  `;
}

/** @param {{ rollout: Rest.RolloutAnswer }} props */
export function Rollout({ rollout }) {
  const { manages, managesChain } = useDevices();
  const { done, going, bad, updated, failed, through, all } = progressOf(rollout);
  const outcome = outcomeOf(rollout);
  const mine = rollout.branch ? manages.value : managesChain.value;
  return html`<section class="card rollout" aria-label=${t("rollout.title", { version: rollout.version })}>
    <div class="rollout-head">
      <${Icon} name="download" />
      <h2>${t("rollout.title", { version: rollout.version })}</h2>
      <span class=${cx("pill", PILLS[outcome])}>${t(`rollout.${outcome}`, { updated, failed })}</span>
      <span class="small soft num">
        ${!rollout.branch && html`<bdi>${t("rollout.of_chain", { chain: rollout.chain })}</bdi> · `}
        <bdi>
          ${failed > 0 && outcome !== "failed" && `${t("rollout.so_far", { updated, failed })} · `}
          ${t("rollout.through", { n: through, all })}
        </bdi>
      </span>
      ${mine && html`<${Orders} rollout=${rollout} />`}
    </div>
    <div
      class="progress"
      role="progressbar"
      aria-valuemin="0"
      aria-valuemax=${all}
      aria-valuenow=${through}
      aria-label=${t("rollout.title", { version: rollout.version })}
    >
      <i class="done" style=${{ inlineSize: `${done}%` }} />
      <i class="bad" style=${{ inlineSize: `${bad}%` }} />
      <i class="going" style=${{ inlineSize: `${going}%` }} />
    </div>
    ${
      rollout.reason === "failures" &&
      html`<p class="note note-warn"><${Icon} name="alert" /><span>${t("rollout.failures")}</span></p>`
    }
    <${Jobs} jobs=${rollout.devices} />
  </section>`;
}
