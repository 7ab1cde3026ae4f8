import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { idsOf, inMonitorWorld, type MonitorWorld, message } from "../../conformance/monitor-world.ts";
import { START_MS } from "../../conformance/world.ts";
import { type Exchange, exchangeIdAt, exchangeMs } from "../../exchange.ts";
import type { ExchangeFilter } from "../../monitor.ts";
import { connectionOf } from "../connection.ts";
import type { BlockNames } from "./block/columns.ts";
import { monitor } from "./monitor.ts";
import { openMonitor } from "./test-support.ts";

const BATCH = 500;
const KEPT = 2_000;
const HOUR_MS = 3_600_000;

async function pages({ store }: MonitorWorld): Promise<number> {
  return store.transaction(async (transaction) => connectionOf(transaction).get("PRAGMA page_count")?.[0] as number);
}

async function recordBatches({ exchange, record }: MonitorWorld, count: number): Promise<void> {
  for (let batch = 0; batch < count; batch++) await record(...Array.from({ length: BATCH }, () => exchange()));
}

/** Removes all but {@link KEPT}. @returns how many went in each step */
async function retain({ store, endpoint }: MonitorWorld, maxCount = KEPT): Promise<number[]> {
  const steps: number[] = [];
  for (let isDone = false; !isDone; ) {
    assert.ok(steps.length < 100);
    const step = await store.transaction((transaction) =>
      monitor.exchanges.retain(transaction, endpoint, { maxCount }, 0),
    );
    steps.push(step.removed);
    ({ isDone } = step);
  }
  return steps;
}

/** Rows in all tables of exchanges. */
function rows({ store }: MonitorWorld): unknown[] {
  return ["monitor_block", "monitor_frame", "monitor_words"].map(
    (table) => connectionOf(store.committed).get(`SELECT count(*) FROM ${table}`)?.[0],
  );
}

/** How many frames the blocks say that they have. */
function framesOfBlocks({ store }: MonitorWorld): number {
  return connectionOf(store.committed)
    .all("SELECT names FROM monitor_block")
    .reduce((sum, [names]) => sum + (JSON.parse(names as string) as BlockNames).frames.length, 0);
}

describe("exchanges that go", () => {
  test(
    "leave space that is used again: a database with retention does not grow",
    inMonitorWorld(openMonitor, async (world) => {
      await recordBatches(world, 6);
      const before = await pages(world);
      for (let round = 0; round < 5; round++) {
        await retain(world);
        await recordBatches(world, 2);
      }
      const after = await pages(world);
      assert.ok(after <= before * 1.1, `${after} pages after ${before}`);
    }),
  );

  test(
    "leave no row anywhere",
    inMonitorWorld(openMonitor, async (world) => {
      await recordBatches(world, 3);
      await world.record(...Array.from({ length: 30 }, () => world.exchange()), world.exchange());
      assert.ok(rows(world).every((count) => (count as number) > 0));
      await retain(world, 0);
      assert.deepEqual(rows(world), [0, 0, 0]);
    }),
  );

  test(
    "go in steps, of some blocks each",
    inMonitorWorld(openMonitor, async (world) => {
      for (let batch = 0; batch < 40; batch++) {
        await world.record(...Array.from({ length: 256 }, () => world.exchange()));
      }
      assert.deepEqual(await retain(world, 0), [16 * 256, 16 * 256, 8 * 256]);
    }),
  );

  test(
    "go in smaller steps where they are large",
    inMonitorWorld(openMonitor, async (world) => {
      for (let batch = 0; batch < 6; batch++) {
        const body = () => ({ headers: [], body: crypto.getRandomValues(new Uint8Array(16_384)), bodyBytes: 16_384 });
        await world.record(...Array.from({ length: 256 }, () => world.exchange({ response: body() })));
      }
      // 4 MB each: two are as much as a step has.
      assert.deepEqual(await retain(world, 0), [512, 512, 512]);
    }),
  );

  test(
    "go by their age from among younger ones, which are found as before",
    inMonitorWorld(openMonitor, async (world) => {
      await fc.assert(
        fc.asyncProperty(blocks, fc.integer({ min: 4, max: 20 }), (made, oldestHour) =>
          checkAge(world, made, oldestHour),
        ),
        { numRuns: 25 },
      );
    }),
  );

  for (const isEmpty of [false, true]) {
    test(
      `take along what was told of the population then, also where they were ${isEmpty ? "all" : "not all"}`,
      inMonitorWorld(openMonitor, async (world) => {
        const { store, endpoint, otherEndpoint } = world;
        const nowMs = START_MS + 1_000 * HOUR_MS;
        const first = START_MS / HOUR_MS;
        await store.transaction(async (transaction) => {
          const connection = connectionOf(transaction);
          for (let hour = first; hour < first + 1_000; hour++) {
            for (const [key, type] of [
              [endpoint, "User"],
              [endpoint, "Group"],
              [otherEndpoint, "User"],
            ] as const) {
              connection.run("INSERT INTO monitor_population VALUES (?, ?, ?, 7)", key, hour, type);
            }
          }
        });
        const population = async (key: number) =>
          (await monitor.exchanges.population(store.committed, key, 0, nowMs)).map(({ hourMs }) => hourMs);
        if (!isEmpty) await world.record(world.exchange({ id: exchangeIdAt(nowMs) }));
        for (let [isDone, steps] = [false, 0]; !isDone; steps++) {
          assert.ok(steps < 5);
          ({ isDone } = await store.transaction((transaction) =>
            monitor.exchanges.retain(transaction, endpoint, { maxAgeMs: 100 * HOUR_MS }, nowMs),
          ));
        }
        const kept = await population(endpoint);
        assert.deepEqual([kept.length, kept[0]], [200, nowMs - 100 * HOUR_MS]);
        assert.equal((await population(otherEndpoint)).length, 1_000);
        await store.transaction((transaction) => monitor.exchanges.retain(transaction, endpoint, {}, nowMs));
        assert.equal((await population(endpoint)).length, 200);
      }),
    );
  }
});

