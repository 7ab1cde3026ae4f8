import assert from "node:assert/strict";
import { test } from "node:test";
import { StoreUnavailable } from "../store/store.ts";
import { LastUses } from "./credential-cache.ts";
import { START_MS, testDatabase } from "./testing/database.ts";

/** Lets started transactions finish. */
function settled(): Promise<unknown> {
  return new Promise((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))));
}

test("uses are written together at intervals, and only if there are any", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { store, add } = await testDatabase(t);
  const keys = [(await add("a")).key, (await add("b", { label: "b" })).key] as const;
  const write = t.mock.method(store.credentials, "noteUses");
  const uses = new LastUses(store, 1_000);
  uses.note({ kind: "token", key: keys[0] }, START_MS + 1);
  uses.note({ kind: "token", key: keys[1] }, START_MS + 2);
  t.mock.timers.tick(500);
  uses.note({ kind: "token", key: keys[0] }, START_MS + 3);
  t.mock.timers.tick(499);
  assert.equal(write.mock.callCount(), 0);
  t.mock.timers.tick(1);
  await settled();
  assert.deepEqual(
    (await store.credentials.list(store.committed)).map(({ lastUsedMs }) => lastUsedMs),
    [START_MS + 3, START_MS + 2],
  );
  uses.note({ kind: "token", key: keys[1] }, START_MS + 8);
  t.mock.timers.tick(500);
  await settled();
  assert.equal(write.mock.callCount(), 1, "a second timer was set");
  t.mock.timers.tick(500);
  await settled();
  t.mock.timers.tick(10_000);
  await settled();
  assert.equal(write.mock.callCount(), 2);
  uses.note({ kind: "token", key: keys[1] }, START_MS + 9);
  await uses.close();
  assert.equal((await store.credentials.list(store.committed))[1]?.lastUsedMs, START_MS + 9);
});

test("uses that could not be written are written with the next ones, unless there are newer ones", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { store, add } = await testDatabase(t);
  const keys = [(await add("a")).key, (await add("b", { label: "b" })).key] as const;
  const uses = new LastUses(store, 1_000);
  const failing = t.mock.method(store.credentials, "noteUses", async () => {
    throw new Error("the disk is full");
  });
  uses.note({ kind: "token", key: keys[0] }, START_MS + 1);
  uses.note({ kind: "token", key: keys[1] }, START_MS + 1);
  t.mock.timers.tick(1_000);
  uses.note({ kind: "token", key: keys[0] }, START_MS + 2);
  await settled();
  assert.equal(failing.mock.callCount() > 0, true);
  assert.deepEqual(
    [uses.pendingOf({ kind: "token", key: keys[0] }), uses.pendingOf({ kind: "token", key: keys[1] })],
    [START_MS + 2, START_MS + 1],
  );
  failing.mock.restore();
  await uses.close();
  assert.deepEqual(
    (await store.credentials.list(store.committed)).map(({ lastUsedMs }) => lastUsedMs),
    [START_MS + 2, START_MS + 1],
  );
});

test("a closed database is not an error", async (t) => {
  const { store } = await testDatabase(t);
  const transaction = async () => {
    throw new StoreUnavailable("The store is closed.");
  };
  const uses = new LastUses({ ...store, transaction });
  uses.note({ kind: "token", key: 1 }, START_MS);
  await uses.close();
  assert.equal(uses.pendingOf({ kind: "token", key: 1 }), START_MS);
});
