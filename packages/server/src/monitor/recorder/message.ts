import type { MonitoredMessage } from "../../store/monitor.ts";
import { redactBody } from "../redact/body.ts";
import { rawHeaders, redactHeaders } from "../redact/headers.ts";
import type { SecretNames } from "../redact/secret-names.ts";
import type { Answered } from "./answered.ts";

/** Bytes of a body that are kept, before compression. */
export const MAX_BODY_BYTES = 64 * 1_024;

/** A message as it is kept, and what a person who reads it is to know of its body. */
export type KeptMessage = { readonly message: MonitoredMessage; readonly note: string | undefined };

export function keptRequest({ request: { headers, body } }: Answered, names: SecretNames): KeptMessage {
  return kept(redactHeaders(headers, names), body ?? EMPTY, body?.length ?? 0, names);
}

export function keptResponse({ response: { headers, body, bodyBytes } }: Answered, names: SecretNames): KeptMessage {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  return kept(redactHeaders(rawHeaders(headers), names), bytes, bodyBytes, names);
}

const EMPTY = Buffer.alloc(0);

function kept(headers: string[], body: Buffer, bodyBytes: number, names: SecretNames): KeptMessage {
  const { text, note } = redactBody(body.subarray(0, MAX_BODY_BYTES), MAX_BODY_BYTES, names);
  const isCut = bodyBytes > MAX_BODY_BYTES;
  const cut = `${MAX_BODY_BYTES} of ${bodyBytes} bytes are kept.`;
  const notes = [note, ...(isCut ? [cut] : [])].filter((each) => each !== undefined);
  return {
    message: { headers, body: Buffer.from(text), bodyBytes },
    note: notes.length === 0 ? undefined : notes.join(" "),
  };
}
