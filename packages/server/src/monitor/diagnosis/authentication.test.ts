import assert from "node:assert/strict";
import { test } from "node:test";
import type { Check, Failed } from "../../auth/decision.ts";
import type { Attempt } from "../happening.ts";
import { happening, refused } from "../testing/happening.ts";
import { diagnose } from "./diagnose.ts";

type Place = NonNullable<Failed["remedyAt"]>;

const TOKEN_REQUEST: Attempt = { action: "token", type: undefined, id: undefined, name: undefined };

function stepsOf(check: Check, remedyAt?: Place, dialect: "entra" | "manual" = "entra", attempted?: Attempt) {
  const failed: Failed = { check, expected: "x", received: "y", remedy: "Do it.", ...(remedyAt && { remedyAt }) };
  const diagnosis = diagnose(happening(refused(401, "", { failed, ...(attempted && { attempted }) }), { dialect }));
  assert.ok(diagnosis);
  return diagnosis.remedies.map(({ where, text }) => `${where}: ${text}`);
}

const SECRET_TOKEN = "(Provisioning, Admin Credentials)";

test("what is mended here is told as that, and what has its place at the identity provider with that place", () => {
  assert.deepEqual(stepsOf("scope"), ["server: Do it."]);
  assert.deepEqual(stepsOf("subject"), ["server: Do it."]);
  assert.deepEqual(stepsOf("client_id"), ["server: Do it."]);
  assert.deepEqual(stepsOf("issuer"), [
    "server: Do it.",
    `identity-provider: In Entra ID, the place for the secret token is "Secret Token" ${SECRET_TOKEN}.`,
  ]);
  const entered = `identity-provider: In Entra ID, the place for it is "Secret Token" ${SECRET_TOKEN}.`;
  assert.deepEqual(stepsOf("token"), ["identity-provider: Do it.", entered]);
  assert.deepEqual(stepsOf("expiry", "server"), ["server: Do it.", entered], "made here, entered there");
  assert.deepEqual(stepsOf("token", "server"), ["server: Do it."], "nothing to be done there");
  assert.deepEqual(stepsOf("replay"), ["identity-provider: Do it."]);
});

test("who asks for an access token has a client id and a secret, which have another place, or shows an assertion", () => {
  const steps = (check: Check, remedyAt?: Place) => stepsOf(check, remedyAt, "entra", TOKEN_REQUEST);
  const entered = `identity-provider: In Entra ID, client id and secret are entered in "Client Identifier" and "Client Secret" ${SECRET_TOKEN}.`;
  assert.deepEqual(steps("client_id", "identity-provider"), ["identity-provider: Do it.", entered]);
  assert.deepEqual(steps("client_secret"), ["identity-provider: Do it.", entered]);
  assert.deepEqual(steps("expiry", "server"), ["server: Do it.", entered]);
  assert.deepEqual(steps("expiry"), ["identity-provider: Do it."], "of an assertion");
  assert.deepEqual(steps("token"), ["identity-provider: Do it."], "of an assertion");
  assert.deepEqual(steps("endpoint"), ["identity-provider: Do it."], "it is told to enter the token URL");
});

test("who comes to administration is sent to no identity provider", () => {
  assert.deepEqual(stepsOf("expiry", "server", "manual"), ["server: Do it."]);
  assert.deepEqual(stepsOf("token", "server", "manual"), ["server: Do it."]);
});
