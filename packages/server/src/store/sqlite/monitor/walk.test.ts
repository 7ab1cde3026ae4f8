import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { idsOf, inMonitorWorld, type MonitorWorld, message } from "../../conformance/monitor-world.ts";
import type { Exchange } from "../../exchange.ts";
import { batchOf } from "../../monitor.ts";
import { openMonitor } from "./test-support.ts";

/** Enough for a search to take several turns of the event loop. */
async function recordMany(
  { exchange, record }: MonitorWorld,
  endpoints: readonly number[],
  own: Partial<Exchange> = {},
): Promise<void> {
  for (let batch = 0; batch < 40; batch++) {
    await record(
      ...Array.from({ length: 500 }, (_, at) =>
        exchange({ ...own, endpoint: endpoints[at % endpoints.length], status: 404 }),
      ),
    );
  }
}

/** Bodies as long as are searched, of words that are all different. */
function longBodies({ exchange }: MonitorWorld, count: number): Exchange[] {
  return Array.from({ length: count }, (_, at) => {
    const words = Array.from({ length: 3_500 }, (_, number) => `${ALIKE[number % ALIKE.length]}${number}x${at}`);
    return exchange({ method: "POST", request: message([], words.join(" ")) });
  });
}

const ALIKE = Array.from({ length: 32 }, (_, number) => String.fromCharCode(97 + (number >> 4), 97 + (number & 15)));

/** Counts the turns of the event loop that others get while something runs. */
async function turnsDuring(work: () => Promise<void>, inEach: () => void = () => undefined): Promise<number> {
  let turns = 0;
  let isRunning = true;
  const count = () => {
    if (!isRunning) return;
    turns++;
    inEach();
    setImmediate(count);
  };
  setImmediate(count);
  try {
    await work();
  } finally {
    isRunning = false;
  }
  return turns;
}

describe("a walk through the blocks", () => {
  test(
    "a search of what is committed lets others run in between",
    inMonitorWorld(openMonitor, async (world) => {
      await recordMany(world, [world.endpoint], { sentences: [{ kind: "search", text: ALIKE.join(" ") }] });
      // Finds nothing in any block, but only after reading it.
      const filter = { text: ALIKE.join(" "), statuses: [[200, 200]] as const };
      const turns = await turnsDuring(async () => {
        const { total } = await world.monitor.exchanges.search(world.store.committed, filter, { limit: 1 });
        assert.equal(total, 0);
      });
      assert.ok(turns > 1, `${turns} turns`);
    }),
  );

  for (const [name, count] of [
    ["whose words are indexed", 60],
    ["whose exchanges are read", 20],
  ] as const) {
    test(
      `a search for many words lets others run also within one block ${name}`,
      inMonitorWorld(openMonitor, async (world) => {
        await world.record(...longBodies(world, count));
        const turns = await turnsDuring(async () => {
          const filter = { text: ALIKE.join(" ") };
          const { total } = await world.monitor.exchanges.search(world.store.committed, filter, { limit: 1 });
          assert.equal(total, count);
        });
        assert.ok(turns > 1, `${turns} turns`);
      }),
    );

    test(
      `nothing is missed or counted twice while a block ${name} is put together with others`,
      inMonitorWorld(openMonitor, async (world) => {
        const { store, monitor, exchange, record } = world;
        await record(...longBodies(world, count));
        const recording: Promise<void>[] = [];
        const turns = await turnsDuring(
          async () => {
            const { total } = await monitor.exchanges.search(store.committed, { text: ALIKE.join(" ") }, { limit: 1 });
            assert.equal(total, count);
          },
          // Enough for one block of all that there is by then.
          () => recording.push(record(...Array.from({ length: 300 }, () => exchange()))),
        );
        await Promise.all(recording);
        assert.ok(turns > 1, `${turns} turns`);
      }),
    );
  }

  test(
    "in a transaction it lets nobody in, and sees what the transaction recorded",
    inMonitorWorld(openMonitor, async ({ store, monitor, exchange }) => {
      const own = exchange();
      await store.transaction(async (transaction) => {
        await monitor.exchanges.record(transaction, batchOf(monitor.exchanges, [own]));
        const { exchanges } = await monitor.exchanges.search(transaction, { text: "searched" }, { limit: 1 });
        assert.deepEqual(idsOf(exchanges), [own.id]);
        assert.equal((await monitor.exchanges.search(store.committed, {}, { limit: 1 })).total, 0);
      });
    }),
  );

  test(
    "it counts each exchange once while others are recorded and blocks are put together",
    inMonitorWorld(openMonitor, async (world) => {
      const { store, monitor, endpoint, otherEndpoint, exchange, record } = world;
      await recordMany(world, [endpoint, otherEndpoint]);
      let isRunning = true;
      const recording = (async () => {
        while (isRunning) {
          await record(exchange({ status: 404 }), exchange({ status: 404, endpoint: otherEndpoint }));
          // As requests do, which come by way of the event loop.
          await new Promise(setImmediate);
        }
      })();
      const statuses = [[404, 404]] as const;
      try {
        for (let search = 0; search < 25; search++) {
          const before = await monitor.exchanges.lastPosition(store.committed);
          const found = await monitor.exchanges.search(store.committed, { statuses, text: "entra" }, { limit: 200 });
          const after = await monitor.exchanges.lastPosition(store.committed);
          assert.ok(found.total >= before && found.total <= after, `${found.total} of ${before} to ${after}`);
          assert.equal(new Set(idsOf(found.exchanges)).size, 200);
          const some = await monitor.exchanges.since(store.committed, {}, before - 300, 100);
          assert.equal(new Set(idsOf(some)).size, 100);
        }
      } finally {
        isRunning = false;
        await recording;
      }
    }),
  );
});
