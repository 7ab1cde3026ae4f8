import assert from "node:assert/strict";
import { after, type TestContext, test } from "node:test";
import type { NewIssuerTrust } from "../store/store.ts";
import { Authenticator } from "./authenticator.ts";
import type { Decision } from "./decision.ts";
import { START_MS, testDatabase } from "./testing/database.ts";
import { startIssuer } from "./testing/issuer.ts";

const issuer = await startIssuer();
after(() => issuer.close());

const HOUR_MS = 3_600_000;

async function withTrust(t: TestContext, changed: Partial<NewIssuerTrust> = {}) {
  const database = await testDatabase(t);
  const trust = await database.addTrust({ issuer: issuer.issuer, ...changed });
  const authenticator = await Authenticator.open(database.store);
  const verify = t.mock.method(authenticator.verifier, "verify");
  return { ...database, trust, authenticator, verified: () => verify.mock.callCount() };
}

async function tokenUntil(passedMs: number, claims: Record<string, unknown> = {}): Promise<string> {
  const exp = (START_MS + passedMs) / 1_000;
  return `Bearer ${await issuer.sign({ iss: issuer.issuer, aud: "api://6b1f", azp: "6b1f", exp, ...claims })}`;
}

function refusedAs(decision: Decision): unknown[] {
  return decision.accepted ? [] : [decision.status, decision.failed.check];
}

test("a token of a trusted issuer is verified once and then accepted at once, with the rights of the trust", async (t) => {
  const { authenticator, endpoint, trust, verified } = await withTrust(t, { scopes: ["read"], user: "2819c223" });
  const header = await tokenUntil(HOUR_MS);
  const first = await authenticator.authenticate(header, endpoint, "read", START_MS);
  assert.deepEqual(first, {
    accepted: true,
    credential: {
      purpose: "provisioning",
      endpoint: endpoint.key,
      kind: "jwt",
      key: trust.key,
      label: "Entra",
      clientId: "6b1f",
      scopes: ["read"],
      user: "2819c223",
      expiresMs: START_MS + HOUR_MS,
    },
  });
  assert.equal(authenticator.authenticate(header, endpoint, "read", START_MS + HOUR_MS - 1), first);
  const writing = authenticator.authenticate(header, endpoint, "write", START_MS) as Decision;
  assert.deepEqual(refusedAs(writing), [403, "scope"]);
  assert.equal(verified(), 1);
});

test("it counts as a use of the trust", async (t) => {
  const { authenticator, endpoint, trust, store } = await withTrust(t);
  await authenticator.authenticate(await tokenUntil(HOUR_MS), endpoint, "read", START_MS);
  assert.equal(authenticator.lastUsedMs("trust", trust), START_MS);
  assert.equal(authenticator.lastUsedMs("token", trust), undefined);
  await authenticator.close();
  const [stored] = await store.issuerTrusts.list(store.committed);
  assert.equal(stored?.lastUsedMs, START_MS);
});

test("it is rejected once it has expired", async (t) => {
  const { authenticator, endpoint } = await withTrust(t);
  const header = await tokenUntil(1_000);
  assert.ok((await authenticator.authenticate(header, endpoint, "write", START_MS)).accepted);
  assert.ok((await authenticator.authenticate(header, endpoint, "write", START_MS + 60_999)).accepted);
  assert.deepEqual(refusedAs(await authenticator.authenticate(header, endpoint, "write", START_MS + 61_000)), [
    401,
    "expiry",
  ]);
});

test("a token that is valid for long is verified again each hour", async (t) => {
  const { authenticator, endpoint, verified } = await withTrust(t);
  const header = await tokenUntil(24 * HOUR_MS);
  for (const passedMs of [0, HOUR_MS - 1, HOUR_MS, HOUR_MS + 1, 2 * HOUR_MS])
    assert.ok((await authenticator.authenticate(header, endpoint, "write", START_MS + passedMs)).accepted);
  assert.equal(verified(), 3);
});

test("it opens only the endpoint that trusts its issuer", async (t) => {
  const { authenticator, endpoint, other } = await withTrust(t);
  const header = await tokenUntil(HOUR_MS);
  assert.ok((await authenticator.authenticate(header, endpoint, "write", START_MS)).accepted);
  assert.deepEqual(refusedAs(await authenticator.authenticate(header, other, "read", START_MS)), [401, "issuer"]);
  assert.deepEqual(refusedAs(await authenticator.authenticate(header, "administration", "read", START_MS)), [
    401,
    "token",
  ]);
});

test("adding or removing a trust takes effect after a refresh, also for tokens accepted before", async (t) => {
  const { authenticator, endpoint, other, store, trust: first, addTrust } = await withTrust(t);
  const header = await tokenUntil(HOUR_MS);
  const second = await addTrust({ issuer: issuer.issuer, endpoint: other.key, label: "second" });
  await authenticator.refresh();
  for (let time = 0; time < 2; time++) {
    for (const [realm, { key }] of [
      [endpoint, first],
      [other, second],
    ] as const) {
      const decision = await authenticator.authenticate(header, realm, "write", START_MS);
      assert.ok(decision.accepted);
      assert.equal(decision.credential.key, key);
    }
  }
  await store.transaction((transaction) => store.issuerTrusts.remove(transaction, second.key));
  await authenticator.refresh();
  assert.deepEqual(refusedAs(await authenticator.authenticate(header, other, "write", START_MS)), [401, "issuer"]);
  assert.ok((await authenticator.authenticate(header, endpoint, "write", START_MS)).accepted);
});

