/** Suppliers' feeds: where products files come from, how often, and what became of each delivery. */
import { html, useEffect, useState } from "../ui.js";
import { dayAndTime, reason, t } from "../i18n.js";
import { auth } from "../api.js";
import { Icon } from "../parts/icons.js";
import { Empty, Loading, Sheet, toast } from "../parts/common.js";
import { Busy, Field, LineField, Refusal, Submit, useRequest } from "../parts/forms.js";
import { present } from "../present.js";
import { ImportSheet, whyNot } from "./importing.js";

const HOURS = [1, 6, 12, 24, 168];
const DELIVERIES = 20;
const FIELDS = ["name", "url", "every_hours", "applies", "on_error"];

/** @param {string} chain */
const pathOf = (chain) => `/api/chains/${encodeURIComponent(chain)}/supplier-feeds`;

/**
 * The results of a list, null until they are there; `again` reads it anew.
 * @param {string} path
 */
function useResults(path) {
  const [results, setResults] = useState(/** @type {any[] | null} */ (null));
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    auth.call("GET", path).then(
      (answer) => setResults(answer.results),
      (refused) => {
        setResults([]);
        toast(reason(refused), { bad: true });
      },
    );
  }, [path, turn]);
  return { results, again: () => setTurn(turn + 1) };
}

/**
 * How a delivery stands, in a word. A dry run waits for somebody until there is another.
 * @param {{ status: string | null | undefined, dry: boolean, last: boolean }} props
 */
function Standing({ status, dry, last }) {
  const word = status === "done" && dry ? (last ? "waits" : "tried") : status;
  return word && html`<span class=${`badge standing-${word}`}>${t(`suppliers.is_${word}`)}</span>`;
}

/** @param {{ label: string, on: boolean, onTurn: (on: boolean) => void }} props */
const Switch = ({ label, on, onTurn }) => html`<label class="switch">
  <input type="checkbox" checked=${on} onChange=${(/** @type {any} */ e) => onTurn(e.target.checked)} />
  ${label}
</label>`;

/** @param {{ hours: number, onHours: (hours: number) => void, problem: Problem | null }} props */
const HoursField = ({ hours, onHours, problem }) => html`<${Field}
  name="every_hours"
  label=${t("suppliers.every")}
  problem=${problem}
>
  ${(/** @type {object} */ more) =>
    html`<select
      ...${more}
      class="input"
      value=${hours}
      onChange=${(/** @type {Chosen} */ e) => onHours(Number(e.target.value))}
    >
      ${HOURS.map((n) => html`<option key=${n} value=${n}>${t("suppliers.hours", { n })}</option>`)}
    </select>`}
<//>`;

/** @param {Rest.FeedAnswer | null} feed */
const valuesOf = (feed) => ({
  name: feed?.name ?? "",
  url: feed?.url ?? "",
  every_hours: feed?.every_hours ?? 24,
  applies: feed?.applies ?? false,
  on_error: feed?.on_error ?? "nothing",
  is_active: feed?.is_active ?? true,
});

/**
 * When a feed's file is applied, and to which of its lines.
 * @param {{ values: ReturnType<typeof valuesOf>, set: (some: object) => void }} props
 */
const Applying = ({ values, set }) => html`
  <${Switch}
    label=${t("suppliers.applies")}
    on=${values.applies}
    onTurn=${(/** @type {boolean} */ applies) => set({ applies })}
  />
  ${
    values.applies &&
    html`<${Switch}
      label=${t("import.skip")}
      on=${values.on_error === "skip"}
      onTurn=${(/** @type {boolean} */ on) => set({ on_error: on ? "skip" : "nothing" })}
    />`
  }
`;

/**
 * A new feed, or what one is.
 * @param {{ path: string, feed: Rest.FeedAnswer | null, onSaved: (feed: Rest.FeedAnswer) => void }} props
 */
