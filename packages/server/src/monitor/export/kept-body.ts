import { isUtf8 } from "node:buffer";
import type { MonitoredMessage } from "../../store/exchange.ts";

// What can be told of a body that was kept: it may be cut, and secrets in it were replaced (redact/body.ts).

/** As `placeholder` of redact/placeholder.ts writes it. */
const PLACEHOLDER = /\[secret, \d+ characters, fingerprint [0-9a-f]{8}\]/;

/** Whether something stands in a text in the place of a secret. */
export function holdsPlaceholder(text: string): boolean {
  return PLACEHOLDER.test(text);
}

/** A text with what takes the place of each placeholder. */
export function withoutPlaceholders(text: string, instead: string): string {
  return text.replaceAll(new RegExp(PLACEHOLDER, "g"), () => instead);
}

/** The body as text; undefined where it is none. */
export function textOf({ body }: Pick<MonitoredMessage, "body">): string | undefined {
  return isUtf8(body) ? Buffer.from(body.buffer, body.byteOffset, body.length).toString("utf8") : undefined;
}

export function base64Of({ body }: Pick<MonitoredMessage, "body">): string {
  return Buffer.from(body.buffer, body.byteOffset, body.length).toString("base64");
}

/**
 * Whether less of a body was kept than there was. Its length does not tell by itself: what secrets were taken out of is
 * JSON that was written anew, and another length.
 */
export function isCut(message: Pick<MonitoredMessage, "body" | "bodyBytes">): boolean {
  const { body, bodyBytes } = message;
  const text = textOf(message);
  if (text === undefined) return body.length < bodyBytes;
  const isReplaced = holdsPlaceholder(text);
  if (body.length === bodyBytes && !isReplaced) return false;
  // Also where a placeholder stands for all of it.
  if (/^\s*[{[]/.test(text)) return !isJson(text);
  return body.length < bodyBytes && !isReplaced;
}

/** Whether nothing was kept of a body, as of what a read of one resource is answered. */
export function isAbsent({ body, bodyBytes }: Pick<MonitoredMessage, "body" | "bodyBytes">): boolean {
  return body.length === 0 && bodyBytes > 0;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
