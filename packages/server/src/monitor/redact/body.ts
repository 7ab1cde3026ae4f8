import { isUtf8 } from "node:buffer";
import { isObject, type Json, type JsonObject, setOwn } from "@scimtool/scim";
import type { SecretNames } from "./secret-names.ts";
import { namesSecret, placeholder, redactFilter, redactPath, redactText, withoutEscapes } from "./text.ts";
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
  const text = isUtf8(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8") : undefined;
  if (text !== undefined && names.isPlain(bytes) && !isFormWithSecret(text)) {
    return cut({ text, note: undefined }, bytes.length, maxBytes);
  }
  if (text === undefined || isBinary(text)) {
    return { text: "", bytes: bytes.length, note: `${bytes.length} bytes that are no text are not shown.` };
  }
  if (bytes.length > MAX_SEARCHED_BYTES) {
    return { text: "", bytes: bytes.length, note: "It may hold a secret and is too long to be looked through." };
  }
  return cut(redactBodyText(text, names), bytes.length, maxBytes);
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

/** Longer bodies that may hold a secret are not looked through: others wait meanwhile. */
const MAX_SEARCHED_BYTES = 1_024 * 1_024;

const EMPTY: RedactedBody = { text: "", bytes: 0, note: undefined };

/** Whether there is a character that no text has: a control character (Cc) that is no blank. */
function isBinary(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 ? code !== 0x09 && code !== 0x0a && code !== 0x0d : code >= 0x7f && code <= 0x9f) return true;
  }
  return false;
}

type Shown = { readonly text: string; readonly note: string | undefined };

function redactBodyText(text: string, names: SecretNames): Shown {
  if (!names.areMentioned(withoutEscapes(text))) {
    return isFormWithSecret(text) ? redactedForm(text, names) : { text: redactText(text, names), note: undefined };
  }
  const json = parsed(text);
  if (json !== undefined) {
    // Written anew in any case: of members with one name, which are in the text, only the last was looked at.
    const redacted = JSON.stringify(redactJson(json, names));
    if (redacted === text) return { text, note: undefined };
    return {
      text: redacted,
      note: isWrittenSo(json, redacted) ? "The JSON was written anew." : `${TAKEN_OUT} The JSON was written anew.`,
    };
  }
  if (FORM.test(text.trim())) return redactedForm(text, names);
  const note = "It names a secret and is neither JSON nor a form, so that nobody can tell where the secret is.";
  return { text: placeholder(text), note };
}

function redactedForm(text: string, names: SecretNames): Shown {
  return { text: redactQuery(text.trim(), names), note: TAKEN_OUT };
}

function isWrittenSo(json: Json, text: string): boolean {
  try {
    return JSON.stringify(json) === text;
  } catch {
    // It is nested deeper than can be written.
    return false;
  }
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, "")) as Json;
  } catch {
    return undefined;
  }
}

function cut({ text, note }: Shown, bytes: number, maxBytes: number): RedactedBody {
  // Three bytes of UTF-8 at most stand for each unit of a string.
  if (text.length * 3 <= maxBytes) return { text, bytes, note };
  const length = Buffer.byteLength(text);
  if (length <= maxBytes) return { text, bytes, note };
  // A character that does not fit as a whole is left out.
  const kept = new TextDecoder().decode(Buffer.from(text).subarray(0, maxBytes), { stream: true });
  const cutNote = `The last ${length - Buffer.byteLength(kept)} of ${length} bytes are not kept.`;
  return { text: kept, bytes, note: note === undefined ? cutNote : `${note} ${cutNote}` };
}

/** Deeper than anything that SCIM has, also in a bulk request. What is nested deeper is left out: it may be a secret's. */
const MAX_DEPTH = 100;
const TOO_DEEP = `[nested more than ${MAX_DEPTH} deep]`;

/** Members that say what a `value` beside them is: `{"type":"password","value":"…"}`. */
const LABELS = ["type", "name", "key", "attribute"];
const VALUES = ["value", "val"];

/**
 * JSON without its secrets, wherever SCIM puts them: members by name (also dotted, qualified by a URN, or with a filter
 * in brackets), the value of a PATCH operation whose path names one, operations inside a bulk request, JSON inside a
 * text. Everything else is as it was; true, false and null are no secrets.
 */
export function redactJson(json: Json, names: SecretNames, depth = 0): Json {
  if (typeof json === "string") return redactString(json, names, depth);
  if (typeof json === "object" && depth > MAX_DEPTH) return TOO_DEEP;
  if (Array.isArray(json)) return json.map((element) => redactJson(element, names, depth + 1));
  return isObject(json) ? redactObject(json, names, depth) : json;
}

function redactObject(object: JsonObject, names: SecretNames, depth: number): JsonObject {
  const isValueSecret = isLabelled(object, names);
  const redacted: JsonObject = {};
  for (const [name, member] of Object.entries(object)) {
    const lower = name.toLowerCase();
    const isSecret = names.isSecret(name) || (isValueSecret && VALUES.includes(lower));
    // A name may hold a value too, in the brackets of a value path.
    const shown = /[[("\s]/.test(name) ? redactPath(name, names) : name;
    if (isSecret) setOwn(redacted, shown, withoutValues(member, depth + 1));
    // Texts of RFC 7644 §3.4.3 and §3.5.2.
    else if (lower === "filter" && typeof member === "string") setOwn(redacted, shown, redactFilter(member, names));
    else if (lower === "path" && typeof member === "string") setOwn(redacted, shown, redactPath(member, names));
    else setOwn(redacted, shown, redactJson(member, names, depth + 1));
  }
  return redacted;
}

/** Whether the `value` of an object is a secret by what stands beside it. */
function isLabelled(object: JsonObject, names: SecretNames): boolean {
  return Object.entries(object).some(([name, member]) => {
    const lower = name.toLowerCase();
    if (lower === "path") return namesSecret(typeof member === "string" ? member : JSON.stringify(member), names);
    return LABELS.includes(lower) && typeof member === "string" && names.isSecretWord(member);
  });
}

/** What a secret holds, whatever its form. */
function withoutValues(json: Json, depth: number): Json {
  if (typeof json === "string") return json === "" ? json : placeholder(json);
  if (typeof json === "number") return placeholder(String(json));
  if (typeof json === "object" && depth > MAX_DEPTH) return TOO_DEEP;
  if (Array.isArray(json)) return json.map((element) => withoutValues(element, depth + 1));
  if (!isObject(json)) return json;
  const redacted: JsonObject = {};
  for (const [name, member] of Object.entries(json)) setOwn(redacted, name, withoutValues(member, depth + 1));
  return redacted;
}

/** Entra ID sends roles as JSON in a text. */
function redactString(text: string, names: SecretNames, depth: number): string {
  const isMentioned = names.areMentioned(withoutEscapes(text));
  if (!isMentioned || !/^\s*[{[]/.test(text)) return redactText(text, names);
  try {
    return JSON.stringify(redactJson(JSON.parse(text) as Json, names, depth + 1));
  } catch {
    return placeholder(text);
  }
}
