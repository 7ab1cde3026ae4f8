import { invalidRequest, type OAuthError } from "../../auth/oauth/token-request.ts";

const FORM = "application/x-www-form-urlencoded";

/**
 * The parameters of a token request. RFC 6749 §4.4.2 requires a form; some clients send JSON.
 * @throws OAuthError
 */
export function readTokenBody(contentType: string | undefined, body: string): ReadonlyMap<string, string> {
  const mediaType = (contentType ?? FORM).split(";", 1)[0]?.trim().toLowerCase();
  if (mediaType === FORM) return uniquely(new URLSearchParams(body));
  if (mediaType === "application/json" || mediaType?.endsWith("+json")) return uniquely(jsonMembers(body));
  throw otherMediaType();
}

/** The error for a body that is neither a form nor JSON. */
export function otherMediaType(): OAuthError {
  return invalidRequest(`Send the parameters as ${FORM}.`, `a body of another media type than ${FORM} or JSON`);
}

/** RFC 6749 §3.2: each parameter may appear only once. */
function uniquely(pairs: Iterable<readonly [string, string]>): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of pairs) {
    if (parameters.has(name)) throw invalidRequest("Send each parameter once.", "a parameter more than once");
    parameters.set(name, value);
  }
  return parameters;
}

function jsonMembers(body: string): [string, string][] {
  const members = parsed(body);
  if (typeof members !== "object" || members === null || Array.isArray(members)) {
    throw invalidRequest("Send the parameters as a form, or as one JSON object.", "a body that is no JSON object");
  }
  return Object.entries(members).map(([name, value]) => {
    if (typeof value === "string") return [name, value];
    throw invalidRequest("Send the value of each parameter as a string.", "a parameter that is no string");
  });
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
