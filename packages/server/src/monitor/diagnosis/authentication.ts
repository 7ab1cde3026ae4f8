import type { CredentialCheck, FailedCheck } from "../../auth/decision.ts";
import { vendorOf } from "../dialect/client.ts";
import type { Attempt, Refused } from "../exchange-facts.ts";
import { text } from "../words/sentence.ts";
import { atProvider, atServer, type Context, type Explanation, type Remedy } from "./diagnosis.ts";
import { wordsOf } from "./provider-words.ts";

type CheckText = readonly [cause: string, section: string | undefined, rule: string];

/** For each check, the cause as a clause, and the rule. */
const CHECKS: Readonly<Record<CredentialCheck, CheckText>> = {
  header: [
    "it has no bearer token",
    "RFC 6750 §2.1",
    "A request is authenticated by Authorization: Bearer and the token.",
  ],
  token: ["its token is unknown here", "RFC 6750 §3.1", "An invalid token is answered 401, invalid_token."],
  rate: ["too many unknown secrets were sent", "RFC 9110 §15.6.4", "A temporary problem is answered 503."],
  purpose: [
    "its secret is for something else",
    "RFC 7644 §3.12",
    "A request that the credential does not permit is answered 403.",
  ],
  endpoint: [
    "its token belongs to another endpoint",
    "RFC 7644 §6.1",
    "A client belongs to one tenant and sees no other.",
  ],
  expiry: ["its token has expired", "RFC 6750 §3.1", "An expired token is answered 401, invalid_token."],
  scope: [
    "its token may not do this",
    "RFC 6750 §3.1",
    "A token without the scope is answered 403, insufficient_scope.",
  ],
  client_id: ["its client ID is unknown here", "RFC 6749 §5.2", "An unknown client is answered 401, invalid_client."],
  client_secret: [
    "its client secret is wrong",
    "RFC 6749 §5.2",
    "A client that fails to authenticate is answered 401, invalid_client.",
  ],
  algorithm: [
    "its token is signed with an algorithm that is not accepted",
    "RFC 8725 §3.1",
    "Only expected algorithms are accepted.",
  ],
  issuer: [
    "this endpoint does not trust the issuer of its token",
    "RFC 7519 §4.1.1",
    '"iss" names the issuer of the token.',
  ],
  keys: ["the issuer's public keys could not be fetched", "RFC 7517 §5", "An issuer publishes its keys as a set."],
  key: ["its token is signed with a key that the issuer does not publish", "RFC 7515 §4.1.4", '"kid" names the key.'],
  signature: [
    "the signature of its token is invalid",
    "RFC 7515 §5.2",
    "A token with an invalid signature is rejected.",
  ],
  not_before: ["its token is not valid yet", "RFC 7519 §4.1.5", "A token is not accepted before nbf."],
  audience: [
    "its token is for another audience",
    "RFC 7519 §4.1.3",
    "A server that aud does not name must reject the token.",
  ],
  tenant: ["its token is from another tenant", undefined, "The trust of this endpoint names the tenant."],
  subject: ["its token has another subject", "RFC 7519 §4.1.2", '"sub" names the subject of the token.'],
  replay: ["its assertion was used before", "RFC 7523 §3", "An assertion may be accepted only once."],
  request: [
    "it is not a token request",
    "RFC 6749 §5.2",
    "A malformed token request is answered 400, invalid_request.",
  ],
  grant_type: [
    "its grant type is not supported",
    "RFC 6749 §5.2",
    "Another grant type is answered 400, unsupported_grant_type.",
  ],
};

const TOO_OFTEN_RULE = [
  "RFC 6585 §4",
  "A client that exceeds the rate limit is answered 429, with Retry-After.",
] as const;

/** 429 is about the rate, whatever was sent. */
const TOO_OFTEN: CheckText = [CHECKS.rate[0], ...TOO_OFTEN_RULE];

