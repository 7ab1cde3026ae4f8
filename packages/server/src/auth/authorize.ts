import type { Credential, CredentialScope, IssuerTrust, Origin } from "../store/store.ts";
import type { LastUses } from "./credential-cache.ts";
import { includesScope, SCOPES } from "./credentials.ts";
import type { Accepted, Authentication, Decision, Realm } from "./decision.ts";
import { expiredToken, missingScope, wrongRealm } from "./refusals.ts";

/** How often the use of a credential is noted in memory. */
const NOTE_EVERY_MS = 1_000;

/**
 * Authorizes a request by the scope of its token. Allocates nothing for an accepted request.
 * @param grants the credentials with this token, usually one
 * @returns undefined if the token must be verified again
 */
export function authorize(
  grants: readonly Grant[],
  realm: Realm,
  scope: CredentialScope,
  nowMs: number,
  uses: LastUses,
): Decision | undefined {
  let ended: Grant | undefined;
  for (const grant of grants) {
    const { credential } = grant.accepted;
    if (!opens(credential, realm)) continue;
    if (grant.expiresMs <= nowMs) {
      ended = grant;
      continue;
    }
    if (!includesScope(credential.scopes, scope)) return missingScope(credential, scope);
    if (nowMs - grant.notedMs >= NOTE_EVERY_MS) note(grant, nowMs, uses);
    return grant.accepted;
  }
  const grant = ended ?? grants[0];
  // A token of another issuer may be valid for several endpoints.
  if (grant === undefined || grant.isRenewable) return undefined;
  const { credential } = grant.accepted;
  return ended === undefined ? wrongRealm(credential, realm) : expiredToken(credential, ended.expiresMs, nowMs);
}

function note(grant: Grant, nowMs: number, uses: LastUses): void {
  grant.notedMs = nowMs;
  uses.note(grant.usesOf, nowMs);
}

/** What one bearer token allows, prepared for each request. */
export type Grant = {
  /** The decision if the request is allowed: one object for all requests. */
  readonly accepted: Accepted;
  /** When it expires; Infinity: never. */
  readonly expiresMs: number;
  /** Whether it is then verified again instead of refused. */
  readonly isRenewable: boolean;
  /**
   * The credential or trust whose last use is noted; for an access token or session, the one that it was issued for.
   */
  readonly usesOf: Origin;
  /** When its use was last noted. */
  notedMs: number;
};

/**
 * @param origin the credential for which an access token or session was issued, if known. They lose a right when it
 * loses it, and expire with it
 */
export function grantOf(credential: Credential, origin: OriginLimits | undefined): Grant {
  const { purpose, endpoint, kind, key, label, clientId, scopes, user } = credential;
  const granted = origin === undefined ? scopes : scopesWithin(scopes, origin.scopes);
  const expiresMs = earlier(credential.expiresMs, origin?.expiresMs);
  return {
    accepted: accepted({ purpose, endpoint, kind, key, label, clientId, scopes: granted, user, expiresMs }),
    expiresMs: expiresMs ?? Number.POSITIVE_INFINITY,
    isRenewable: false,
    usesOf: credential.origin ?? { kind: "token", key },
    notedMs: 0,
  };
}

type OriginLimits = Pick<Credential, "scopes"> & Partial<Pick<Credential, "expiresMs">>;

/** The earlier of two times; undefined: never. */
function earlier(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}

/** For a verified token of another issuer, which is accepted until a given time. */
export function jwtGrant(trust: IssuerTrust, clientId: string | undefined, untilMs: number): Grant {
  const { endpoint, key, label, scopes, user } = trust;
  return {
    accepted: accepted({
      purpose: "provisioning",
      endpoint,
      kind: "jwt",
      key,
      label,
      clientId,
      scopes,
      user,
      expiresMs: untilMs,
    }),
    expiresMs: untilMs,
    isRenewable: true,
    usesOf: { kind: "trust", key },
    notedMs: 0,
  };
}

function opens({ purpose, endpoint }: Authentication, realm: Realm): boolean {
  if (realm === "administration") return purpose === "administration";
  return purpose === "provisioning" && endpoint === realm.key;
}

/** The scopes that are in both lists. */
export function scopesWithin(
  scopes: readonly CredentialScope[],
  granted: readonly CredentialScope[],
): readonly CredentialScope[] {
  return SCOPES.filter((scope) => includesScope(scopes, scope) && includesScope(granted, scope));
}

function accepted(credential: Authentication): Accepted {
  return { accepted: true, credential };
}
