/** Importing a price list: choose a file, see what each line would do, then write it. */
import { html, cx, useEffect, useSignal } from "../ui.js";
import { fieldReason, reason, saidHere, t } from "../i18n.js";
import { auth } from "../api.js";
import { Icon } from "../parts/icons.js";
import { Sheet } from "../parts/common.js";
import { keep, keepBlob } from "../parts/files.js";
import { useListing } from "../parts/listing.js";
import { More, Rows } from "../parts/rows.js";
import { present } from "../present.js";

/** @typedef {"refused" | "noted" | "changed" | "created" | "unchanged"} Kind */

/** @type {Kind[]} */
const KINDS = ["refused", "noted", "changed", "created", "unchanged"];
/** @typedef {Rest.HeadingBody["column"]} Column */

/** @type {Column[]} */
const COLUMNS = [
  "barcode",
  "name",
  "category",
  "price",
  "description",
  "is_active",
  "image",
  "carbon_footprint",
  "sustainability_score",
  "energy_kcal",
  "fat_g",
  "saturated_fat_g",
  "carbohydrate_g",
  "sugar_g",
  "fibre_g",
  "protein_g",
  "salt_g",
  "dietary_tags",
  "allergens",
  "tax_class",
  "deposit",
  "restricted",
  "codes",
];
/** @type {Rest.ColumnsBody["encoding"][]} */
const ENCODINGS = [
  "utf-8",
  "cp1252",
  "cp1250",
  "cp1251",
  "cp1253",
  "cp1254",
  "cp1255",
  "cp1256",
  "cp1257",
  "cp1258",
  "cp874",
  "cp932",
  "cp936",
  "cp949",
  "cp950",
  "cp850",
  "cp437",
  "cp862",
  "cp866",
  "mac_roman",
  "utf-16-le",
  "utf-16-be",
];
const LOOK_MS = 400;
const LINES = 50;

/** A file with every column and one line to show what goes where; a spreadsheet reads it by the mark at its front. */
const template = () =>
  new Blob([`\ufeff${COLUMNS.join(",")}\r\n4006381333931,Red apple,fruit,12.50,,yes\r\n`], { type: "text/csv" });

const named = (/** @type {Kind} */ kind) => t(`import.${kind}`);

/**
 * Why a file as a whole was not taken.
 * @param {Pick<Rest.ImportAnswer, "problem" | "problem_code" | "problem_values">} job
 */
export const whyNot = ({ problem = "", problem_code, problem_values }) =>
  saidHere(problem, { code: problem_code || "file_unreadable", values: problem_values });

/** @param {{ step: Rest.LineAnswer }} props */
function Step({ step }) {
  return html`<li class="step">
    <span class="step-head">
      <span class="small soft">${t("import.line", { n: step.line })}</span>
      <strong dir="auto">${step.name}</strong>
      <span class="code small push">${step.barcode}</span>
    </span>
    ${step.changes.map(
      (one) => html`<span key=${one.column} class="small">
        <span class="code">${one.column}</span>
        : ${one.old && html`<del dir="auto">${one.old}</del> → `}
        <ins dir="auto">${one.new || "–"}</ins>
      </span>`,
    )}
    ${step.problems.map(
      (one) => html`<span key=${one.column + one.reason} class="field-error">
        ${one.column && html`<span class="code">${one.column}</span>: `}
        <bdi>${saidHere(one.reason, one)}</bdi>
      </span>`,
    )}
    ${step.notes.map(
      (one) => html`<span key=${one.column + one.reason} class="small">
        <${Icon} name="alert" /> <bdi>${saidHere(one.reason, one)}</bdi>
      </span>`,
    )}
  </li>`;
}

/** @param {{ job: Rest.ImportAnswer }} props */
function Lines({ job }) {
  const kind = useSignal(KINDS.find((one) => (job[one] ?? 0) > 0) ?? "unchanged");
  const list = useListing(`/api/imports/${job.id}/lines?outcome=${kind.value}&page_size=${LINES}`);
  return html`
    <div class="kinds" role="group">
      ${KINDS.map(
        (one) => html`<button
          key=${one}
          type="button"
          class=${cx("kind", `kind-${one}`)}
          aria-pressed=${kind.value === one}
          onClick=${() => (kind.value = one)}
        >
          <strong class="num">${job[one]}</strong>
          <span class="small">${named(one)}</span>
        </button>`,
      )}
    </div>
    ${
      !list.rows
        ? html`<p class="small soft">${list.problem ? reason(list.problem) : t("loading")}</p>`
        : list.rows.length
          ? html`<${Rows}
            class="steps"
            rows=${list.rows}
            row=${(/** @type {Rest.LineAnswer} */ one) => html`<${Step} step=${one} />`}
          />`
          : html`<p class="small soft">${t("import.unseen")}</p>`
    }
    <${More} list=${list} />
  `;
}

