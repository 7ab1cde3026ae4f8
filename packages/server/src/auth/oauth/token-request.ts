import { describeSecret, formOf } from "../credentials.ts";
import type { FailedCheck } from "../decision.ts";
import { shown } from "../jwt/claims.ts";

export const CLIENT_CREDENTIALS = "client_credentials";

/** RFC 7523 §2.2 */
const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** How a client authenticates (RFC 6749 §2.3). */
export type Proof =
  | { readonly kind: "secret"; readonly clientId: string; readonly secret: string }
  /** A token of an issuer that the endpoint trusts (RFC 7523 §2.2). */
  | { readonly kind: "assertion"; readonly clientId: string | undefined; readonly assertion: string };

export type TokenRequest = {
  readonly proof: Proof;
  /** The parameter `scope`; undefined: all scopes of the client. */
  readonly scope: string | undefined;
};

/**
 * Reads a request for an access token (RFC 6749 §4.4.2).
 * @param parameters of the body
 * @param authorization the Authorization header
 * @throws OAuthError
 */
export function readTokenRequest(
  parameters: ReadonlyMap<string, string>,
  authorization: string | undefined,
): TokenRequest {
  const grantType = parameters.get("grant_type");
  if (grantType === undefined) {
    throw invalidRequest(
      `Send grant_type=${CLIENT_CREDENTIALS} in the body of the request.`,
      "no parameter grant_type in the body",
    );
  }
  if (grantType !== CLIENT_CREDENTIALS) {
    throw new OAuthError("unsupported_grant_type", `Only the grant type ${CLIENT_CREDENTIALS} is supported.`, {
      check: "grant_type",
      expected: CLIENT_CREDENTIALS,
      received: describeGrantType(grantType),
      remedy: "Choose OAuth client credentials as the authentication method at the identity provider.",
    });
  }
  // RFC 6749 §3.1: parameters without a value count as omitted.
  const scope = parameters.get("scope");
  return { proof: readProof(parameters, authorization), scope: scope?.trim() === "" ? undefined : scope };
}

function readProof(parameters: ReadonlyMap<string, string>, authorization: string | undefined): Proof {
  const given = (name: string) => (parameters.get(name) === "" ? undefined : parameters.get(name));
  const [clientId, secret] = [given("client_id"), given("client_secret")];
  const [type, assertion] = [given("client_assertion_type"), given("client_assertion")];
  // Some clients send a bearer token with every request. It does not count here.
  const basic = authorization !== undefined && /^basic(?: |$)/i.test(authorization) ? authorization : undefined;
  const ways = [basic, secret, type ?? assertion].filter((way) => way !== undefined);
  if (ways.length > 1) {
    // RFC 6749 §2.3
    throw invalidRequest(
      "Send the client secret or assertion once: in the Authorization header or in the body.",
      "more than one of: the header Authorization: Basic, client_secret, client_assertion",
    );
  }
  if (basic !== undefined) {
    const proof = readBasic(basic);
    if (clientId === undefined || clientId === proof.clientId) return proof;
    throw invalidRequest(
      "The client_id in the body differs from the one in the Authorization header.",
      describeClientId(clientId),
    );
  }
  if (type !== undefined || assertion !== undefined) return readAssertion(type, assertion, clientId);
  if (clientId !== undefined && secret !== undefined) return { kind: "secret", clientId, secret };
  throw new OAuthError("invalid_client", "Send the client ID and secret, by HTTP Basic or in the body.", {
    check: clientId === undefined ? "client_id" : "client_secret",
    expected: "client_id and client_secret, or HTTP Basic, or client_assertion",
    received: clientId === undefined ? "no client ID" : `the client ID ${describeClientId(clientId)} without a secret`,
    remedy: "Enter the client ID and the client secret at the identity provider.",
    remedyAt: "identity-provider",
  });
}

