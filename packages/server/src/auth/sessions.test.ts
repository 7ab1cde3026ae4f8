import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { NewCredential } from "../store/store.ts";
import { Authenticator } from "./authenticator.ts";
import { formOf, hashSecret } from "./credentials.ts";
import { SESSION_MS, type SignedIn, signIn, signOut } from "./sessions.ts";
import { START_MS, testDatabase } from "./testing/database.ts";

const SECRET = "admin-secret-of-the-test";
const ADMIN = { purpose: "administration", endpoint: undefined, label: "admin secret" } as const;

async function withSecret(t: TestContext, changed: Partial<NewCredential> = {}) {
  const database = await testDatabase(t);
  const credential = await database.add(SECRET, { ...ADMIN, ...changed });
  const { store } = database;
  const authenticator = await Authenticator.open(store);
  const open = async () => ({ authenticator, database: store });
  const list = () => store.credentials.list(store.committed);
  return {
    ...database,
    credential,
    authenticator,
    opened: await open(),
    sessions: async () => (await list()).filter(({ kind }) => kind === "session"),
    tryIt: (secret: string, nowMs = START_MS) => signIn(secret, authenticator, open, nowMs),
    begin: async (nowMs = START_MS): Promise<SignedIn> => {
      const outcome = await signIn(SECRET, authenticator, open, nowMs);
      assert.ok(outcome.accepted);
      return outcome;
    },
  };
}

function why(decision: Awaited<ReturnType<Authenticator["authenticateSession"]>>): unknown {
  return decision.accepted ? "accepted" : [decision.status, decision.failed.check];
}

test("a session has the rights of its secret for exactly twelve hours, and only its hash is stored", async (t) => {
  const { authenticator, begin, sessions, credential } = await withSecret(t);
  const { secret, session } = await begin();
  assert.equal(formOf(secret), "session");
  assert.deepEqual(await sessions(), [session]);
  assert.ok(!JSON.stringify(session).includes(secret));
  const { secretHash, label, scopes, origin, expiresMs } = session;
  assert.deepEqual(
    { secretHash, label, scopes, origin, expiresMs },
    {
      secretHash: hashSecret(secret),
      label: "admin secret",
      scopes: ["read", "write"],
      origin: { kind: "token", key: credential.key },
      expiresMs: START_MS + SESSION_MS,
    },
  );
  const decision = await authenticator.authenticateSession(secret, "write", START_MS + SESSION_MS - 1);
  assert.ok(decision.accepted);
  assert.equal(decision.credential.expiresMs, START_MS + SESSION_MS);
  const ended = await authenticator.authenticateSession(secret, "read", START_MS + SESSION_MS);
  assert.ok(!ended.accepted);
  assert.deepEqual([ended.status, ended.failed.check], [401, "expiry"]);
  assert.match(ended.detail, /Sign in again/);
});

test("a session survives a restart", async (t) => {
  const { begin, store } = await withSecret(t);
  const { secret } = await begin();
  const restarted = await Authenticator.open(store);
  assert.ok((await restarted.authenticateSession(secret, "write", START_MS)).accepted);
  const standby = restarted.withoutDatabase();
  assert.ok((await standby.authenticateSession(secret, "write", START_MS)).accepted);
});

test("an unknown session has ended; without a database, the answer is 503", async (t) => {
  const { authenticator, begin, store } = await withSecret(t);
  const before = authenticator.withoutDatabase();
  const { secret } = await begin();
  assert.equal(why(await authenticator.authenticateSession(secret, "read", START_MS)), "accepted");
  assert.deepEqual(why(await before.authenticateSession(secret, "read", START_MS)), [503, "token"]);
  for (const other of ["", "guessed", SECRET, `${secret}x`]) {
    assert.deepEqual(why(await authenticator.authenticateSession(other, "read", START_MS)), [401, "token"], other);
    assert.deepEqual(why(await before.authenticateSession(other, "read", START_MS)), [401, "token"], other);
  }
  assert.equal((await store.credentials.list(store.committed)).length, 2);
});

