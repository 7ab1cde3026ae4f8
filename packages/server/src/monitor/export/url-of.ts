import { basePathOf, tokenPathOf } from "../../endpoint/served-endpoint.ts";
import type { Exchange } from "../../store/exchange.ts";
import { WHOLE_PATH } from "../recorder/path.ts";

/**
 * The URL of a request, as far as it can be written down again: of a recorded one nothing is sure to be well-formed.
 * @param endpoint name of its endpoint, below whose base URI the path is; null where there is none
 * @param origin without a slash at its end
 */
export function urlOf(
  { path, query }: Pick<Exchange, "path" | "query">,
  endpoint: string | null,
  origin: string,
): string {
  const search = query === "" ? "" : `?${wellFormed(query)}`;
  return origin + (endpoint === null ? wellFormed(path) : pathAt(endpoint, path)) + search;
}

function pathAt(endpoint: string, path: string): string {
  if (path === "/oauth/token") return tokenPathOf(endpoint);
  return WHOLE_PATH.test(path) ? wellFormed(path) : basePathOf(endpoint) + wellFormed(path);
}

/** Percent-encodes what no URL has (RFC 3986 §2); what is encoded, well or not, stays as it was sent. */
function wellFormed(text: string): string {
  return text.toWellFormed().replaceAll(/[^\w.~:/?[\]@!$&'()*+,;=%-]/gu, (character) => encodeURIComponent(character));
}