const WORDS = ["alpha", "beta", "gamma", "delta"];
const DIALECTS = ["entra", "okta", "other"];

type Made = {
  readonly hour: number;
  readonly words: readonly string[];
  readonly dialect: string;
  readonly bodyBytes: number;
};

const inTime = (made: readonly Made[]) => made.toSorted((a, b) => a.hour - b.hour);

/** Mostly exchanges are recorded in the order of their time. Sometimes one comes very late. */
const ORDERS: readonly ((made: readonly Made[]) => readonly Made[])[] = [
  inTime,
  (made) =>
    inTime(made)
      .slice(1)
      .toSpliced(Math.floor(made.length * 0.8), 0, ...inTime(made).slice(0, 1)),
  (made) => made,
];

/** What is recorded at once and makes one block: one that is read by searches, or has an index, or is sealed. */
const blocks = fc
  .constantFrom(10, 100, 300, 300)
  .chain((length) =>
    fc.array(
      fc.record({
        hour: fc.integer({ min: 0, max: 24 }),
        words: fc.subarray(WORDS),
        dialect: fc.constantFrom(...DIALECTS),
        bodyBytes: fc.constantFrom(0, 0, 0, 0, 0, 0, 9_000, 60_000),
      }),
      { minLength: length / 2, maxLength: length },
    ),
  )
  .chain((made) => fc.constantFrom(...ORDERS).map((order) => order(made)));

async function checkAge(world: MonitorWorld, made: readonly Made[], oldestHour: number): Promise<void> {
  const { store, endpoint, exchange, record } = world;
  await retain(world, 0);
  const all = made.map(({ hour, words, dialect, bodyBytes }, at) =>
    exchange({
      id: exchangeIdAt(START_MS + hour * HOUR_MS) + at,
      sentences: [{ kind: `kind.${words.length}`, text: words.join(" ") }],
      response: message([], "x".repeat(bodyBytes)),
      dialect,
    }),
  );
  await record(...all);
  const [nowMs, oldestMs] = [START_MS + 40 * HOUR_MS, START_MS + oldestHour * HOUR_MS];
  const { removed } = await store.transaction((transaction) =>
    monitor.exchanges.retain(transaction, endpoint, { maxAgeMs: nowMs - oldestMs }, nowMs),
  );
  const isOver = made.some(({ hour }) => hour < oldestHour - 1);
  const kept = all.filter(({ id }) => !isOver || exchangeMs(id) >= oldestMs);
  assert.equal(removed, all.length - kept.length);
  const found = async (filter: ExchangeFilter) =>
    idsOf((await monitor.exchanges.search(store.committed, { endpoint, ...filter }, { limit: 1_000 })).exchanges);
  const idsWhere = (fits: (one: Exchange) => boolean) => idsOf(kept.filter(fits)).toReversed();
  assert.deepEqual(
    await found({}),
    idsWhere(() => true),
  );
  for (const word of WORDS) {
    assert.deepEqual(
      await found({ text: word }),
      idsWhere(({ sentences }) => sentences[0]?.text.includes(word) === true),
    );
  }
  for (const own of DIALECTS)
    assert.deepEqual(
      await found({ dialects: [own] }),
      idsWhere(({ dialect }) => dialect === own),
    );
  for (const one of kept) {
    const { position: _, ...same } = (await monitor.exchanges.get(store.committed, one.id)) ?? {};
    assert.deepEqual(same, one);
  }
  const [size] = await monitor.sizes(store.committed);
  assert.equal(size?.exchanges ?? 0, kept.length);
  assert.deepEqual(rows(world)[1], framesOfBlocks(world));
}
