/** What the server's answer to an exit pass means for a guard: one of few verdicts, each with its colour and sign. */

/**
 * Refusal code -> [tone, icon, word]. Words are keys `exit.<word>` and `exit.<word>_text`.
 * @type {Record<string, [string, string, string]>}
 */
const REFUSALS = {
  pass_used: ["stop", "octagon", "used"],
  pass_refunded: ["stop", "undo", "refunded"],
  pass_unknown: ["stop", "octagon", "forged"],
  pass_wrong_branch: ["warn", "store", "elsewhere"],
  pass_expired: ["warn", "clock", "expired"],
  pass_malformed: ["calm", "scan", "malformed"],
};
/** A pass that this very page let through so shortly ago was only scanned twice. */
const TWICE_MS = 60_000;

/**
 * `tone`: "go", "stop", "warn" or "calm".
 * @typedef {{ tone: string, icon: string, word: string, order?: any, problem?: Problem }} Judged
 * The pass this page let through last; `at` in milliseconds.
 * @typedef {{ code: string, at: number, order: any }} LetThrough
 */

/**
 * The verdict on what the server answered to a pass.
 * @param {{ order?: any, problem?: any }} answer
 * @param {string} code
 * @param {LetThrough | null | undefined} last
 * @param {number} now milliseconds
 * @returns {Judged}
 */
export function verdictOf({ order, problem }, code, last, now) {
  if (order?.check) return { tone: "warn", icon: "scan", word: "check", order };
  if (order) return { tone: "go", icon: "check", word: "go", order };
  if (problem.code === "pass_used" && last?.code === code && now - last.at < TWICE_MS) {
    return { tone: "calm", icon: "info", word: "twice", order: last.order, problem };
  }
  const [tone, icon, word] = REFUSALS[problem.code] ?? ["calm", "offline", "failed"];
  return { tone, icon, word, problem };
}

/**
 * The code of a scanned address or a typed text, so that the same pass is known again however it came.
 * @param {string} text
 */
export const codeOf = (text) => (text.trim().split("/x/").at(-1) ?? "").toUpperCase().replace(/[^0-9A-Z]/g, "");
