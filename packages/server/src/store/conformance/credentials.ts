import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Credential, type Key, LabelConflict, type NewCredential } from "../store.ts";
import { insert, insertUser, inWorld, type OpenStore, USER, type World } from "./world.ts";

const NOW_MS = Date.parse("2026-03-01T08:00:00.000Z");

const ADMIN = { purpose: "administration", endpoint: undefined, label: "admin" } as const;

/** A token of the endpoint; stores do not interpret `secretHash`. */
function tokenOf(endpoint: Key | undefined, changed: Partial<NewCredential> = {}): NewCredential {
  return {
    purpose: "provisioning",
    endpoint,
    kind: "token",
    label: "Entra",
    clientId: undefined,
    secretHash: "aa",
    scopes: ["read", "write"],
    user: undefined,
    origin: undefined,
    expiresMs: undefined,
    ...changed,
  };
}

function accessOf(endpoint: Key, client: Key, changed: Partial<NewCredential> = {}): NewCredential {
  const origin = { kind: "client", key: client } as const;
  return tokenOf(endpoint, { kind: "access", clientId: "c1", origin, expiresMs: NOW_MS + 1_000, ...changed });
}

function clientOf(endpoint: Key, changed: Partial<NewCredential> = {}): NewCredential {
  return tokenOf(endpoint, { kind: "client", clientId: "c1", ...changed });
}

function sessionOf(token: Key, changed: Partial<NewCredential> = {}): NewCredential {
  const origin = { kind: "token", key: token } as const;
  return tokenOf(undefined, { ...ADMIN, kind: "session", origin, expiresMs: NOW_MS + 1_000, ...changed });
}

function insertCredential({ store }: World, credential: NewCredential, nowMs = NOW_MS): Promise<Credential> {
  return store.transaction((transaction) => store.credentials.insert(transaction, credential, nowMs));
}

function list({ store }: World): Promise<Credential[]> {
  return store.credentials.list(store.committed);
}

async function hashesIn({ store }: World, hashes: readonly string[]): Promise<string[]> {
  const found = await Promise.all(hashes.map((hash) => store.credentials.byHash(store.committed, hash)));
  return found.flat().map(({ secretHash }) => secretHash);
}

