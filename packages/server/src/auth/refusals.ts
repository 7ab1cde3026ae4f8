import type { Credential, CredentialScope } from "../store/store.ts";
import { describeSecret, formOf, scopeText } from "./credentials.ts";
import {
  type Authentication,
  type FailedCheck,
  forbidden,
  insufficientScope,
  invalidToken,
  type Realm,
  type Refused,
  tooMany,
  unavailable,
} from "./decision.ts";

/** When to retry after too many look-ups. */
const BUSY_RETRY_MS = 1_000;

/** When to retry while no database is open. */
const CLOSED_RETRY_MS = 2_000;

const MAKE_NEW = {
  remedy: "Create a new token, enter it at the identity provider, and remove this one.",
  remedyAt: "server",
} as const;

const ELSE_MAKE_NEW = "If it was revoked, or belongs to another server, create a new one and enter that.";

const SESSION_ENDED = "This session has ended. Sign in again.";

const SIGN_IN = { remedy: "Sign in again.", remedyAt: "server" } as const;

const UNDECIDED = "The server cannot check this token at the moment. Send the request again.";

export function unknownToken(token: string, realm: Realm): Refused {
  const { what, remedy } = shapeOf(token, realm === "administration" ? "admin secret" : "SCIM secret");
  return invalidToken(unknownDetail(realm), {
    check: "token",
    expected: `a token that ${opensWhat(realm)}`,
    received: `${what}: ${describeSecret(token)}`,
    remedy,
    ...(realm === "administration" && { remedyAt: "server" }),
  });
}

/** Describes an unknown token: people often copy more than the token. */
function shapeOf(token: string, secret: "admin secret" | "SCIM secret"): { what: string; remedy: string } {
  const again = `Copy the whole ${secret} again`;
  if (/^bearer\b/i.test(token)) {
    return { what: "a token that begins with the word Bearer", remedy: `${again}, without the word Bearer before it.` };
  }
  if (QUOTED.test(token)) return { what: "a token in quotes", remedy: `${again}, without the quotes.` };
  if (/\s/.test(token)) return { what: "a token with a space in it", remedy: `${again}, without the space.` };
  return {
    what: "an unknown token",
    remedy: `${again}, and nothing else.${secret === "SCIM secret" ? ` ${ELSE_MAKE_NEW}` : ""}`,
  };
}

