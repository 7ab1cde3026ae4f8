import { isObject, type Json, type JsonObject } from "@scimtool/scim";
import { secretNames } from "../redact/secret-names.ts";
import { redactText } from "../redact/text.ts";

/** Characters of a value that a sentence shows. */
const MAX_CHARACTERS = 80;

/** Values of a list that a sentence shows. */
const MAX_VALUES = 3;

const SECRETS = secretNames();

/** Control characters and changes of direction, which garble the text around them. */
const INVISIBLE = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]+/gu;

/** Members that name a value for people, the best first. */
const TELLING = ["formatted", "display", "displayName", "value"];

/** Members that mean nothing without the others. */
const SILENT = new Set(["type", "primary", "$ref"]);

/**
 * A value as people read it: yes and no, dates in words, long ones shortened, secrets never.
 * @param path of the attribute that has the value
 */
export function valueText(value: Json, path: string): string {
  return SECRETS.isSecret(path) ? "[secret]" : shown(value);
}

/** A name as a sentence shows it. */
export function labelText(label: string): string {
  return shorten(clean(label));
}

/** Any text as a sentence shows it: without secrets, and shortened. */
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
  // Spaces at an end would be invisible.
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

/** A moment, which stays true: "24 November 2026, 08:00 UTC". @param ms since 1970 */
export function momentText(ms: number): string {
  return dateText(new Date(ms).toISOString()) ?? "";
}

/** A number with its noun: "1 day", "3 days", "1,200 times". */
export function counted(count: number, noun: string): string {
  return `${numberText(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A number with commas between thousands. */
export function numberText(number: number): string {
  return number.toLocaleString("en-US");
}

/**
 * A moment as people say it on the day of another one: "08:00"; on other days "23 November, 08:00".
 * @param timeZone IANA name
 * @throws RangeError for an unknown time zone
 */
export function clockText(momentMs: number, seenFromMs: number, timeZone: string): string {
  const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone }).format(momentMs);
  const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone });
  if (day.format(momentMs) === day.format(seenFromMs)) return time;
  const dayAndMonth = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", timeZone });
  return `${dayAndMonth.format(momentMs)}, ${time}`;
}

const DATE = /^\d{4}-\d\d-\d\d$/;
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/;

/** A date (RFC 7643 §2.3.5) in words: "24 November 2026, 21:45 UTC"; undefined if the text is not a date. */
export function dateText(text: string): string | undefined {
  const isDate = DATE.test(text);
  if (!isDate && !DATE_TIME.test(text)) return undefined;
  const momentMs = Date.parse(text);
  if (Number.isNaN(momentMs)) return undefined;
  const options = { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" } as const;
  const day = new Intl.DateTimeFormat("en-GB", options).format(momentMs);
  return isDate ? day : `${day}, ${new Date(momentMs).toISOString().slice(11, 16)} UTC`;
}
