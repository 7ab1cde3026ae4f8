import type { SecretNames } from "./secret-names.ts";
import { placeholder, redactText } from "./text.ts";
import { redactUrl, redactUrlsIn } from "./url.ts";

/** Characters of one header that a record keeps; longer ones are not remembered. */
const MAX_VALUE_CHARACTERS = 2_000;

/** Headers that a record keeps; no client sends so many. */
const MAX_HEADERS = 100;

/** Headers that are secrets, or hold them, beyond those whose names say so. */
const SECRET =
  /^(?:(?:proxy-)?authorization|(?:proxy-)?authentication|(?:set-)?cookie2?|x-ms-client-principal|x-amzn-oidc-data|auth|.*-auth|x-auth-.*)$/;

/** Words that a header which is a secret ends with, whatever stands before them; and such that are none. */
const SECRET_AT_END =
  /(?:^|-)(?:pass|pw|key|session|sid|access|bearer|ticket|csrf|xsrf|jwt|otp|totp|pin|mfa|sig|authentication)$/;
const HARMLESS_AT_END = new Set(["idempotency-key", "sec-websocket-key", "surrogate-key"]);

/** A scheme is told, so that one sees what was tried; a word that is none of these may be a secret. */
const SCHEME = /^(Basic|Bearer|Digest|DPoP|Negotiate|NTLM|OAuth|SSWS|Token|ApiKey)\s+(\S.*)$/is;

/** Headers that almost never contain a secret: a quick look is enough. */
const HARMLESS = new Set([
  "accept",
  "connection",
  "content-length",
  "content-location",
  "content-type",
  "date",
  "etag",
  "host",
  "location",
]);

/** A parameter of a media type is harmless where it is one that there is. Users sign in before an "@". */
const SUSPICIOUS = /=(?!"?utf-8"?$)|@/i;

/** Headers that contain hosts, perhaps with a user who signs in: `user:password@host`. */
const HOSTS = /(?:^|-)(?:host|forwarded|server|origin)$/;

/** The last value of each header and what became of it: a client sends most of them the same each time. */
const remembered = new WeakMap<SecretNames, Map<string, { readonly value: string; readonly redacted: string }>>();

/** Names that clients make up do not fill the memory. */
const MAX_REMEMBERED = 200;

/**
 * Headers of a request or an answer without their secrets, each cut where it is long.
 * @param headers names and values by turns, as `rawHeaders` of node:http; see {@link rawHeaders}
 * @param maxCharacters of each that are kept
 * @returns the same; {@link MAX_HEADERS} at most
 */
export function redactHeaders(
  headers: readonly string[],
  names: SecretNames,
  maxCharacters = MAX_VALUE_CHARACTERS,
): string[] {
  const redacted: string[] = [];
  for (let at = 0; at + 1 < headers.length && at < 2 * MAX_HEADERS; at += 2) {
    const [name, value] = [headers[at] ?? "", headers[at + 1] ?? ""];
    const lower = name.toLowerCase();
    if (HARMLESS.has(lower) && !SUSPICIOUS.test(value) && names.isPlain(value))
      redacted.push(name, cut(value, maxCharacters));
    else
      redacted.push(cut(redactText(name, names), maxCharacters), cut(redactOnce(lower, value, names), maxCharacters));
  }
  return redacted;
}

function redactOnce(name: string, value: string, names: SecretNames): string {
  let values = remembered.get(names);
  if (values === undefined) {
    values = new Map();
    remembered.set(names, values);
  }
  const known = values.get(name);
  if (known?.value === value) return known.redacted;
  const redacted = redactHeader(name, value, names);
  const isRoom = known !== undefined || values.size < MAX_REMEMBERED;
  if (isRoom && value.length <= MAX_VALUE_CHARACTERS) values.set(name, { value, redacted });
  return redacted;
}

/** Headers by name, as answers have them, with names and values by turns. */
export function rawHeaders(
  headers: Readonly<Record<string, number | string | readonly string[] | undefined>>,
): string[] {
  const raw: string[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (Array.isArray(value)) for (const each of value) raw.push(name, String(each));
    else if (value !== undefined) raw.push(name, String(value));
  }
  return raw;
}

function redactHeader(name: string, value: string, names: SecretNames): string {
  const isSecret = SECRET.test(name) || (SECRET_AT_END.test(name) && !HARMLESS_AT_END.has(name));
  if (isSecret || names.isSecret(name.replaceAll("-", "_"))) {
    const [, scheme, secret] = SCHEME.exec(value.trim()) ?? [];
    if (value.trim() === "") return value;
    return scheme === undefined || secret === undefined
      ? placeholder(value)
      : `${scheme} ${placeholder(secret.trim())}`;
  }
  if (HOSTS.test(name) && value.includes("@")) {
    return redactText(value.replaceAll(/[^\s,;="/]+(?=@)/g, placeholder), names);
  }
  return URL.test(value) ? redactUrl(value, names) : redactUrlsIn(redactText(value, names));
}

/** A whole URL, or its path and query. */
const URL = /^(?:[a-z][\w+.-]*:)?\/\S*$/i;

function cut(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  return `${text.slice(0, maxCharacters)}… [${text.length - maxCharacters} characters more]`;
}
