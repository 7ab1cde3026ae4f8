import type { MonitoredMessage } from "../../store/exchange.ts";
import { isKeptAsSent, redactBody } from "../redact/body.ts";
import { rawHeaders, redactHeaders } from "../redact/headers.ts";
import type { SecretNames } from "../redact/secret-names.ts";
import type { Answered } from "./answered.ts";
import { areSameTexts } from "./same-texts.ts";

/** Bytes of a body that are kept, before compression. */
export const MAX_BODY_BYTES = 64 * 1_024;

/** A message as it is kept, and what a person who reads it is to know of its body. */
export type KeptMessage = { readonly message: MonitoredMessage; readonly note: string | undefined };

/** Of administration no body is kept. */
const NOT_KEPT = "Not kept, as there may be a secret in it.";

export function keptRequest(
  { requestHeaders, requestBody = EMPTY, happened }: Answered,
  names: SecretNames,
): KeptMessage {
  const headers = redactedOnce(requestHeaders, names);
  if (happened.kind === "administered") return notKept(headers, bytesAnnounced(requestHeaders));
  return kept(headers, requestBody, requestBody.length, names);
}

function notKept(headers: readonly string[], bodyBytes: number): KeptMessage {
  return { message: { headers, body: EMPTY, bodyBytes }, note: bodyBytes > 0 ? NOT_KEPT : undefined };
}

/** What the Content-Length of a request says. @param headers as `rawHeaders` of node:http */
function bytesAnnounced(headers: readonly string[]): number {
  const at = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === "content-length");
  return at < 0 ? 0 : Number(headers[at + 1]);
}

/** A client's headers are mostly those that it sent before, all of them. */
const last = new WeakMap<SecretNames, { readonly sent: readonly string[]; readonly redacted: readonly string[] }>();

function redactedOnce(sent: readonly string[], names: SecretNames): readonly string[] {
  const known = last.get(names);
  if (known !== undefined && areSameTexts(known.sent, sent)) return known.redacted;
  const redacted = redactHeaders(sent, names);
  last.set(names, { sent, redacted });
  return redacted;
}

/** @param isPathSecret whether something of the URL's path must not be kept: refusals may repeat it */
export function keptResponse(
  { status, responseHeaders, responseBody, responseBytes, happened }: Answered,
  names: SecretNames,
  isPathSecret: boolean,
): KeptMessage {
  const headers = redactHeaders(rawHeaders(responseHeaders), names);
  if (isPathSecret && status >= 400) {
    return { message: { headers, body: EMPTY, bodyBytes: responseBytes }, note: "It may repeat the path." };
  }
  if (happened.kind === "administered") return notKept(headers, responseBytes);
  const bytes = typeof responseBody === "string" ? bytesOf(responseBody) : responseBody;
  return kept(headers, bytes, responseBytes, names);
}

const EMPTY = Buffer.alloc(0);

function bytesOf(text: string): Buffer {
  return text === "" ? EMPTY : Buffer.from(text);
}

/** @param body all of it, or of a long answer the beginning */
function kept(headers: readonly string[], body: Buffer, bodyBytes: number, names: SecretNames): KeptMessage {
  const isWhole = bodyBytes === body.length;
  if (isWhole && isKeptAsSent(body, MAX_BODY_BYTES, names)) {
    return { message: { headers, body, bodyBytes }, note: undefined };
  }
  if (body.length === 0) return { message: { headers, body, bodyBytes }, note: undefined };
  const whole = bodyBytes > body.length ? wholeResources(body) : body;
  const { text, note } = redactBody(whole, MAX_BODY_BYTES, names);
  const cut =
    bodyBytes > body.length ? `The last ${bodyBytes - whole.length} of ${bodyBytes} bytes are not kept.` : undefined;
  return {
    message: { headers, body: Buffer.from(text), bodyBytes },
    note: note === undefined || cut === undefined ? (note ?? cut) : `${note} ${cut}`,
  };
}

/** The beginning of a list, up to the end of a resource: what follows may say that what is before is a secret. */
function wholeResources(part: Buffer): Buffer {
  return part.subarray(0, Math.max(0, part.lastIndexOf('},{"schemas"') + 1));
}
