import { basePathOf, tokenPathOf } from "../../endpoint/served-endpoint.ts";
import type { Exchange, RecordedExchange } from "../../store/exchange.ts";
import { UNREAD_METHOD } from "../recorder/answered.ts";
import { WHOLE_PATH } from "../recorder/path.ts";
import { holdsPlaceholder, isCut, textOf } from "./exchange-json.ts";

/**
 * The URL of a recorded request. Nothing in it is sure to be well-formed.
 * @param endpoint name of the endpoint whose base URL the path follows; null for none
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

/** Percent-encodes characters that are not allowed in a URL (RFC 3986 §2) and leaves the rest as it was sent. */
function wellFormed(text: string): string {
  return text.toWellFormed().replaceAll(/[^\w.~:/?[\]@!$&'()*+,;=%-]/gu, (character) => encodeURIComponent(character));
}

/** Why a request cannot be sent again as it was; undefined if it can. */
export function unrepeatable({ method, path, query, request }: RecordedExchange): string | undefined {
  if (method === UNREAD_METHOD) return "This could not be read as a request, so it cannot be sent again.";
  if (/^(?:\/scim\/endpoints\/[^/]+)?\/oauth\/token$/.test(path)) {
    return "This was a request for an access token. Only SCIM requests can be sent again.";
  }
  if (path.startsWith("/api/")) {
    return "This was an administration request. Only SCIM requests can be sent again.";
  }
  if (holdsPlaceholder(textOf(request) ?? "")) {
    return `Its body contained secrets, which were not recorded. ${BY_HAND}`;
  }
  if (isCut(request)) {
    const text = `Only ${request.body.length} of ${request.bodyBytes} bytes of its body were recorded.`;
    return `${text} Send it from its client.`;
  }
  if (holdsPlaceholder(path + query)) return `Its URL contained secrets, which were not recorded. ${BY_HAND}`;
  // The recorder marks what it cuts; no URL has this character.
  if (/…$/.test(path) || /…$/.test(query)) return "Its URL was too long to be recorded.";
  return undefined;
}

const BY_HAND = "Copy it as a curl command and insert them.";