/**
 * An import that waits for a word about how to read it, and where that is said.
 * @typedef {{ job: Rest.ImportAnswer, onSaid: (body: Rest.ColumnsBody) => void }} Asked
 */

/**
 * What each column of the file is: asked when a heading says nothing to us.
 * @param {Asked} props
 */
function Columns({ job, onSaid }) {
  const said = useSignal(
    /** @type {Record<string, Column>} */ (Object.fromEntries(job.headings.map((one) => [one.name, one.column]))),
  );
  const choose = (/** @type {string} */ name, /** @type {Chosen} */ event) =>
    (said.value = { ...said.value, [name]: /** @type {Column} */ (event.target.value) });
  return html`<div class="stack-s">
    <p>${t("import.columns")}</p>
    ${job.headings.map(
      (one) => html`<label key=${one.name} class="field">
        <span class="small code" dir="auto">${one.name}</span>
        <select
          value=${said.value[one.name]}
          onChange=${(/** @type {Chosen} */ event) => choose(one.name, event)}
        >
          <option value="">${t("import.leave_out")}</option>
          ${COLUMNS.map((column) => html`<option key=${column} value=${column}>${column}</option>`)}
        </select>
      </label>`,
    )}
    <button
      type="button"
      class="btn btn-primary btn-big btn-wide"
      disabled=${!Object.values(said.value).includes("barcode")}
      onClick=${() => onSaid({ columns: Object.entries(said.value).map(([name, column]) => ({ name, column })) })}
    >
      ${t("import.check_again")}
    </button>
  </div>`;
}

/**
 * How the file was read, and another encoding for one that was guessed.
 * @param {Asked} props
 */
function Reading({ job, onSaid }) {
  return html`
    ${(job.notes ?? []).map((note) => html`<p key=${note} class="note"><bdi>${saidHere(note, { code: "other_sheets" })}</bdi></p>`)}
    ${
      (job.guess || job.encoding) &&
      html`<label class="field">
        <span class="small">${t(job.guess ? "import.guess" : "import.encoding")}</span>
        <select value=${job.guess || job.encoding} onChange=${(/** @type {Chosen} */ event) =>
          onSaid({ encoding: /** @type {Rest.ColumnsBody["encoding"]} */ (event.target.value) })}>
          ${ENCODINGS.map((one) => html`<option key=${one} value=${one}>${one}</option>`)}
        </select>
      </label>`
    }
  `;
}

/** @param {{ job: Rest.ImportAnswer }} props */
function Progress({ job }) {
  const said = t(job.status === "writing" ? "import.writing" : "import.checking");
  return html`<div class="stack-s" role="status">
    <p>${said}</p>
    <progress class="bar" max="100" value=${job.percent} aria-label=${said} />
    <p class="small soft num">${t("import.progress", { done: job.checked, total: job.total })}</p>
  </div>`;
}

/**
 * An import from its file to its end, and what may be done with it; `first`: one that is there already.
 * @param {string} chain
 * @param {Rest.ImportAnswer | null} first
 */
function useImport(chain, first) {
  const job = useSignal(first);
  const problem = useSignal(/** @type {Problem | null} */ (null));
  const begin = async (/** @type {() => Promise<Rest.ImportAnswer>} */ work) => {
    problem.value = null;
    try {
      job.value = await work();
    } catch (refused) {
      problem.value = refused;
    }
  };
  const order = (/** @type {string} */ what, /** @type {object} */ body) =>
    begin(() => auth.call("POST", `/api/imports/${present(job.value).id}/${what}`, { body }));
  const isRunning = job.value !== null && !job.value.is_over;
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setTimeout(() => begin(() => auth.call("GET", `/api/imports/${present(job.value).id}`)), LOOK_MS);
    return () => clearTimeout(timer);
  }, [job.value]);
  const upload = (/** @type {Typed} */ event) => {
    const form = new FormData();
    form.append("file", present(event.target.files)[0]);
    form.append("chain", chain);
    begin(() => auth.call("POST", "/api/imports", { form, headers: { "Idempotency-Key": crypto.randomUUID() } }));
  };
  return {
    job: job.value,
    problem: problem.value,
    isRunning,
    upload,
    apply: (/** @type {boolean} */ skips) => order("apply", { on_error: skips ? "skip" : "nothing" }),
    say: (/** @type {Rest.ColumnsBody} */ body) => order("columns", body),
    startOver: () => (job.value = null),
  };
}

