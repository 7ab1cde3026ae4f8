import { isUtf8 } from "node:buffer";
import { isObject, type Json, type JsonObject, setOwn } from "@scimtool/scim";
import type { SecretNames } from "./secret-names.ts";
import {
  namesSecret,
  PLACEHOLDER_START,
  placeholder,
  redactFilter,
  redactPath,
  redactText,
  withoutEscapes,
} from "./text.ts";
import { hasUrlSecret, redactQuery } from "./url.ts";

/** A body as a record keeps it. */
export type RedactedBody = {
  readonly text: string;
  /** Bytes of the body as it was sent. */
  readonly bytes: number;
  /** What is not as it was sent, for people; undefined where all is. */
  readonly note: string | undefined;
};

/** `name=value` pairs and nothing that belongs to JSON or XML. */
const FORM = /^[^=&{}<>"\s]+=[^&<>{}"\s]*(?:&[^=&{}<>"\s]+=[^&<>{}"\s]*)*$/;

const TAKEN_OUT = "Secrets were taken out.";

/**
 * A body without its secrets, and cut where it is long.
 * @param bytes the whole body as it was sent: of a part, nobody can tell what its values are
 * @param maxBytes of the text that is kept, in UTF-8
 */
export function redactBody(bytes: Uint8Array, maxBytes: number, names: SecretNames): RedactedBody {
  if (bytes.length === 0) return EMPTY;
  if (!isUtf8(bytes)) return notText(bytes.length);
  const isPlain = names.isPlain(bytes);
  if (isPlain && !mayBeForm(bytes)) {
    return cut({ text: decoded(bytes, maxBytes), note: undefined, cutFrom: bytes.length }, bytes.length, maxBytes);
  }
  if (bytes.length > MAX_SEARCHED_BYTES) return { ...TOO_LONG, bytes: bytes.length };
  const text = decoded(bytes);
  if (isPlain && !isFormWithSecret(text)) return cut({ text, note: undefined }, bytes.length, maxBytes);
  if (isBinary(text)) return notText(bytes.length);
  return cut(redactBodyText(text, names, maxBytes), bytes.length, maxBytes);
}

function notText(bytes: number): RedactedBody {
  return { text: "", bytes, note: `${bytes} bytes that are no text are not shown.` };
}

/** A character that does not fit as a whole is left out. */
function decoded(bytes: Uint8Array, maxBytes: number = bytes.length): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, maxBytes), { stream: true });
}

/** Whether {@link redactBody} would leave a body as it was sent, which is so with most. Quick. */
export function isKeptAsSent(bytes: Uint8Array, maxBytes: number, names: SecretNames): boolean {
  return bytes.length <= maxBytes && !mayBeForm(bytes) && names.isPlain(bytes) && isUtf8(bytes);
}

/** Almost all bodies are JSON objects. */
function mayBeForm(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes[0] !== OPENING_BRACE;
}

const OPENING_BRACE = 0x7b;

/** Whether a body is a form with a secret that would be none in JSON. */
function isFormWithSecret(text: string): boolean {
  return !text.startsWith("{") && FORM.test(text.trim()) && hasUrlSecret(text.trim());
}

/**
 * Longer bodies that may hold a secret are not looked through: others wait meanwhile. The same goes for a long text that
 * is no JSON, which takes ten times as long for each byte.
 */
const MAX_SEARCHED_BYTES = 256 * 1_024;
const MAX_SEARCHED_CHARACTERS = 64 * 1_024;
const TOO_LONG: Shown = { text: "", note: "It may hold a secret and is too long to be looked through." };

const EMPTY: RedactedBody = { text: "", bytes: 0, note: undefined };

/** Whether there is a character that no text has: a control character (Cc) that is no blank. */
function isBinary(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 ? code !== 0x09 && code !== 0x0a && code !== 0x0d : code >= 0x7f && code <= 0x9f) return true;
  }
  return false;
}

type Shown = {
  readonly text: string;
  readonly note: string | undefined;
  /** Bytes of the whole, if the text may have been cut already. */
  readonly cutFrom?: number;
};

