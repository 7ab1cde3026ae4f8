import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type IssuerTrust, type Key, LabelConflict, type NewIssuerTrust } from "../store.ts";
import { inWorld, type OpenStore, type World } from "./world.ts";

const NOW_MS = Date.parse("2026-03-01T08:00:00.000Z");

function trustOf(endpoint: Key, changed: Partial<NewIssuerTrust> = {}): NewIssuerTrust {
  return {
    endpoint,
    label: "Entra",
    issuer: "https://sts.windows.net/72f988bf/",
    audience: "8adf8e6e",
    jwksUri: undefined,
    tenant: undefined,
    clientId: undefined,
    subject: undefined,
    scopes: ["read", "write"],
    user: undefined,
    ...changed,
  };
}

const FULL: Partial<NewIssuerTrust> = {
  jwksUri: "https://issuer.example.com/keys",
  tenant: "72f988bf",
  clientId: "6b1f",
  subject: "9c2e",
  scopes: ["read"],
  user: "2819c223",
};

function insertTrust({ store }: World, trust: NewIssuerTrust): Promise<IssuerTrust> {
  return store.transaction((transaction) => store.issuerTrusts.insert(transaction, trust, NOW_MS));
}

function list({ store }: World): Promise<IssuerTrust[]> {
  return store.issuerTrusts.list(store.committed);
}

function use({ store }: World, trust: Key, idHash: string, expiresMs = NOW_MS): Promise<boolean> {
  return store.transaction((transaction) => store.issuerTrusts.useAssertion(transaction, { trust, idHash, expiresMs }));
}

export function issuerTrustConformance(openStore: OpenStore): void {
  describe("trusted issuers", () => {
    test(
      "an inserted trust is listed unchanged, with all members and with as few as possible",
      inWorld(openStore, async (world) => {
        const added = [trustOf(world.endpoint), trustOf(world.otherEndpoint, FULL)];
        const inserted = [];
        for (const trust of added) inserted.push(await insertTrust(world, trust));
        assert.deepEqual(await list(world), inserted);
        assert.deepEqual(
          inserted.map(({ key, ...rest }) => rest),
          added.map((trust) => ({ ...trust, createdMs: NOW_MS, lastUsedMs: undefined })),
        );
      }),
    );

    test(
      "a label is unique per endpoint",
      inWorld(openStore, async (world) => {
        const { store, endpoint, otherEndpoint } = world;
        await insertTrust(world, trustOf(endpoint));
        await insertTrust(world, trustOf(otherEndpoint));
        const second = await insertTrust(world, trustOf(endpoint, { label: "second" }));
        await assert.rejects(insertTrust(world, trustOf(endpoint)), LabelConflict);
        const renaming = store.transaction((transaction) =>
          store.issuerTrusts.update(transaction, second.key, trustOf(endpoint)),
        );
        await assert.rejects(renaming, LabelConflict);
      }),
    );

    test(
      "everything but the endpoint is changed by key",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        const first = await insertTrust(world, trustOf(endpoint));
        const second = await insertTrust(world, trustOf(endpoint, { label: "second" }));
        const update = (key: Key, trust: NewIssuerTrust) =>
          store.transaction((transaction) => store.issuerTrusts.update(transaction, key, trust));
        const changed = { ...FULL, label: "other", issuer: "https://issuer.example.com", audience: "scim" };
        assert.equal(await update(second.key, trustOf(endpoint, changed)), true);
        assert.deepEqual(await list(world), [first, { ...second, ...changed }]);
        assert.equal(await update(second.key, trustOf(endpoint, { label: "second" })), true);
        assert.deepEqual(await list(world), [first, second]);
        assert.equal(await update(4_711, trustOf(endpoint, { label: "nobody" })), false);
      }),
    );

    test(
      "uses are stored, never backwards, and not for a newer trust",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        const used = await insertTrust(world, trustOf(endpoint));
        const unused = await insertTrust(world, trustOf(endpoint, { label: "second" }));
        for (const [key, usedMs] of [
          [used.key, NOW_MS + 50],
          [used.key, NOW_MS + 20],
          [unused.key, NOW_MS - 1],
          [4_711, NOW_MS],
        ] as const) {
          await store.transaction((transaction) => store.issuerTrusts.noteUses(transaction, new Map([[key, usedMs]])));
        }
        assert.deepEqual(await list(world), [{ ...used, lastUsedMs: NOW_MS + 50 }, unused]);
      }),
    );

    test(
      "a trust is removed with its access tokens and used assertions, and no others",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        const gone = await insertTrust(world, trustOf(endpoint));
        const stays = await insertTrust(world, trustOf(endpoint, { label: "second" }));
        await store.transaction(async (transaction) => {
          for (const { key, label } of [gone, stays]) {
            const access = {
              purpose: "provisioning",
              endpoint,
              kind: "access",
              label,
              clientId: "6b1f",
              secretHash: label,
              scopes: ["read"],
              user: undefined,
              origin: { kind: "trust", key },
              expiresMs: NOW_MS,
            } as const;
            const { origin } = await store.credentials.insert(transaction, access, NOW_MS);
            assert.deepEqual(origin, access.origin);
          }
        });
        await use(world, gone.key, "id");
        const remove = () => store.transaction((transaction) => store.issuerTrusts.remove(transaction, gone.key));
        assert.equal(await remove(), true);
        assert.deepEqual(await list(world), [stays]);
        assert.deepEqual(await store.credentials.byHash(store.committed, gone.label), []);
        const [access] = await store.credentials.byHash(store.committed, stays.label);
        assert.deepEqual(access?.origin, { kind: "trust", key: stays.key });
        assert.equal(await remove(), false);
      }),
    );

    test(
      "an assertion is used once per trust, until it is removed after its expiry",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        const first = await insertTrust(world, trustOf(endpoint));
        const second = await insertTrust(world, trustOf(endpoint, { label: "second" }));
        assert.equal(await use(world, first.key, "id", 10), true);
        assert.equal(await use(world, first.key, "id", 99), false);
        assert.equal(await use(world, second.key, "id", 20), true);
        assert.equal(await use(world, first.key, "other", 30), true);
        const removeExpired = (beforeMs: number, limit: number) =>
          store.transaction((transaction) => store.issuerTrusts.removeExpired(transaction, beforeMs, limit));
        await removeExpired(10, 9);
        assert.equal(await use(world, first.key, "id"), false);
        await removeExpired(31, 2);
        assert.equal(await use(world, first.key, "other"), false);
        assert.equal(await use(world, first.key, "id"), true);
        assert.equal(await use(world, second.key, "id"), true);
      }),
    );

    test(
      "of two simultaneous transactions with one assertion, one succeeds",
      inWorld(openStore, async (world) => {
        const { key } = await insertTrust(world, trustOf(world.endpoint));
        const outcomes = await Promise.all([1, 2, 3].map(() => use(world, key, "id")));
        assert.deepEqual(outcomes.sort(), [false, false, true]);
      }),
    );
  });
}
