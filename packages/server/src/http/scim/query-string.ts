import { badRequest } from "@scimtool/scim";
import type { FastifyRequest } from "fastify";

const NOTHING: ReadonlyMap<string, string> = new Map();

/**
 * The parameters of a request's URL.
 * @throws ScimError 400 invalidSyntax for a malformed percent-encoding
 */
export function queryOf(request: FastifyRequest): ReadonlyMap<string, string> {
  return parseQueryString(request.query as string);
}

/**
 * Reads a URL's query: names in lower case, the first value of each. `+` stands for a blank, as forms encode it and
 * Entra ID sends it, unless the same value has `%20` for its blanks: then `+` is meant, as in `a+b@example.com`.
 * @throws ScimError 400 invalidSyntax for a malformed percent-encoding
 */
export function parseQueryString(query: string): ReadonlyMap<string, string> {
  if (query === "") return NOTHING;
  const parameters = new Map<string, string>();
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decode(equals < 0 ? pair : pair.slice(0, equals)).toLowerCase();
    if (!parameters.has(name)) parameters.set(name, equals < 0 ? "" : decode(pair.slice(equals + 1)));
  }
  return parameters;
}

function decode(text: string): string {
  const spaced = text.includes("+") && !text.includes("%20") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    throw badRequest("invalidSyntax", "The URL's query is not valid percent-encoded UTF-8.");
  }
}
