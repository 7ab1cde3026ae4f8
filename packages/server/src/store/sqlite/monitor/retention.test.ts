import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { databasePlace } from "../../../testing/database.ts";
import { inMonitorWorld, type MonitorWorld, type OpenMonitor } from "../../conformance/monitor-world.ts";
import { connectionOf } from "../connection.ts";
import { openSqliteStore } from "../store.ts";
import { monitor } from "./monitor.ts";
import { openMonitor } from "./test-support.ts";

const BATCH = 500;
const KEPT = 2_000;

async function pages({ store }: MonitorWorld, of: "page_count" | "freelist_count" = "page_count"): Promise<number> {
  return store.transaction(async (transaction) => {
    const row = connectionOf(transaction).get(`PRAGMA ${of}`);
    return row?.[0] as number;
  });
}

async function recordBatches({ exchange, record }: MonitorWorld, count: number): Promise<void> {
  for (let batch = 0; batch < count; batch++) await record(...Array.from({ length: BATCH }, () => exchange()));
}

/** Removes all but {@link KEPT}. */
async function retain({ store, endpoint }: MonitorWorld, maxCount = KEPT): Promise<void> {
  for (let [steps, isDone] = [0, false]; !isDone; steps++) {
    assert.ok(steps < 100);
    ({ isDone } = await store.transaction((transaction) =>
      monitor.exchanges.retain(transaction, endpoint, { maxCount }, 0),
    ));
  }
}

/** A database that gives pages back to the file system (https://sqlite.org/pragma.html#pragma_auto_vacuum). */
const openWithVacuum: OpenMonitor = async () => {
  const place = databasePlace();
  const database = new DatabaseSync(place.file);
  database.exec("PRAGMA auto_vacuum = INCREMENTAL; CREATE TABLE made (key); DROP TABLE made;");
  database.close();
  return { store: openSqliteStore(place.file), monitor, dispose: async () => place.remove() };
};

describe("space of exchanges that went", () => {
  test(
    "is used again: a database with retention does not grow",
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
    "is all of it: no row is left anywhere",
    inMonitorWorld(openMonitor, async (world) => {
      await recordBatches(world, 3);
      await world.record(...Array.from({ length: 30 }, () => world.exchange()), world.exchange());
      const rows = () =>
        ["monitor_block", "monitor_frame", "monitor_words"].map(
          (table) => connectionOf(world.store.committed).get(`SELECT count(*) > 0 FROM ${table}`)?.[0],
        );
      assert.deepEqual(rows(), [1, 1, 1]);
      await retain(world, 0);
      assert.deepEqual(rows(), [0, 0, 0]);
    }),
  );

  test(
    "is given back, some pages with each step, where the database can",
    inMonitorWorld(openWithVacuum, async (world) => {
      await recordBatches(world, 6);
      const full = await pages(world);
      await retain(world, 0);
      for (let step = 0; step < 10; step++) await retain(world, 0);
      const after = await pages(world);
      assert.ok(after < full - 30, `${after} pages of ${full}`);
      assert.equal(await pages(world, "freelist_count"), 0);
    }),
  );
});
