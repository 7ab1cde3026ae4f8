import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { expectedAccess, openAccess } from "./access.ts";
import { hashSecret, SCOPES } from "./auth/credentials.ts";
import type { Realm } from "./auth/decision.ts";
import { readAccess } from "./store/sqlite/access.ts";
import { openSqliteStore } from "./store/sqlite/store.ts";
import type { Key, NewIssuerTrust } from "./store/store.ts";
import { testFolder } from "./testing/application.ts";

type OpenedAccess = Pick<Awaited<ReturnType<typeof openAccess>>, "authenticator" | "endpoints">;

function newPlace(t: TestContext) {
  const dataDir = testFolder();
  t.after(() => rmSync(dataDir, { recursive: true }));
  const config = {
    dataDir,
    profile: undefined,
    scimSharedSecret: undefined,
    adminSecret: undefined,
    issuerHosts: [],
    viewerSecret: undefined,
  };
  return { file: join(dataDir, "scim.db"), config };
}

async function isLetIn({ authenticator, endpoints }: OpenedAccess, secret: string, realm: Realm = endpoints.default) {
  return (await authenticator.authenticate(`Bearer ${secret}`, realm, "read", Date.now())).accepted;
}

function trustOf(endpoint: Key): NewIssuerTrust {
  return {
    endpoint,
    label: "issuer",
    issuer: "https://issuer.example",
    audience: "scim",
    jwksUri: undefined,
    tenant: undefined,
    clientId: undefined,
    subject: undefined,
    scopes: SCOPES,
    user: undefined,
  };
}

test("the secret of the default endpoint is created with it, and stays removed once removed", async (t) => {
  const { file, config } = newPlace(t);
  const first = openSqliteStore(file);
  const made = await openAccess(first, config);
  const { scim, admin } = made.secrets;
  assert.ok(scim.kind === "made" && admin.kind === "made");
  assert.ok(await isLetIn(made, scim.secret));
  assert.equal((await openAccess(first, config)).secrets.scim.kind, "kept");

  const [shared] = (await first.credentials.list(first.committed)).filter(({ label }) => label === "shared secret");
  assert.ok(shared);
  await first.transaction((transaction) => first.credentials.remove(transaction, shared.key));
  await first.close();

  assert.ok(!(await isLetIn(expectedAccess(await readAccess(file), config), scim.secret)));
  const second = openSqliteStore(file);
  const removed = await openAccess(second, config);
  assert.deepEqual(removed.secrets.scim, { kind: "removed" });
  assert.ok(!(await isLetIn(removed, scim.secret)));
  const given = await openAccess(second, { ...config, scimSharedSecret: "given" });
  assert.ok(await isLetIn(given, "given"));
  await second.close();
});

test("an endpoint whose secret cannot be stored is not created", async (t) => {
  const { file, config } = newPlace(t);
  const store = openSqliteStore(file);
  const put = () => Promise.reject(new Error("the disk is full"));
  const failing = { ...store, credentials: { ...store.credentials, put } };
  await assert.rejects(openAccess(failing, config), /the disk is full/);
  assert.deepEqual(await store.endpoints.list(store.committed), []);
  await store.close();
});

test("a configured secret must differ from other secrets of earlier starts", async (t) => {
  const { file, config } = newPlace(t);
  const store = openSqliteStore(file);
  const { scim, admin } = (await openAccess(store, config)).secrets;
  assert.ok(scim.kind === "made" && admin.kind === "made");
  const before = await store.credentials.list(store.committed);
  for (const set of [
    { adminSecret: scim.secret },
    { viewerSecret: scim.secret },
    { viewerSecret: admin.secret },
    { scimSharedSecret: admin.secret },
    { scimSharedSecret: "another", viewerSecret: admin.secret },
  ]) {
    await assert.rejects(openAccess(store, { ...config, ...set }), /would be the same.*Set another ADMIN_SECRET/);
    assert.deepEqual(await store.credentials.list(store.committed), before);
  }
  // Nor a standby that will get this database.
  await store.close();
  const stored = await readAccess(file);
  assert.throws(() => expectedAccess(stored, { ...config, adminSecret: scim.secret }), /would be the same/);

  // A secret may replace one that was valid before.
  const again = openSqliteStore(file);
  const exchanged = { ...config, adminSecret: scim.secret, scimSharedSecret: admin.secret };
  const opened = await openAccess(again, exchanged);
  assert.ok(await isLetIn(opened, scim.secret, "administration"));
  assert.ok(!(await isLetIn(opened, admin.secret, "administration")));
  assert.ok(await isLetIn(opened, admin.secret));
  await again.close();
});

test("a configured profile stays set on the default endpoint, with its other settings", async (t) => {
  const { file, config } = newPlace(t);
  const store = openSqliteStore(file);
  const made = (await openAccess(store, { ...config, profile: "strict" })).endpoints.default;
  assert.equal(made.settings.profile, "strict");
  const settings = { profile: "strict", requireEtag: true };
  const endpoint = { key: made.key, name: made.name, settings, isLeaving: false };
  await store.transaction((transaction) => store.endpoints.update(transaction, endpoint));
  for (const profile of ["interop", undefined] as const) {
    const { endpoints } = await openAccess(store, { ...config, profile });
    assert.deepEqual([endpoints.default.settings.profile, endpoints.default.settings.requireEtag], ["interop", true]);
  }
  await store.close();
});

test("access to endpoints and administration is known before the database is opened", async (t) => {
  const { file, config: before } = newPlace(t);
  const config = { ...before, adminSecret: "admin", viewerSecret: "viewer" };
  const first = openSqliteStore(file);
  const { secrets } = await openAccess(first, before);
  assert.ok(secrets.scim.kind === "made" && secrets.admin.kind === "made");
  const known = ["other's", secrets.scim.secret, secrets.admin.secret, "admin", "viewer"];
  const other = await first.transaction(async (transaction) => {
    const made = await first.endpoints.insert(transaction, { name: "other", settings: {} }, 1);
    // The label is that of the default endpoint's secret.
    const slot = { purpose: "provisioning", endpoint: made.key, label: "shared secret", scopes: SCOPES } as const;
    await first.credentials.put(transaction, { ...slot, secretHash: hashSecret("other's") }, 1);
    await first.issuerTrusts.insert(transaction, trustOf(made.key), 1);
    const leaving = await first.endpoints.insert(transaction, { name: "leaving", settings: {} }, 1);
    await first.endpoints.update(transaction, { ...leaving, isLeaving: true });
    const [shared] = await first.credentials.list(transaction);
    await first.credentials.remove(transaction, shared?.key ?? 0);
    return made;
  });
  await first.close();
  const expected = expectedAccess(await readAccess(file), config);
  const second = openSqliteStore(file);
  const opened = await openAccess(second, config);
  assert.deepEqual(opened.secrets.scim, { kind: "removed" });
  for (const access of [expected, opened]) {
    assert.equal(access.endpoints.get("leaving"), undefined);
    const letIn = async (realm: Realm) => {
      const answers = await Promise.all(known.map((secret) => isLetIn(access, secret, realm)));
      return known.filter((_, at) => answers[at]);
    };
    assert.deepEqual(await letIn(access.endpoints.get("other") ?? access.endpoints.default), ["other's"]);
    assert.deepEqual(await letIn(access.endpoints.default), []);
    assert.deepEqual(await letIn("administration"), ["admin", "viewer"]);
    assert.equal(access.authenticator.trustsOf(other.key).length, 1);
  }
  await second.close();
});
