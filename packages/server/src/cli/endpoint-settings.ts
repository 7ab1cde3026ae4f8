import { isObject, type Json, type JsonObject } from "@scimtool/scim";
import { SETTINGS_SCHEMA } from "../endpoint/settings.ts";
import type { ShownEndpoint } from "../http/api/endpoints.ts";
import { CommandError, readJsonFile } from "./command.ts";
import { resourcesText } from "./endpoint-api.ts";
import { columns, formatTime } from "./text.ts";

const { limits, retention } = SETTINGS_SCHEMA.properties;

/** Optional limits: JSON leaves out those without a value. */
const NO_LIMITS = {
  limits: noneOf(limits.properties),
  retention: { exchanges: noneOf(retention.properties.exchanges.properties) },
};

function noneOf(properties: object): JsonObject {
  return Object.fromEntries(Object.keys(properties).map((name) => [name, "none"]));
}

/** Shows an endpoint, with settings by the keys that `endpoint set` takes. */
export function endpointText(endpoint: ShownEndpoint): string {
  const { name, baseUrl, created, settings, inForce } = endpoint;
  const rows = [
    ["Name", name],
    ["SCIM base URL", baseUrl],
    ["Created", formatTime(Date.parse(created))],
    ["Resources", resourcesText(endpoint)],
  ] as const;
  const set = new Set(leaves(settings).map(([path]) => path));
  const shown = leaves(overlay(NO_LIMITS, inForce as unknown as JsonObject)).map(
    ([path, value]) => [`  ${path}`, `${value}${set.has(path) ? "" : "   (default)"}`] as const,
  );
  return `${columns(rows)}\n\nSettings\n${columns(shown)}`;
}

/** Settings by their path: `limits.maxPageSize`. */
function leaves(settings: JsonObject): [path: string, value: string][] {
  return Object.entries(settings).flatMap(([name, value]): [string, string][] =>
    isObject(value) ? leaves(value).map(([path, text]) => [`${name}.${path}`, text]) : [[name, valueText(value)]],
  );
}

function valueText(value: Json): string {
  if (!Array.isArray(value)) return String(value);
  return value.length === 0 ? "none" : value.map(itemText).join(", ");
}

/** A schema by its URN, a resource type by its name. */
function itemText(value: Json): string {
  return String(isObject(value) ? (value["id"] ?? value["name"]) : value);
}

/**
 * The settings on a command line, as a JSON Merge Patch (RFC 7396). Whether a setting exists, only the server knows.
 * @param assignments `key=value`; they override the file
 * @param file holds a JSON object
 * @throws CommandError for anything else
 */
export function settingsOf(assignments: readonly string[], file: string | undefined): JsonObject {
  const read = file === undefined ? {} : readJsonFile(file);
  if (!isObject(read)) throw new CommandError(`${file} must hold a JSON object of settings.`);
  return assignments.map(readAssignment).reduce(overlay, read);
}

function readAssignment(assignment: string): JsonObject {
  const equals = assignment.indexOf("=");
  if (equals <= 0) {
    throw new CommandError(`"${assignment}" is not a setting. Write key=value: limits.maxPageSize=50, profile=strict.`);
  }
  const path = assignment.slice(0, equals).split(".");
  const value = readValue(assignment.slice(equals + 1), typeAt(path));
  return path.reduceRight<Json>((inner, name) => ({ [name]: inner }), value) as JsonObject;
}

/** Sends a value of the wrong type as text: the server says what it must be. */
function readValue(text: string, type: string | undefined): Json {
  if (text === "default") return null;
  switch (type) {
    case "number":
    case "integer":
      return text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);
    case "boolean":
      return text === "true" || text === "false" ? text === "true" : text;
    case "array":
      return text
        .split(",")
        .map((item) => item.trim())
        .filter((item) => item !== "");
    default:
      return text;
  }
}

/** The JSON type of a setting; undefined for an unknown one. */
function typeAt(path: readonly string[]): string | undefined {
  let schema: unknown = SETTINGS_SCHEMA;
  for (const name of path) {
    const properties = isObject(schema) ? schema["properties"] : undefined;
    schema = isObject(properties) ? properties[name] : undefined;
  }
  const type = isObject(schema) ? schema["type"] : undefined;
  return typeof type === "string" ? type : undefined;
}

function overlay(below: JsonObject, above: JsonObject): JsonObject {
  const merged = new Map(Object.entries(below));
  for (const [name, value] of Object.entries(above)) {
    const current = merged.get(name);
    merged.set(name, isObject(current) && isObject(value) ? overlay(current, value) : value);
  }
  return Object.fromEntries(merged);
}
