import { isRejected, type MonitoredMessage } from "../../store/exchange.ts";
import { isKeptAsSent, redactBody } from "../redact/body.ts";
import { headerIn, rawHeaders, redactHeaders } from "../redact/headers.ts";
import type { SecretNames } from "../redact/secret-names.ts";
import type { Answered } from "./answered.ts";

/** The most that is stored of an exchange. */
type KeptLimits = {
  /** Headers of the request. */
  readonly headers: number;
  /** Characters of each header's value. */
  readonly headerCharacters: number;
  /** Bytes of each body, before compression. */
  readonly bodyBytes: number;
  /** Characters of the path, of the query, and of the User-Agent. */
  readonly urlCharacters: number;
};

export const USUAL_LIMITS: KeptLimits = {
  headers: 100,
  headerCharacters: 2_000,
  bodyBytes: 64 * 1_024,
  urlCharacters: 8_000,
};

/** Enough to see who sent it and what failed. Anybody can fill more. */
const REJECTED_LIMITS: KeptLimits = { headers: 16, headerCharacters: 300, bodyBytes: 2 * 1_024, urlCharacters: 1_000 };

export function keptLimitsOf({ place, status }: Answered): KeptLimits {
  return isRejected({ credential: place.credential, status }) ? REJECTED_LIMITS : USUAL_LIMITS;
}

/** A message as stored, and what a reader must know about its body. */
export type KeptMessage = { readonly message: MonitoredMessage; readonly note: string | undefined };

/** No bodies of administration are stored. */
const NOT_KEPT = "Not kept, as there may be a secret in it.";

export function keptRequest(answered: Answered, names: SecretNames): KeptMessage {
  const { requestHeaders, requestBody = EMPTY, happened } = answered;
  const limits = keptLimitsOf(answered);
  if (limits !== USUAL_LIMITS) return keptInPart(requestHeaders, requestBody, names, limits);
  const headers = redactedOnce(requestHeaders, names);
  if (happened.kind === "administered")
    return notKept(headers, Number(headerIn(requestHeaders, "content-length") ?? 0));
  return kept(headers, requestBody, requestBody.length, names, limits);
}

/** Headers that are stored whatever their position: who sent it, and what was tried. */
const TELLING = new Set(["host", "user-agent", "authorization", "content-type", "x-forwarded-for", "forwarded"]);

function keptInPart(sent: readonly string[], body: Buffer, names: SecretNames, limits: KeptLimits): KeptMessage {
  const few: string[] = [];
  for (let at = 0; at + 1 < sent.length; at += 2) {
    const [name = "", value = ""] = [sent[at], sent[at + 1]];
    const isKept = few.length < 2 * limits.headers || TELLING.has(name.toLowerCase());
    if (isKept && few.length < 4 * limits.headers) few.push(name, value);
  }
  const headers = redactHeaders(few, names, limits.headerCharacters);
  const { message, note } = kept(headers, body, body.length, names, limits);
  const left = (sent.length - few.length) / 2;
  if (left === 0) return { message, note };
  const leftNote = `${left} more headers are not kept.`;
  return { message, note: note === undefined ? leftNote : `${note} ${leftNote}` };
}

function notKept(headers: readonly string[], bodyBytes: number): KeptMessage {
  return { message: { headers, body: EMPTY, bodyBytes }, note: bodyBytes > 0 ? NOT_KEPT : undefined };
}

/** Most requests of a client have the same headers as the one before. */
const last = new WeakMap<SecretNames, { readonly sent: readonly string[]; readonly redacted: readonly string[] }>();

function redactedOnce(sent: readonly string[], names: SecretNames): readonly string[] {
  const known = last.get(names);
  if (known !== undefined && areSameTexts(known.sent, sent)) return known.redacted;
  const redacted = redactHeaders(sent, names);
  last.set(names, { sent, redacted });
  return redacted;
}

/** @param isPathSecret whether a part of the URL's path must not be stored: refusals may repeat it */
export function keptResponse(answered: Answered, names: SecretNames, isPathSecret: boolean): KeptMessage {
  const { status, responseHeaders, responseBody, responseBytes, happened } = answered;
  const headers = redactHeaders(rawHeaders(responseHeaders), names);
  if (isPathSecret && status >= 400) {
    return { message: { headers, body: EMPTY, bodyBytes: responseBytes }, note: "It may repeat the path." };
  }
  if (happened.kind === "administered") return notKept(headers, responseBytes);
  const bytes = typeof responseBody === "string" ? bytesOf(responseBody) : responseBody;
  return kept(headers, bytes, responseBytes, names, keptLimitsOf(answered));
}

const EMPTY = Buffer.alloc(0);

function bytesOf(text: string): Buffer {
  return text === "" ? EMPTY : Buffer.from(text);
}

/** @param body the whole body, or the beginning of a long one */
function kept(
  headers: readonly string[],
  body: Buffer,
  bodyBytes: number,
  names: SecretNames,
  { bodyBytes: maxBytes }: KeptLimits,
): KeptMessage {
  const isWhole = bodyBytes === body.length;
  if (isWhole && isKeptAsSent(body, maxBytes, names)) {
    return { message: { headers, body, bodyBytes }, note: undefined };
  }
  if (body.length === 0) return { message: { headers, body, bodyBytes }, note: undefined };
  const whole = bodyBytes > body.length ? wholeResources(body) : body;
  const { text, note } = redactBody(whole, maxBytes, names);
  const cut =
    bodyBytes > body.length ? `The last ${bodyBytes - whole.length} of ${bodyBytes} bytes are not stored.` : undefined;
  return {
    message: { headers, body: Buffer.from(text), bodyBytes },
    note: note === undefined || cut === undefined ? (note ?? cut) : `${note} ${cut}`,
  };
}

/** The beginning of a list, up to the end of a resource: the rest of a resource may show that its beginning is a secret. */
function wholeResources(part: Buffer): Buffer {
  return part.subarray(0, Math.max(0, part.lastIndexOf('},{"schemas"') + 1));
}

/** Whether two lists have the same texts in the same order. */
function areSameTexts(some: readonly string[], others: readonly string[]): boolean {
  if (some.length !== others.length) return false;
  for (let at = 0; at < some.length; at++) if (some[at] !== others[at]) return false;
  return true;
}
