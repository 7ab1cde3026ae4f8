import type { SecretNames } from "./secret-names.ts";
import { placeholder, redactFilter, redactText, withoutEscapes, withoutPercents } from "./text.ts";

/** Secrets in URLs only: elsewhere these are names of harmless things. */
const URL_ONLY = new Set(["code", "device_code", "key", "sid", "session", "ticket", "auth", "pw", "sas", "bearer"]);

/** Any of these where a parameter's name may be, also in a URL inside another one. */
const URL_ONLY_ASSIGNED = new RegExp(`(?:^|[?&#;])\\s*(?:${[...URL_ONLY].join("|")})\\s*=`, "iu");

/** The value of any of these, in a text that is more than a URL. */
const URL_ONLY_VALUE = new RegExp(`(?<=[?&#;](?:${[...URL_ONLY].join("|")})=)[^?&#;\\s"'<>]+`, "giu");

/** Who signs in, in a URL inside a text. */
const SIGNED_IN_WITHIN = /(?<=:\/\/)[^\s/@"'<>]{1,1000}(?=@)/g;

/** What SCIM has syntax in (RFC 7644 §3.4.2). */
const SYNTAX = new Set(["filter", "sortby", "attributes", "excludedattributes"]);

/** Who signs in before a host, also where of two slashes one is left. */
const SIGNED_IN = /^([\w+.-]*:\/{1,2}(?!\/)|\/\/|\/(?=[^/:@]*:))([^/]*)@/;

/** Nobody signs in, and nothing is asked. */
const PLAIN_PATH = /^[^?#@]*$/;

/**
 * A URL, or its path and query, without its secrets: parameters by name, comparisons with secrets in a filter, who signs
 * in before a host, what follows a path's segment that names a secret. What was replaced is not encoded: the result is
 * to be read.
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

/** Whether a URL's query, or a form, has a parameter that is a secret there only. */
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
  // Where nothing had to go it stays as it was written.
  return `${written}=${redacted === text ? value : redacted}`;
}

/** A parameter may hold a URL or a form itself, encoded once more. */
function redactParameter(text: string, names: SecretNames): string {
  const inner = withoutEscapes(text);
  if (names.areMentioned(inner) && /[=:]/.test(inner)) return placeholder(text);
  if (URL_ONLY_ASSIGNED.test(inner)) return placeholder(text);
  return redactText(text, names) === text ? text : placeholder(text);
}

/** A text without the secrets of the URLs in it, beyond those that {@link redactText} finds. */
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

/** As forms are. */
function decoded(text: string): string {
  return withoutPercents(text.replaceAll("+", " "));
}
