/** That an account is one's own, shown before how it is reached is changed: by its password, or by a code to it. */
import { html, useState } from "../ui.js";
import { t } from "../i18n.js";
import { auth } from "../api.js";
import { LineField } from "./forms.js";

/**
 * `order(change)` gives the change what has been typed; where the server asks for a proof, the field for it appears,
 * and a code is sent if it is one. `field` is that field, or null.
 * @param {Rest.MeAnswer} me
 * @param {string} what is changed, for there may be several such forms on the page
 */
export function useProof(me, what) {
  const [by, setBy] = useState("");
  const [text, setText] = useState("");
  const given = !by || !text ? {} : by === "password" ? { password: text } : { current_code: text };
  /** @type {<Result>(change: (proof: object) => Promise<Result>) => Promise<Result>} */
  const order = async (change) => {
    try {
      const answer = await change(given);
      setBy("");
      setText("");
      return answer;
    } catch (problem) {
      if (problem.code === "proof_needed") {
        setBy(problem.by);
        const body = reached(me, problem.by);
        if (problem.by !== "password") await auth.call("POST", "/api/auth/otp/request", { body });
      }
      if (by && problem.code !== "proof_needed") setText("");
      throw problem;
    }
  };
  const field =
    by &&
    html`<${LineField}
      name=${`proof-${what}`}
      label=${t(by === "password" ? "signin.password" : "account.current_code")}
      problem=${null}
      type=${by === "password" ? "password" : "text"}
      autocomplete=${by === "password" ? "current-password" : "one-time-code"}
      dir="ltr"
      value=${text}
      onValue=${setText}
    />`;
  return { order, field, waits: Boolean(by) && !text };
}

/**
 * Where a code goes by which the account is shown to be one's own.
 * @param {Rest.MeAnswer} me
 * @param {string} by
 */
const reached = (me, by) => (by === "sms" ? { phone: me.phone } : { email: me.email });
