import { placeholder } from "./placeholder.ts";
import type { SecretNames } from "./secret-names.ts";
import { redactText } from "./text.ts";
import { redactUrl } from "./url.ts";

/** As `node:http` gives them: names in lower case. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Characters of one header that a record keeps. */
const MAX_VALUE_CHARACTERS = 2_000;

/** Headers that a record keeps; no client sends so many. */
const MAX_HEADERS = 100;

/** Headers that are secrets, or hold them, beyond those whose names say so. */
const SECRET =
  /^(?:(?:proxy-)?authorization|(?:set-)?cookie2?|x-ms-client-principal|x-functions-key|.*-auth|x-auth-.*)$/;

/** A scheme is told, so that one sees what was tried; a word that is none of these may be a secret. */
const SCHEME = /^(Basic|Bearer|Digest|DPoP|Negotiate|NTLM|OAuth|SSWS|Token|ApiKey)\s+(\S.*)$/is;

/** Headers of a request or an answer without their secrets, at most {@link MAX_HEADERS}, each cut where it is long. */
export function redactHeaders(headers: Headers, names: SecretNames): Record<string, string> {
  const redacted: [string, string][] = [];
  for (const [name, value] of Object.entries(headers).slice(0, MAX_HEADERS)) {
    if (value === undefined) continue;
    const texts = typeof value === "string" ? [value] : value;
    redacted.push([name, texts.map((text) => cut(redactHeader(name.toLowerCase(), text, names))).join(", ")]);
  }
  return Object.fromEntries(redacted);
}

function redactHeader(name: string, value: string, names: SecretNames): string {
  if (SECRET.test(name) || names.isSecret(name.replaceAll("-", "_"))) {
    const [, scheme, secret] = SCHEME.exec(value.trim()) ?? [];
    if (value.trim() === "") return value;
    return scheme === undefined || secret === undefined
      ? placeholder(value)
      : `${scheme} ${placeholder(secret.trim())}`;
  }
  return value.includes("?") || value.includes("://") ? redactUrl(value, names) : redactText(value, names);
}

function cut(text: string): string {
  if (text.length <= MAX_VALUE_CHARACTERS) return text;
  return `${text.slice(0, MAX_VALUE_CHARACTERS)}… [${text.length - MAX_VALUE_CHARACTERS} characters more]`;
}
