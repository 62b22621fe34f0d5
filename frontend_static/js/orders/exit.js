/** The exit: a guard scans or types a pass and sees from two metres whether the goods may leave. */
import { html, cx, render, useEffect, useRef, useSignal } from "../ui.js";
import { t, dayAndTime, reason, timeOfDay } from "../i18n.js";
import { auth, queryOf } from "../api.js";
import { secondsSince } from "../clock.js";
import { TROLLEY_FORMATS, signalFound } from "../scan.js";
import { uuid } from "../socket.js";
import { Icon } from "../parts/icons.js";
import { useListing } from "../parts/listing.js";
import { More, Rows } from "../parts/rows.js";
import { Viewfinder } from "../parts/viewfinder.js";
import { Check } from "./check.js";
import { Post, api, branch } from "./post.js";
import { TypedCode } from "./typed-code.js";
import { codeOf, verdictOf } from "./verdict.js";
import { signIn } from "./parts.js";

/** What a plain camera app brought along; checking it wants a tap, for a link must not let goods out by itself. */
const brought = new URLSearchParams(location.search).get("code") ?? "";

/**
 * Asks about one pass; the key is made once, so that trying again after a lost answer asks the same thing.
 * @param {string} code
 * @param {string} key
 */
async function ask(code, key) {
  try {
    return { order: await auth.call("POST", `${api}/exit`, { body: { code }, headers: { "Idempotency-Key": key } }) };
  } catch (problem) {
    return { problem };
  }
}

/** @param {{ item: Rest.PassedItem }} props */
const Passed = ({ item }) => html`<li>
  <strong class="num">${item.quantity}</strong>
  <span><bdi>${item.name}${item.variant_name && `, ${item.variant_name}`}</bdi></span>
</li>`;

/** @param {{ order: Rest.ExitView }} props */
function Goods({ order }) {
  return html`
    <dl class="verdict-facts">
      <div><dt>${t("exit.customer")}</dt><dd><bdi>${order.customer || "–"}</bdi></dd></div>
      ${order.trolley_id && html`<div><dt>${t("exit.trolley")}</dt><dd class="code">${order.trolley_id}</dd></div>`}
      <div><dt>${t("exit.order")}</dt><dd class="num">${order.number ?? "–"}</dd></div>
    </dl>
    <${Rows}
      class="verdict-items"
      rows=${order.items}
      row=${(/** @type {Rest.PassedItem} */ one) => html`<${Passed} item=${one} />`}
    />
  `;
}

/** @param {import("./verdict.js").Judged} verdict */
function why({ word, problem: refused }) {
  const problem = /** @type {any} */ (refused);
  const vars = {
    time: problem?.verified_at
      ? timeOfDay(problem.verified_at)
      : problem?.valid_until
        ? dayAndTime(problem.valid_until)
        : "",
    who: problem?.verified_by || "–",
    branch: problem?.branch ?? "",
    ago: problem?.verified_at ? t("time.seconds", { n: secondsSince(problem.verified_at) }) : "",
  };
  return word === "failed" ? reason(problem) : t(`exit.${word}_text`, vars);
}

/**
 * @param {{ verdict: import("./verdict.js").Judged, onNext: () => void, onRetry: () => void,
 *   onCheck: () => void }} props
 */
