import type { IssuerTrust } from "../../store/store.ts";
import type { Failed } from "../decision.ts";
import { clientOf, type JwtClaims, shown } from "./read.ts";

/** Clocks of issuers may differ from ours. */
export const CLOCK_TOLERANCE_MS = 60_000;

/** When a token ends, in milliseconds since 1970, with the tolerance of clocks; undefined when it does not say. */
export function endOf({ exp }: JwtClaims): number | undefined {
  return isNumericDate(exp) ? exp * 1_000 + CLOCK_TOLERANCE_MS : undefined;
}

/** Checks when a token is valid (RFC 7519 §4.1.4, §4.1.5). One that never ends is not accepted. */
export function checkTimes(claims: JwtClaims, nowMs: number): Failed | undefined {
  const endMs = endOf(claims);
  if (endMs === undefined || endMs <= nowMs) {
    return {
      check: "expiry",
      expected: `a claim "exp" after ${new Date(nowMs).toISOString()}`,
      received: shownDate(claims["exp"]),
      remedy: "The sender should get a new token. If it just did, compare the clocks of both machines.",
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
 * Checks who a token is for, and whose it is, against what is trusted.
 * @param audiences what it may be for as well as for what the trust says
 */
export function checkClaims(
  claims: JwtClaims,
  trust: IssuerTrust,
  audiences: readonly string[] = [],
): Failed | undefined {
  const expected = [trust.audience, ...audiences];
  const received = Array.isArray(claims["aud"]) ? claims["aud"] : [claims["aud"]];
  if (!received.some((audience) => expected.some((own) => isAudience(own, audience)))) {
    return {
      check: "audience",
      expected: `the claim "aud" ${expected.map(shown).join(" or ")}`,
      received: shown(claims["aud"]),
      remedy: `Have the sender ask for a token for this audience, or change the audience of the trust "${trust.label}".`,
    };
  }
  return (
    checkEqual("tenant", "tid", claims["tid"], trust.tenant, trust) ??
    checkEqual("client_id", "azp, appid or client_id", clientOf(claims), trust.clientId, trust) ??
    checkEqual("subject", "sub", claims["sub"], trust.subject, trust)
  );
}

function checkEqual(
  check: Failed["check"],
  claim: string,
  received: unknown,
  expected: string | undefined,
  trust: IssuerTrust,
): Failed | undefined {
  if (expected === undefined || received === expected) return undefined;
  return {
    check,
    expected: `the claim ${claim} ${shown(expected)}`,
    received: shown(received),
    remedy: `If this sender is the right one, change the trust "${trust.label}" to what was received.`,
  };
}

/** Entra names an application as an audience by its id, or by that with a scheme before it. */
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
