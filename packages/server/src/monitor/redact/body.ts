import { isUtf8 } from "node:buffer";
import type { Json } from "@scimtool/scim";
import type { SecretNames } from "./secret-names.ts";
import {
  MAX_SEARCHED_CHARACTERS,
  PLACEHOLDER_START,
  placeholder,
  type Room,
  redactJson,
  redactText,
  TOO_DEEP,
  withoutEscapes,
} from "./text.ts";
import { hasUrlSecret, redactQuery } from "./url.ts";

/** A body as it is recorded. */
type RedactedBody = {
  readonly text: string;
  /** Bytes of the body as sent. */
  readonly bytes: number;
  /** What differs from the body as sent, for people; undefined if nothing does. */
  readonly note: string | undefined;
};

/** `name=value` pairs, without characters of JSON or XML. */
const FORM = /^[^=&{}<>"\s]+=[^&<>{}"\s]*(?:&[^=&{}<>"\s]+=[^&<>{}"\s]*)*$/;

const TAKEN_OUT = "Secrets were removed.";

/**
 * A body without its secrets, cut to a limit.
 * @param bytes the whole body as sent: the values in a part of it would be ambiguous
 * @param maxBytes of the recorded text, in UTF-8
 */
export function redactBody(bytes: Uint8Array, maxBytes: number, names: SecretNames): RedactedBody {
  if (bytes.length === 0) return EMPTY;
  if (bytes.length > MAX_SCANNED_BYTES) return { ...TOO_LONG, bytes: bytes.length };
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
  return { text: "", bytes, note: `${bytes} bytes that are not text are not shown.` };
}

/** Omits a character that does not fit as a whole. */
function decoded(bytes: Uint8Array, maxBytes: number = bytes.length): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, maxBytes), { stream: true });
}

/** Whether {@link redactBody} would keep a body as sent, as it does most. Quick. */
export function isKeptAsSent(bytes: Uint8Array, maxBytes: number, names: SecretNames): boolean {
  return bytes.length <= maxBytes && !mayBeForm(bytes) && names.isPlain(bytes) && isUtf8(bytes);
}

/** Almost all bodies are JSON objects. */
function mayBeForm(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes[0] !== OPENING_BRACE;
}

const OPENING_BRACE = 0x7b;

/** Whether a body is a form with a parameter that is a secret only in forms and URLs. */
function isFormWithSecret(text: string): boolean {
  return !text.startsWith("{") && FORM.test(text.trim()) && hasUrlSecret(text.trim());
}

/**
 * Longer bodies are not searched, because other requests wait: for signs of a secret (5 ms
 * for 1 MB), and after a sign for the secret itself (100 ms for 1 MB).
 */
const MAX_SCANNED_BYTES = 2 * 1_024 * 1_024;
const MAX_SEARCHED_BYTES = 256 * 1_024;
const TOO_LONG: Shown = { text: "", note: "It may contain a secret and is too long to search." };

const EMPTY: RedactedBody = { text: "", bytes: 0, note: undefined };

/** Whether there is a control character (Cc) other than white space, which no text has. */
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
  /** Bytes of the whole, if the text may already be cut. */
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
    // Rewritten in any case: the text may repeat a member name, and only the last one was checked.
    const room: Room = { characters: maxBytes };
    const redacted = JSON.stringify(redactJson(json, names, 0, room));
    if (redacted === text) return { text, note: undefined };
    const isChanged = redacted.includes(PLACEHOLDER_START) || redacted.includes(TOO_DEEP);
    const note = isChanged ? `${TAKEN_OUT} The JSON was rewritten.` : "The JSON was rewritten.";
    return room.characters > 0
      ? { text: redacted, note }
      : { text: redacted, note, cutFrom: Math.max(text.length, maxBytes + 1) };
  }
  if (isLong) return TOO_LONG;
  if (FORM.test(text.trim())) return redactedForm(text, names);
  const note = "It names a secret and is neither JSON nor a form, so the secret cannot be located.";
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
  const cutNote = `The last ${length - Buffer.byteLength(kept)} of ${length} bytes are not stored.`;
  return { text: kept, bytes, note: note === undefined ? cutNote : `${note} ${cutNote}` };
}
