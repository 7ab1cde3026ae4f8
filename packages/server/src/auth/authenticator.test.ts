import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import fc from "fast-check";
import type { NewCredential } from "../store/store.ts";
import { Authenticator } from "./authenticator.ts";
import { newSecret } from "./credentials.ts";
import type { CredentialCheck, Decision, Refused } from "./decision.ts";
import { START_MS, testDatabase } from "./testing/database.ts";

const TOKEN = newSecret("token");
const HEADER = `Bearer ${TOKEN}`;

async function withToken(t: TestContext, changed: Partial<NewCredential> = {}) {
  const database = await testDatabase(t);
  const credential = await database.add(TOKEN, changed);
  return { ...database, credential, authenticator: await Authenticator.open(database.store) };
}

/** Returns the decision, which must come at once for a known token. */
function decideNow(
  ...[authenticator, ...request]: [Authenticator, ...Parameters<Authenticator["authenticate"]>]
): Decision {
  const decision = authenticator.authenticate(...request);
  assert.ok(!(decision instanceof Promise), "it was not decided at once");
  return decision;
}

function refused(decision: Decision, status: number, check: CredentialCheck): Refused {
  assert.ok(!decision.accepted, "it was accepted");
  assert.deepEqual([decision.status, decision.failed.check], [status, check]);
  return decision;
}

describe("a known token", () => {
  test("is accepted at once, with the same decision object each time, and only at its endpoint", async (t) => {
    const { authenticator, credential, endpoint, other } = await withToken(t, { user: "2819c223" });
    const first = decideNow(authenticator, HEADER, endpoint, "write", START_MS);
    assert.deepEqual(first, {
      accepted: true,
      credential: {
        purpose: "provisioning",
        endpoint: endpoint.key,
        kind: "token",
        key: credential.key,
        label: "Entra",
        clientId: undefined,
        scopes: ["read", "write"],
        user: "2819c223",
        expiresMs: undefined,
      },
    });
    assert.equal(decideNow(authenticator, HEADER, endpoint, "read", START_MS), first);
    for (let time = 0; time < 2; time++) {
      const { detail } = refused(decideNow(authenticator, HEADER, other, "read", START_MS), 403, "endpoint");
      assert.match(detail, /another endpoint than "hr"/);
      refused(decideNow(authenticator, HEADER, "administration", "read", START_MS), 403, "purpose");
    }
  });

  test("is accepted in any letter case of the scheme, with spaces around it", async (t) => {
    const { authenticator, endpoint } = await withToken(t);
    for (const header of [`bearer ${TOKEN}`, `BEARER   ${TOKEN}  `])
      assert.ok(decideNow(authenticator, header, endpoint, "read", START_MS).accepted, header);
  });

  test("of administration opens no endpoint", async (t) => {
    const { authenticator, endpoint } = await withToken(t, { purpose: "administration", endpoint: undefined });
    assert.ok(decideNow(authenticator, HEADER, "administration", "write", START_MS).accepted);
    const { detail } = refused(decideNow(authenticator, HEADER, endpoint, "read", START_MS), 403, "purpose");
    assert.match(detail, /administration secret; it does not open SCIM/);
  });

  test("is rejected once it has expired, whether or not it was accepted before", async (t) => {
    const { authenticator, endpoint } = await withToken(t, { expiresMs: START_MS + 1_000 });
    refused(decideNow(authenticator, HEADER, endpoint, "read", START_MS + 1_000), 401, "expiry");
    assert.ok(decideNow(authenticator, HEADER, endpoint, "read", START_MS + 999).accepted);
    const { error, failed } = refused(
      decideNow(authenticator, HEADER, endpoint, "read", START_MS + 1_000),
      401,
      "expiry",
    );
    assert.equal(error, "invalid_token");
    assert.match(failed.received, /"Entra", valid until 2026-03-01T08:00:01\.000Z/);
  });

  test("with the scope read is rejected for a write, and the answer names the missing scope", async (t) => {
    const { authenticator, endpoint } = await withToken(t, { scopes: ["read"] });
    assert.ok(decideNow(authenticator, HEADER, endpoint, "read", START_MS).accepted);
    const decision = refused(decideNow(authenticator, HEADER, endpoint, "write", START_MS), 403, "scope");
    assert.deepEqual([decision.error, decision.scope], ["insufficient_scope", "write"]);
  });

  test("that is set for two purposes is accepted for both", async (t) => {
    const { authenticator, endpoint, other, add, store } = await withToken(t, { expiresMs: START_MS });
    await add(TOKEN, { purpose: "administration", endpoint: undefined });
    await add(TOKEN, { label: "second" });
    await authenticator.refresh();
    for (let time = 0; time < 2; time++) {
      for (const realm of [endpoint, "administration"] as const)
        assert.ok(decideNow(authenticator, HEADER, realm, "write", START_MS).accepted);
    }
    refused(decideNow(authenticator, HEADER, other, "read", START_MS), 403, "endpoint");
    assert.equal((await store.credentials.list(store.committed)).length, 3);
  });

  test("that is a client secret is rejected with a pointer to the token endpoint", async (t) => {
    const { authenticator, endpoint } = await withToken(t, { kind: "client", clientId: "c1" });
    const { detail, failed } = refused(decideNow(authenticator, HEADER, endpoint, "read", START_MS), 401, "token");
    assert.match(detail, /access token at the token endpoint/);
    assert.match(failed.received, /secret "Entra" of the client c1/);
  });
});

