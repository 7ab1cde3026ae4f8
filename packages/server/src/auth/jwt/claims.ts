import { decodeJwt, decodeProtectedHeader } from "jose";
import type { IssuerTrust } from "../../store/store.ts";
import type { FailedCheck } from "../decision.ts";

/** A token's header, not verified. */
export type JwtHeader = {
  readonly alg: string;
  readonly kid: string | undefined;
  /** Whether the payload is signed without encoding (`b64: false`), which a JWT must not be (RFC 7797 §7). */
  readonly isUnencoded: boolean;
};

/** Claims (RFC 7519 §4) by name. Their values are checked where they are used. */
export type JwtClaims = Readonly<Record<string, unknown>>;

/** Longer tokens are rejected. Entra's tokens with many groups have about 8,000 characters. */
const MAX_CHARACTERS = 16_384;

const MAX_SHOWN = 200;

const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;

/** Whether a text has the form of a signed token (RFC 7515 §7.1). */
export function looksLikeJwt(token: string): boolean {
  return token.length <= MAX_CHARACTERS && COMPACT.test(token);
}

/** @returns undefined if it is not a JWT */
export function readJwt(token: string): { readonly header: JwtHeader; readonly claims: JwtClaims } | undefined {
  if (!looksLikeJwt(token)) return undefined;
  try {
    const { alg, kid, b64 } = decodeProtectedHeader(token);
    const header = { alg: String(alg), kid: typeof kid === "string" ? kid : undefined, isUnencoded: b64 === false };
    return { header, claims: decodeJwt(token) };
  } catch {
    return undefined;
  }
}

/** The application that got a token. Entra's v2.0 and v1.0 tokens and RFC 9068 §2.2 name it differently. */
export function clientOf(claims: JwtClaims): string | undefined {
  return ["azp", "appid", "client_id"].map((name) => claims[name]).find((value) => typeof value === "string");
}

export function shown(value: unknown): string {
  if (value === undefined) return "no such claim";
  const text = JSON.stringify(value);
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}

/** The two issuer names of a tenant of Entra ID, without the slash at the end. */
const ENTRA = /^https:\/\/(?:sts\.windows\.net\/([^/]+)|login\.microsoftonline\.com\/([^/]+)\/v2\.0)$/;

export const ENTRA_PROVISIONING = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621";

/** An issuer's name without the slash at the end, which people add or omit. */
export function issuerName(issuer: string): string {
  return issuer.endsWith("/") ? issuer.slice(0, -1) : issuer;
}

/**
 * Whether the claim `iss` names the trusted issuer. A tenant of Entra ID has two names, and an application's
 * manifest decides which one its tokens have (accessTokenAcceptedVersion). Trusting one trusts both.
 */
export function isIssuer(trusted: string, iss: unknown): iss is string {
  if (typeof iss !== "string") return false;
  if (issuerName(trusted) === issuerName(iss)) return true;
  const tenant = entraTenant(trusted);
  return tenant !== undefined && tenant === entraTenant(iss);
}

function entraTenant(issuer: string): string | undefined {
  const [, v1, v2] = ENTRA.exec(issuerName(issuer)) ?? [];
  return v1 ?? v2;
}

/**
 * Whether it is the token that Entra ID sends if its field "Secret token" is empty: a token of the tenant for Entra's
 * own provisioning application.
 */
export function isEntrasOwn({ iss, aud }: Readonly<Record<string, unknown>>): boolean {
  return aud === ENTRA_PROVISIONING && typeof iss === "string" && entraTenant(iss) !== undefined;
}

/** Where an issuer's metadata is (OpenID Connect Discovery 1.0 §4). */
export function metadataUrl(issuer: string): string {
  return `${issuerName(issuer)}/.well-known/openid-configuration`;
}

/** How much an issuer's clock may differ from ours. */
const CLOCK_TOLERANCE_MS = 60_000;

/** When a token expires, in milliseconds since 1970, with the clock tolerance; undefined if it does not say. */
export function endOf({ exp }: JwtClaims): number | undefined {
  return isNumericDate(exp) ? exp * 1_000 + CLOCK_TOLERANCE_MS : undefined;
}

/** Checks when a token is valid (RFC 7519 §4.1.4, §4.1.5). A token that never expires is rejected. */
export function checkTimes(claims: JwtClaims, nowMs: number): FailedCheck | undefined {
  const endMs = endOf(claims);
  if (endMs === undefined || endMs <= nowMs) {
    return {
      check: "expiry",
      expected: `a claim "exp" after ${new Date(nowMs).toISOString()}`,
      received: shownDate(claims["exp"]),
      remedy: "The sender must get a new token. If it just did, compare the clocks of both machines.",
    };
  }
  const { nbf } = claims;
  if (nbf === undefined || (isNumericDate(nbf) && nbf * 1_000 <= nowMs + CLOCK_TOLERANCE_MS)) return undefined;
  return {
    check: "not_before",
    expected: `a claim "nbf" before ${new Date(nowMs).toISOString()}`,
    received: shownDate(nbf),
    remedy: "Compare the clocks of the issuer and of this machine.",
  };
}

/**
 * Compares audience, tenant, client and subject of a token with a trust.
 * @param audiences allowed besides that of the trust
 */
export function checkClaims(
  claims: JwtClaims,
  trust: IssuerTrust,
  audiences: readonly string[] = [],
): FailedCheck | undefined {
  const expected = [trust.audience, ...audiences];
  const received = Array.isArray(claims["aud"]) ? claims["aud"] : [claims["aud"]];
  if (!received.some((audience) => expected.some((own) => isAudience(own, audience)))) {
    return {
      check: "audience",
      expected: `the claim "aud" ${expected.map(shown).join(" or ")}`,
      received: shown(claims["aud"]),
      remedy: `Configure the sender to request a token for this audience, or change the audience of the trust "${trust.label}".`,
    };
  }
  return (
    checkEqual("tenant", "tid", claims["tid"], trust.tenant, trust) ??
    checkEqual("client_id", "azp, appid or client_id", clientOf(claims), trust.clientId, trust) ??
    checkEqual("subject", "sub", claims["sub"], trust.subject, trust)
  );
}

function checkEqual(
  check: FailedCheck["check"],
  claim: string,
  received: unknown,
  expected: string | undefined,
  trust: IssuerTrust,
): FailedCheck | undefined {
  if (expected === undefined || received === expected) return undefined;
  return {
    check,
    expected: `the claim ${claim} ${shown(expected)}`,
    received: shown(received),
    remedy: `If this is the correct sender, change the trust "${trust.label}" to the received value.`,
  };
}

/** Entra names an audience by the application's ID, with or without the scheme `api:`. */
function isAudience(own: string, received: unknown): boolean {
  return typeof received === "string" && bare(own) === bare(received);
}

function bare(audience: string): string {
  return audience.replace(/^api:\/\//, "");
}

function isNumericDate(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && Math.abs(value) < 8e12;
}

function shownDate(value: unknown): string {
  return isNumericDate(value) ? new Date(value * 1_000).toISOString() : shown(value);
}
