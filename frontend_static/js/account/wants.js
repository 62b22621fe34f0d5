/** What one eats, must not eat and cares for; each press is kept at once. */
import { html } from "../ui.js";
import { t, reason } from "../i18n.js";
import { auth } from "../api.js";
import { toast } from "../parts/common.js";

const DIETS = ["vegetarian", "vegan", "gluten-free", "lactose-free", "organic", "halal", "kosher"];
const ALLERGENS = [
  "gluten",
  "crustaceans",
  "eggs",
  "fish",
  "peanuts",
  "soybeans",
  "milk",
  "nuts",
  "celery",
  "mustard",
  "sesame-seeds",
  "sulphur-dioxide-and-sulphites",
  "lupin",
  "molluscs",
];
const CARES = ["low", "normal", "high"];

/**
 * Chips of which any number can be pressed.
 * @param {{ label: string, hint?: string, prefix: string, names: string[], chosen: string[],
 *   onTurn: (name: string) => void }} props
 */
const Chips = ({ label, hint, prefix, names, chosen, onTurn }) => html`<fieldset class="stack-s chips-field">
  <legend>${label}</legend>
  ${hint && html`<p class="small soft">${hint}</p>`}
  <div class="chips">
    ${names.map(
      (name) => html`<button
        key=${name}
        type="button"
        class="chip"
        aria-pressed=${chosen.includes(name)}
        onClick=${() => onTurn(name)}
      >
        ${t(`${prefix}.${name}`)}
      </button>`,
    )}
  </div>
</fieldset>`;

/** @param {{ me: Rest.MeAnswer, setMe: (me: Rest.MeAnswer) => void }} props */
export function Wants({ me, setMe }) {
  const { diet, allergens, sustainability, receipts } = /** @type {Rest.WantsAnswer} */ (
    /** @type {unknown} */ (me.preferences)
  );
  /** @param {Partial<Rest.WantsAnswer>} body Lists of a bounded length are tuples in the types. */
  const put = (body) =>
    auth.call("PUT", "/api/me/preferences", { body }).then(
      (/** @type {Rest.WantsAnswer} */ preferences) => setMe({ ...me, preferences: { ...preferences } }),
      (/** @type {Problem} */ problem) => toast(reason(problem), { bad: true }),
    );
  /** @param {string[]} list @param {string} name */
  const turned = (list, name) => (list.includes(name) ? list.filter((one) => one !== name) : [...list, name]);
  return html`
    <${Chips}
      label=${t("wants.allergens")}
      hint=${t("wants.allergens_hint")}
      prefix="allergen"
      names=${ALLERGENS}
      chosen=${allergens}
      onTurn=${(/** @type {string} */ name) => put({ allergens: turned(allergens, name) })}
    />
    <${Chips}
      label=${t("wants.diet")}
      prefix="diet"
      names=${[...new Set([...DIETS, ...diet])]}
      chosen=${diet}
      onTurn=${(/** @type {string} */ name) => put({ diet: turned(diet, name) })}
    />
    <${Chips}
      label=${t("wants.care")}
      prefix="care"
      names=${CARES}
      chosen=${[sustainability]}
      onTurn=${(/** @type {any} */ name) => put({ sustainability: name })}
    />
    <label class="switch">
      <input
        type="checkbox"
        checked=${receipts === "email"}
        onChange=${() => put({ receipts: receipts === "email" ? "none" : "email" })}
      />
      ${t("wants.receipts")}
    </label>
  `;
}