describe("changes", () => {
  test("take effect after a refresh: removed, created, shortened, restricted", async (t) => {
    const { authenticator, store, endpoint, credential, add } = await withToken(t);
    const decide = (header: string) => authenticator.authenticate(header, endpoint, "write", START_MS);
    const update = async (change: Partial<NewCredential>) => {
      await store.transaction((transaction) =>
        store.credentials.update(transaction, credential.key, { ...credential, ...change }),
      );
      await authenticator.refresh();
    };
    assert.ok((await decide(HEADER)).accepted);
    await update({ expiresMs: START_MS });
    refused(await decide(HEADER), 401, "expiry");
    await update({ scopes: ["read"] });
    refused(await decide(HEADER), 403, "scope");
    await update({});
    assert.ok((await decide(HEADER)).accepted);

    const second = newSecret("token");
    refused(await decide(`Bearer ${second}`), 401, "token");
    await add(second, { label: "second" });
    await authenticator.refresh();
    assert.ok(decideNow(authenticator, `Bearer ${second}`, endpoint, "write", START_MS).accepted);
    assert.ok((await decide(HEADER)).accepted, "both are valid while one takes the place of the other");

    await store.transaction((transaction) => store.credentials.remove(transaction, credential.key));
    await authenticator.refresh();
    refused(await decide(HEADER), 401, "token");
  });

  test("the result of a look-up before a refresh is not cached after it", async (t) => {
    const { authenticator, store, endpoint, add } = await withToken(t);
    const late = newSecret("token");
    const { key } = await add(late, { label: "late" });
    const { byHash } = store.credentials;
    const { promise: isLet, resolve: letGo } = Promise.withResolvers<void>();
    t.mock.method(store.credentials, "byHash", async (...request: Parameters<typeof byHash>) => {
      const found = await byHash(...request);
      await isLet;
      return found;
    });
    const decision = authenticator.authenticate(`Bearer ${late}`, endpoint, "read", START_MS);
    await store.transaction((transaction) => store.credentials.remove(transaction, key));
    await authenticator.refresh();
    letGo();
    assert.ok((await decision).accepted, "it was valid when it was looked up");
    refused(await authenticator.authenticate(`Bearer ${late}`, endpoint, "read", START_MS), 401, "token");
  });

  test("of two simultaneous refreshes, the later one wins", async (t) => {
    const { authenticator, store, endpoint, credential } = await withToken(t);
    const { list } = store.credentials;
    const { promise: isLet, resolve: letGo } = Promise.withResolvers<void>();
    let calls = 0;
    t.mock.method(store.credentials, "list", async (...request: Parameters<typeof list>) => {
      const found = await list(...request);
      if (++calls === 1) await isLet;
      return found;
    });
    const slow = authenticator.refresh();
    await store.transaction((transaction) => store.credentials.remove(transaction, credential.key));
    await authenticator.refresh();
    letGo();
    await slow;
    refused(await authenticator.authenticate(HEADER, endpoint, "read", START_MS), 401, "token");
  });
});