function Verdict({ verdict, onNext, onRetry, onCheck }) {
  const { tone, icon, word, order } = verdict;
  const problem = /** @type {any} */ (verdict.problem);
  const next = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => next.current?.focus(), []);
  return html`<main class=${cx("verdict", `verdict-${tone}`)} id="main" data-word=${word}>
    <div class="verdict-say" role="alert">
      <${Icon} name=${icon} />
      <h1>${t(`exit.${word}`)}</h1>
      ${
        order &&
        word !== "twice" &&
        html`<p class="verdict-count">
          <strong class="num">${order.total_items}</strong>
          <span>${t("exit.units", { n: order.total_items })}</span>
        </p>`
      }
      ${!["go", "check"].includes(word) && html`<p class="verdict-why">${why(verdict)}</p>`}
      ${problem?.number && html`<p class="verdict-why num">${t("order.number", { n: problem.number })}</p>`}
      ${order && Number(order.refunded) > 0 && html`<p class="verdict-why">${t("order.partly_refunded")}</p>`}
    </div>
    ${order && html`<${Goods} order=${order} />`}
    <div class="verdict-foot">
      ${
        word === "failed" &&
        html`<button type="button" class="btn btn-big btn-wide verdict-again" onClick=${onRetry}>${t("retry")}</button>`
      }
      ${
        order &&
        html`<button type="button" class="btn btn-big btn-wide verdict-again"
          onClick=${onCheck}>${t("check.do")}</button>`
      }
      <button ref=${next} type="button" class="btn btn-big btn-wide verdict-next" onClick=${onNext}>
        ${t("exit.next")}
      </button>
    </div>
  </main>`;
}

/** @param {{ order: Rest.OrderSummary }} props */
const Gone = ({ order }) => html`<li class="gone">
  <strong class="num">${order.number ?? "…"}</strong>
  <span class="grow"><bdi>${order.customer ?? t("sales.erased")}</bdi></span>
  <span class="small soft num">${t("count.units", { n: order.total_items })}</span>
  <span class="num">${order.verified_at && timeOfDay(order.verified_at)}</span>
</li>`;

/** Who was let through last, at whichever exit of the branch. */
function LastPasses() {
  const list = useListing(`/api/orders?${queryOf({ branch, left: "true", ordering: "-verified_at", page_size: "5" })}`);
  if (!list.rows?.length) return null;
  return html`<section class="last-passes stack-s">
    <h2>${t("exit.last")}</h2>
    <${Rows}
      class="gone-list"
      rows=${list.rows}
      row=${(/** @type {Rest.OrderSummary} */ one) => html`<${Gone} order=${one} />`}
    />
    <${More} list=${list} />
  </section>`;
}

function Gate() {
  const [verdict, busy] = [useSignal(/** @type {import("./verdict.js").Judged | null} */ (null)), useSignal(false)];
  const checking = useSignal(false);
  const [last, asked] = [
    useRef(/** @type {import("./verdict.js").LetThrough | null} */ (null)),
    useRef(/** @type {any | null} */ (null)),
  ];
  const judge = async (/** @type {string} */ text, /** @type {string} */ key) => {
    if (busy.peek()) return;
    busy.value = true;
    asked.current = { text, key };
    const answer = await ask(text, key);
    busy.value = false;
    if (answer.problem?.code === "signed_out") return signIn();
    const code = codeOf(text);
    verdict.value = verdictOf(answer, code, last.current, Date.now());
    if (answer.order) last.current = { code, at: Date.now(), order: answer.order };
    signalFound(verdict.value.tone === "go");
  };
  const check = (/** @type {string} */ text) => judge(text, uuid());
  const next = () => {
    verdict.value = null;
    checking.value = false;
    if (brought) history.replaceState(null, "", location.pathname);
  };
  const retry = () => {
    verdict.value = null;
    judge(asked.current.text, asked.current.key);
  };
  if (verdict.value && checking.value) return html`<${Check} code=${asked.current.text} onNext=${next} />`;
  if (verdict.value) {
    const look = () => (checking.value = true);
    return html`<${Verdict} verdict=${verdict.value} onNext=${next} onRetry=${retry} onCheck=${look} />`;
  }
  return html`<main class="exit" id="main">
    <h1>${t("exit.title")}</h1>
    <p class="soft">${t("exit.lead")}</p>
    <${Viewfinder} formats=${TROLLEY_FORMATS} onCode=${check} hint=${t("exit.hint")} square />
    <${TypedCode} onCode=${check} busy=${busy.value} action=${t("exit.ask")} begin=${brought} />
    <${LastPasses} />
  </main>`;
}

render(html`<${Post} here="exit"><${Gate} /><//>`, document.body);
