import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { resourceModel, USER_TYPE } from "@scimtool/scim";
import { databasePlace } from "../../testing/database.ts";
import { populate } from "../../testing/population.ts";
import { find, GROUP, insertUser, LOCATIONS, namesOf, type Search, USER, type World } from "../conformance/world.ts";
import type { Read } from "../sql/read.ts";
import { sql } from "../sql/sql.ts";
import { type Key, ReadsBusy, ReadTooLarge, ReadTooLong, StoreUnavailable } from "../store.ts";
import type { Row } from "./connection.ts";
import { IN_TIME } from "./dialect.ts";
import { ReaderThreads } from "./reader-threads.ts";
import { openSqliteStore } from "./store.ts";

const GROUPS = 61;

/** A read may hold the event loop for 20 ms, and each read here takes much longer. */
const MAX_STALL_MS = 50;

const place = databasePlace();
const store = openSqliteStore(place.file, { maxReadMs: 2_000 });
let world: World;
let other: World;

before(async () => {
  const [first, second] = await store.transaction(async (transaction) => {
    const insert = (name: string) => store.endpoints.insert(transaction, { name, settings: {} }, 0);
    return [await insert("first"), await insert("second")];
  });
  world = { store, endpoint: (first as { key: Key }).key, otherEndpoint: (second as { key: Key }).key };
  other = { store, endpoint: world.otherEndpoint, otherEndpoint: world.endpoint };
  await insertUser(other, { userName: "somebody" });
  populate(place.file, { endpoint: world.endpoint, users: 30_000, groups: GROUPS, groupsOfEach: 4, exchanges: 40_000 });
});

after(async () => {
  await store.close();
  place.remove();
});

/** The longest time in which this thread let nothing else run. Waiting for a processor does not count. */
async function longestStall(work: () => Promise<unknown>): Promise<number> {
  let last = process.threadCpuUsage();
  let longestUs = 0;
  const probe = setInterval(() => {
    const { user, system } = process.threadCpuUsage(last);
    longestUs = Math.max(longestUs, user + system);
    last = process.threadCpuUsage();
  }, 5);
  await work();
  await sleep(10);
  clearInterval(probe);
  return longestUs / 1_000;
}

/** This test does not check whether it ends in time. */
function assertTooLong(error: unknown): void {
  assert.ok(error instanceof ReadTooLong, String(error));
}

const either = (count: number, one: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => one(index)).join(" or ");

function* rowsOf(text: string): Read<Row[]> {
  return yield sql(text);
}

function endless(): Read<unknown> {
  return rowsOf(
    `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE ${IN_TIME}) SELECT max(i) FROM n`,
  );
}

describe("a long read blocks nobody", () => {
  const searches: readonly [what: string, read: () => Promise<unknown>][] = [
    ["members that contain one of 50 texts", () => find(world, GROUP, members("members.display co"))],
    [
      "members of brackets",
      () => find(world, GROUP, { filter: `members[${either(50, (i) => `display co "zz${i}"`)}]` }),
    ],
    ["groups of users", () => find(world, USER, { filter: `groups[${either(50, (i) => `display co "zz${i}"`)}]` })],
    ["400 ranges of an index", () => find(world, USER, { filter: either(400, (i) => `emails.value gt "u${i}"`) })],
    ["an attribute without an index", () => find(world, USER, { filter: either(50, (i) => `title co "zz${i}"`) })],
    ["an order without an index", () => find(world, USER, { sortBy: "title", limit: 10 })],
    ["all members of all groups", () => search(GROUP, { limit: 100, members: true })],
    ["words of exchanges", () => exchanges({ text: "client re word1" })],
    ["statistics", () => store.monitor.exchanges.statistics(store.committed, { fromMs: 0, toMs: 1e12 }, 1e12)],
  ];
  const members = (path: string): Search => ({ filter: either(50, (index) => `${path} "zz${index}"`) });
  const search = (model: typeof GROUP, more: object) =>
    store.resources.search(store.committed, world.endpoint, model, {
      ...{ filter: undefined, sort: undefined, offset: 0, limit: 100, groups: false, members: false },
      ...{ locations: LOCATIONS, ...more },
    });
  const exchanges = (filter: object) =>
    store.monitor.exchanges.search(store.committed, { endpoint: world.endpoint, ...filter }, { limit: 10 });

  for (const [what, read] of searches) {
    test(what, async () => {
      const stallMs = await longestStall(() => read().catch(assertTooLong));
      assert.ok(stallMs < MAX_STALL_MS, `${Math.round(stallMs)} ms`);
    });
  }

  test("its result is the same, and another endpoint is served meanwhile", async () => {
    let isDone = false;
    const filter = 'members.display co "user 9" or members.display co "zz"';
    const long = find(world, GROUP, { filter }).finally(() => {
      isDone = true;
    });
    assert.deepEqual(namesOf(await find(other, USER, { filter: 'title pr or userName co "some"' })), ["somebody"]);
    assert.equal(isDone, false);
    assert.equal((await long).total, GROUPS);
  });

  test("it sees the data committed before it began", async () => {
    await insertUser(world, { userName: "the newest", title: "A title of its own" });
    const found = await find(world, USER, { filter: either(20, (i) => `title co "own" and title ne "${i}"`) });
    assert.deepEqual(namesOf(found), ["the newest"]);
  });
});

