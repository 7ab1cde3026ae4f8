import type { Assertion, Credential, CredentialScope, Endpoint, Origin } from "../../store/store.ts";
import type { Authenticator } from "../authenticator.ts";
import { describeSecret, formOf, hashSecret } from "../credentials.ts";
import type { FailedCheck } from "../decision.ts";
import { describeClientId, OAuthError, type Proof, unavailable } from "./token-request.ts";

export type Client = {
  readonly clientId: string;
  readonly label: string;
  readonly scopes: readonly CredentialScope[];
  readonly user: string | undefined;
  readonly origin: Origin;
  /** When its secret expires; undefined: never, or it used an assertion. */
  readonly expiresMs: number | undefined;
  /** The assertion, which it may use once; undefined for a secret, or an assertion without `jti`. */
  readonly assertion: Assertion | undefined;
};

export type ClientRealm = Pick<Endpoint, "key" | "name">;

/** When to retry after too many look-ups, or while no database is open. */
const RETRY_MS = 2_000;

/** Longest validity of an assertion. A longer one is more like a secret (RFC 7523 §3, 4). */
const MAX_ASSERTION_MS = 7 * 86_400_000;

/** The same text whether the ID or the secret is wrong. */
const NOT_VALID = "The client ID or secret is not valid.";

type ProofOf<Kind extends Proof["kind"]> = Extract<Proof, { kind: Kind }>;

/**
 * Checks a client secret.
 * @throws OAuthError
 */
export async function authenticateSecret(
  authenticator: Authenticator,
  realm: ClientRealm,
  { clientId, secret }: ProofOf<"secret">,
  nowMs: number,
): Promise<Client> {
  const found = await authenticator.find(secret, nowMs);
  if (found === "too-many" || (found === "no-database" && formOf(secret) !== "foreign")) {
    throw unavailable(undecidedSecret(clientId, secret), RETRY_MS);
  }
  const clients = found === "no-database" ? [] : found.filter(({ kind, clientId: own }) => isOf(kind, own, clientId));
  const here = clients.filter(({ endpoint }) => endpoint === realm.key);
  const valid = here.find(({ expiresMs }) => expiresMs === undefined || expiresMs > nowMs);
  if (valid !== undefined) {
    const { key, label, scopes, user, expiresMs } = valid;
    return { clientId, label, scopes, user, origin: { kind: "client", key }, expiresMs, assertion: undefined };
  }
  const [expired] = here;
  if (expired !== undefined) throw expiredSecret(expired, nowMs);
  if (clients.length > 0) throw otherEndpoint(clientId, realm);
  const own = authenticator.secretsOf(clientId).filter(({ endpoint }) => endpoint === realm.key);
  const failed = own.length === 0 ? unknownClient(clientId, realm) : wrongSecret(clientId, secret, own);
  throw new OAuthError("invalid_client", NOT_VALID, failed);
}

function isOf(kind: Credential["kind"], own: string | undefined, clientId: string): boolean {
  return kind === "client" && own === clientId;
}

/**
 * Checks a token of another issuer that replaces a client secret (RFC 7523 §3).
 * @param tokenUrl the URL of the token endpoint, which may be its audience; undefined if only the request says what it
 * is: then the sender would choose the audience (RFC 7523 §3, 3; RFC 8725 §3.9)
 * @throws OAuthError
 */
export async function authenticateAssertion(
  authenticator: Authenticator,
  realm: ClientRealm,
  { clientId, assertion }: ProofOf<"assertion">,
  tokenUrl: string | undefined,
  nowMs: number,
): Promise<Client> {
  const audiences = tokenUrl === undefined ? [] : [tokenUrl];
  const outcome = await authenticator.verifier.verify(assertion, authenticator.trustsOf(realm.key), nowMs, audiences);
  if (outcome.kind === "unavailable") throw unavailable(outcome.failed, outcome.retryAfterMs);
  if (outcome.kind === "refused")
    throw refusedAssertion(tokenUrl === undefined ? unnamed(outcome.failed) : outcome.failed);
  const { trust, claims, expiresMs } = outcome;
  const { sub, jti } = claims;
  const subject = typeof sub === "string" ? sub : undefined;
  const names = [outcome.clientId, subject, trust.clientId].filter((name) => name !== undefined);
  // RFC 7521 §4.2: if the client sends its ID, it must be the subject of the assertion.
  if (clientId !== undefined && !names.includes(clientId)) throw refusedAssertion(otherClient(clientId, names));
  if (expiresMs > nowMs + MAX_ASSERTION_MS) throw refusedAssertion(tooLong(expiresMs, nowMs));
  return {
    clientId: names[0] ?? trust.label,
    label: trust.label,
    scopes: trust.scopes,
    user: trust.user,
    origin: { kind: "trust", key: trust.key },
    expiresMs: undefined,
    assertion: jti === undefined ? undefined : { trust: trust.key, idHash: hashSecret(String(jti)), expiresMs },
  };
}

