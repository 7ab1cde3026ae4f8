import { decodeJwt, decodeProtectedHeader } from "jose";

/** What a token says of itself; nothing of it is verified. */
export type JwtHeader = { readonly alg: string; readonly kid: string | undefined };

/** Claims (RFC 7519 §4) by name. Their values are checked where they are used. */
export type JwtClaims = Readonly<Record<string, unknown>>;

/** Longer ones are not looked at. Entra's with many groups have some 8,000 characters. */
const MAX_CHARACTERS = 16_384;

/** Of a value that is shown in a record. */
const MAX_SHOWN = 200;

const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;

/** Whether it has the form of a signed token (RFC 7515 §7.1). */
export function looksLikeJwt(token: string): boolean {
  return token.length <= MAX_CHARACTERS && COMPACT.test(token);
}

/** @returns undefined when it is no JWT */
export function readJwt(token: string): { readonly header: JwtHeader; readonly claims: JwtClaims } | undefined {
  if (!looksLikeJwt(token)) return undefined;
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    return { header: { alg: String(alg), kid: typeof kid === "string" ? kid : undefined }, claims: decodeJwt(token) };
  } catch {
    return undefined;
  }
}

/** The application that a token was given to: Entra's v2.0 and v1.0 tokens and RFC 9068 §2.2 name it differently. */
export function clientOf(claims: JwtClaims): string | undefined {
  return ["azp", "appid", "client_id"].map((name) => claims[name]).find((value) => typeof value === "string");
}

/** The value of a claim for a record. */
export function shown(value: unknown): string {
  if (value === undefined) return "no such claim";
  const text = JSON.stringify(value);
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}
