import { BoundedMap } from "../../bounded-map.ts";
import type { Credential, CredentialScope, Transaction } from "../../store/store.ts";
import type { Authenticator, CredentialDatabase, OpenAccess } from "../authenticator.ts";
import { scopesWithin } from "../authorize.ts";
import { removeExpired } from "../credential-cache.ts";
import { hashSecret, includesScope, newSecret, readScope, SCOPES, scopeText } from "../credentials.ts";
import { SIGNATURE_ALGORITHMS } from "../jwt/verifier.ts";
import { RateLimit } from "../rate-limit.ts";
import {
  authenticateAssertion,
  authenticateSecret,
  type Client,
  type ClientRealm,
  refusedAssertion,
} from "./authenticate-client.ts";
import {
  CLIENT_CREDENTIALS,
  describeClientId,
  describeParameter,
  OAuthError,
  type TokenRequest,
} from "./token-request.ts";

/** How long an access token is valid by default. */
export const ACCESS_TOKEN_MS = 3_600_000;

export type IssueOptions = {
  readonly endpoint: ClientRealm;
  /** The URL of the token endpoint, if it is configured. */
  readonly tokenUrl: string | undefined;
  /** With or without an open database. */
  readonly authenticator: Authenticator;
  /** Opens the database for an authenticated client. */
  readonly open: () => Promise<OpenAccess>;
  readonly lifetimeMs: number;
  readonly limiter: TokenRequestLimiter;
  /** The client's address. */
  readonly address: string;
};

export type IssuedToken = {
  /** The secret, which is shown only now. */
  readonly accessToken: string;
  readonly credential: Credential;
  /** How long it is valid. */
  readonly lifetimeMs: number;
};

/**
 * Issues an access token to a client (RFC 6749 §4.4.3, §5.1).
 * @throws OAuthError; what `open` and the store throw
 */
export async function issueToken(request: TokenRequest, options: IssueOptions, nowMs: number): Promise<IssuedToken> {
  const { endpoint, limiter, lifetimeMs } = options;
  const client = await authenticated(request, options, nowMs);
  limiter.issue(client, nowMs);
  const scopes = grantedScopes(request.scope, client);
  const opened = await options.open();
  const accessToken = newSecret("access");
  const { clientId, label, user, origin } = client;
  const added = {
    purpose: "provisioning",
    endpoint: endpoint.key,
    kind: "access",
    label,
    clientId,
    secretHash: hashSecret(accessToken),
    scopes,
    user,
    origin,
    // The response says so, and the client returns in time, with a new secret if it has one.
    expiresMs: Math.min(nowMs + lifetimeMs, client.expiresMs ?? Number.POSITIVE_INFINITY),
  } as const;
  const { credentials, transaction } = opened.database;
  const credential = await transaction(async (under) => {
    await checkStillValid(opened.database, under, client);
    await removeExpired(opened.database, under, nowMs);
    return credentials.insert(under, added, nowMs);
  });
  opened.authenticator.remember(credential);
  opened.authenticator.noteUse(origin, nowMs);
  return { accessToken, credential, lifetimeMs: added.expiresMs - nowMs };
}

async function authenticated({ proof }: TokenRequest, options: IssueOptions, nowMs: number): Promise<Client> {
  const { endpoint, tokenUrl, authenticator, limiter, address } = options;
  try {
    return proof.kind === "secret"
      ? await authenticateSecret(authenticator, endpoint, proof, nowMs)
      : await authenticateAssertion(authenticator, endpoint, proof, tokenUrl, nowMs);
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    throw limiter.refuse(address, proof.clientId, error, nowMs);
  }
}

/** The requested scopes, or all scopes of the client (RFC 6749 §3.3). */
function grantedScopes(asked: string | undefined, { scopes, clientId }: Client): readonly CredentialScope[] {
  if (asked === undefined) return scopesWithin(SCOPES, scopes);
  const read = readScope(asked);
  if ("scopes" in read && read.scopes.every((scope) => includesScope(scopes, scope))) {
    return scopesWithin(read.scopes, scopes);
  }
  const allowed = scopeText(scopes);
  throw new OAuthError(
    "invalid_scope",
    `This client may have the scope: ${allowed}. Leave out the parameter scope to get all of it.`,
    {
      check: "scope",
      expected: `at most the scope ${allowed} for ${describeClientId(clientId)}`,
      received: describeParameter(asked),
      remedy: "Remove the scope at the identity provider, or give the client this scope.",
      remedyAt: "identity-provider",
    },
  );
}

