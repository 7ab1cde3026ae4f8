import { isObject, type Json, type JsonObject } from "@scimtool/scim";
import { SETTINGS_SCHEMA } from "../endpoint/settings-schema.ts";
import { CommandRefused } from "./command.ts";
import { readJsonFile } from "./json-file.ts";

/**
 * The settings that a command line names, as a JSON Merge Patch (RFC 7396).
 * @param assignments `key=value`; they win over those of the file
 * @param file of a JSON object
 * @throws CommandRefused for what is no such thing. Whether there is such a setting only the server knows
 */
export function settingsOf(assignments: readonly string[], file: string | undefined): JsonObject {
  const read = file === undefined ? {} : readJsonFile(file);
  if (!isObject(read)) throw new CommandRefused(`${file} must hold a JSON object of settings.`);
  return assignments.map(readAssignment).reduce(overlay, read);
}

function readAssignment(assignment: string): JsonObject {
  const equals = assignment.indexOf("=");
  if (equals <= 0) {
    throw new CommandRefused(`"${assignment}" is no setting. Write key=value: limits.maxPageSize=50, profile=strict.`);
  }
  const path = assignment.slice(0, equals).split(".");
  const value = readValue(assignment.slice(equals + 1), typeAt(path));
  return path.reduceRight<Json>((inner, name) => ({ [name]: inner }), value) as JsonObject;
}

/** What cannot be read as its type is sent as text: the server says what it must be. */
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

/** The JSON type of a setting; undefined for one that is not known here. */
function typeAt(path: readonly string[]): string | undefined {
  let schema: unknown = SETTINGS_SCHEMA;
  for (const name of path) {
    const properties = isObject(schema) ? schema["properties"] : undefined;
    schema = isObject(properties) ? properties[name] : undefined;
  }
  const type = isObject(schema) ? schema["type"] : undefined;
  return typeof type === "string" ? type : undefined;
}

/** Two merge patches as one. */
export function overlay(below: JsonObject, above: JsonObject): JsonObject {
  const merged = new Map(Object.entries(below));
  for (const [name, value] of Object.entries(above)) {
    const current = merged.get(name);
    merged.set(name, isObject(current) && isObject(value) ? overlay(current, value) : value);
  }
  return Object.fromEntries(merged);
}
