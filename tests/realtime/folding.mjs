// The pages' own folds over what a topic sent: frames as JSON on standard input, the state after them on standard output.
import { readFileSync } from "node:fs";
import { foldBranch, foldCart, foldSession } from "../../frontend_static/js/fold.js";

const FOLDS = { cart: foldCart, session: foldSession, branch: foldBranch };

let state = null;
for (const { type, topic, name, data } of JSON.parse(readFileSync(0, "utf8"))) {
  if (type === "snapshot") state = data;
  else if (type === "event") state = FOLDS[topic.split(":")[0]](state, name, data);
}
process.stdout.write(JSON.stringify(state));