/** @param {{ onFile: (event: Typed) => void }} props */
const ChooseFile = ({ onFile }) => html`
  <p class="soft">${t("import.lead")}</p>
  <button type="button" class="btn btn-quiet" onClick=${() => keepBlob(template(), "products.csv")}>
    <${Icon} name="download" />
    ${t("import.template")}
  </button>
  <label class="btn btn-primary btn-big file">
    <${Icon} name="plus" />
    ${t("import.pick")}
    <input type="file" accept=".csv,.txt,.tsv,.xlsx,.json,text/csv" onChange=${onFile} />
  </label>
`;

/** The refused lines as a file, to be put right. @param {{ job: Rest.ImportAnswer }} props */
const RefusedLines = ({ job }) => html`<button
  type="button"
  class="btn btn-quiet"
  onClick=${() => keep(`/api/imports/${job.id}/refused.csv`, `refused-${job.name.replace(/\.\w+$/, "")}.csv`)}
>
  <${Icon} name="download" />
  ${t("import.refused_file")}
</button>`;

/**
 * What a dry run may become: written, written but for the refused lines, or nothing.
 * @param {{ job: Rest.ImportAnswer, onApply: (skips: boolean) => void }} props
 */
function Apply({ job, onApply }) {
  const skips = useSignal(false);
  const writes = (job.created ?? 0) + (job.changed ?? 0);
  const refused = (job.refused ?? 0) > 0;
  if (!writes && refused)
    return html`<p class="note note-danger" role="alert"><${Icon} name="alert" />${t("import.none_taken")}</p>`;
  if (!writes) return html`<p class="note"><${Icon} name="check" />${t("import.nothing")}</p>`;
  return html`
    ${
      refused &&
      html`<label class="switch">
        <input
          type="checkbox"
          checked=${skips.value}
          onChange=${(/** @type {Typed} */ e) => (skips.value = e.target.checked)}
        />
        ${t("import.skip")}
      </label>`
    }
    <button
      type="button"
      class="btn btn-primary btn-big btn-wide"
      disabled=${refused && !skips.value}
      onClick=${() => onApply(skips.value)}
    >
      ${t("import.apply", { n: writes })}
    </button>
  `;
}

/** @param {{ problem: Problem }} props */
const Refused = ({ problem }) => html`<p class="field-error" role="alert">
  ${
    Object.keys(problem.errors ?? {})
      .map((name) => fieldReason(problem, name))
      .join(" ") || reason(problem)
  }
</p>`;

/** `first`: an import that is there already. @param {{ chain: string, onClose: () => void, first?: any }} props */
export function ImportSheet({ chain, onClose, first = null }) {
  const { job, problem, isRunning, upload, apply, say, startOver } = useImport(chain, first);
  const isDone = job?.is_over && job.status === "done";
  return html`<${Sheet} title=${t("import.title")} onClose=${onClose} class="wide">
    <div class="stack">
      ${!job && html`<${ChooseFile} onFile=${upload} />`}
      ${isRunning && html`<${Progress} job=${job} />`}
      ${
        job?.problem &&
        html`<p class="note note-danger" role="alert"><${Icon} name="alert" /><bdi>${whyNot(job)}</bdi></p>`
      }
      ${
        isDone &&
        !job.dry_run &&
        html`<p class="note" role="status"><${Icon} name="check" />${t("import.done", { n: job.written })}</p>`
      }
      ${job?.status === "columns" && html`<${Columns} key=${job.id} job=${job} onSaid=${say} />`}
      ${job?.is_over && job.dry_run && html`<${Reading} job=${job} onSaid=${say} />`}
      ${job?.is_over && (job.total ?? 0) > 0 && html`<${Lines} key=${job.id} job=${job} />`}
      ${job?.is_over && (job.refused ?? 0) > 0 && html`<${RefusedLines} job=${job} />`}
      ${isDone && job.dry_run && html`<${Apply} key=${job.id} job=${job} onApply=${apply} />`}
      ${
        job?.is_over &&
        !first &&
        html`<button type="button" class="btn btn-bare" onClick=${startOver}>${t("import.again")}</button>`
      }
      ${problem && html`<${Refused} problem=${problem} />`}
    </div>
  <//>`;
}
