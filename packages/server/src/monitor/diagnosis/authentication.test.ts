import assert from "node:assert/strict";
import { test } from "node:test";
import type { CredentialCheck, FailedCheck } from "../../auth/decision.ts";
import type { Attempt } from "../exchange-facts.ts";
import { exchangeFacts, refused } from "../testing/exchange-facts.ts";
import { diagnosed, failedBy } from "../testing/refusals.ts";
import { english } from "../words/sentence.ts";
import { diagnose } from "./diagnose.ts";

type Place = NonNullable<FailedCheck["remedyAt"]>;

const TOKEN_REQUEST: Attempt = { action: "token", type: undefined, id: undefined, name: undefined };

function stepsOf(check: CredentialCheck, remedyAt?: Place, dialect: "entra" | "manual" = "entra", attempted?: Attempt) {
  const failed: FailedCheck = { check, expected: "x", received: "y", remedy: "Do it.", ...(remedyAt && { remedyAt }) };
  const diagnosis = diagnose(exchangeFacts(refused(401, "", { failed, ...(attempted && { attempted }) }), { dialect }));
  assert.ok(diagnosis);
  return diagnosis.remedies.map(({ where, text }) => `${where}: ${text}`);
}

const SECRET_TOKEN = "(Provisioning, Admin Credentials)";

test("a remedy says whether to act here, or where at the identity provider", () => {
  assert.deepEqual(stepsOf("scope"), ["server: Do it."]);
  assert.deepEqual(stepsOf("subject"), ["server: Do it."]);
  assert.deepEqual(stepsOf("client_id"), ["server: Do it."]);
  assert.deepEqual(stepsOf("issuer"), [
    "server: Do it.",
    `identity-provider: In Entra ID, the secret token goes into "Secret token" ${SECRET_TOKEN}.`,
  ]);
  const entered = `identity-provider: In Entra ID, enter it in "Secret token" ${SECRET_TOKEN}.`;
  assert.deepEqual(stepsOf("token"), ["identity-provider: Do it.", entered]);
  assert.deepEqual(stepsOf("expiry", "server"), ["server: Do it.", entered], "made here, entered there");
  assert.deepEqual(stepsOf("token", "server"), ["server: Do it."], "nothing to be done there");
  assert.deepEqual(stepsOf("replay"), ["identity-provider: Do it."]);
});

test("remedies of a token request name the fields of client ID and secret, unless it has an assertion", () => {
  const steps = (check: CredentialCheck, remedyAt?: Place) => stepsOf(check, remedyAt, "entra", TOKEN_REQUEST);
  const entered = `identity-provider: In Entra ID, enter client ID and secret in "Client Identifier" and "Client Secret" ${SECRET_TOKEN}.`;
  assert.deepEqual(steps("client_id", "identity-provider"), ["identity-provider: Do it.", entered]);
  assert.deepEqual(steps("client_secret"), ["identity-provider: Do it.", entered]);
  assert.deepEqual(steps("expiry", "server"), ["server: Do it.", entered]);
  assert.deepEqual(steps("expiry"), ["identity-provider: Do it."], "of an assertion");
  assert.deepEqual(steps("token"), ["identity-provider: Do it."], "of an assertion");
  assert.deepEqual(steps("endpoint"), ["identity-provider: Do it."], "it is told to enter the token URL");
});

test("administrators are not sent to an identity provider", () => {
  assert.deepEqual(stepsOf("expiry", "server", "manual"), ["server: Do it."]);
  assert.deepEqual(stepsOf("token", "server", "manual"), ["server: Do it."]);
});

test("the cause of a refused token request names its client or its assertion", () => {
  const cause = (check: CredentialCheck, remedyAt?: Place) => {
    const failed: FailedCheck = {
      check,
      expected: "x",
      received: "y",
      remedy: "Do it.",
      ...(remedyAt && { remedyAt }),
    };
    const diagnosis = diagnose(exchangeFacts(refused(401, "", { failed, attempted: TOKEN_REQUEST })));
    return diagnosis && english({ parts: diagnosis.cause });
  };
  assert.equal(cause("header"), "its client ID and secret cannot be read");
  assert.equal(cause("scope", "identity-provider"), "it asks for more than its client may do");
  assert.equal(cause("endpoint"), "its client belongs to another endpoint");
  assert.equal(cause("token"), "its assertion is not a signed token");
  assert.equal(cause("expiry"), "its assertion has expired or is valid for too long");
  assert.equal(cause("expiry", "server"), "its client secret has expired");
  assert.equal(cause("client_secret"), "its client secret is wrong");
});

test("too many requests are the cause, whether or not the secret was correct", () => {
  const failed: FailedCheck = { check: "rate", expected: "x", received: "y", remedy: "Do it." };
  const told = (status: number, attempted?: Attempt) => {
    const diagnosis = diagnose(exchangeFacts(refused(status, "", { failed, ...(attempted && { attempted }) })));
    assert.ok(diagnosis);
    return `${english({ parts: diagnosis.cause })}: ${diagnosis.rule.section}`;
  };
  assert.equal(told(429, TOKEN_REQUEST), "it asks for access tokens too often: RFC 6585 §4");
  assert.equal(told(429), "too many unknown secrets were sent: RFC 6585 §4");
  assert.equal(told(503), "too many unknown secrets were sent: RFC 9110 §15.6.4");
});

test("a failed check says what was expected and what was received", () => {
  const { sent, why, remedies } = diagnosed(refused(401, "", { failed: failedBy("token") }));
  assert.equal(sent, "PATCH /Users/u2 (token: another one)");
  assert.equal(why, "Expected a token that opens it, got another one.");
  assert.equal(remedies[0]?.text, "Make a new one.");
  assert.match(remedies[1]?.text ?? "", /"Secret token"/);
});
