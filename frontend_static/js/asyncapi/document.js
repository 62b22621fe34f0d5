/** Reads an AsyncAPI 3 document: which addresses there are, and what is said there by whom. */

/**
 * A JSON schema as far as the page reads one.
 * @typedef {{ $ref?: string, enum?: unknown[], const?: unknown, anyOf?: Schema[], oneOf?: Schema[], items?: Schema,
 *   type?: string | string[], format?: string, minimum?: number, maximum?: number, minLength?: number,
 *   maxLength?: number, maxItems?: number, required?: string[], properties?: Record<string, Schema>,
 *   description?: string }} Schema
 * @typedef {{ $ref: string }} Reference
 * @typedef {{ summary?: string, payload: Schema }} Message
 * @typedef {{ channels: Record<string, { address: string, description?: string }>,
 *   operations: Record<string, { action: "send" | "receive", channel: Reference, messages: Reference[] }>,
 *   components: { messages: Record<string, Message>, schemas: Record<string, Schema> } }} Document
 * Addresses at which the same is said and heard; both are names of messages.
 * @typedef {{ channels: { name: string, address: string, text: string }[], says: string[], hears: string[] }} Place
 */

/** The name that a reference leads to. */
export const nameIn = (/** @type {string} */ reference) => reference.slice(reference.lastIndexOf("/") + 1);

/**
 * What a JSON schema allows, in a few words; names of other schemas stay names.
 * @param {Schema} schema
 * @returns {string}
 */
export function typeOf(schema) {
  if (schema.$ref) return nameIn(schema.$ref);
  if (schema.enum) return schema.enum.map((each) => JSON.stringify(each)).join(" | ");
  if ("const" in schema) return JSON.stringify(schema.const);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return [...new Set(choices.map(typeOf))].join(" | ");
  if (schema.type === "array") return schema.items ? `${typeOf(schema.items)}[]` : "array";
  if (Array.isArray(schema.type)) return schema.type.join(" | ");
  return schema.format ?? schema.type ?? "any";
}

/**
 * The bounds that a schema names, e.g. `≥ 1, ≤ 999` or `0–64 characters`.
 * @param {Schema} schema
 */
export function boundsOf(schema) {
  const one = [schema, ...(schema.anyOf ?? [])].find((each) => "minimum" in each || "maxLength" in each) ?? schema;
  const words = [];
  if ("minimum" in one) words.push(`≥ ${one.minimum}`);
  if ("maximum" in one) words.push(`≤ ${one.maximum}`);
  if ("maxLength" in one) words.push(`${one.minLength ?? 0}–${one.maxLength} characters`);
  if ("maxItems" in one) words.push(`≤ ${one.maxItems} items`);
  return words.join(", ");
}

/**
 * Names of the schemas that a schema leads to.
 * @param {Schema} schema
 * @returns {string[]}
 */
export function leadsTo(schema) {
  if (schema.$ref) return [nameIn(schema.$ref)];
  return [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.items ? [schema.items] : [])].flatMap(leadsTo);
}

/**
 * The rows of an object's fields: {name, type, bounds, required, note, leads}.
 * @param {Schema} schema
 */
export function fieldsOf(schema) {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    name,
    type: typeOf(field),
    bounds: boundsOf(field),
    required: required.has(name),
    note: field.description ?? "",
    leads: leadsTo(field),
  }));
}

/**
 * Where one can talk: channels with the same messages together.
 * @param {Document} document
 */
export function placesOf(document) {
  /** @type {Map<string, Place>} */
  const places = new Map();
  for (const [name, channel] of Object.entries(document.channels)) {
    const operations = Object.values(document.operations).filter((each) => nameIn(each.channel.$ref) === name);
    const said = (/** @type {"send" | "receive"} */ action) =>
      operations
        .filter((each) => each.action === action)
        .flatMap((each) => each.messages.map(({ $ref }) => nameIn($ref)));
    const [says, hears] = [said("receive"), said("send")];
    const key = JSON.stringify([says, hears]);
    /** @type {Place} */
    const place = places.get(key) ?? { channels: [], says, hears };
    place.channels.push({ name, address: channel.address, text: channel.description ?? "" });
    places.set(key, place);
  }
  return [...places.values()];
}

/**
 * Messages whose name or summary has every word of the search.
 * @param {string[]} names
 * @param {Record<string, Message>} messages
 * @param {string} search
 */
export function matching(names, messages, search) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return names.filter((name) => {
    const text = `${name} ${messages[name].summary ?? ""}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