describe("an access token", () => {
  const ACCESS = newSecret("access");

  async function withAccess(t: TestContext, client: Partial<NewCredential> = {}) {
    const found = await withToken(t, { kind: "client", clientId: "c1", ...client });
    const origin = { kind: "client", key: found.credential.key } as const;
    const expiresMs = START_MS + 3_600_000;
    const access = await found.add(ACCESS, { kind: "access", clientId: "c1", origin, expiresMs });
    const decide = (scope: "read" | "write") =>
      found.authenticator.authenticate(`Bearer ${ACCESS}`, found.endpoint, scope, START_MS);
    return { ...found, access, decide };
  }

  test("that another instance created is looked up once", async (t) => {
    const { decide, store, access } = await withAccess(t);
    const lookUp = t.mock.method(store.credentials, "byHash");
    const decision = await decide("write");
    assert.ok(decision.accepted);
    assert.deepEqual([decision.credential.kind, decision.credential.key], ["access", access.key]);
    for (let time = 0; time < 3; time++) assert.ok(!(decide("write") instanceof Promise));
    assert.equal(lookUp.mock.callCount(), 1);
  });

  test("that was just created here is not looked up", async (t) => {
    const { authenticator, decide, access } = await withAccess(t);
    authenticator.remember(access);
    assert.ok(!(decide("write") instanceof Promise));
  });

  test("never allows more than its client secret does now", async (t) => {
    const { authenticator, store, credential, decide } = await withAccess(t);
    assert.ok((await decide("write")).accepted);
    await store.transaction((transaction) =>
      store.credentials.update(transaction, credential.key, { ...credential, scopes: ["read"] }),
    );
    await authenticator.refresh();
    refused(await decide("write"), 403, "scope");
    assert.ok((await decide("read")).accepted);
  });

  test("expires with its client secret, even if that expiry was set later", async (t) => {
    const { authenticator, store, credential, decide } = await withAccess(t);
    assert.ok((await decide("read")).accepted);
    await store.transaction((transaction) =>
      store.credentials.update(transaction, credential.key, { ...credential, expiresMs: START_MS }),
    );
    await authenticator.refresh();
    refused(await decide("read"), 401, "expiry");
  });

  test("ends when its client secret is removed", async (t) => {
    const { authenticator, store, credential, decide } = await withAccess(t);
    assert.ok((await decide("read")).accepted);
    await store.transaction((transaction) => store.credentials.remove(transaction, credential.key));
    await authenticator.refresh();
    refused(await decide("read"), 401, "token");
  });

  test("counts as a use of its client secret", async (t) => {
    const { authenticator, store, credential, decide } = await withAccess(t);
    await decide("read");
    assert.equal(authenticator.lastUsedMs("token", credential), START_MS);
    await authenticator.close();
    const [client] = await store.credentials.list(store.committed);
    assert.equal(client?.lastUsedMs, START_MS);
  });
});

