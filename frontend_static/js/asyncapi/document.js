/** Reads an AsyncAPI 3 document: which addresses there are, and what is said there by whom. */

const last = (reference) => reference.split("/").at(-1);

/** What a JSON schema allows, in a few words; names of other schemas stay names. */
export function typeOf(schema) {
  if (schema.$ref) return last(schema.$ref);
  if (schema.enum) return schema.enum.map((each) => JSON.stringify(each)).join(" | ");
  if ("const" in schema) return JSON.stringify(schema.const);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return [...new Set(choices.map(typeOf))].join(" | ");
  if (schema.type === "array") return schema.items ? `${typeOf(schema.items)}[]` : "array";
  if (Array.isArray(schema.type)) return schema.type.join(" | ");
  return schema.format ?? schema.type ?? "any";
}

/** The bounds that a schema names, e.g. `1 to 999` or `at most 64 characters`. */
export function boundsOf(schema) {
  const one = [schema, ...(schema.anyOf ?? [])].find((each) => "minimum" in each || "maxLength" in each) ?? schema;
  const words = [];
  if ("minimum" in one) words.push(`≥ ${one.minimum}`);
  if ("maximum" in one) words.push(`≤ ${one.maximum}`);
  if ("maxLength" in one) words.push(`${one.minLength ?? 0}–${one.maxLength} characters`);
  if ("maxItems" in one) words.push(`≤ ${one.maxItems} items`);
  return words.join(", ");
}

/** Names of the schemas that a schema leads to. */
export function leadsTo(schema) {
  if (schema.$ref) return [last(schema.$ref)];
  return [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.items ? [schema.items] : [])].flatMap(leadsTo);
}

/** The rows of an object's fields: {name, type, bounds, required, note, leads}. */
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

/** Where one can talk: channels with the same messages together, {channels, says, hears} each. */
export function placesOf(document) {
  const places = new Map();
  for (const [name, channel] of Object.entries(document.channels)) {
    const operations = Object.values(document.operations).filter((each) => last(each.channel.$ref) === name);
    const said = (action) =>
      operations
        .filter((each) => each.action === action)
        .flatMap((each) => each.messages.map(({ $ref }) => last($ref)));
    const [says, hears] = [said("receive"), said("send")];
    const key = JSON.stringify([says, hears]);
    const place = places.get(key) ?? { channels: [], says, hears };
    place.channels.push({ name, address: channel.address, text: channel.description ?? "" });
    places.set(key, place);
  }
  return [...places.values()];
}

/** Messages whose name or summary has every word of the search. */
export function matching(names, messages, search) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return names.filter((name) => {
    const text = `${name} ${messages[name].summary ?? ""}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
