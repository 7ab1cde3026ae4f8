import { isObject, type Json, type JsonObject } from "@scimtool/scim";
import { secretNames } from "../redact/secret-names.ts";
import { redactText } from "../redact/text.ts";
import { dateText } from "./time-text.ts";

/** Characters of a value that a sentence shows. */
const MAX_CHARACTERS = 80;

/** Values of a list that a sentence shows. */
const MAX_VALUES = 3;

const SECRETS = secretNames();

/** What changes how the text around it reads, and is none itself: control characters, changes of direction. */
const INVISIBLE = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]+/gu;

/** Members that say what a value stands for, the best first. */
const TELLING = ["formatted", "display", "displayName", "value"];

/** Members that tell nothing by themselves. */
const SILENT = new Set(["type", "primary", "$ref"]);

/**
 * A value as people read it: yes and no, dates in words, long ones shortened, secrets never.
 * @param path of the attribute that has the value
 */
export function valueText(value: Json, path: string): string {
  return SECRETS.isSecret(path) ? "[secret]" : shown(value);
}

/** A name for people, made fit to stand in a sentence. */
export function labelText(label: string): string {
  return shorten(clean(label));
}

/** A text of any kind, made fit to stand in a sentence. */
export function plainText(text: string, maxCharacters = MAX_CHARACTERS): string {
  return shorten(clean(redactText(text, SECRETS)), maxCharacters);
}

function shown(value: Json): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (value === null) return "nothing";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return stringText(value);
  return shorten(Array.isArray(value) ? listText(value) : objectText(value));
}

function stringText(value: string): string {
  const role = value.startsWith("{") ? jsonObject(value) : undefined;
  if (role !== undefined) return shorten(objectText(role));
  const text = clean(redactText(value, SECRETS));
  // Blanks at an end would not be seen.
  if (text === "" || text !== text.trim()) return `"${shorten(text)}"`;
  return dateText(text) ?? shorten(text);
}

/** Entra ID sends roles as JSON in a text. */
function jsonObject(text: string): JsonObject | undefined {
  try {
    const json = JSON.parse(text) as Json;
    return isObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function objectText(object: JsonObject): string {
  for (const name of TELLING) {
    const member = Object.hasOwn(object, name) ? object[name] : undefined;
    if (typeof member === "string" && member !== "") return valueText(member, name);
  }
  const members = Object.entries(object).filter(([name, member]) => !SILENT.has(name) && !isObject(member));
  return members.map(([name, member]) => valueText(member, name)).join(", ") || "nothing";
}

function listText(values: readonly Json[]): string {
  const texts = values.slice(0, MAX_VALUES).map(shown);
  const more = values.length - texts.length;
  return more > 0 ? `${texts.join(", ")} and ${more} more` : texts.join(", ") || "nothing";
}

function clean(text: string): string {
  return text.replaceAll(INVISIBLE, " ");
}

function shorten(text: string, maxCharacters = MAX_CHARACTERS): string {
  if (text.length <= maxCharacters) return text;
  // Not between the two halves of a character.
  return `${text.slice(0, maxCharacters).replace(/[\ud800-\udbff]$/, "")}…`;
}