test("others have their turn while all users are indexed, and while the index is removed", async () => {
  const indexed = resourceModel({ ...USER_TYPE, indexed: ["title"] });
  for (const [before, after] of [
    [USER, indexed],
    [indexed, USER],
  ] as const) {
    let turns = 0;
    const count = setInterval(() => turns++, 0);
    await store.transaction((transaction) => store.resources.reindex(transaction, world.endpoint, [before], [after]));
    clearInterval(count);
    assert.ok(turns >= 4, `${turns} turns`);
  }
});

describe("reader threads", () => {
  const open = (maxMs: number, maxHeldBytes = 2 ** 30) =>
    new ReaderThreads({ file: place.file, cacheKibibytes: 1_024, maxHeldBytes, maxMs });

  test("a read that takes too long is ended, and the thread continues", async () => {
    const threads = open(300);
    const startMs = performance.now();
    await assert.rejects(threads.read(1, endless), ReadTooLong);
    assert.ok(performance.now() - startMs < 3_000);
    const one = await threads.read(1, () => rowsOf("SELECT 1"));
    assert.deepEqual(one, [[1]]);
    await threads.close();
  });

  test("a read whose function calls would fill the memory is ended", async () => {
    const threads = open(60_000, 2 ** 20);
    await assert.rejects(threads.read(1, endless), ReadTooLarge);
    await threads.close();
  });

  test("a read that began before a pause of writes starts again if the pause lasts", async () => {
    const threads = open(60_000);
    let begun = 0;
    const begin = () => {
      begun++;
      return begun === 1 ? endless() : rowsOf("SELECT 1");
    };
    const reading = threads.read(1, begin);
    const resume = threads.pause();
    assert.deepEqual(await reading, [[1]]);
    resume();
    assert.equal(begun, 2);
    await threads.close();
  });

  test("an owner of many long reads leaves a thread to others", async () => {
    const threads = open(2_000);
    const many = Array.from({ length: 4 }, () => threads.read(1, endless).catch((error: Error) => error));
    const startMs = performance.now();
    await threads.read(2, () => rowsOf("SELECT 1"));
    assert.ok(performance.now() - startMs < 1_500);
    await threads.close();
    for (const error of await Promise.all(many)) assert.ok(error instanceof StoreUnavailable, String(error));
  });

  test("a read that finds no thread in time, and more than a few waiting ones, are refused", async () => {
    const threads = open(300);
    const outcomes = Array.from({ length: 40 }, () => threads.read(1, endless).catch((error: Error) => error.name));
    const startMs = performance.now();
    assert.equal(await outcomes.at(-1), "ReadsBusy");
    assert.ok(performance.now() - startMs < 250, "at once");
    await assert.rejects(threads.read(1, endless), ReadsBusy);
    const counts = Map.groupBy(await Promise.all(outcomes), (name) => name);
    assert.deepEqual([...counts.keys()].sort(), ["ReadTooLong", "ReadsBusy"]);
    await threads.close();
  });

  test("closing ends a running read at once", async () => {
    const threads = open(60_000);
    const running = threads.read(1, endless).catch((error: Error) => error);
    await sleep(300);
    const startMs = performance.now();
    await threads.close();
    assert.ok(performance.now() - startMs < 2_000);
    assert.ok((await running) instanceof StoreUnavailable);
    await assert.rejects(threads.read(1, endless), StoreUnavailable);
  });

  test("a thread that dies fails only its own read", async () => {
    const threads = open(60_000);
    const started = once(process, "worker");
    const dying = threads.read(1, endless).catch((error: Error) => error);
    const [worker] = (await started) as [Worker];
    await once(worker, "online");
    process.nextTick(() => worker.emit("error", new Error("It died.")));
    assert.match(String(await dying), /It died/);
    assert.deepEqual(await threads.read(1, () => rowsOf("SELECT 1")), [[1]]);
    await threads.close();
  });
});
