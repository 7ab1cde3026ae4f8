import type { Credential, CredentialScope, Transaction } from "../../store/store.ts";
import type { Authority, CredentialDatabase, OpenAccess } from "../authority.ts";
import { scopesWithin } from "../entry.ts";
import { removeExpired } from "../remove-expired.ts";
import { includesScope, readScope, SCOPES, scopeText } from "../scope.ts";
import { hashSecret, newSecret } from "../secret.ts";
import type { Attempts } from "./attempts.ts";
import {
  authenticateAssertion,
  authenticateSecret,
  type Client,
  type ClientRealm,
  refusedAssertion,
} from "./authenticate-client.ts";
import { OAuthError } from "./oauth-error.ts";
import { shownClient, shownParameter } from "./shown-parameter.ts";
import type { TokenRequest } from "./token-request.ts";

/** How long an access token is valid where nothing else is set. */
export const ACCESS_TOKEN_MS = 3_600_000;

export type IssueOptions = {
  readonly endpoint: ClientRealm;
  /** The URL of the token endpoint, where it is configured. */
  readonly tokenUrl: string | undefined;
  /** Who is let in, whether or not a database is open here. */
  readonly authority: Authority;
  /** Has the database opened, for a client that has shown who it is. */
  readonly open: () => Promise<OpenAccess>;
  readonly lifetimeMs: number;
  readonly attempts: Attempts;
  /** Where the request comes from. */
  readonly address: string;
};

export type IssuedToken = {
  /** The secret itself: nobody will see it again. */
  readonly accessToken: string;
  readonly credential: Credential;
  /** How long it is valid. */
  readonly lifetimeMs: number;
};

/**
 * Gives a client an access token (RFC 6749 §4.4.3, §5.1).
 * @throws OAuthError; what `open` and the store throw
 */
export async function issueToken(request: TokenRequest, options: IssueOptions, nowMs: number): Promise<IssuedToken> {
  const { endpoint, attempts, lifetimeMs } = options;
  const client = await authenticated(request, options, nowMs);
  attempts.issue(client, nowMs);
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
    // The client learns it, and comes again in time: with a new secret, if it has one.
    expiresMs: Math.min(nowMs + lifetimeMs, client.expiresMs ?? Number.POSITIVE_INFINITY),
  } as const;
  const { credentials, transaction } = opened.database;
  const credential = await transaction(async (under) => {
    await checkStillValid(opened.database, under, client);
    await removeExpired(opened.database, under, nowMs);
    return credentials.insert(under, added, nowMs);
  });
  opened.authority.remember(credential);
  if (origin.kind === "client") opened.authority.noteUse(origin.key, nowMs);
  return { accessToken, credential, lifetimeMs: added.expiresMs - nowMs };
}

async function authenticated({ proof }: TokenRequest, options: IssueOptions, nowMs: number): Promise<Client> {
  const { endpoint, tokenUrl, authority, attempts, address } = options;
  try {
    return proof.kind === "secret"
      ? await authenticateSecret(authority, endpoint, proof, nowMs)
      : await authenticateAssertion(authority, endpoint, proof, tokenUrl, nowMs);
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    throw attempts.refuse(address, proof.clientId, error, nowMs);
  }
}

/** What is asked for, or all that there is (RFC 6749 §3.3). */
function grantedScopes(asked: string | undefined, { scopes, clientId }: Client): readonly CredentialScope[] {
  if (asked === undefined) return scopesWithin(SCOPES, scopes);
  const read = readScope(asked);
  if ("scopes" in read && read.scopes.every((scope) => includesScope(scopes, scope))) {
    return scopesWithin(read.scopes, scopes);
  }
  const allowed = scopeText(scopes);
  throw new OAuthError("invalid_scope", `This client may have the scope: ${allowed}. Leave scope out to have it all.`, {
    check: "scope",
    expected: `of ${shownClient(clientId)} at most the scope ${allowed}`,
    received: shownParameter(asked),
    remedy: "Remove the scope at the identity provider, or give the client this one.",
    remedyAt: "identity-provider",
  });
}

/** What the client came in by may have been removed meanwhile, and an assertion been used. */
async function checkStillValid(
  { credentials, issuerTrusts }: CredentialDatabase,
  transaction: Transaction,
  { origin, assertion }: Client,
): Promise<void> {
  const present = await (origin.kind === "client" ? credentials : issuerTrusts).list(transaction);
  if (!present.some(({ key }) => key === origin.key)) {
    throw new OAuthError("invalid_client", "The client id or secret is not valid.", {
      check: origin.kind === "client" ? "client_secret" : "issuer",
      expected: "a client secret or trust that is there when the token is made",
      received: "one that was removed in that moment",
      remedy: "Nothing needs to be done, unless it was removed by mistake.",
    });
  }
  if (assertion === undefined || (await issuerTrusts.useAssertion(transaction, assertion))) return;
  throw refusedAssertion({
    check: "replay",
    expected: 'an assertion with a claim "jti" that was not used before',
    received: "one that was used",
    remedy: "The client should get a new assertion for each request. If it does, somebody else sent this one.",
  });
}
