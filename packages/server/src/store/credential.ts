import type { Key, Scope, Transaction } from "./store.ts";

/** A credential opens SCIM of one endpoint, or administration, never both. */
export type CredentialPurpose = "provisioning" | "administration";

/**
 * `token` is a bearer token made by a person, `client` a secret that an OAuth client exchanges for access tokens,
 * `access` one of those, `session` the secret in an administrator's cookie.
 */
export type CredentialKind = "token" | "client" | "access" | "session";

/** Label of the token that comes from a setting. */
export const SHARED_SECRET_LABEL = "shared secret";

/** `read` allows GET and searches; `write` allows everything. */
export type CredentialScope = "read" | "write";

/** What an access token or a session was issued for. When that ends, it ends. */
export type Origin = { readonly kind: "client" | "trust" | "token"; readonly key: Key };

export type Credential = {
  readonly key: Key;
  readonly purpose: CredentialPurpose;
  /** The endpoint of a provisioning credential. */
  readonly endpoint: Key | undefined;
  readonly kind: CredentialKind;
  /**
   * Its display name, unique per purpose, endpoint, kind and client. Access tokens and sessions have the label of their
   * origin.
   */
  readonly label: string;
  /** The OAuth client (RFC 6749 §2.2) that it belongs to. A client may have several valid secrets. */
  readonly clientId: string | undefined;
  /** SHA-256 of the secret, in hexadecimal. The secret itself is never stored. */
  readonly secretHash: string;
  readonly scopes: readonly CredentialScope[];
  /** ID of the User that `/Me` means. */
  readonly user: string | undefined;
  /** For access tokens and sessions. */
  readonly origin: Origin | undefined;
  /** Milliseconds since 1970. */
  readonly createdMs: number;
  /** When it expires; undefined: never. */
  readonly expiresMs: number | undefined;
  /** Roughly when it was last used; not every use is stored. */
  readonly lastUsedMs: number | undefined;
};

export type NewCredential = Omit<Credential, "key" | "createdMs" | "lastUsedMs">;

/** One of the secrets that are generated or configured at start. */
export type StartSecret = Pick<Credential, "purpose" | "endpoint" | "label" | "scopes">;

export type CredentialStore = {
  /** All except access tokens, of which there may be very many. */
  readonly list: (scope: Scope) => Promise<Credential[]>;
  /** Credentials of any kind with this secret. There are several only if one secret was configured for two purposes. */
  readonly byHash: (scope: Scope, secretHash: string) => Promise<Credential[]>;
  /**
   * Inserts a token, or replaces the secret of the token with the same purpose, endpoint and label, which keeps its
   * scopes. Sessions of the replaced secret are removed.
   */
  readonly put: (
    transaction: Transaction,
    credential: StartSecret & Pick<Credential, "secretHash">,
    nowMs: number,
  ) => Promise<void>;
  /** @throws LabelConflict */
  readonly insert: (transaction: Transaction, credential: NewCredential, nowMs: number) => Promise<Credential>;
  /** @returns whether the credential exists. @throws LabelConflict */
  readonly update: (
    transaction: Transaction,
    key: Key,
    changed: Pick<Credential, "label" | "scopes" | "expiresMs">,
  ) => Promise<boolean>;
  /** Removes a credential, and the access tokens and sessions issued for it. @returns whether it existed */
  readonly remove: (transaction: Transaction, key: Key) => Promise<boolean>;
  /** Stores when credentials were last used, by key, in milliseconds since 1970. Ignores removed credentials. */
  readonly noteUses: (transaction: Transaction, uses: ReadonlyMap<Key, number>) => Promise<void>;
  /**
   * Removes access tokens and sessions that expired before a moment, the oldest first.
   * @param limit the most that one call removes, so that no transaction takes long
   */
  readonly removeExpired: (transaction: Transaction, beforeMs: number, limit: number) => Promise<void>;
};

/** An external issuer, and which of its tokens (JWT, RFC 7519) an endpoint accepts. */
export type IssuerTrust = {
  readonly key: Key;
  readonly endpoint: Key;
  /** Its display name, unique per endpoint. */
  readonly label: string;
  /** The claim `iss`. */
  readonly issuer: string;
  /** The claim `aud`, or one of its values. */
  readonly audience: string;
  /** URL of the issuer's keys; undefined: the one in its metadata (OpenID Connect Discovery 1.0 §4). */
  readonly jwksUri: string | undefined;
  /** The claim `tid`, for Entra ID. */
  readonly tenant: string | undefined;
  /** The claim `azp`, `appid` or `client_id`: the application that the token was issued to. */
  readonly clientId: string | undefined;
  /** The claim `sub`. */
  readonly subject: string | undefined;
  readonly scopes: readonly CredentialScope[];
  /** ID of the User that `/Me` means. */
  readonly user: string | undefined;
  /** Milliseconds since 1970. */
  readonly createdMs: number;
  /** Roughly when a token of the issuer was last accepted; not every use is stored. */
  readonly lastUsedMs: number | undefined;
};

export type NewIssuerTrust = Omit<IssuerTrust, "key" | "createdMs" | "lastUsedMs">;

/** A used assertion (RFC 7523 §3): each may be used once. */
export type Assertion = {
  /** Key of the trust that accepted it. */
  readonly trust: Key;
  /** SHA-256 of its claim `jti`, in hexadecimal. */
  readonly idHash: string;
  /** When it expires, in milliseconds since 1970. */
  readonly expiresMs: number;
};

export type IssuerTrustStore = {
  readonly list: (scope: Scope) => Promise<IssuerTrust[]>;
  /** @throws LabelConflict */
  readonly insert: (transaction: Transaction, trust: NewIssuerTrust, nowMs: number) => Promise<IssuerTrust>;
  /** Changes everything except the endpoint. @returns whether the trust exists. @throws LabelConflict */
  readonly update: (transaction: Transaction, key: Key, trust: Omit<NewIssuerTrust, "endpoint">) => Promise<boolean>;
  /** Removes a trust, and the access tokens issued for it. @returns whether it existed */
  readonly remove: (transaction: Transaction, key: Key) => Promise<boolean>;
  /** Like {@link CredentialStore.noteUses}. */
  readonly noteUses: (transaction: Transaction, uses: ReadonlyMap<Key, number>) => Promise<void>;
  /** Stores that an assertion was used. @returns false if it had been used before */
  readonly useAssertion: (transaction: Transaction, assertion: Assertion) => Promise<boolean>;
  /** Removes at most `limit` used assertions that expired before a moment, the oldest first. */
  readonly removeExpired: (transaction: Transaction, beforeMs: number, limit: number) => Promise<void>;
};

/**
 * Another credential of the same purpose, endpoint, kind and client, or another trust of the endpoint, has the label.
 */
export class LabelConflict extends Error {
  override readonly name = "LabelConflict";

  constructor(label: string, cause?: unknown) {
    super(`The label "${label}" is taken.`, { cause });
  }
}
