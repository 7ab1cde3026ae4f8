import assert from "node:assert/strict";
import { test } from "node:test";
import { isClientId, newClientSecret, newToken } from "./new-credential.ts";
import { formOf, hashSecret } from "./secret.ts";

const WANTED = { endpoint: 7, label: "Entra", scopes: ["read"], expiresMs: 5, user: "2819c223" } as const;

test("a new token has what is wanted, and its secret's hash only", () => {
  const { secret, credential } = newToken({ ...WANTED, purpose: "administration", endpoint: undefined });
  assert.equal(formOf(secret), "token");
  assert.deepEqual(credential, {
    ...WANTED,
    purpose: "administration",
    endpoint: undefined,
    kind: "token",
    clientId: undefined,
    secretHash: hashSecret(secret),
    origin: undefined,
  });
});

test("a secret is of the client that is named, or of a new one", () => {
  const { secret, credential } = newClientSecret({ ...WANTED, clientId: "c1" });
  assert.equal(formOf(secret), "client");
  const { kind, purpose, clientId, secretHash } = credential;
  assert.deepEqual([kind, purpose, clientId, secretHash], ["client", "provisioning", "c1", hashSecret(secret)]);
  const [first, second] = [1, 2].map(() => newClientSecret({ ...WANTED, clientId: undefined }).credential.clientId);
  assert.notEqual(first, second);
  assert.ok(isClientId(first ?? ""));
});

test("a client's id is one that every client sends as it is", () => {
  for (const id of ["c1", "6b1f-4a.b_c~d", "x".repeat(100)]) assert.ok(isClientId(id), id);
  for (const id of ["", "a b", "a:b", "a%b", "ä", "a+b", "x".repeat(101), "a\n"]) assert.ok(!isClientId(id), id);
});
