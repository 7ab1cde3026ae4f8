import { noToken, type Refused } from "./decision.ts";
import { describeSecret } from "./fingerprint.ts";

/** Other schemes by name; a word that is none of them may be part of a secret. */
const SCHEMES = new Set([
  "basic",
  "digest",
  "negotiate",
  "ntlm",
  "oauth",
  "token",
  "apikey",
  "ssws",
  "dpop",
  "bearer:",
]);

/** Takes the token from an Authorization header (RFC 6750 §2.1). */
export function bearerToken(header: string | undefined): string | Refused {
  if (header === undefined || header.trim() === "") {
    return noToken('Send the header "Authorization: Bearer <secret token>".', {
      check: "header",
      expected: 'a header "Authorization: Bearer …"',
      received: "no Authorization header",
      remedy:
        "Enter the secret token in the settings of the identity provider. A proxy in between may remove the header.",
    });
  }
  const space = header.indexOf(" ");
  const token = space < 0 ? "" : header.slice(space + 1).trim();
  if (token !== "" && header.slice(0, space).toLowerCase() === "bearer") return token;
  return noToken('The Authorization header must have the form "Bearer <secret token>".', {
    check: "header",
    expected: 'a header "Authorization: Bearer …"',
    received: describeHeader(header, space),
    remedy: 'Choose bearer token as the kind of authentication, or write "Bearer " before the token.',
  });
}

function describeHeader(header: string, space: number): string {
  const scheme = space < 0 ? header : header.slice(0, space);
  if (SCHEMES.has(scheme.toLowerCase())) return `the scheme ${scheme}`;
  if (scheme.toLowerCase() === "bearer") return "the scheme Bearer without a token";
  return `a value without a scheme: ${describeSecret(header)}`;
}