/** Checks with another meaning in a token request, which has a client and an assertion. */
const OF_TOKEN_REQUESTS: Partial<Record<CredentialCheck, CheckText>> = {
  header: [
    "its client ID and secret cannot be read",
    "RFC 6749 §2.3.1",
    "A client sends its ID and secret by HTTP Basic, or in the body.",
  ],
  scope: ["it asks for more than its client may do", "RFC 6749 §5.2", "Another scope is answered 400, invalid_scope."],
  endpoint: [
    "its client belongs to another endpoint",
    "RFC 6749 §5.2",
    "A client that gets no token here is answered 400, unauthorized_client.",
  ],
  token: [
    "its assertion is not a signed token",
    "RFC 7523 §3",
    "An assertion is a JSON Web Token with a valid signature.",
  ],
  expiry: [
    "its assertion has expired or is valid for too long",
    "RFC 7523 §3",
    "An assertion expires soon after it was issued.",
  ],
};
const EXPIRED_SECRET: CheckText = [
  "its client secret has expired",
  "RFC 6749 §5.2",
  "A client that fails to authenticate is answered 401, invalid_client.",
];
const TOO_MANY_TOKENS: CheckText = ["it asks for access tokens too often", ...TOO_OFTEN_RULE];

function textOf(failed: FailedCheck, status: number, action: Attempt["action"]): CheckText {
  const { check } = failed;
  if (action !== "token") return status === 429 ? TOO_OFTEN : CHECKS[check];
  if (status === 429) return TOO_MANY_TOKENS;
  if (check === "expiry" && isOfClient(failed)) return EXPIRED_SECRET;
  return OF_TOKEN_REQUESTS[check] ?? CHECKS[check];
}

/** People sign in with a secret, not with a token. */
const SIGN_IN_CAUSES: Partial<Record<CredentialCheck, string>> = {
  token: "the secret is unknown here",
  purpose: "the secret is for something else",
};

/** Explains a failed check, with the labels of the identity provider's settings. */
export function explainAuthentication(
  failed: FailedCheck,
  { actor }: Context,
  { status, attempted: { action } }: Pick<Refused, "status" | "attempted">,
): Explanation {
  const [general, section, rule] = textOf(failed, status, action);
  const cause = (action === "sign-in" ? SIGN_IN_CAUSES[failed.check] : undefined) ?? general;
  return {
    code: `authentication.${failed.check}`,
    cause: [text(cause)],
    rule: { section, text: rule },
    why: `Expected ${failed.expected}, got ${failed.received}.`,
    remedies: [
      isFixedHere(failed) ? atServer(failed.remedy) : atProvider(failed.remedy),
      ...whereToEnter(failed, actor, action),
    ],
  };
}

/** Checks that are usually fixed on this server: scopes of a token, trusted issuers, reachable hosts. */
const FIXED_HERE: ReadonlySet<CredentialCheck> = new Set([
  "scope",
  "issuer",
  "keys",
  "not_before",
  "tenant",
  "client_id",
  "subject",
]);

function isFixedHere({ check, remedyAt }: FailedCheck): boolean {
  return remedyAt === undefined ? FIXED_HERE.has(check) : remedyAt === "server";
}

const ENTERED: ReadonlySet<CredentialCheck> = new Set(["header", "token", "purpose", "expiry"]);

/** Where to enter it in the settings of the identity provider. */
function whereToEnter(failed: FailedCheck, { dialect }: Context["actor"], action: Attempt["action"]): Remedy[] {
  const { check } = failed;
  // An administrator is not an identity provider.
  if (vendorOf(dialect) === "manual") return [];
  const { name, secret, client, baseUrl } = wordsOf(dialect);
  if (action === "token" && check !== "issuer") {
    return isOfClient(failed) ? [atProvider(`In ${name}, enter client ID and secret in ${client}.`)] : [];
  }
  if (check === "endpoint") return [atProvider(`In ${name}, the setting for the address is ${baseUrl}.`)];
  if (check === "issuer") return [atProvider(`In ${name}, the secret token goes into ${secret}.`)];
  // A new secret must be entered there; other fixes on this server need no change there.
  const isEntered = ENTERED.has(check) && (check === "expiry" || !isFixedHere(failed));
  return isEntered ? [atProvider(`In ${name}, enter it in ${secret}.`)] : [];
}

/** Whether it is about the ID or secret of an OAuth client, which people enter, and not about an assertion. */
function isOfClient({ check, remedyAt }: FailedCheck): boolean {
  if (check === "expiry") return remedyAt === "server";
  return check === "header" || check === "client_secret" || (check === "client_id" && remedyAt === "identity-provider");
}
