/**
 * Types of what the server sends and takes, for the pages' JSDoc: namespaces `Live` (sockets, from docs/asyncapi.json)
 * and `Rest` (from an OpenAPI document on standard input). Writes types/generated/; part of `make check`.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { compile } from "json-schema-to-typescript";

const ROOT = new URL("../../", import.meta.url);
const OPTIONS = { bannerComment: "", additionalProperties: false, format: false, unreachableDefinitions: true };

/** Schemas of components, in the one form that the compiler reads. */
function definitions(schemas) {
  const text = JSON.stringify(schemas).replaceAll("#/components/schemas/", "#/definitions/");
  return { title: "Everything", type: "object", properties: {}, definitions: JSON.parse(text) };
}

const untitled = (schemas) =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, { ...schema, title: name }]));

async function namespace(name, schemas, more = "") {
  const code = await compile(definitions(untitled(schemas)), "Everything", OPTIONS);
  return `declare namespace ${name} {\n${code}\n${more}}\n`;
}

const nameOf = (reference) => reference.slice(reference.lastIndexOf("/") + 1);
const record = (name, rows) => `export interface ${name} {\n${rows.map((row) => `${row};\n`).join("")}}\n`;

/** `Commands`: body and answer of each; `CartEvents` and so on: data of each event of a topic. */
function tables({ messages, schemas }) {
  const commands = [];
  const topics = {};
  for (const [name, { payload }] of Object.entries(messages)) {
    if (!payload.$ref) continue;
    const schema = schemas[nameOf(payload.$ref)];
    const { data, type, name: event } = schema.properties;
    const reply = messages[`${name}.reply`];
    if (reply) {
      const answer = nameOf(schemas[nameOf(reply.payload.$ref)].properties.data.$ref);
      commands.push(`"${name}": { body: Omit<${nameOf(payload.$ref)}, "id" | "type">, answer: ${answer} }`);
    } else if (type?.enum?.[0] === "event" && event) {
      (topics[name.split(".")[0]] ??= []).push(`${event.enum[0]}: ${nameOf(data.$ref)}`);
    }
  }
  const events = Object.entries(topics).map(([topic, rows]) =>
    record(`${topic[0].toUpperCase()}${topic.slice(1)}Events`, rows),
  );
  return record("Commands", commands) + events.join("");
}

const live = JSON.parse(readFileSync(new URL("docs/asyncapi.json", ROOT), "utf8")).components;
const rest = JSON.parse(readFileSync(0, "utf8")).components.schemas;
mkdirSync(new URL("types/generated/", ROOT), { recursive: true });
writeFileSync(new URL("types/generated/live.d.ts", ROOT), await namespace("Live", live.schemas, tables(live)));
writeFileSync(new URL("types/generated/rest.d.ts", ROOT), await namespace("Rest", rest));