test("the record has the reason of a rejection, the response does not", async (t) => {
  const { authenticator, endpoint } = await withTrust(t, { subject: "9c2e" });
  const decision = await authenticator.authenticate(
    await tokenUntil(HOUR_MS, { sub: "me" }),
    endpoint,
    "read",
    START_MS,
  );
  assert.ok(!decision.accepted);
  assert.deepEqual([decision.status, decision.error, decision.failed.check], [401, "invalid_token", "subject"]);
  assert.equal(decision.detail, "The server rejected this token. Its record of this request says why.");
});

test("for Entra ID's own token of an untrusted tenant, the remedy names the empty field Secret token", async (t) => {
  const { authenticator, endpoint } = await withTrust(t);
  const tenant = "https://sts.windows.net/72f988bf-86f1-41af-91ab-2d7cd011db47/";
  const remedyOf = async (claims: Record<string, unknown>) => {
    const decision = await authenticator.authenticate(await tokenUntil(HOUR_MS, claims), endpoint, "read", START_MS);
    assert.deepEqual(refusedAs(decision), [401, "issuer"]);
    return decision.accepted ? "" : decision.failed.remedy;
  };
  const own = await remedyOf({ iss: tenant, aud: "8adf8e6e-67b2-4cf2-a259-e3dc5476c621" });
  assert.match(
    own,
    /^The field "Secret token" in Entra ID is empty, so Entra ID sends a token of its own\. Trust its issuer/,
  );
  for (const claims of [{ iss: tenant }, { iss: "https://other.example", aud: "8adf8e6e-67b2-4cf2-a259-e3dc5476c621" }])
    assert.match(await remedyOf(claims), /^If this is the issuer of your identity provider, trust it at this endpoint/);
});

test("while the issuer's keys are not available, the answer is 503", async (t) => {
  const unreachable = await startIssuer();
  await unreachable.close();
  const { authenticator, endpoint } = await withTrust(t, { issuer: unreachable.issuer });
  const header = await tokenUntil(HOUR_MS, { iss: unreachable.issuer });
  const decision = await authenticator.authenticate(header, endpoint, "read", START_MS);
  assert.deepEqual(refusedAs(decision), [503, "keys"]);
  assert.equal(!decision.accepted && decision.retryAfterMs, 30_000);
});

test("a secret that looks like a JWT is accepted as a secret", async (t) => {
  const { authenticator, endpoint, add, verified } = await withTrust(t);
  const header = await tokenUntil(HOUR_MS);
  await add(header.slice("Bearer ".length));
  await authenticator.refresh();
  assert.ok(!(authenticator.authenticate(header, endpoint, "write", START_MS + 99 * HOUR_MS) instanceof Promise));
  assert.equal(verified(), 0);
});

test("a verification during which a trust is removed is not cached", async (t) => {
  const { authenticator, endpoint, store, trust } = await withTrust(t);
  const header = await tokenUntil(HOUR_MS);
  const { promise: isLet, resolve: letGo } = Promise.withResolvers<void>();
  const { verify } = authenticator.verifier;
  t.mock.method(authenticator.verifier, "verify", async (...request: Parameters<typeof verify>) => {
    const outcome = await verify.apply(authenticator.verifier, request);
    await isLet;
    return outcome;
  });
  const decision = authenticator.authenticate(header, endpoint, "write", START_MS);
  await store.transaction((transaction) => store.issuerTrusts.remove(transaction, trust.key));
  await authenticator.refresh();
  letGo();
  assert.ok((await decision).accepted, "it was trusted when it was verified");
  assert.deepEqual(refusedAs(await authenticator.authenticate(header, endpoint, "write", START_MS)), [401, "issuer"]);
});

test("while the keys of a trust that grants more are not available, a read-only decision is not cached", async (t) => {
  const { authenticator, endpoint, addTrust, verified } = await withTrust(t, { scopes: ["read"] });
  await addTrust({ label: "Writing", clientId: "6b1f", issuer: issuer.issuer, jwksUri: `${issuer.issuer}/other-keys` });
  await authenticator.refresh();
  const header = await tokenUntil(HOUR_MS);
  const keys = await (await fetch(issuer.keysUrl)).text();
  t.after(() => {
    issuer.answer = undefined;
  });
  issuer.answer = (path, response) => {
    if (path === "/other-keys") response.writeHead(503).end();
    else if (path === "/keys") response.end(keys);
    else response.end(JSON.stringify({ issuer: issuer.issuer, jwks_uri: issuer.keysUrl }));
  };
  assert.ok((await authenticator.authenticate(header, endpoint, "read", START_MS)).accepted);
  assert.deepEqual(refusedAs(await authenticator.authenticate(header, endpoint, "write", START_MS)), [503, "keys"]);
  // Tokens that the writing trust rejects may read only.
  const reading = await tokenUntil(HOUR_MS, { azp: "another" });
  assert.ok((await authenticator.authenticate(reading, endpoint, "read", START_MS)).accepted);
  const refusal = authenticator.authenticate(reading, endpoint, "write", START_MS) as Decision;
  assert.deepEqual([refusedAs(refusal), verified()], [[403, "scope"], 3], "kept in mind");
  issuer.answer = undefined;
  for (const scope of ["write", "read"] as const)
    assert.ok((await authenticator.authenticate(header, endpoint, scope, START_MS + 60_000)).accepted);
  assert.equal(verified(), 4);
});
