import type { RecordedExchange } from "../../store/exchange.ts";
import { UNREAD_METHOD } from "../recorder/answered.ts";
import { holdsPlaceholder, isCut, textOf } from "./kept-body.ts";

/** Why a request cannot be sent again as it was, for people; undefined where it can. */
export function unrepeatable({ method, path, query, request }: RecordedExchange): string | undefined {
  if (method === UNREAD_METHOD) return "What came could not be read as a request, so there is none to send again.";
  if (/^(?:\/scim\/endpoints\/[^/]+)?\/oauth\/token$/.test(path)) {
    return "This was a request for an access token. Only SCIM requests can be sent again.";
  }
  if (path.startsWith("/api/")) {
    return "This was a request to administration. Only SCIM requests can be sent again.";
  }
  if (holdsPlaceholder(textOf(request) ?? "")) {
    return `Its body held secrets, which were not recorded. ${BY_HAND}`;
  }
  if (isCut(request)) {
    const text = `Of its body only ${request.body.length} of ${request.bodyBytes} bytes were recorded.`;
    return `${text} Send it from where it came from.`;
  }
  if (holdsPlaceholder(path + query)) return `Its URL held secrets, which were not recorded. ${BY_HAND}`;
  // As the recorder cuts it; no URL has this character.
  if (/…$/.test(path) || /…$/.test(query)) return "Its URL was too long to be recorded.";
  return undefined;
}

const BY_HAND = "Take it as a curl command, and put yours in their place.";