/** Headers are read as Latin-1, in which each typographic quote becomes three characters that begin with \u00e2. */
const QUOTED = /^["'`\u00ab\u00e2]|["'`\u00bb]$/;

/** A token with our prefix and a wrong checksum. */
export function damagedToken(token: string, realm: Realm): Refused {
  return invalidToken(unknownDetail(realm), {
    check: "token",
    expected: "a token exactly as it was shown when it was created; its last characters are a checksum",
    received: `a part of a token, or a changed one: ${describeSecret(token)}`,
    remedy: "Copy the whole token again, without spaces or line breaks.",
  });
}

/** A secret of another kind sent as a token. */
export function notBearer(credential: Credential): Refused {
  return credential.kind === "session" ? sessionSecret(credential) : clientSecret(credential);
}

function sessionSecret({ label }: Credential): Refused {
  return invalidToken("This is the secret of a session. It is valid only in its cookie.", {
    check: "token",
    expected: "a bearer token",
    received: `the secret of a session that was started with "${label}"`,
    remedy: "Send the admin secret itself, or the cookie.",
    remedyAt: "server",
  });
}

function clientSecret({ label, clientId }: Credential): Refused {
  return invalidToken("This is a client secret. Exchange it for an access token at the token endpoint.", {
    check: "token",
    expected: "an access token",
    received: `the secret "${label}" of the client ${clientId}`,
    remedy: "Choose OAuth client credentials as the authentication method, or create a bearer token.",
  });
}

export function tooManyLookUps(token: string): Refused {
  const failed: FailedCheck = {
    check: "rate",
    expected: "fewer requests with unknown tokens",
    received: `more than the server can look up: ${describeSecret(token)}`,
    remedy: "A client sends many wrong tokens. The server still accepts valid tokens that were used before.",
    remedyAt: "server",
  };
  return unavailable(UNDECIDED, failed, BUSY_RETRY_MS);
}

/** An administration secret after too many wrong ones, whether or not it was checked. */
export function tooManyWrong(waitMs: number): Refused {
  const detail = `Too many wrong secrets. Try again in ${Math.ceil(waitMs / 1_000)} seconds.`;
  const failed: FailedCheck = {
    check: "rate",
    expected: "a correct secret, or fewer wrong ones",
    received: "one more after too many wrong secrets",
    remedy: "Wait as long as the response says, and copy the secret from where it is stored.",
    remedyAt: "server",
  };
  return tooMany(detail, failed, waitMs);
}

/** A token in our form, while no database is open to look it up. */
export function noDatabase(token: string): Refused {
  const failed: FailedCheck = {
    check: "token",
    expected: "an open database in which to look up the token",
    received: `a ${formOf(token)} secret that is not cached: ${describeSecret(token)}`,
    remedy: "Another instance has the database, or this one is starting. No action is needed.",
    remedyAt: "server",
  };
  return unavailable(UNDECIDED, failed, CLOSED_RETRY_MS);
}

export function wrongRealm(credential: Authentication, realm: Realm): Refused {
  const { purpose, endpoint, label } = credential;
  const received = purpose === "administration" ? `the administration secret "${label}"` : `the token "${label}"`;
  if (realm === "administration") {
    return forbidden("This is a SCIM secret; it does not open administration. Use the admin secret.", {
      check: "purpose",
      expected: "an administration secret",
      received,
      remedy: "Use the admin secret.",
      remedyAt: "server",
    });
  }
  if (purpose === "administration") {
    return forbidden("This is the administration secret; it does not open SCIM. Use the SCIM secret.", {
      check: "purpose",
      expected: `a token of the endpoint "${realm.name}"`,
      received,
      remedy: "Enter a token of this endpoint instead of the administration secret.",
    });
  }
  const failed: FailedCheck = {
    check: "endpoint",
    expected: `a token of the endpoint "${realm.name}"`,
    received: `${received} of another endpoint`,
    remedy: "Enter the base URL of the token's endpoint at the identity provider, or a token of this endpoint.",
  };
  return forbidden(`This token belongs to another endpoint than "${realm.name}".`, failed, endpoint);
}

/** The refusal of a token of another endpoint, with that endpoint's name and the path of its base URL. */
export function withEndpoint(refused: Refused, name: string, basePath: string): Refused {
  const { failed } = refused;
  const received = failed.received.replace(/ of another endpoint$/, ` of the endpoint "${name}"`);
  const remedy = `Enter the base URL of the token's endpoint, which ends in ${basePath}, or a token of this endpoint.`;
  return { ...refused, failed: { ...failed, received, remedy } };
}

export function expiredToken({ label, kind }: Authentication, expiresMs: number, nowMs: number): Refused {
  const isSession = kind === "session";
  return invalidToken(isSession ? SESSION_ENDED : "This token has expired.", {
    check: "expiry",
    expected: `a ${isSession ? "session" : "token"} that is valid at ${new Date(nowMs).toISOString()}`,
    received: `"${label}", valid until ${new Date(expiresMs).toISOString()}`,
    ...WHEN_EXPIRED[kind],
  });
}

const WHEN_EXPIRED: Readonly<Record<Authentication["kind"], Pick<FailedCheck, "remedy" | "remedyAt">>> = {
  token: MAKE_NEW,
  client: MAKE_NEW,
  jwt: { remedy: "The sender must get a new token." },
  access: { remedy: "The client must get a new access token at the token endpoint." },
  session: SIGN_IN,
};

export function unknownSession(secret: string): Refused {
  return invalidToken(SESSION_ENDED, {
    check: "token",
    expected: "a session that is still valid",
    received: `an unknown session: ${describeSecret(secret)}`,
    ...SIGN_IN,
  });
}

export function missingScope(credential: Authentication, scope: CredentialScope): Refused {
  const { purpose, label, scopes } = credential;
  const failed: FailedCheck = {
    check: "scope",
    expected: `the scope ${scope}`,
    received: `"${label}" with ${scopes.length === 0 ? "no scope" : `the scope ${scopeText(scopes)}`}`,
    remedy: `Give the token the scope ${scope}, or use another one.`,
  };
  const detail =
    purpose === "administration"
      ? "Viewers can see everything here and change nothing. This needs the admin secret."
      : `This needs the scope "${scope}", which the token does not have.`;
  return insufficientScope(detail, failed, scope);
}

/** A token of another issuer. Only the record has the reason: the response must not help anybody who guesses. */
export function refusedJwt(failed: FailedCheck): Refused {
  const detail = "The server rejected this token. Its record of this request says why.";
  return invalidToken(detail, failed);
}

/** A token of an issuer whose keys are not available. */
export function unavailableJwt(failed: FailedCheck, retryAfterMs: number): Refused {
  return unavailable(UNDECIDED, failed, retryAfterMs);
}

function unknownDetail(realm: Realm): string {
  const [token, secret] =
    realm === "administration" ? ["This secret", "admin secret"] : ["The bearer token", "SCIM secret"];
  return `${token} is not known here. Copy the ${secret} again, without spaces or line breaks around it.`;
}

function opensWhat(realm: Realm): string {
  return realm === "administration" ? "opens administration" : `opens the endpoint "${realm.name}"`;
}
