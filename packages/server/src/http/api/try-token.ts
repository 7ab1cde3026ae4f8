import type { TSchema, TUnsafe } from "typebox";
import type { CredentialCheck, FailedCheck } from "../../auth/decision.ts";
import { checkClaims, checkTimes, clientOf, isIssuer, type JwtClaims, readJwt, shown } from "../../auth/jwt/claims.ts";
import { type JwtOutcome, type JwtVerifier, unknownIssuer } from "../../auth/jwt/verifier.ts";
import type { IssuerTrust } from "../../store/store.ts";
import {
  BOOLEAN,
  described,
  INTEGER,
  list,
  nullable,
  object,
  oneOf,
  optional,
  type Static,
  TEXT,
  TIME,
} from "./schema.ts";

const CHECK = described("The check, such as `audience`.", TEXT as TSchema as TUnsafe<CredentialCheck>);

const FAILED = object({
  check: CHECK,
  expected: TEXT,
  received: TEXT,
  remedy: described("How to fix it.", TEXT),
  remedyAt: optional(described("Where to fix it.", oneOf("identity-provider", "server"))),
});

const CHECK_RESULT = object({
  check: CHECK,
  verdict: described("`unknown` if an earlier check failed.", oneOf("fits", "fails", "unknown")),
  expected: described("null means any value.", nullable(TEXT)),
  received: nullable(TEXT),
  remedy: described("How to fix it, if it fails.", nullable(TEXT)),
  remedyAt: FAILED.properties.remedyAt,
});
export type CheckResult = Static<typeof CHECK_RESULT>;

const TRUST_RESULT = object({
  key: INTEGER,
  label: TEXT,
  accepted: BOOLEAN,
  checks: list(CHECK_RESULT),
});
export type TrustResult = Static<typeof TRUST_RESULT>;

export const TRY_RESULT = object({
  accepted: BOOLEAN,
  by: described("Label of the trust that accepts it.", nullable(TEXT)),
  scopes: list(oneOf("read", "write")),
  clientId: nullable(TEXT),
  expires: nullable(TIME),
  failed: described("The failed check of the trust that comes closest, as the record shows it.", nullable(FAILED)),
  trusts: list(TRUST_RESULT),
});
export type TryResult = Static<typeof TRY_RESULT>;

/** The claims that a trust checks. */
const CLAIMS: readonly {
  readonly check: CredentialCheck;
  readonly expected: (trust: IssuerTrust) => string | undefined;
  readonly received: (claims: JwtClaims) => unknown;
}[] = [
  { check: "issuer", expected: ({ issuer }) => issuer, received: ({ iss }) => iss },
  { check: "expiry", expected: () => undefined, received: ({ exp }) => exp },
  { check: "not_before", expected: () => undefined, received: ({ nbf }) => nbf },
  { check: "audience", expected: ({ audience }) => audience, received: ({ aud }) => aud },
  { check: "tenant", expected: ({ tenant }) => tenant, received: ({ tid }) => tid },
  { check: "client_id", expected: ({ clientId }) => clientId, received: clientOf },
  { check: "subject", expected: ({ subject }) => subject, received: ({ sub }) => sub },
];

/** Checks before the signature. */
const BEFORE_SIGNATURE: ReadonlySet<CredentialCheck> = new Set(["issuer", "keys"]);
const OF_SIGNATURE: ReadonlySet<CredentialCheck> = new Set(["algorithm", "key", "signature"]);

/** Checks a token (JWT) against each trust of an endpoint. Stores nothing. */
export async function tryToken(
  verifier: JwtVerifier,
  token: string,
  trusts: readonly IssuerTrust[],
  nowMs: number,
): Promise<TryResult> {
  const outcome = await verifier.verify(token, trusts, nowMs);
  const claims = readJwt(token)?.claims;
  const isAccepted = outcome.kind === "accepted";
  return {
    accepted: isAccepted,
    by: isAccepted ? outcome.trust.label : null,
    scopes: isAccepted ? [...outcome.trust.scopes] : [],
    clientId: (isAccepted ? outcome.clientId : undefined) ?? null,
    expires: isAccepted ? new Date(outcome.expiresMs).toISOString() : null,
    failed: isAccepted ? null : outcome.failed,
    trusts:
      claims === undefined
        ? []
        : await Promise.all(
            trusts.map(async (trust) =>
              trustResult(await verifier.verify(token, [trust], nowMs), claims, trust, nowMs),
            ),
          ),
  };
}

function trustResult(outcome: JwtOutcome, claims: JwtClaims, trust: IssuerTrust, nowMs: number): TrustResult {
  const failures = failuresOf(claims, trust, nowMs);
  if (outcome.kind !== "accepted") failures.set(outcome.failed.check, outcome.failed);
  const checks = CLAIMS.map(({ check, expected, received }) =>
    claimResult(check, failures.get(check), expected(trust), received(claims)),
  );
  return {
    key: trust.key,
    label: trust.label,
    accepted: outcome.kind === "accepted",
    checks: [...checks.slice(0, 1), signatureResult(outcome), ...checks.slice(1)],
  };
}

function claimResult(
  check: CredentialCheck,
  failed: FailedCheck | undefined,
  expected: string | undefined,
  received: unknown,
): CheckResult {
  if (failed !== undefined) return { ...failed, verdict: "fails" };
  return {
    check,
    verdict: "fits",
    expected: expected === undefined ? null : shown(expected),
    received: shown(received),
    remedy: null,
  };
}

function signatureResult(outcome: JwtOutcome): CheckResult {
  const none = { check: "signature", expected: null, received: null, remedy: null } as const;
  if (outcome.kind === "accepted") return { ...none, verdict: "fits" };
  const { failed } = outcome;
  if (OF_SIGNATURE.has(failed.check)) return { ...failed, check: "signature", verdict: "fails" };
  if (failed.check === "keys") return { ...failed, check: "signature", verdict: "unknown" };
  return { ...none, verdict: BEFORE_SIGNATURE.has(failed.check) ? "unknown" : "fits" };
}

/** All failed checks of the claims: each wrong claim is corrected to find the next failure. */
function failuresOf(claims: JwtClaims, trust: IssuerTrust, nowMs: number): Map<CredentialCheck, FailedCheck> {
  const failures = new Map<CredentialCheck, FailedCheck>();
  // The verifier does not check the issuer of a token whose algorithm it rejects.
  if (!isIssuer(trust.issuer, claims["iss"])) failures.set("issuer", unknownIssuer([trust], claims));
  let looked = claims;
  for (;;) {
    const failed = checkTimes(looked, nowMs) ?? checkClaims(looked, trust);
    if (failed === undefined || failures.has(failed.check)) return failures;
    failures.set(failed.check, failed);
    looked = { ...looked, ...asExpected(failed.check, trust, nowMs) };
  }
}

function asExpected(check: CredentialCheck, trust: IssuerTrust, nowMs: number): JwtClaims {
  switch (check) {
    case "expiry":
      return { exp: nowMs / 1_000 };
    case "not_before":
      return { nbf: undefined };
    case "audience":
      return { aud: trust.audience };
    case "tenant":
      return { tid: trust.tenant };
    case "client_id":
      return { azp: trust.clientId };
    case "subject":
      return { sub: trust.subject };
    default:
      return {};
  }
}
