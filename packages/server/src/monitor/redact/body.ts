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
 * Longer bodies are not looked through, because others wait meanwhile: none to see whether they may hold a secret (5 ms
 * for 1 MB), and of those that may, none to find it (100 ms for 1 MB).
 */
const MAX_SCANNED_BYTES = 2 * 1_024 * 1_024;
const MAX_SEARCHED_BYTES = 256 * 1_024;
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
