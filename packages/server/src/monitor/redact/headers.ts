import type { SecretNames } from "./secret-names.ts";
import { placeholder, redactText } from "./text.ts";
import { redactUrl, redactUrlsIn } from "./url.ts";

/** Recorded characters of a header. Longer ones are not cached. */
const MAX_VALUE_CHARACTERS = 2_000;

/** Recorded headers; no client sends so many. */
const MAX_HEADERS = 100;

/** Headers that contain secrets although their names do not match the general rule. */
const SECRET =
  /^(?:(?:proxy-)?authorization|(?:proxy-)?authentication|(?:set-)?cookie2?|x-ms-client-principal|x-amzn-oidc-data|auth|.*-auth|x-auth-.*)$/;

/** Words at the end of a header's name that make it a secret, and names that are exceptions. */
const SECRET_AT_END =
  /(?:^|-)(?:pass|pw|key|session|sid|access|bearer|ticket|csrf|xsrf|jwt|otp|totp|pin|mfa|sig|authentication)$/;
const HARMLESS_AT_END = new Set(["idempotency-key", "sec-websocket-key", "surrogate-key"]);

/** Schemes are recorded, to show what was tried. Any other word may be a secret. */
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

/** An unusual parameter of a media type, or a user before a host. */
const SUSPICIOUS = /=(?!"?utf-8"?$)|@/i;

/** Headers that contain hosts, perhaps with a user: `user:password@host`. */
const HOSTS = /(?:^|-)(?:host|forwarded|server|origin)$/;

/** The last value of each header and its redacted form: clients repeat most headers. */
const remembered = new WeakMap<SecretNames, Map<string, { readonly value: string; readonly redacted: string }>>();

/** Limits the memory that invented names can fill. */
const MAX_REMEMBERED = 200;

/**
 * Headers of a request or a response without their secrets, each cut to a limit.
 * @param headers alternating names and values, like `rawHeaders` of node:http; see {@link rawHeaders}
 * @param maxCharacters of each header
 * @returns alternating names and values, of {@link MAX_HEADERS} headers at most
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

/** The value of a header; undefined if there is none. @param headers as `rawHeaders` of node:http */
export function headerIn(headers: readonly string[], name: string): string | undefined {
  const at = headers.findIndex((each, index) => index % 2 === 0 && each.toLowerCase() === name.toLowerCase());
  return at < 0 ? undefined : headers[at + 1];
}

/** Headers of a response as alternating names and values. */
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
