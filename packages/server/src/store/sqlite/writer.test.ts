import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { databasePlace } from "../../testing/database.ts";
import { StoreFull, StoreUnavailable } from "../store.ts";
import { connectionOf } from "./connection.ts";
import { openSqliteStore, type SqliteStore } from "./store.ts";

function open(t: TestContext, replicated?: { onCommit: () => void }) {
  const place = databasePlace();
  const store = openSqliteStore(place.file, replicated && { replicated });
  t.after(async () => {
    await store.close().catch(() => undefined);
    place.remove();
  });
  return { store, file: place.file };
}

const add = (store: SqliteStore, name: string) =>
  store.transaction((transaction) =>
    store.endpoints.insert(transaction, { name, settings: { profile: "tolerant" } }, 0),
  );
const names = async (store: SqliteStore) => (await store.endpoints.list(store.committed)).map(({ name }) => name);

test("while writes are paused none commits and reads continue; afterwards all do", async (t) => {
  const { store } = open(t);
  await add(store, "first");
  const resume = await store.pauseWrites();
  const [second, third] = [add(store, "second"), add(store, "third")];
  await turn();
  await turn();
  assert.deepEqual(await names(store), ["first"]);
  resume();
  await Promise.all([second, third]);
  assert.deepEqual(await names(store), ["first", "second", "third"]);
});

test("a pause begins between two commits: later transactions wait", async (t) => {
  const { store } = open(t);
  const { promise: gate, resolve: openGate } = Promise.withResolvers<void>();
  const underWay = store.transaction(async (transaction) => {
    await gate;
    return store.endpoints.insert(transaction, { name: "under way", settings: { profile: "tolerant" } }, 0);
  });
  await turn();
  const waiting = add(store, "waiting");
  const pausing = store.pauseWrites();
  openGate();
  const resume = await pausing;
  await underWay;
  assert.deepEqual(await names(store), ["under way"]);
  resume();
  await waiting;
});

test("of two pauses both must end, and ending one twice counts once", async (t) => {
  const { store } = open(t);
  const [endFirst, endSecond] = await Promise.all([store.pauseWrites(), store.pauseWrites()]);
  const written = add(store, "x");
  endFirst();
  endFirst();
  await turn();
  await turn();
  assert.deepEqual(await names(store), []);
  endSecond();
  await written;
});

test("a transaction that waits for more than 5 s is refused and writes nothing; later ones still have time", async (t) => {
  const { store } = open(t);
  await add(store, "early");
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const resume = await store.pauseWrites();
  const first = add(store, "first");
  t.mock.timers.tick(4_000);
  const second = add(store, "second");
  t.mock.timers.tick(1_001);
  await assert.rejects(first, StoreUnavailable);
  resume();
  await second;
  t.mock.timers.tick(10_000);
  assert.deepEqual(await names(store), ["early", "second"]);
});

test("closing during a pause refuses waiting transactions; a closed store refuses reads and writes", async (t) => {
  const { store } = open(t);
  const resume = await store.pauseWrites();
  const waiting = assert.rejects(add(store, "waiting"), StoreUnavailable);
  await store.close();
  await waiting;
  resume();
  await assert.rejects(add(store, "late"), StoreUnavailable);
  await assert.rejects(names(store), StoreUnavailable);
});

test("each commit is reported before its waiting callers continue", async (t) => {
  const told: string[] = [];
  const { store } = open(t, { onCommit: () => told.push("commit") });
  const together = ["a", "b"].map((name) => add(store, name).then(() => told.push(name)));
  await Promise.all(together);
  await add(store, "c").then(() => told.push("c"));
  await assert.rejects(
    store.transaction(async () => {
      throw new Error("refused");
    }),
  );
  assert.deepEqual(told.slice(0, 5), ["commit", "a", "b", "commit", "c"]);
});

test("a full disk has its own error", async (t) => {
  const { store } = open(t);
  await assert.rejects(
    store.transaction(async (transaction) => {
      const connection = connectionOf(transaction);
      const [used] = connection.get("PRAGMA page_count") ?? [];
      connection.get(`PRAGMA max_page_count = ${Number(used) + 2}`);
      await store.endpoints.insert(transaction, { name: "x".repeat(100_000), settings: { profile: "tolerant" } }, 0);
    }),
    StoreFull,
  );
});

test("with a replica nobody else checkpoints, not even the last connection to close", async (t) => {
  const { store, file } = open(t, { onCommit: () => undefined });
  const [pages] = await store.transaction(async (tx) => connectionOf(tx).get("PRAGMA wal_autocheckpoint") ?? []);
  assert.equal(pages, 0);
  const sizeBefore = statSync(file).size;
  for (let index = 0; index < 20; index++) await add(store, `${index}`.repeat(5_000));
  await names(store);
  await store.close();
  assert.equal(statSync(file).size, sizeBefore);
  assert.ok(statSync(`${file}-wal`).size > 100_000);
  const again = openSqliteStore(file, { replicated: { onCommit: () => undefined } });
  assert.equal((await names(again)).length, 20);
  await again.close();
  assert.ok(existsSync(`${file}-wal`));
});

test("with a replica a refused database keeps its log", (t) => {
  const place = databasePlace();
  t.after(() => place.remove());
  const foreign = new DatabaseSync(place.file);
  foreign.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE books (title TEXT);");
  const [sizeBefore, logBefore] = [statSync(place.file).size, statSync(`${place.file}-wal`).size];
  const reader = new DatabaseSync(place.file, { readOnly: true });
  reader.prepare("SELECT 1 FROM books").get();
  foreign.close();
  reader.close();
  assert.throws(
    () => openSqliteStore(place.file, { replicated: { onCommit: () => undefined } }),
    /belongs to another program/,
  );
  assert.deepEqual([statSync(place.file).size, statSync(`${place.file}-wal`).size], [sizeBefore, logBefore]);
});