export function credentialConformance(openStore: OpenStore): void {
  describe("credentials", () => {
    test(
      "an inserted credential is listed unchanged, with all members and with as few as possible",
      inWorld(openStore, async (world) => {
        const full = tokenOf(world.endpoint, { scopes: ["read"], user: "2819c223", expiresMs: NOW_MS + 5 });
        const admin = tokenOf(undefined, { purpose: "administration", secretHash: "bb" });
        const inserted = [await insertCredential(world, full), await insertCredential(world, admin, NOW_MS + 1)];
        assert.deepEqual(await list(world), inserted);
        assert.deepEqual(
          inserted.map(({ key, ...rest }) => rest),
          [
            { ...full, createdMs: NOW_MS, lastUsedMs: undefined },
            { ...admin, createdMs: NOW_MS + 1, lastUsedMs: undefined },
          ],
        );
        assert.notEqual(inserted[0]?.key, inserted[1]?.key);
      }),
    );

    test(
      "a second secret for the same purpose, endpoint and label replaces the first",
      inWorld(openStore, async (world) => {
        const { store, endpoint, otherEndpoint } = world;
        const put = (endpointKey: Key | undefined, label: string, secretHash: string, nowMs: number) =>
          store.transaction((transaction) => {
            const purpose = endpointKey === undefined ? "administration" : "provisioning";
            const scopes = ["read", "write"] as const;
            return store.credentials.put(
              transaction,
              { purpose, endpoint: endpointKey, label, scopes, secretHash },
              nowMs,
            );
          });
        await put(undefined, "admin", "aa", 1);
        await put(endpoint, "shared", "aa", 1);
        await put(otherEndpoint, "shared", "aa", 1);
        await put(endpoint, "second", "aa", 1);
        const uses = new Map((await list(world)).slice(0, 2).map(({ key }) => [key, 5]));
        await store.transaction((transaction) => store.credentials.noteUses(transaction, uses));
        await put(undefined, "admin", "bb", 2);
        await put(endpoint, "shared", "cc", 2);
        await put(endpoint, "second", "aa", 2);
        const listed = await list(world);
        assert.deepEqual(
          listed.map(({ secretHash, createdMs }) => [secretHash, createdMs]),
          [
            ["bb", 2],
            ["cc", 2],
            ["aa", 1],
            ["aa", 1],
          ],
        );
        for (const { kind, scopes, expiresMs, lastUsedMs } of listed)
          assert.deepEqual([kind, scopes, expiresMs, lastUsedMs], ["token", ["read", "write"], undefined, undefined]);
      }),
    );

    test(
      "a credential does not exist before its transaction has committed",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        await store.transaction(async (transaction) => {
          const inserted = await store.credentials.insert(transaction, tokenOf(endpoint), NOW_MS);
          await insert(world, transaction, USER, { userName: "anna" });
          assert.deepEqual(await list(world), []);
          assert.deepEqual(await store.credentials.list(transaction), [inserted]);
        });
      }),
    );

    test(
      "a label is unique per purpose, endpoint, kind and client, except for access tokens and sessions",
      inWorld(openStore, async (world) => {
        const { endpoint, otherEndpoint } = world;
        await insertCredential(world, tokenOf(endpoint));
        const client = await insertCredential(world, clientOf(endpoint));
        const admin = await insertCredential(world, tokenOf(undefined, ADMIN));
        const free = [
          tokenOf(otherEndpoint),
          tokenOf(undefined, { purpose: "administration" }),
          clientOf(endpoint, { clientId: "c2" }),
          clientOf(endpoint, { label: "second secret" }),
          accessOf(endpoint, client.key),
          accessOf(endpoint, client.key),
          sessionOf(admin.key),
          sessionOf(admin.key),
        ];
        for (const credential of free) await insertCredential(world, credential);
        const taken = [
          tokenOf(endpoint),
          tokenOf(undefined, { purpose: "administration", secretHash: "other" }),
          clientOf(endpoint),
        ];
        for (const credential of taken) await assert.rejects(insertCredential(world, credential), LabelConflict);
      }),
    );

    test(
      "a taken label does not affect other writes of the transaction and its neighbours",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        await insertCredential(world, tokenOf(endpoint));
        const refused = store
          .transaction(async (transaction) => {
            await insert(world, transaction, USER, { userName: "anna" });
            await store.credentials.insert(transaction, tokenOf(endpoint), NOW_MS);
          })
          .catch((error: unknown) => error);
        const neighbour = insertUser(world, { userName: "berta" });
        assert.ok((await refused) instanceof LabelConflict);
        await neighbour;
        await insertUser(world, { userName: "anna" });
      }),
    );

    test(
      "several are found by one hash, each of its kind, and none by another",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        const client = await insertCredential(world, clientOf(endpoint, { secretHash: "bb" }));
        const token = await insertCredential(world, tokenOf(endpoint));
        const access = await insertCredential(world, accessOf(endpoint, client.key));
        assert.deepEqual(await store.credentials.byHash(store.committed, "aa"), [token, access]);
        assert.deepEqual(await store.credentials.byHash(store.committed, "AA"), []);
        assert.deepEqual(
          (await list(world)).map(({ kind }) => kind),
          ["client", "token"],
        );
      }),
    );

    test(
      "label, scopes and expiry are changed by key, unless the label is taken or the key is unknown",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        const first = await insertCredential(world, tokenOf(endpoint));
        const second = await insertCredential(world, tokenOf(endpoint, { label: "second" }));
        const update = (key: Key, label: string, expiresMs: number | undefined) =>
          store.transaction((transaction) =>
            store.credentials.update(transaction, key, { label, scopes: ["read"], expiresMs }),
          );
        assert.equal(await update(second.key, "other", 7), true);
        const changed = { ...second, label: "other", scopes: ["read"], expiresMs: 7 };
        assert.deepEqual(await list(world), [first, changed]);
        await assert.rejects(update(second.key, first.label, 7), LabelConflict);
        assert.equal(await update(4_711, "nobody", undefined), false);
        await update(second.key, "other", undefined);
        assert.deepEqual(await list(world), [first, { ...changed, expiresMs: undefined }]);
      }),
    );

    test(
      "a client secret is removed with its access tokens, and no others",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        const gone = await insertCredential(world, clientOf(endpoint, { secretHash: "c1" }));
        const stays = await insertCredential(world, clientOf(endpoint, { secretHash: "c2", label: "second" }));
        await insertCredential(world, accessOf(endpoint, gone.key, { secretHash: "a1" }));
        await insertCredential(world, accessOf(endpoint, stays.key, { secretHash: "a2" }));
        const remove = () => store.transaction((transaction) => store.credentials.remove(transaction, gone.key));
        assert.equal(await remove(), true);
        assert.deepEqual(await hashesIn(world, ["c1", "c2", "a1", "a2"]), ["c2", "a2"]);
        assert.equal(await remove(), false);
      }),
    );

    test(
      "sessions are listed, and end with their token, removed or replaced, and with no other",
      inWorld(openStore, async (world) => {
        const { store } = world;
        const admin = await insertCredential(world, tokenOf(undefined, { ...ADMIN, secretHash: "t1" }));
        const other = await insertCredential(world, tokenOf(undefined, { ...ADMIN, label: "other", secretHash: "t2" }));
        const session = await insertCredential(world, sessionOf(admin.key, { secretHash: "s1" }));
        await insertCredential(world, sessionOf(other.key, { secretHash: "s2" }));
        assert.deepEqual(
          (await list(world)).find(({ key }) => key === session.key),
          session,
        );
        const put = (secretHash: string) => {
          const { purpose, endpoint, label, scopes } = admin;
          const same = { purpose, endpoint, label, scopes, secretHash };
          return store.transaction((transaction) => store.credentials.put(transaction, same, NOW_MS));
        };
        await put("t1");
        assert.deepEqual(await hashesIn(world, ["t1", "t2", "s1", "s2"]), ["t1", "t2", "s1", "s2"]);
        await put("t3");
        assert.deepEqual(await hashesIn(world, ["t3", "t2", "s1", "s2"]), ["t3", "t2", "s2"]);
        await store.transaction((transaction) => store.credentials.remove(transaction, other.key));
        assert.deepEqual(await hashesIn(world, ["t3", "t2", "s1", "s2"]), ["t3"]);
      }),
    );

    test(
      "uses are stored, never backwards, and not for a newer credential",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        const first = await insertCredential(world, tokenOf(endpoint));
        const newer = await insertCredential(world, tokenOf(endpoint, { label: "newer" }), NOW_MS + 100);
        const note = (key: Key, usedMs: number) =>
          store.transaction((transaction) => store.credentials.noteUses(transaction, new Map([[key, usedMs]])));
        await note(first.key, NOW_MS + 50);
        await note(first.key, NOW_MS + 20);
        await note(newer.key, NOW_MS + 50);
        await note(4_711, NOW_MS);
        assert.deepEqual(
          (await list(world)).map(({ lastUsedMs }) => lastUsedMs),
          [NOW_MS + 50, undefined],
        );
      }),
    );

    test(
      "the oldest expired access tokens and sessions are removed, up to a limit; nothing else is",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        const client = await insertCredential(world, clientOf(endpoint, { secretHash: "c", expiresMs: 1 }));
        await insertCredential(world, tokenOf(endpoint, { secretHash: "t", expiresMs: 1 }));
        for (const expiresMs of [30, 10, 40])
          await insertCredential(world, accessOf(endpoint, client.key, { secretHash: `a${expiresMs}`, expiresMs }));
        const admin = await insertCredential(world, tokenOf(undefined, ADMIN));
        await insertCredential(world, sessionOf(admin.key, { secretHash: "s20", expiresMs: 20 }));
        await insertCredential(world, sessionOf(admin.key, { secretHash: "s40", expiresMs: 40 }));
        const all = ["c", "t", "a10", "s20", "a30", "a40", "s40"];
        const removeExpired = (limit: number) =>
          store.transaction((transaction) => store.credentials.removeExpired(transaction, 31, limit));
        await removeExpired(2);
        assert.deepEqual(await hashesIn(world, all), ["c", "t", "a30", "a40", "s40"]);
        await removeExpired(2);
        assert.deepEqual(await hashesIn(world, all), ["c", "t", "a40", "s40"]);
      }),
    );

    test(
      "a credential requires an existing endpoint",
      inWorld(openStore, async (world) => {
        await assert.rejects(insertCredential(world, tokenOf(4_711)));
        assert.deepEqual(await list(world), []);
      }),
    );
  });
}