/** The client's secret or trust may have been removed in the meantime, or its assertion used. */
async function checkStillValid(
  { credentials, issuerTrusts }: CredentialDatabase,
  transaction: Transaction,
  { origin, assertion }: Client,
): Promise<void> {
  const present = await (origin.kind === "client" ? credentials : issuerTrusts).list(transaction);
  if (!present.some(({ key }) => key === origin.key)) {
    throw new OAuthError("invalid_client", "The client ID or secret is not valid.", {
      check: origin.kind === "client" ? "client_secret" : "issuer",
      expected: "a client secret or trust that exists when the token is created",
      received: "one that was removed at that moment",
      remedy: "No action is needed, unless it was removed by mistake.",
    });
  }
  if (assertion === undefined || (await issuerTrusts.useAssertion(transaction, assertion))) return;
  throw refusedAssertion({
    check: "replay",
    expected: 'an assertion whose claim "jti" was not used before',
    received: "one that was already used",
    remedy: "The client must get a new assertion for each request. If it does, somebody else sent this one.",
  });
}

/** A client needs one token per hour. */
const PER_CLIENT = { burst: 30, perSecond: 1 };

/** Many clients may share one address. */
const PER_ADDRESS = { burst: 200, perSecond: 10 };

/** Clients, and addresses, in memory. */
const MAX_KEPT = 10_000;

/** Characters of a client ID in memory. */
const MAX_ID = 100;

const RETRY_MS = 2_000;

/**
 * Limits how many access tokens a client gets, because each is a row of the database, and how many wrong secrets it may
 * send. Wrong secrets never keep out a client with the correct one: behind a proxy all clients share an address, and
 * anybody could lock out an identity provider. Secrets created here, and signatures, cannot be guessed anyway.
 */
export class TokenRequestLimiter {
  readonly #issued = new BoundedMap<string, RateLimit>(MAX_KEPT);
  readonly #wrongOfClients = new BoundedMap<string, RateLimit>(MAX_KEPT);
  readonly #wrongOfAddresses = new BoundedMap<string, RateLimit>(MAX_KEPT);

  /** Counts a token for an authenticated client. @throws OAuthError with status 429 */
  issue({ clientId, origin }: Client, nowMs: number): void {
    const name = `${origin.kind} ${origin.key} ${clientId.slice(0, MAX_ID)}`;
    if (!take(this.#issued, name, PER_CLIENT, nowMs)) throw tooMany(`for the client ${describeClientId(clientId)}`);
  }

  /**
   * Counts a client that could not be authenticated.
   * @param clientId as sent
   * @returns the refusal to send: the given one, or one with status 429
   */
  refuse(address: string, clientId: string | undefined, refusal: OAuthError, nowMs: number): OAuthError {
    // Other refusals do not show that the secret was wrong.
    if (refusal.code !== "invalid_client") return refusal;
    const isAllowed =
      take(this.#wrongOfAddresses, address, PER_ADDRESS, nowMs) &&
      take(this.#wrongOfClients, `${address} ${clientId?.slice(0, MAX_ID) ?? ""}`, PER_CLIENT, nowMs);
    return isAllowed ? refusal : tooMany(`from ${address} for the client ${describeClientId(clientId)}`);
  }
}

function tooMany(whose: string): OAuthError {
  const failed = {
    check: "rate",
    expected: "about one request for an access token per hour",
    received: `too many ${whose}`,
    remedy: "The client must use an access token until it expires instead of requesting one each time.",
  } as const;
  const description = "Too many requests for access tokens. Use each token until it expires.";
  return new OAuthError("temporarily_unavailable", description, failed, { status: 429, retryAfterMs: RETRY_MS });
}

function take(limits: BoundedMap<string, RateLimit>, key: string, options: typeof PER_CLIENT, nowMs: number): boolean {
  const limit = limits.get(key) ?? new RateLimit(options);
  // Set again each time, so that frequent callers are not dropped.
  limits.set(key, limit);
  return limit.take(nowMs);
}

/** Metadata of the authorization server of an endpoint (RFC 8414 §2). */
export function oauthMetadata(issuer: string, tokenUrl: string): Readonly<Record<string, unknown>> {
  return {
    issuer,
    token_endpoint: tokenUrl,
    token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "private_key_jwt"],
    token_endpoint_auth_signing_alg_values_supported: SIGNATURE_ALGORITHMS,
    grant_types_supported: [CLIENT_CREDENTIALS],
    scopes_supported: SCOPES,
    response_types_supported: [],
  };
}
