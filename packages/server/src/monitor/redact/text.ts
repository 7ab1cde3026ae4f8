import {
  type AttributePath,
  type Filter,
  isObject,
  type Json,
  type JsonObject,
  newReading,
  parseFilter,
  parsePath,
  printAttributePath,
  setOwn,
} from "@scimtool/scim";
import { describeSecret } from "../../auth/credentials.ts";
import type { SecretNames } from "./secret-names.ts";

// One rule for every text of a record: it is redacted as it was written, and again as it reads without its escapes.

/** Secrets with a known form: those created here, JSON Web Tokens, and values after a scheme. */
const BY_FORM =
  /\bscim_[0-9A-Za-z_]{16,}|(?<![\w-])eyJ[\w-]{8,}\.[\w.-]*|(?<=\b(?:Bearer|Basic|SSWS)[\s+])[\w.~+/=-]{16,}/gi;

/** Three letters of each of {@link BY_FORM} that are rare in other texts. */
export const FORM_LETTERS: readonly string[] = ["im_", "eyj", "rer", "asi", "sws"];

/** `client_secret=…` in the middle of a text. Bounded, because a text may be as long as a body. */
const ASSIGNED = /(?<![\w$.:-])([\w$.:-]{1,300})(\s?=\s?)("[^"]*"?|'[^']*'?|[^\s&;,"']+)/g;

/** A quoted value that a client sent, and a quoted name or words. */
const QUOTED = /"([^"]+)"/g;
const NAME_OR_WORDS = /^[^=%\\]+$/;

/** `password must be a text, but "…" was sent.` */
const MUST_BE = /(?<![\w$.:-])([\w$.:-]{1,300}) must be /g;

const COMPARISON = /\b(?:eq|ne|co|sw|ew|gt|ge|lt|le)\b\s*"/i;

/** A member in JSON that cannot be parsed, such as JSON inside another text. Bounded like {@link ASSIGNED}. */
const MEMBER = /(["'])([\w$.:-]{1,300})\1(\s{0,20}:\s{0,20})("(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s,}\]]+)/g;

