import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Authenticator } from "../authenticator.ts";
import { newClientSecret, newSecret, newToken } from "../credentials.ts";
import { START_MS, testDatabase } from "../testing/database.ts";
import { issueToken, TokenRequestLimiter } from "./issue-token.ts";
import { OAuthError } from "./token-request.ts";

async function withClient(t: TestContext) {
  const { store, endpoint } = await testDatabase(t);
  const wanted = { endpoint: endpoint.key, label: "first", user: undefined, expiresMs: undefined, clientId: "c1" };
  const made = newClientSecret({ ...wanted, scopes: ["read"] });
  const add = () =>
    store.transaction((transaction) => store.credentials.insert(transaction, made.credential, START_MS));
  const issueBy = (authenticator: Authenticator, secret = made.secret) => {
    const open = async () => ({ authenticator: await Authenticator.open(store), database: store });
    const tokenUrl = "https://scim.example.com/oauth/token";
    const [limiter, address] = [new TokenRequestLimiter(), "192.0.2.1"];
    const options = { endpoint, tokenUrl, authenticator, open, lifetimeMs: 60_000, limiter, address };
    const proof = { kind: "secret", clientId: "c1", secret } as const;
    return issueToken({ proof, scope: undefined }, options, START_MS);
  };
  return { store, endpoint, add, issueBy };
}

function isUnavailable(error: unknown): true {
  assert.ok(error instanceof OAuthError, String(error));
  assert.deepEqual([error.code, error.status, error.failed.check], ["temporarily_unavailable", 503, "rate"]);
  assert.equal(error.retryAfterMs, 2_000);
  return true;
}

test("a client that another instance created is found in the database, and its token has the configured lifetime", async (t) => {
  const { store, endpoint, add, issueBy } = await withClient(t);
  const authenticator = await Authenticator.open(store);
  const { key } = await add();
  const { accessToken, credential } = await issueBy(authenticator);
  assert.deepEqual([credential.origin, credential.expiresMs], [{ kind: "client", key }, START_MS + 60_000]);
  assert.ok((await authenticator.authenticate(`Bearer ${accessToken}`, endpoint, "read", START_MS)).accepted);
});

test("a known client authenticates without a database, which is then opened for it", async (t) => {
  const { add, issueBy } = await withClient(t);
  const authenticator = new Authenticator({ credentials: [await add()], trusts: [] });
  assert.equal((await issueBy(authenticator)).credential.clientId, "c1");
});

test("without a database, a secret created elsewhere gets 503 and all others are rejected", async (t) => {
  const { issueBy } = await withClient(t);
  const authenticator = new Authenticator({ credentials: [], trusts: [] });
  await assert.rejects(issueBy(authenticator, newSecret("client")), isUnavailable);
  await assert.rejects(issueBy(authenticator, "guess"), { code: "invalid_client", status: 401 });
});

test("after very many look-ups, the answer is 503", async (t) => {
  const { store, add, issueBy } = await withClient(t);
  const authenticator = await Authenticator.open(store);
  for (let guess = 0; guess < 1_000; guess++) await authenticator.find(`guess-${guess}`, START_MS);
  await add();
  await assert.rejects(issueBy(authenticator), isUnavailable);
});

test("a secret of another kind looks exactly like an unknown one, even while nothing can be looked up", async (t) => {
  const { store, endpoint, issueBy } = await withClient(t);
  const wanted = { purpose: "administration", endpoint: undefined, label: "admin", user: undefined } as const;
  const { secret, credential } = newToken({ ...wanted, expiresMs: undefined, scopes: ["write"] });
  await store.transaction((transaction) => store.credentials.insert(transaction, credential, START_MS));
  const authenticator = await Authenticator.open(store);
  await assert.rejects(issueBy(authenticator, secret), { code: "invalid_client", status: 401 });
  for (let guess = 0; guess < 1_000; guess++) await authenticator.find(`guess-${guess}`, START_MS);
  for (const each of [secret, newSecret("token")]) await assert.rejects(issueBy(authenticator, each), isUnavailable);
  const unknown = await authenticator.refuseAsUnknown(secret, endpoint, START_MS);
  assert.deepEqual([unknown.status, unknown.failed.check], [503, "rate"]);
});
