/** What a page shows, said in its address: it can be sent to a colleague, and back goes back. */
import { useEffect, useState } from "../ui.js";

const said = (/** @type {string} */ name) => new URLSearchParams(location.search).get(name) ?? "";

/**
 * The address of this page with the field said anew; an empty one is left out.
 * @param {string} name
 * @param {string} value
 */
function addressWith(name, value) {
  const query = new URLSearchParams(location.search);
  if (value) query.set(name, value);
  else query.delete(name);
  return `${location.pathname}${query.size ? `?${query}` : ""}`;
}

/**
 * A field of the address: what it says, and how to say another. With `step` each is a step that back takes back, for
 * what opens and closes; without, the last one stands, for what is typed or chosen.
 * @param {string} name
 * @param {{ step?: boolean, otherwise?: string }} [options]
 * @returns {[string, (value: string) => void]}
 */
export function useAddress(name, { step = false, otherwise = "" } = {}) {
  const [value, setValue] = useState(() => said(name) || otherwise);
  useEffect(() => {
    const moved = () => setValue(said(name) || otherwise);
    addEventListener("popstate", moved);
    return () => removeEventListener("popstate", moved);
  }, [name, otherwise]);
  const say = (/** @type {string} */ next) => {
    const text = next === otherwise ? "" : next;
    if (text === said(name)) return;
    setValue(next);
    // What this page has opened is closed by the step back that leads to where it was not open.
    if (step && !text && history.state?.opened === name) history.back();
    else if (step && text) history.pushState({ opened: name }, "", addressWith(name, text));
    else history.replaceState(history.state, "", addressWith(name, text));
  };
  return [value, say];
}

/**
 * Filters of a list in the address, each under its own name; one that is as at first is left out.
 * @template {Record<string, string>} Filters
 * @param {Filters} first
 * @returns {[Filters, (next: Filters) => void]}
 */
export function useFilters(first) {
  const [filters, setFilters] = useState(
    () =>
      /** @type {Filters} */ (Object.fromEntries(Object.keys(first).map((name) => [name, said(name) || first[name]]))),
  );
  const filter = (/** @type {Filters} */ next) => {
    setFilters(next);
    const query = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(next))
      if (value && value !== first[name]) query.set(name, value);
      else query.delete(name);
    history.replaceState(history.state, "", `${location.pathname}${query.size ? `?${query}` : ""}`);
  };
  return [filters, filter];
}
