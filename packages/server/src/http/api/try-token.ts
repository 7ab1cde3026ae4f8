import type { Check, Failed } from "../../auth/decision.ts";
import { checkClaims, checkTimes } from "../../auth/jwt/claims.ts";
import { unknownIssuer } from "../../auth/jwt/failures.ts";
import { isIssuer } from "../../auth/jwt/issuer.ts";
import { clientOf, type JwtClaims, readJwt, shown } from "../../auth/jwt/read.ts";
import type { JwtOutcome, JwtVerifier } from "../../auth/jwt/verifier.ts";
import type { CredentialScope, IssuerTrust } from "../../store/store.ts";

/** What came of one check: `unknown` where an earlier one has made it needless or impossible. */
export type CheckResult = {
  readonly check: Check;
  readonly verdict: "fits" | "fails" | "unknown";
  /** null: anything. */
  readonly expected: string | null;
  readonly received: string | null;
  /** How to mend it, where it fails. */
  readonly remedy: string | null;
};

/** How a token stands to a trust. */
export type TrustResult = {
  readonly key: number;
  readonly label: string;
  readonly accepted: boolean;
  readonly checks: readonly CheckResult[];
};

/** Whether a token would be let in, by which trust, and what speaks against it. */
export type TryResult = {
  readonly accepted: boolean;
  /** Label of the trust that lets it in. */
  readonly by: string | null;
  readonly scopes: readonly CredentialScope[];
  readonly clientId: string | null;
  readonly expires: string | null;
  /** What the record of a request with it would say, of the trust that comes closest. */
  readonly failed: Failed | null;
  readonly trusts: readonly TrustResult[];
};

/** Of the claims, what a trust expects and what stands in the token. */
const CLAIMS: readonly {
  readonly check: Check;
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

/** Failures after which it is not known whose the token is. */
const BEFORE_SIGNATURE: ReadonlySet<Check> = new Set(["issuer", "keys"]);
const OF_SIGNATURE: ReadonlySet<Check> = new Set(["algorithm", "key", "signature"]);

/** Tells of a token (JWT) what each trust of an endpoint says to it. Nothing of it is kept. */
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
    scopes: isAccepted ? outcome.trust.scopes : [],
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
  check: Check,
  failed: Failed | undefined,
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

/** All that speaks against the claims: each that fails is taken as it should be, to see what else does. */
function failuresOf(claims: JwtClaims, trust: IssuerTrust, nowMs: number): Map<Check, Failed> {
  const failures = new Map<Check, Failed>();
  // Of a token that says it is signed in a way that nobody accepts, it was not asked whose it is.
  if (!isIssuer(trust.issuer, claims["iss"])) failures.set("issuer", unknownIssuer([trust], claims));
  let looked = claims;
  for (;;) {
    const failed = checkTimes(looked, nowMs) ?? checkClaims(looked, trust);
    if (failed === undefined || failures.has(failed.check)) return failures;
    failures.set(failed.check, failed);
    looked = { ...looked, ...asExpected(failed.check, trust, nowMs) };
  }
}

function asExpected(check: Check, trust: IssuerTrust, nowMs: number): JwtClaims {
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
