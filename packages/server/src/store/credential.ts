import type { Key, Scope, Transaction } from "./store.ts";

/** What a credential opens: SCIM of one endpoint, or administration. Never both. */
export type CredentialPurpose = "provisioning" | "administration";

/**
 * `token` is a bearer token made by a person, `client` a secret that an OAuth client exchanges for access tokens,
 * `access` one of those, `session` the secret in an administrator's cookie.
 */
export type CredentialKind = "token" | "client" | "access" | "session";

/** What may be done: `read` is GET and searches, `write` everything else and `read` as well. */
export type CredentialScope = "read" | "write";

/** What an access token, or for `token` a session, was given for. It ends with that. */
export type Origin = { readonly kind: "client" | "trust" | "token"; readonly key: Key };

export type Credential = {
  readonly key: Key;
  readonly purpose: CredentialPurpose;
  /** The endpoint that a provisioning credential opens. */
  readonly endpoint: Key | undefined;
  readonly kind: CredentialKind;
  /** For people: which one it is. One per purpose, endpoint, kind and client; what has an origin has its label. */
  readonly label: string;
  /** The OAuth client (RFC 6749 §2.2) whose secret or access token it is; several secrets of one client may be valid. */
  readonly clientId: string | undefined;
  /** SHA-256 of the secret, in hexadecimal. The secret itself is never stored. */
  readonly secretHash: string;
  readonly scopes: readonly CredentialScope[];
  /** Id of the User that `/Me` stands for. */
  readonly user: string | undefined;
  /** Of an access token or session. */
  readonly origin: Origin | undefined;
  /** Milliseconds since 1970. */
  readonly createdMs: number;
  /** From when on it is not valid; undefined: never. */
  readonly expiresMs: number | undefined;
  /** About when it was used last: noted now and then. */
  readonly lastUsedMs: number | undefined;
};

export type NewCredential = Omit<Credential, "key" | "createdMs" | "lastUsedMs">;

/** Which of the secrets that are made or given at start. */
export type StartSecret = Pick<Credential, "purpose" | "endpoint" | "label" | "scopes">;

export type CredentialStore = {
  /** All but access tokens, of which there may be very many. */
  readonly list: (scope: Scope) => Promise<Credential[]>;
  /** Those with that secret, of every kind. More than one only where people set one secret for two purposes. */
  readonly byHash: (scope: Scope, secretHash: string) => Promise<Credential[]>;
  /**
   * Inserts a token, or replaces the secret of the one with its purpose, endpoint and label, whose scopes stay. Sessions
   * of a secret that is replaced are removed.
   */
  readonly put: (
    transaction: Transaction,
    credential: StartSecret & Pick<Credential, "secretHash">,
    nowMs: number,
  ) => Promise<void>;
  /** @throws LabelConflict */
  readonly insert: (transaction: Transaction, credential: NewCredential, nowMs: number) => Promise<Credential>;
  /** @returns whether there is such a credential. @throws LabelConflict */
  readonly update: (
    transaction: Transaction,
    key: Key,
    changed: Pick<Credential, "label" | "scopes" | "expiresMs">,
  ) => Promise<boolean>;
  /** Removes a credential, with the access tokens and sessions given for it. @returns whether there was one */
  readonly remove: (transaction: Transaction, key: Key) => Promise<boolean>;
  /** Notes when credentials were used last, by key, in milliseconds since 1970. Those that are gone are passed over. */
  readonly noteUses: (transaction: Transaction, uses: ReadonlyMap<Key, number>) => Promise<void>;
  /**
   * Removes access tokens and sessions that ended before some moment, the oldest first.
   * @param limit how many at most, so that no transaction takes long
   */
  readonly removeExpired: (transaction: Transaction, beforeMs: number, limit: number) => Promise<void>;
};

/** Another issuer whose tokens (JWT, RFC 7519) an endpoint accepts, and which of them. */
export type IssuerTrust = {
  readonly key: Key;
  readonly endpoint: Key;
  /** For people: which one it is. One per endpoint. */
  readonly label: string;
  /** The claim `iss`. */
  readonly issuer: string;
  /** The claim `aud`, or one of its values. */
  readonly audience: string;
  /** Where the issuer's keys are; undefined: where its own metadata says (OpenID Connect Discovery 1.0 §4). */
  readonly jwksUri: string | undefined;
  /** The claim `tid`, for Entra ID. */
  readonly tenant: string | undefined;
  /** The claim `azp`, `appid` or `client_id`: the application that the token was given to. */
  readonly clientId: string | undefined;
  /** The claim `sub`. */
  readonly subject: string | undefined;
  readonly scopes: readonly CredentialScope[];
  /** Id of the User that `/Me` stands for. */
  readonly user: string | undefined;
  /** Milliseconds since 1970. */
  readonly createdMs: number;
};

export type NewIssuerTrust = Omit<IssuerTrust, "key" | "createdMs">;

/** An assertion (RFC 7523 §3) that may be used once. */
export type Assertion = {
  /** Key of the trust that it was accepted by. */
  readonly trust: Key;
  /** SHA-256 of its claim `jti`, in hexadecimal. */
  readonly idHash: string;
  /** When it is not valid any more by itself, in milliseconds since 1970. */
  readonly expiresMs: number;
};

export type IssuerTrustStore = {
  readonly list: (scope: Scope) => Promise<IssuerTrust[]>;
  /** @throws LabelConflict */
  readonly insert: (transaction: Transaction, trust: NewIssuerTrust, nowMs: number) => Promise<IssuerTrust>;
  /** Changes everything but the endpoint. @returns whether there is such a trust. @throws LabelConflict */
  readonly update: (transaction: Transaction, key: Key, trust: Omit<NewIssuerTrust, "endpoint">) => Promise<boolean>;
  /** Removes a trust, with the access tokens that were given for it. @returns whether there was one */
  readonly remove: (transaction: Transaction, key: Key) => Promise<boolean>;
  /** Notes that an assertion was used. @returns false when it had been before */
  readonly useAssertion: (transaction: Transaction, assertion: Assertion) => Promise<boolean>;
  /** Forgets used assertions that ended before some moment, the oldest first, `limit` at most. */
  readonly removeExpired: (transaction: Transaction, beforeMs: number, limit: number) => Promise<void>;
};

/** Another credential of the same purpose, endpoint, kind and client, or trust of the endpoint, has that label. */
export class LabelConflict extends Error {
  override readonly name = "LabelConflict";

  constructor(label: string, cause?: unknown) {
    super(`The label "${label}" is taken.`, { cause });
  }
}