const JSON_START = /^\s*(?:\{|\[\s*[{["])/;

/** Longer texts take too long: each of their characters takes ten times as long as one of JSON. */
export const MAX_SEARCHED_CHARACTERS = 64 * 1_024;

/** Texts may be encoded several times, such as a URL in a parameter of a URL. */
const MAX_ENCODINGS = 3;

/** A text that is not a secret itself, without the secrets in it. */
export function redactText(text: string, names: SecretNames, depth = 0): string {
  return names.isPlain(text) ? text : redactEveryForm(text, (each) => redactWritten(each, names, depth));
}

/** @returns the text as it was written, unless only its decoded form shows a secret */
function redactEveryForm(text: string, redact: (text: string) => string): string {
  const redacted = redact(text);
  const decoded = withoutEscapes(redacted);
  if (decoded === redacted) return redacted;
  const redactedDecoded = redact(decoded);
  return redactedDecoded === decoded ? redacted : redactedDecoded;
}

function redactWritten(text: string, names: SecretNames, depth: number): string {
  const bare = withoutForms(text, names);
  if (!names.areMentioned(text)) return bare;
  if (JSON_START.test(bare)) return redactJsonText(bare, names, depth);
  if (COMPARISON.test(bare)) return filterWithoutSecrets(bare, names);
  const withoutMembers = withoutRepeated(bare, names).replaceAll(
    MEMBER,
    (whole, quote: string, name: string, colon: string, value: string) =>
      names.isSecret(name) ? `${quote}${name}${quote}${colon}${placeholder(value)}` : whole,
  );
  if (!withoutMembers.includes("=")) return withoutMembers;
  return withoutMembers.replaceAll(ASSIGNED, (whole, name: string, equals: string, value: string) =>
    names.isSecret(name) ? `${name}${equals}${placeholder(value)}` : whole,
  );
}

/** A text without secrets that are known, or that show by their form what they are. */
function withoutForms(text: string, names: SecretNames): string {
  let left = text;
  for (const secret of names.known) left = left.replaceAll(secret, placeholder);
  return left.replaceAll(BY_FORM, placeholder);
}

/** Entra ID sends roles as JSON in a text. */
function redactJsonText(text: string, names: SecretNames, depth: number): string {
  try {
    return JSON.stringify(redactJson(JSON.parse(text) as Json, names, depth + 1));
  } catch {
    return placeholder(text);
  }
}

/** An error detail without the secrets that it quotes. */
function withoutRepeated(text: string, names: SecretNames): string {
  if (!text.includes('"')) return text;
  const mustBe = text.matchAll(MUST_BE).find(([, name = ""]) => names.isSecret(name));
  if (mustBe !== undefined) return text.slice(0, mustBe.index) + withoutQuoted(text.slice(mustBe.index));
  return text.replaceAll(QUOTED, (whole, sent: string) =>
    NAME_OR_WORDS.test(sent) || !names.areMentioned(withoutEscapes(sent)) ? whole : `"${placeholder(sent)}"`,
  );
}

/** A text without its quoted parts. */
export function withoutQuoted(text: string): string {
  return text.replaceAll(QUOTED, (_, sent: string) => `"${placeholder(sent)}"`);
}

/** A text without escapes of JSON and URLs, in which names can be searched. */
export function withoutEscapes(text: string): string {
  let decoded = text;
  for (let count = 0; count < MAX_ENCODINGS; count++) {
    const before = decoded;
    if (decoded.includes("\\u")) decoded = decoded.replaceAll(/\\u([0-9a-f]{4})/gi, ofHex);
    if (decoded.includes("%")) decoded = withoutPercents(decoded);
    if (decoded === before) break;
  }
  return decoded;
}

/** As `decodeURIComponent`; what is not valid UTF-8 is decoded byte by byte. */
export function withoutPercents(text: string): string {
  if (!/%[0-9a-f]{2}/i.test(text)) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replaceAll(/%([0-9a-f]{2})/gi, ofHex);
  }
}

function ofHex(_: string, hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16));
}

/** A filter (RFC 7644 §3.4.2.2) without the values that it compares secrets with. */
export function redactFilter(text: string, names: SecretNames): string {
  return names.isPlain(text) ? text : redactEveryForm(text, (each) => filterWithoutSecrets(each, names));
}

function filterWithoutSecrets(text: string, names: SecretNames): string {
  const bare = withoutForms(text, names);
  return isHarmlessFilter(bare, names) ? bare : withoutValues(bare, names);
}

/** A PATCH path (RFC 7644 §3.5.2) without the values that it compares secrets with. */
function redactPath(text: string, names: SecretNames): string {
  if (names.isPlain(text)) return text;
  return redactEveryForm(text, (each) => {
    const bare = withoutForms(each, names);
    return namesSecret(bare, names) ? withoutValues(bare, names) : bare;
  });
}

/** Whether a PATCH path names a secret, also in its filter: `x[type eq "password"].value`. */
function namesSecret(path: string, names: SecretNames): boolean {
  if (!names.areMentioned(path)) return false;
  try {
    const parsed = parsePath(path, newReading("tolerant"));
    return isSecretPath(parsed, names) || (parsed.filter !== undefined && comparesSecret(parsed.filter, names));
  } catch {
    return true;
  }
}

/** Removes everything after the path: if the text is malformed, the value may be anywhere. */
function withoutValues(text: string, names: SecretNames): string {
  const [path = ""] = /^\s*[\w$.:-]+/.exec(text) ?? [];
  const rest = text.slice(path.length);
  if (rest === "") return text;
  return names.areMentioned(path) ? `${path} ${placeholder(rest)}` : placeholder(text);
}

function isHarmlessFilter(text: string, names: SecretNames): boolean {
  if (!names.areMentioned(text)) return true;
  try {
    return !comparesSecret(parseFilter(text, newReading("tolerant")), names);
  } catch {
    return false;
  }
}

function comparesSecret(filter: Filter, names: SecretNames): boolean {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.filters.some((each) => comparesSecret(each, names));
    case "not":
      return comparesSecret(filter.filter, names);
    case "present":
      return isSecretPath(filter.path, names);
    case "compare":
      // `type eq "password"` labels the value beside it.
      return isSecretPath(filter.path, names) || (typeof filter.value === "string" && names.isSecretWord(filter.value));
    case "valuePath":
      return isSecretPath(filter.path, names) || comparesSecret(filter.filter, names);
  }
}

function isSecretPath(path: AttributePath, names: SecretNames): boolean {
  return names.isSecret(printAttributePath(path));
}

/** Deeper than any SCIM message, even a Bulk request. Deeper values are removed, because they may be secrets. */
const MAX_DEPTH = 100;
export const TOO_DEEP = `[nested more than ${MAX_DEPTH} deep]`;

/** Members that label the `value` beside them: `{"type":"password","value":"…"}`. */
const LABELS = ["type", "name", "key", "attribute"];
const VALUES = ["value", "val"];
const LONGEST_LABEL = "attribute".length;

/** How much may still be written: searching more than is recorded costs time. */
export type Room = { characters: number };

/**
 * JSON without its secrets, wherever SCIM has them: members by name (also dotted, qualified by a URN, or with a filter
 * in brackets), the value of a PATCH operation whose path names one, operations inside a bulk request, JSON inside a
 * string. Everything else stays; true, false and null are not secrets.
 */
export function redactJson(
  json: Json,
  names: SecretNames,
  depth = 0,
  room: Room = { characters: Number.POSITIVE_INFINITY },
): Json {
  if (typeof json === "string") return written(redactMember(json, names, depth), room);
  if (typeof json === "object" && depth > MAX_DEPTH) return TOO_DEEP;
  if (Array.isArray(json)) {
    const redacted: Json[] = [];
    for (const element of json) {
      if (room.characters-- <= 0) break;
      redacted.push(redactJson(element, names, depth + 1, room));
    }
    return redacted;
  }
  return isObject(json) ? redactObject(json, names, depth, room) : json;
}

function written<T extends string>(text: T, room: Room): T {
  room.characters -= text.length;
  return text;
}

function redactObject(object: JsonObject, names: SecretNames, depth: number, room: Room): JsonObject {
  const isValueSecret = isLabelled(object, names);
  const redacted: JsonObject = {};
  for (const name in object) {
    if (room.characters <= 0) break;
    const member = object[name] as Json;
    const lower = name.toLowerCase();
    const isSecret = names.isSecret(name) || (isValueSecret && VALUES.includes(lower));
    // A name may also contain a value, in the brackets of a value path.
    const shown = written(/[[("\s]/.test(name) ? redactPath(name, names) : name, room);
    if (isSecret) setOwn(redacted, shown, withoutJsonValues(member, depth + 1, room));
    // Strings of RFC 7644 §3.4.3 and §3.5.2.
    else if (lower === "filter" && typeof member === "string") setOwn(redacted, shown, redactFilter(member, names));
    else if (lower === "path" && typeof member === "string") setOwn(redacted, shown, redactPath(member, names));
    else setOwn(redacted, shown, redactJson(member, names, depth + 1, room));
  }
  return redacted;
}

/** Whether a member beside it labels the `value` of an object as a secret. */
function isLabelled(object: JsonObject, names: SecretNames): boolean {
  for (const name in object) {
    if (name.length > LONGEST_LABEL) continue;
    const lower = name.toLowerCase();
    const member = object[name] as Json;
    if (lower === "path") {
      if (namesSecret(typeof member === "string" ? member : JSON.stringify(member), names)) return true;
    } else if (LABELS.includes(lower) && typeof member === "string" && names.isSecretWord(member)) return true;
  }
  return false;
}

/** A secret of any JSON type, without its values. */
function withoutJsonValues(json: Json, depth: number, room: Room): Json {
  if (typeof json === "string") return json === "" ? json : written(placeholder(json), room);
  if (typeof json === "number") return written(placeholder(String(json)), room);
  if (typeof json === "object" && depth > MAX_DEPTH) return TOO_DEEP;
  if (Array.isArray(json)) {
    const redacted: Json[] = [];
    for (const element of json) {
      if (room.characters-- <= 0) break;
      redacted.push(withoutJsonValues(element, depth + 1, room));
    }
    return redacted;
  }
  if (!isObject(json)) return json;
  const redacted: JsonObject = {};
  for (const name in json) {
    if (room.characters <= 0) break;
    setOwn(redacted, written(name, room), withoutJsonValues(json[name] as Json, depth + 1, room));
  }
  return redacted;
}

function redactMember(text: string, names: SecretNames, depth: number): string {
  if (names.isPlain(text)) return text;
  return text.length > MAX_SEARCHED_CHARACTERS ? placeholder(text) : redactText(text, names, depth);
}

/**
 * Replaces a secret in a record. Equal secrets have equal placeholders, and the length shows whether one
 * was truncated. It reveals nothing else.
 */
export function placeholder(secret: string): string {
  return `${PLACEHOLDER_START}${describeSecret(secret)}]`;
}

export const PLACEHOLDER_START = "[secret, ";
