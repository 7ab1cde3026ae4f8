import type { CredentialCheck } from "@scimtool/scim";
import type { CredentialKind, CredentialPurpose, CredentialScope, Endpoint, Key } from "../store/store.ts";

export type { CredentialCheck } from "@scimtool/scim";

/** What a request wants to access: an endpoint, or administration. */
export type Realm = Pick<Endpoint, "key" | "name"> | "administration";

/** The credential of an accepted request, and what it permits. */
export type Authentication = {
  readonly purpose: CredentialPurpose;
  /** The endpoint that it opens; undefined for administration. */
  readonly endpoint: Key | undefined;
  /** `jwt` is a token of another issuer that the endpoint trusts. A `client` secret gets access tokens, nothing else. */
  readonly kind: CredentialKind | "jwt";
  /** The key of the credential, or for `jwt` of the trust. */
  readonly key: Key;
  readonly label: string;
  readonly clientId: string | undefined;
  readonly scopes: readonly CredentialScope[];
  /** ID of the User to whom the credential is bound. */
  readonly user: string | undefined;
  /** When it expires, or for `jwt` must be verified again, in milliseconds since 1970; undefined: never. */
  readonly expiresMs: number | undefined;
};

/** Why a request was refused, for the record: in words for people, without secrets. */
export type FailedCheck = {
  readonly check: CredentialCheck;
  readonly expected: string;
  readonly received: string;
  /** How to fix it, at the identity provider or here. */
  readonly remedy: string;
  /** Where to fix it, if not at the usual place for this check. */
  readonly remedyAt?: "identity-provider" | "server";
};

export type Accepted = { readonly accepted: true; readonly credential: Authentication };

export type Refused = {
  readonly accepted: false;
  /**
   * 429: it was not checked, or it is one of too many wrong ones. 503: the server cannot check it now; identity
   * providers treat that as a temporary failure, and 401 as a permanent one.
   */
  readonly status: 401 | 403 | 429 | 503;
  /** RFC 6750 §3.1; undefined if the request had no token. */
  readonly error: "invalid_token" | "insufficient_scope" | undefined;
  /** For the caller. Contains nothing that helps somebody without a valid secret. */
  readonly detail: string;
  /** The missing scope, if that is the reason. */
  readonly scope: CredentialScope | undefined;
  /** The endpoint that the token opens, if it is another one. */
  readonly opens: Key | undefined;
  /** With 429 and 503: when to retry. */
  readonly retryAfterMs: number | undefined;
  readonly failed: FailedCheck;
};

export type Decision = Accepted | Refused;

/** A refusal of the token (RFC 6750 §3.1, invalid_token). */
export function invalidToken(detail: string, failed: FailedCheck): Refused {
  return { ...NOTHING_MORE, status: 401, error: "invalid_token", detail, failed };
}

/** A refusal of a request without a bearer token (RFC 6750 §3: no error code). */
export function noToken(detail: string, failed: FailedCheck): Refused {
  return { ...NOTHING_MORE, status: 401, error: undefined, detail, failed };
}

/** A refusal of a valid token that opens something else. @param opens the endpoint that it opens, if it is one */
export function forbidden(detail: string, failed: FailedCheck, opens?: Key): Refused {
  return { ...NOTHING_MORE, status: 403, error: undefined, detail, failed, opens };
}

/** The server cannot check the token at the moment. */
export function unavailable(detail: string, failed: FailedCheck, retryAfterMs: number): Refused {
  return { ...NOTHING_MORE, status: 503, error: undefined, detail, failed, retryAfterMs };
}

/** A refusal of a secret after too many wrong ones (RFC 6585 §4). */
export function tooMany(detail: string, failed: FailedCheck, retryAfterMs: number): Refused {
  return { ...NOTHING_MORE, status: 429, error: undefined, detail, failed, retryAfterMs };
}

/** A refusal of a valid token without the necessary scope (RFC 6750 §3.1, insufficient_scope). */
export function insufficientScope(detail: string, failed: FailedCheck, scope: CredentialScope): Refused {
  return { ...NOTHING_MORE, status: 403, error: "insufficient_scope", detail, failed, scope };
}

const NOTHING_MORE = { accepted: false, scope: undefined, opens: undefined, retryAfterMs: undefined } as const;

/**
 * The value of WWW-Authenticate for a refusal (RFC 6750 §3): with every 401, and with a 403 for a missing scope.
 * @returns undefined for the others
 */
export function challengeOf({ status, error, scope }: Refused, realm: Realm): string | undefined {
  if (status !== 401 && error === undefined) return undefined;
  const parameters = [`realm="${realm === "administration" ? "administration" : "SCIM"}"`];
  if (error !== undefined) parameters.push(`error="${error}"`);
  if (scope !== undefined) parameters.push(`scope="${scope}"`);
  return `Bearer ${parameters.join(", ")}`;
}