function FeedForm({ path, feed, onSaved }) {
  const [values, setValues] = useState(valuesOf(feed));
  const { busy, problem, run } = useRequest();
  const set = (/** @type {object} */ some) => setValues({ ...values, ...some });
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const order = feed
      ? () => auth.call("PATCH", `${path}/${feed.id}`, { body: values })
      : () => auth.call("POST", path, { body: values });
    const saved = await run(order);
    if (!saved) return;
    toast(t("saved"));
    onSaved(saved);
  };
  return html`<form class="stack" onSubmit=${save} novalidate>
    <${LineField}
      name="name"
      label=${t("suppliers.name")}
      problem=${problem}
      value=${values.name}
      onValue=${(/** @type {string} */ name) => set({ name })}
    />
    <${LineField}
      name="url"
      label=${t("suppliers.url")}
      hint=${t("suppliers.url_hint")}
      problem=${problem}
      dir="ltr"
      value=${values.url}
      onValue=${(/** @type {string} */ url) => set({ url })}
    />
    ${
      values.url &&
      html`<${HoursField}
          hours=${values.every_hours}
          onHours=${(/** @type {number} */ every_hours) => set({ every_hours })}
          problem=${problem}
        />
        <${Switch}
          label=${t("suppliers.active")}
          on=${values.is_active}
          onTurn=${(/** @type {boolean} */ is_active) => set({ is_active })}
        />`
    }
    <${Applying} values=${values} set=${set} />
    <${Refusal} problem=${problem} fields=${FIELDS} />
    <${Submit} class="btn-primary" busy=${busy} missing=${[!values.name.trim() && t("suppliers.name")]}>
      ${t(feed ? "save" : "suppliers.make")}
    <//>
  </form>`;
}

/** @param {{ job: Rest.ImportAnswer, last: boolean, onOpen: () => void }} props */
const Delivery = ({ job, last, onOpen }) => html`<li>
  <button type="button" class="delivery" onClick=${onOpen}>
    <span class="delivery-what">
      <bdi>${dayAndTime(job.created_at)}</bdi>
      <span class="small soft" dir="auto">
        ${job.problem ? whyNot(job) : t("suppliers.counts", { created: job.created ?? 0, changed: job.changed ?? 0 })}
      </span>
    </span>
    <${Standing} status=${job.status} dry=${job.dry_run} last=${last} />
  </button>
</li>`;

/**
 * The orders that concern one feed. `opened`: the delivery that is looked at.
 * @param {string} path
 * @param {() => void} onEnded
 */
function useFeed(path, onEnded) {
  const [opened, setOpened] = useState(/** @type {Rest.ImportAnswer | null} */ (null));
  const { busy, problem, run } = useRequest();
  const fetchNow = async () => {
    const job = await run(() => auth.call("POST", `${path}/fetch`));
    if (job) setOpened(job);
  };
  const upload = async (/** @type {Typed} */ event) => {
    const form = new FormData();
    form.append("file", present(event.target.files)[0]);
    const headers = { "Idempotency-Key": crypto.randomUUID() };
    const job = await run(() => auth.call("POST", `${path}/deliveries`, { form, headers }));
    if (job) setOpened(job);
  };
  const remove = async () => {
    if (await run(() => auth.call("DELETE", path))) onEnded();
  };
  return { opened, setOpened, busy, problem, fetchNow, upload, remove };
}

/** @param {{ results: Rest.ImportAnswer[] | null, onOpen: (job: Rest.ImportAnswer) => void }} props */
function Deliveries({ results, onOpen }) {
  if (!results) return html`<${Loading} />`;
  if (!results.length) return html`<p class="soft">${t("suppliers.no_deliveries")}</p>`;
  return html`<ul class="deliveries">
    ${results.map(
      (job, place) => html`<${Delivery} key=${job.id} job=${job} last=${place === 0} onOpen=${() => onOpen(job)} />`,
    )}
  </ul>`;
}