/** Only the record has the reason: the response must not help anybody who guesses. */
export function refusedAssertion(failed: FailedCheck): OAuthError {
  const description = "The server rejected this assertion. Its record of this request says why.";
  return new OAuthError("invalid_client", description, failed);
}

/** The failed check, if the token endpoint does not know its own URL. */
function unnamed(failed: FailedCheck): FailedCheck {
  if (failed.check !== "audience") return failed;
  const remedy = `${failed.remedy} If the received audience is the URL of this token endpoint, start the server with --public-url, or set that URL as the audience of the trust.`;
  return { ...failed, remedy };
}

function undecidedSecret(clientId: string, secret: string): FailedCheck {
  return {
    check: "rate",
    expected: "a database with time to look up the secret",
    received: `the client ID ${describeClientId(clientId)} with a secret that is not cached: ${describeSecret(secret)}`,
    remedy: "Another instance has the database, or a client sends many wrong secrets. Try again later.",
    remedyAt: "server",
  };
}

function expiredSecret({ clientId, label, expiresMs = 0 }: Credential, nowMs: number): OAuthError {
  return new OAuthError("invalid_client", "This client secret has expired.", {
    check: "expiry",
    expected: `a secret of ${describeClientId(clientId)} that is valid at ${new Date(nowMs).toISOString()}`,
    received: `"${label}", valid until ${new Date(expiresMs).toISOString()}`,
    remedy: "Create a new secret for this client, enter it at the identity provider, and remove this one.",
    remedyAt: "server",
  });
}

/** ID and secret are correct, so the response can say more (RFC 6749 §5.2, unauthorized_client). */
function otherEndpoint(clientId: string, { name }: ClientRealm): OAuthError {
  return new OAuthError("unauthorized_client", `This client belongs to another endpoint than "${name}".`, {
    check: "endpoint",
    expected: `a client of the endpoint "${name}"`,
    received: `the client ${describeClientId(clientId)} of another endpoint`,
    remedy: "Enter the token URL of the client's own endpoint at the identity provider.",
  });
}

function unknownClient(clientId: string, { name }: ClientRealm): FailedCheck {
  return {
    check: "client_id",
    expected: `a client of the endpoint "${name}"`,
    received: describeClientId(clientId),
    remedy: "Copy the client ID again, or create a client with this ID.",
    remedyAt: "identity-provider",
  };
}

function wrongSecret(clientId: string, secret: string, own: readonly Credential[]): FailedCheck {
  const labels = own.map(({ label }) => `"${label}"`).join(" or ");
  const form = formOf(secret);
  const what = form === "damaged" ? "a part of a secret, or a changed one" : "a secret that is not this client's";
  return {
    check: "client_secret",
    expected: `the secret ${labels} of ${describeClientId(clientId)}`,
    received: `${what}: ${describeSecret(secret)}`,
    remedy: "Copy the client secret again, or create a new one; earlier ones stay valid.",
  };
}

function otherClient(clientId: string, names: readonly string[]): FailedCheck {
  return {
    check: "client_id",
    expected: `the client ID ${names.map(describeClientId).join(" or ")}, as the assertion says`,
    received: describeClientId(clientId),
    remedy: "As client ID, enter the application that gets the assertion, or leave it out.",
    remedyAt: "identity-provider",
  };
}

function tooLong(expiresMs: number, nowMs: number): FailedCheck {
  return {
    check: "expiry",
    expected: `an expiry before ${new Date(nowMs + MAX_ASSERTION_MS).toISOString()}`,
    received: new Date(expiresMs).toISOString(),
    remedy: "Configure the issuer to make assertions that are valid for minutes or hours.",
  };
}