function readAssertion(type: string | undefined, assertion: string | undefined, clientId: string | undefined): Proof {
  if (type === JWT_BEARER && assertion !== undefined) return { kind: "assertion", clientId, assertion };
  throw invalidRequest(
    `Send client_assertion_type=${JWT_BEARER} and client_assertion.`,
    type === JWT_BEARER
      ? "no client_assertion"
      : `client_assertion_type ${type === undefined ? "missing" : describeParameter(type)}`,
  );
}

/** RFC 6749 §2.3.1: user and password are form-urlencoded before they are joined. */
function readBasic(authorization: string): Extract<Proof, { kind: "secret" }> {
  const text = Buffer.from(authorization.slice("basic ".length).trim(), "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon > 0 && colon < text.length - 1) {
    return { kind: "secret", clientId: decoded(text.slice(0, colon)), secret: decoded(text.slice(colon + 1)) };
  }
  throw new OAuthError("invalid_client", "The Authorization header must have the form Basic base64(id:secret).", {
    check: "header",
    expected: "Basic with the base64 of client ID, colon and client secret",
    received: colon < 0 ? `no colon: ${describeSecret(text)}` : "an empty client ID or secret",
    remedy: "Enter both the client ID and the client secret at the identity provider.",
  });
}

/** Many clients do not encode them. Then the text is used unchanged. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

export function invalidRequest(description: string, received: string): OAuthError {
  return new OAuthError("invalid_request", description, {
    check: "request",
    expected: "a request for an access token by client credentials (RFC 6749, 4.4.2)",
    received,
    remedy: description,
  });
}

/** RFC 6749 §5.2; `temporarily_unavailable` and `server_error` as in §4.1.2.1. */
export type OAuthErrorCode =
  | "invalid_request"
  | "invalid_client"
  | "unauthorized_client"
  | "unsupported_grant_type"
  | "invalid_scope"
  | "temporarily_unavailable"
  | "server_error";

export class OAuthError extends Error {
  override readonly name = "OAuthError";
  readonly code: OAuthErrorCode;
  readonly status: number;
  /** For the record only, not for the client. */
  readonly failed: FailedCheck;
  /** When to retry; undefined if that would not help. */
  readonly retryAfterMs: number | undefined;

  /** @param description for the client; contains nothing that helps somebody without a valid secret */
  constructor(
    code: OAuthErrorCode,
    description: string,
    failed: FailedCheck,
    { status, retryAfterMs }: { readonly status?: number; readonly retryAfterMs?: number } = {},
  ) {
    super(description);
    this.code = code;
    this.status = status ?? (code === "invalid_client" ? 401 : 400);
    this.failed = failed;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The server cannot authenticate the client at the moment. */
export function unavailable(failed: FailedCheck, retryAfterMs: number): OAuthError {
  const description = "The server cannot check this at the moment. Send the request again.";
  return new OAuthError("temporarily_unavailable", description, failed, { status: 503, retryAfterMs });
}

/** The text of `error_description`. It allows few characters (RFC 6749 §5.2); others are replaced. */
export function describable(text: string): string {
  return text.replaceAll('"', "'").replaceAll(/[^\x20-\x21\x23-\x5B\x5D-\x7E]/g, "?");
}

/**
 * A parameter that contains other parameters, perhaps with the secret: people write a form with line breaks or spaces
 * instead of "&".
 */
const WITH_OTHERS = /[=&\p{Cc}]/u;

/** Names of grant types: of RFC 6749, and of those that extend it (§4.5). */
const GRANT_TYPE = /^(?:[A-Za-z_-]{1,24}|urn:ietf:params:[a-z0-9:_-]{1,60})$/;

/** A client ID for a record. People paste the secret into the wrong field. */
export function describeClientId(clientId: string | undefined): string {
  if (clientId === undefined) return "no client ID";
  return formOf(clientId) === "foreign"
    ? describeParameter(clientId)
    : `a secret in its place: ${describeSecret(clientId)}`;
}

export function describeParameter(value: string): string {
  return WITH_OTHERS.test(value) ? `more than one value: ${describeSecret(value)}` : shown(value);
}

function describeGrantType(value: string): string {
  return GRANT_TYPE.test(value) ? shown(value) : `not the name of a grant type: ${describeSecret(value)}`;
}