/** Ended by a second press. @param {{ busy: boolean, onEnd: () => void }} props */
function EndButton({ busy, onEnd }) {
  const [sure, setSure] = useState(false);
  return html`<button
    type="button"
    class="btn btn-danger"
    disabled=${busy}
    onClick=${() => (sure ? onEnd() : setSure(true))}
  >
    ${t(sure ? "suppliers.end_sure" : "suppliers.end")}
  </button>`;
}

/** One feed: what it is, asking it now, its deliveries. @param {any} props */
function FeedSheet({ chain, feed, onClose, onChanged }) {
  const path = `${pathOf(chain)}/${feed.id}`;
  const over = () => {
    onClose();
    onChanged();
  };
  const { results, again } = useResults(`${path}/deliveries?page_size=${DELIVERIES}`);
  const { opened, setOpened, busy, problem, fetchNow, upload, remove } = useFeed(path, over);
  const closeReport = () => {
    setOpened(null);
    again();
    onChanged();
  };
  return html`<${Sheet} title=${feed.name} onClose=${onClose} class="wide">
    <div class="stack">
      <div class="row">
        ${
          feed.url &&
          html`<button type="button" class="btn btn-primary" disabled=${busy} onClick=${fetchNow}>
            <${Busy} on=${busy} /><${Icon} name="download" />${t("suppliers.fetch")}
          </button>`
        }
        <label class="btn btn-quiet file">
          <${Icon} name="plus" />
          ${t("import.pick")}
          <input type="file" accept=".csv,.txt,.tsv,.xlsx,.json" onChange=${upload} />
        </label>
      </div>
      ${feed.next_at && html`<p class="small soft">${t("suppliers.next", { time: dayAndTime(feed.next_at) })}</p>`}
      <${Refusal} problem=${problem} />
      <h3>${t("suppliers.deliveries")}</h3>
      <${Deliveries} results=${results} onOpen=${setOpened} />
      <details>
        <summary>${t("suppliers.change")}</summary>
        <${FeedForm} path=${pathOf(chain)} feed=${feed} onSaved=${over} />
        <${EndButton} busy=${busy} onEnd=${remove} />
      </details>
    </div>
    ${opened && html`<${ImportSheet} key=${opened.id} chain=${chain} first=${opened} onClose=${closeReport} />`}
  <//>`;
}

/** All feeds of a chain. @param {{ chain: string, onClose: () => void }} props */
export function SuppliersSheet({ chain, onClose }) {
  const { results, again } = useResults(`${pathOf(chain)}?page_size=200`);
  const [opened, setOpened] = useState(/** @type {Rest.FeedAnswer | "new" | null} */ (null));
  const done = () => {
    setOpened(null);
    again();
  };
  return html`<${Sheet} title=${t("suppliers.title")} onClose=${onClose} class="wide">
    <div class="stack">
      <p class="soft">${t("suppliers.lead")}</p>
      ${
        opened === "new"
          ? html`<${FeedForm} path=${pathOf(chain)} feed=${null} onSaved=${done} />`
          : html`<button type="button" class="btn btn-primary" onClick=${() => setOpened("new")}>
            <${Icon} name="plus" />${t("suppliers.new")}
          </button>`
      }
      ${
        !results
          ? html`<${Loading} />`
          : results.length || opened === "new"
            ? html`<ul class="deliveries">
              ${results.map(
                (/** @type {Rest.FeedAnswer} */ one) => html`<li key=${one.id}>
                  <button type="button" class="delivery" onClick=${() => setOpened(one)}>
                    <span class="delivery-what">
                      <strong dir="auto">${one.name}</strong>
                      <span class="small soft" dir="auto">${one.url || t("suppliers.uploads")}</span>
                    </span>
                    <${Standing} status=${one.last_status} dry=${one.last_dry_run} last />
                  </button>
                </li>`,
              )}
            </ul>`
            : html`<${Empty} icon="download" title=${t("suppliers.none")} />`
      }
    </div>
    ${
      opened &&
      opened !== "new" &&
      html`<${FeedSheet} chain=${chain} feed=${opened} onClose=${() => setOpened(null)} onChanged=${again} />`
    }
  <//>`;
}
