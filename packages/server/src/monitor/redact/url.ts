import type { SecretNames } from "./secret-names.ts";
import { placeholder, redactFilter, redactText, withoutEscapes, withoutPercents } from "./text.ts";

/** Secrets only in URLs and forms: elsewhere these names are harmless. */
const URL_ONLY = new Set(["code", "device_code", "key", "sid", "session", "ticket", "auth", "pw", "sas", "bearer"]);

/** Any of these as the name of a parameter, also in a URL inside another one. */
const URL_ONLY_ASSIGNED = new RegExp(`(?:^|[?&#;])\\s*(?:${[...URL_ONLY].join("|")})\\s*=`, "iu");

/** The value of any of these, in a text that contains a URL. */
const URL_ONLY_VALUE = new RegExp(`(?<=[?&#;](?:${[...URL_ONLY].join("|")})=)[^?&#;\\s"'<>]+`, "giu");

/** User and password in a URL inside a text. */
const SIGNED_IN_WITHIN = /(?<=:\/\/)[^\s/@"'<>]{1,1000}(?=@)/g;

/** Parameters with SCIM syntax (RFC 7644 §3.4.2). */
const SYNTAX = new Set(["filter", "sortby", "attributes", "excludedattributes"]);

/** User and password before a host, even if one of the two slashes is missing. */
const SIGNED_IN = /^([\w+.-]*:\/{1,2}(?!\/)|\/\/|\/(?=[^/:@]*:))([^/]*)@/;

/** A path without user, query and fragment. */
const PLAIN_PATH = /^[^?#@]*$/;

/**
 * A URL, or its path and query, without its secrets: parameters by name, values of secrets in a filter, user and password
 * before a host, and segments after one that names a secret. Replaced parts are not encoded, because the result is
 * for people.
 */
export function redactUrl(url: string, names: SecretNames): string {
  if (PLAIN_PATH.test(url) && names.isPlain(url)) return url;
  const [, address = "", query, fragment] = /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(url) ?? [];
  return (
    redactAddress(address, names) +
    (query === undefined ? "" : `?${redactQuery(query, names)}`) +
    (fragment === undefined ? "" : `#${redactQuery(fragment, names)}`)
  );
}

/** Whether a query, or a form, has a parameter that is a secret only there. */
export function hasUrlSecret(query: string): boolean {
  return URL_ONLY_ASSIGNED.test(decoded(query));
}

/** A URL's query, or a form (`application/x-www-form-urlencoded`), without its secrets. */
export function redactQuery(query: string, names: SecretNames): string {
  const text = decoded(query);
  if (names.isPlain(text) && !URL_ONLY_ASSIGNED.test(text)) return query;
  return query
    .split("&")
    .map((pair) => redactPair(pair, names))
    .join("&");
}

function redactPair(pair: string, names: SecretNames): string {
  const equals = pair.indexOf("=");
  if (equals < 0) return names.areMentioned(decoded(pair)) ? placeholder(pair) : redactText(pair, names);
  const [written, value] = [pair.slice(0, equals), pair.slice(equals + 1)];
  const name = decoded(written).trim().toLowerCase();
  if (names.isSecret(name) || URL_ONLY.has(name)) return value === "" ? pair : `${written}=${placeholder(value)}`;
  const text = decoded(value);
  const redacted = SYNTAX.has(name) ? redactFilter(text, names) : redactParameter(text, names);
  // Without secrets it stays as written.
  return `${written}=${redacted === text ? value : redacted}`;
}

/** A parameter may contain a URL or a form, encoded once more. */
function redactParameter(text: string, names: SecretNames): string {
  const inner = withoutEscapes(text);
  if (names.areMentioned(inner) && /[=:]/.test(inner)) return placeholder(text);
  if (URL_ONLY_ASSIGNED.test(inner)) return placeholder(text);
  return redactText(text, names) === text ? text : placeholder(text);
}

/** A text without the secrets in its URLs that {@link redactText} does not find. */
export function redactUrlsIn(text: string): string {
  return text.replaceAll(SIGNED_IN_WITHIN, placeholder).replaceAll(URL_ONLY_VALUE, placeholder);
}

function redactAddress(address: string, names: SecretNames): string {
  const withoutUser = address.replace(SIGNED_IN, (_, scheme: string, user: string) => {
    return `${scheme}${placeholder(user)}@`;
  });
  let isAfterSecret = false;
  return withoutUser
    .split("/")
    .map((segment) => {
      const own = redactText(segment, names);
      const shown = isAfterSecret && segment !== "" ? placeholder(segment) : own;
      isAfterSecret ||= names.isSecret(withoutEscapes(segment)) && !segment.includes("[secret,");
      return shown;
    })
    .join("/");
}

/** Decodes as in forms. */
function decoded(text: string): string {
  return withoutPercents(text.replaceAll("+", " "));
}