test("signing out ends one session and no other", async (t) => {
  const { authenticator, begin, opened, sessions } = await withSecret(t);
  const [first, second] = [await begin(), await begin()];
  await signOut(opened, first.secret);
  assert.deepEqual(why(await authenticator.authenticateSession(first.secret, "read", START_MS)), [401, "token"]);
  assert.equal(why(await authenticator.authenticateSession(second.secret, "read", START_MS)), "accepted");
  assert.deepEqual(await sessions(), [second.session]);
  await signOut(opened, first.secret);
  assert.equal((await sessions()).length, 1);
});

test("a session ends with its secret, and never allows more than it", async (t) => {
  const { authenticator, begin, store, credential } = await withSecret(t, { expiresMs: START_MS + 5 });
  const { secret, session } = await begin();
  assert.equal(session.expiresMs, START_MS + 5);
  await store.transaction((transaction) =>
    store.credentials.update(transaction, credential.key, { ...credential, scopes: ["read"] }),
  );
  await authenticator.refresh();
  assert.equal(why(await authenticator.authenticateSession(secret, "read", START_MS)), "accepted");
  assert.deepEqual(why(await authenticator.authenticateSession(secret, "write", START_MS)), [403, "scope"]);
  await store.transaction((transaction) => store.credentials.remove(transaction, credential.key));
  await authenticator.refresh();
  assert.deepEqual(why(await authenticator.authenticateSession(secret, "read", START_MS)), [401, "token"]);
});

test("using a session counts as a use of its secret", async (t) => {
  const { authenticator, begin, credential } = await withSecret(t);
  const { secret } = await begin();
  await authenticator.authenticateSession(secret, "read", START_MS + 5_000);
  assert.equal(authenticator.lastUsedMs("token", credential), START_MS + 5_000);
});

test("the secret of a session is not a bearer token, even for administration", async (t) => {
  const { authenticator, begin, endpoint } = await withSecret(t);
  const { secret } = await begin();
  for (const realm of ["administration", endpoint] as const) {
    const decision = await authenticator.authenticate(`Bearer ${secret}`, realm, "read", START_MS);
    assert.ok(!decision.accepted);
    assert.match(decision.detail, /secret of a session/);
  }
});

test("a secret that does not open administration starts no session", async (t) => {
  const { add, tryIt, sessions } = await withSecret(t);
  await add("of an endpoint".replaceAll(" ", "-"));
  await add("expired", { ...ADMIN, label: "expired", expiresMs: START_MS });
  const cases: [secret: string, status: number, check: string][] = [
    ["", 401, "header"],
    ["guessed", 401, "token"],
    ["of-an-endpoint", 403, "purpose"],
    ["expired", 401, "expiry"],
  ];
  for (const [secret, status, check] of cases) {
    const outcome = await tryIt(secret);
    assert.ok(!outcome.accepted, secret);
    assert.deepEqual([outcome.status, outcome.failed.check], [status, check], secret);
  }
  assert.deepEqual(await sessions(), []);
});

test("is checked again with the database that was opened for it", async (t) => {
  const { store, add } = await testDatabase(t);
  const stale = new Authenticator({ credentials: [await add(SECRET, ADMIN)], trusts: [] });
  const [known] = await store.credentials.list(store.committed);
  await store.transaction((transaction) => store.credentials.remove(transaction, known?.key ?? 0));
  const authenticator = await Authenticator.open(store);
  const outcome = await signIn(SECRET, stale, async () => ({ authenticator, database: store }), START_MS);
  assert.ok(!outcome.accepted && outcome.status === 401);
});

test("expired sessions are removed at a sign-in an hour later", async (t) => {
  const { begin, sessions } = await withSecret(t);
  const first = await begin();
  const second = await begin(START_MS + SESSION_MS + 3_600_000);
  assert.deepEqual(await sessions(), [first.session, second.session]);
  const third = await begin(START_MS + SESSION_MS + 3_600_001);
  assert.deepEqual(await sessions(), [second.session, third.session]);
});
