import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inMonitorWorld, type MonitorWorld } from "../../conformance/monitor-world.ts";
import { connectionOf } from "../connection.ts";
import { openMonitor } from "./test-support.ts";

/** How many blocks, and exchanges in them, an endpoint has on each level. */
function levels({ store, endpoint }: MonitorWorld): Record<number, [blocks: number, exchanges: number]> {
  const rows = connectionOf(store.committed).all(
    "SELECT level, count(*), sum(count) FROM monitor_block WHERE endpoint = ? GROUP BY level ORDER BY level",
    endpoint,
  );
  return Object.fromEntries(rows.map(([level, blocks, exchanges]) => [level, [blocks, exchanges]]));
}

async function recordBatches({ exchange, record }: MonitorWorld, batches: number, size: number): Promise<void> {
  for (let batch = 0; batch < batches; batch++) await record(...Array.from({ length: size }, () => exchange()));
}

describe("blocks as they are recorded", () => {
  test(
    "small ones are put together, and sealed when they are enough",
    inMonitorWorld(openMonitor, async (world) => {
      await recordBatches(world, 32, 1);
      assert.deepEqual(levels(world), { 0: [32, 32] });
      await recordBatches(world, 1, 1);
      assert.deepEqual(levels(world), { 1: [1, 33] });
      await recordBatches(world, 6, 20);
      assert.deepEqual(levels(world), { 0: [6, 120], 1: [1, 33] });
      await recordBatches(world, 2, 20);
      assert.deepEqual(levels(world), { 1: [2, 193] });
      await recordBatches(world, 8, 100);
      assert.deepEqual(levels(world), { 0: [8, 800], 1: [2, 193] });
      await recordBatches(world, 1, 100);
      assert.deepEqual(levels(world), { 2: [1, 1_093] });
    }),
  );

  test(
    "have the size of all that they consist of, also when they are put together",
    inMonitorWorld(openMonitor, async (world) => {
      const { store, monitor } = world;
      for (const [batches, size] of [
        [40, 1],
        [4, 30],
        [9, 100],
      ] as const) {
        await recordBatches(world, batches, size);
        const [kept] = connectionOf(store.committed).get(
          `SELECT (SELECT sum(length(columns) + length(names)) FROM monitor_block)
             + (SELECT sum(length(content)) FROM monitor_frame) + (SELECT sum(length(content)) FROM monitor_words)`,
        ) as [number];
        const [sizes] = await monitor.sizes(store.committed);
        assert.equal(sizes?.exchangeBytes, kept);
      }
    }),
  );

  test(
    "a large batch is sealed at once, with what waited before it, and what is left over waits again",
    inMonitorWorld(openMonitor, async (world) => {
      await recordBatches(world, 3, 1);
      await recordBatches(world, 1, 300);
      await recordBatches(world, 1, 1);
      assert.deepEqual(levels(world), { 0: [1, 1], 2: [1, 303] });
      await recordBatches(world, 1, 2_100);
      assert.deepEqual(levels(world), { 0: [1, 52], 2: [3, 2_352] });
    }),
  );
});