function redactBodyText(text: string, names: SecretNames, maxBytes: number): Shown {
  const isLong = text.length > MAX_SEARCHED_CHARACTERS;
  if (isLong && !/^\s*[{[]/.test(text)) return TOO_LONG;
  if (!names.areMentioned(withoutEscapes(text))) {
    return isFormWithSecret(text) ? redactedForm(text, names) : { text: redactText(text, names), note: undefined };
  }
  const json = parsed(text);
  if (json !== undefined) {
    // Written anew in any case: of members with one name, which are in the text, only the last was looked at.
    const room: Room = { characters: maxBytes };
    const redacted = JSON.stringify(redactJson(json, names, 0, room));
    if (redacted === text) return { text, note: undefined };
    const isChanged = redacted.includes(PLACEHOLDER_START) || redacted.includes(TOO_DEEP);
    const note = isChanged ? `${TAKEN_OUT} The JSON was written anew.` : "The JSON was written anew.";
    return room.characters > 0
      ? { text: redacted, note }
      : { text: redacted, note, cutFrom: Math.max(text.length, maxBytes + 1) };
  }
  if (isLong) return TOO_LONG;
  if (FORM.test(text.trim())) return redactedForm(text, names);
  const note = "It names a secret and is neither JSON nor a form, so that nobody can tell where the secret is.";
  return { text: placeholder(text), note };
}

function redactedForm(text: string, names: SecretNames): Shown {
  return { text: redactQuery(text.trim(), names), note: TAKEN_OUT };
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, "")) as Json;
  } catch {
    return undefined;
  }
}

function cut({ text, note, cutFrom }: Shown, bytes: number, maxBytes: number): RedactedBody {
  const length = cutFrom ?? Buffer.byteLength(text);
  if (length <= maxBytes) return { text, bytes, note };
  const kept = decoded(Buffer.from(text), maxBytes);
  const cutNote = `The last ${length - Buffer.byteLength(kept)} of ${length} bytes are not kept.`;
  return { text: kept, bytes, note: note === undefined ? cutNote : `${note} ${cutNote}` };
}

/** Deeper than anything that SCIM has, also in a bulk request. What is nested deeper is left out: it may be a secret's. */
const MAX_DEPTH = 100;
const TOO_DEEP = `[nested more than ${MAX_DEPTH} deep]`;

/** Members that say what a `value` beside them is: `{"type":"password","value":"…"}`. */
const LABELS = ["type", "name", "key", "attribute"];
const VALUES = ["value", "val"];
const LONGEST_LABEL = "attribute".length;

/** What may still be written: looking through more than is kept costs time. Counts no more than is written. */
type Room = { characters: number };

/**
 * JSON without its secrets, wherever SCIM puts them: members by name (also dotted, qualified by a URN, or with a filter
 * in brackets), the value of a PATCH operation whose path names one, operations inside a bulk request, JSON inside a
 * text. Everything else is as it was; true, false and null are no secrets.
 */
export function redactJson(
  json: Json,
  names: SecretNames,
  depth = 0,
  room: Room = { characters: Number.POSITIVE_INFINITY },
): Json {
  if (typeof json === "string") return written(redactString(json, names, depth), room);
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
    // A name may hold a value too, in the brackets of a value path.
    const shown = written(/[[("\s]/.test(name) ? redactPath(name, names) : name, room);
    if (isSecret) setOwn(redacted, shown, withoutValues(member, depth + 1, room));
    // Texts of RFC 7644 §3.4.3 and §3.5.2.
    else if (lower === "filter" && typeof member === "string") setOwn(redacted, shown, redactFilter(member, names));
    else if (lower === "path" && typeof member === "string") setOwn(redacted, shown, redactPath(member, names));
    else setOwn(redacted, shown, redactJson(member, names, depth + 1, room));
  }
  return redacted;
}

/** Whether the `value` of an object is a secret by what stands beside it. */
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

/** What a secret holds, whatever its form. */
function withoutValues(json: Json, depth: number, room: Room): Json {
  if (typeof json === "string") return json === "" ? json : written(placeholder(json), room);
  if (typeof json === "number") return written(placeholder(String(json)), room);
  if (typeof json === "object" && depth > MAX_DEPTH) return TOO_DEEP;
  if (Array.isArray(json)) {
    const redacted: Json[] = [];
    for (const element of json) {
      if (room.characters-- <= 0) break;
      redacted.push(withoutValues(element, depth + 1, room));
    }
    return redacted;
  }
  if (!isObject(json)) return json;
  const redacted: JsonObject = {};
  for (const name in json) {
    if (room.characters <= 0) break;
    setOwn(redacted, written(name, room), withoutValues(json[name] as Json, depth + 1, room));
  }
  return redacted;
}

/** Entra ID sends roles as JSON in a text. */
function redactString(text: string, names: SecretNames, depth: number): string {
  if (names.isPlain(text)) return text;
  if (text.length > MAX_SEARCHED_CHARACTERS) return placeholder(text);
  const isMentioned = names.areMentioned(withoutEscapes(text));
  if (!isMentioned || !/^\s*[{[]/.test(text)) return redactText(text, names);
  try {
    return JSON.stringify(redactJson(JSON.parse(text) as Json, names, depth + 1));
  } catch {
    return placeholder(text);
  }
}