describe("an unknown token", () => {
  test("is rejected with words that fit the request, and does not appear in the record", async (t) => {
    const { authenticator, endpoint } = await withToken(t);
    for (const token of ["hunter2", newSecret("token"), newSecret("access")]) {
      const decision = refused(
        await authenticator.authenticate(`Bearer ${token}`, endpoint, "read", START_MS),
        401,
        "token",
      );
      assert.match(decision.detail, /not known here. Copy the SCIM secret again/);
      assert.ok(!JSON.stringify(decision).includes(token));
    }
    const admin = await authenticator.authenticate("Bearer hunter2", "administration", "read", START_MS);
    assert.match(refused(admin, 401, "token").detail, /Copy the admin secret again/);
  });

  test("copied together with other text is described, with the advice to copy only the token", async (t) => {
    const { authenticator, endpoint } = await withToken(t);
    const secret = TOKEN.replace("scim_", "");
    const noBearer = /^Copy the whole SCIM secret again, without the word Bearer before it\.$/;
    const noQuotes = /^Copy the whole SCIM secret again, without the quotes\.$/;
    for (const [header, received, advice] of [
      [`Bearer Bearer ${secret}`, /^a token that begins with the word Bearer: 56 characters, fingerprint /, noBearer],
      [`Bearer Bearer: ${secret}`, /^a token that begins with the word Bearer: /, noBearer],
      [`Bearer "${secret}"`, /^a token in quotes: 51 characters/, noQuotes],
      [`Bearer \u00e2\u0080\u009c${secret}\u00e2\u0080\u009d`, /^a token in quotes: /, noQuotes],
      [`Bearer ${secret} ${secret}`, /^a token with a space in it: /, /, without the space\.$/],
      [`Bearer ${secret.slice(1)}`, /^an unknown token: 48 characters/, /, and nothing else\. If it was revoked/],
    ] as const) {
      const { failed } = refused(await authenticator.authenticate(header, endpoint, "read", START_MS), 401, "token");
      assert.match(failed.received, received);
      assert.match(failed.remedy, advice);
      const atAdministration = await authenticator.authenticate(header, "administration", "read", START_MS);
      const { remedy, remedyAt } = refused(atAdministration, 401, "token").failed;
      assert.match(remedy, /^Copy the whole admin secret again, (?:without|and nothing else\.$)/);
      assert.equal(remedyAt, "server");
    }
  });

  test("that was truncated is recognized without a look-up", async (t) => {
    const { authenticator, endpoint } = await withToken(t);
    const decision = decideNow(authenticator, HEADER.slice(0, -1), endpoint, "read", START_MS);
    assert.match(refused(decision, 401, "token").failed.received, /part of a token, or a changed one: 53 characters/);
  });

  test("that was changed in any way is rejected", async (t) => {
    const { authenticator, endpoint } = await withToken(t);
    assert.ok((await authenticator.authenticate(HEADER, endpoint, "read", START_MS)).accepted);
    let nowMs = START_MS;
    const character = fc.constantFrom(..."scimABCXYZabcxyz0189_-. ");
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: TOKEN.length }),
        fc.nat({ max: 3 }),
        fc.string({ unit: character, maxLength: 3 }),
        async (at, removed, added) => {
          const altered = TOKEN.slice(0, at) + added + TOKEN.slice(at + removed);
          fc.pre(altered.trim() !== TOKEN);
          // Later each time, so that no limit is reached.
          nowMs += 100;
          assert.ok(
            !(await authenticator.authenticate(`Bearer ${altered}`, endpoint, "read", nowMs)).accepted,
            altered,
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  test("is looked up once in ten seconds", async (t) => {
    const { authenticator, store, endpoint } = await withToken(t);
    const lookUp = t.mock.method(store.credentials, "byHash");
    for (const passedMs of [0, 1, 9_999, 10_000])
      await authenticator.authenticate("Bearer hunter2", endpoint, "read", START_MS + passedMs);
    assert.equal(lookUp.mock.callCount(), 2);
  });

  test("does not prevent the look-up of others: after many guesses, the answer is 503", async (t) => {
    const { authenticator, store, endpoint } = await withToken(t);
    const lookUp = t.mock.method(store.credentials, "byHash");
    const outcomes = new Map<number, number>();
    for (let guess = 0; guess < 2_000; guess++) {
      const decision = await authenticator.authenticate(`Bearer guess-${guess}`, endpoint, "read", START_MS);
      const status = decision.accepted ? 200 : decision.status;
      outcomes.set(status, (outcomes.get(status) ?? 0) + 1);
    }
    assert.deepEqual([...outcomes.keys()], [401, 503]);
    assert.equal(lookUp.mock.callCount(), outcomes.get(401));
    assert.equal(outcomes.get(401), 1_000);
    assert.ok(decideNow(authenticator, HEADER, endpoint, "read", START_MS).accepted);
    const decision = await authenticator.authenticate("Bearer one more", endpoint, "read", START_MS);
    assert.equal(refused(decision, 503, "rate").retryAfterMs, 1_000);
  });
});

describe("without a database", () => {
  test("known tokens are accepted, tokens created elsewhere get 503, all others are rejected", async (t) => {
    const { credential, endpoint } = await withToken(t);
    const authenticator = new Authenticator({ credentials: [credential], trusts: [] });
    assert.ok(decideNow(authenticator, HEADER, endpoint, "write", START_MS).accepted);
    for (const kind of ["token", "access"] as const) {
      const decision = await authenticator.authenticate(`Bearer ${newSecret(kind)}`, endpoint, "read", START_MS);
      assert.equal(refused(decision, 503, "token").retryAfterMs, 2_000);
    }
    refused(await authenticator.authenticate("Bearer hunter2", endpoint, "read", START_MS), 401, "token");
    await authenticator.refresh();
    await authenticator.close();
    assert.equal(authenticator.lastUsedMs("token", credential), undefined);
  });
});

describe("a header", () => {
  const headers: readonly (readonly [string | undefined, RegExp])[] = [
    [undefined, /^no Authorization header$/],
    ["", /^no Authorization header$/],
    ["  ", /^no Authorization header$/],
    ["Bearer", /^the scheme Bearer without a token$/],
    ["Bearer ", /^the scheme Bearer without a token$/],
    ["Basic dXNlcjpwYXNz", /^the scheme Basic$/],
    ["Bearer: abc", /^the scheme Bearer:$/],
    [TOKEN, /^a value without a scheme: 54 characters, fingerprint [0-9a-f]{8}$/],
    ["my secret", /^a value without a scheme: 9 characters/],
  ];

  test("without a bearer token is rejected without an error code, and its content is not repeated", async (t) => {
    const { authenticator, endpoint } = await withToken(t);
    for (const [header, received] of headers) {
      const decision = refused(decideNow(authenticator, header, endpoint, "read", START_MS), 401, "header");
      assert.equal(decision.error, undefined);
      assert.match(decision.failed.received, received);
    }
  });
});

test("the last use is noted in memory once a second, and in the database when it closes", async (t) => {
  const { authenticator, credential, endpoint, store } = await withToken(t);
  const useAt = (nowMs: number) => decideNow(authenticator, HEADER, endpoint, "read", nowMs);
  useAt(START_MS);
  useAt(START_MS + 999);
  assert.equal(authenticator.lastUsedMs("token", credential), START_MS);
  useAt(START_MS + 1_000);
  assert.equal(authenticator.lastUsedMs("token", credential), START_MS + 1_000);
  assert.equal((await store.credentials.list(store.committed))[0]?.lastUsedMs, undefined);
  await authenticator.close();
  assert.equal((await store.credentials.list(store.committed))[0]?.lastUsedMs, START_MS + 1_000);
  assert.equal(authenticator.lastUsedMs("token", credential), undefined);
});
