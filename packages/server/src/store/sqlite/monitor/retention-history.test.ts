import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inMonitorWorld, type MonitorWorld } from "../../conformance/monitor-world.ts";
import type { HistoryEntry, RetentionStep } from "../../monitor.ts";
import { Connection, connectionOf } from "../connection.ts";
import { type IdsIn, retainHistory } from "./retention-history.ts";
import { openMonitor } from "./test-support.ts";

const LONG = 3_000;

function entry(id: string, own: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    resource: { id, type: "Group", label: id },
    ...{ revision: 1, action: "modify", atMs: 1, exchange: undefined, changes: [], concerns: [] },
    actor: { credential: undefined, dialect: "entra" },
    ...own,
  };
}

function added(...ids: readonly string[]): HistoryEntry["changes"] {
  return [{ kind: "collection", path: "members", added: ids.map((value) => ({ value })), removed: [] }];
}

const members = (count: number, name = "member") => Array.from({ length: count }, (_, at) => `${name}-${at}`);

/** How often an entry's resources were requested. */
let asked = 0;

const idsIn: IdsIn = (own, { changes, concerns }) => {
  asked++;
  const values = changes.flatMap((change) => (change.kind === "collection" ? change.added : []));
  return [...new Set([own, ...values.map(({ value }) => String(value)), ...concerns])];
};

async function append({ store, monitor, endpoint }: MonitorWorld, ...entries: readonly HistoryEntry[]): Promise<void> {
  await store.transaction(async (transaction) => {
    for (const each of entries) await monitor.history.append(transaction, endpoint, each);
  });
}

/** @param fails rolls it back */
async function step(
  { store, endpoint }: MonitorWorld,
  beforeMs: number,
  fails = false,
): Promise<RetentionStep | undefined> {
  return store
    .transaction(async (transaction) => {
      const done = retainHistory(connectionOf(transaction), endpoint, beforeMs, idsIn);
      if (fails) throw new Error("undone");
      return done;
    })
    .catch((error: Error) => {
      assert.equal(error.message, "undone");
      return undefined;
    });
}

async function steps(world: MonitorWorld, beforeMs: number): Promise<number[]> {
  const removed: number[] = [];
  for (let isDone = false; !isDone; ) {
    assert.ok(removed.length < 50);
    const done = await step(world, beforeMs);
    removed.push(done?.removed ?? -1);
    isDone = done?.isDone ?? true;
  }
  return removed;
}

/** Read in a transaction, which also sees other processes' writes. */
function rows({ store }: MonitorWorld): Promise<unknown[]> {
  return store.transaction(async (transaction) =>
    ["history", "history_of"].map((table) => connectionOf(transaction).get(`SELECT count(*) FROM ${table}`)?.[0]),
  );
}

describe("expired history", () => {
  test(
    "is removed in steps, even if one entry has very many resources, whose IDs are read once",
    inMonitorWorld(openMonitor, async (world) => {
      await append(
        world,
        entry("finance", { changes: added(...members(LONG)) }),
        ...members(600, "user").map((id) => entry(id)),
        entry("young", { atMs: 5, changes: added("member-1") }),
      );
      assert.deepEqual(await rows(world), [602, LONG + 1 + 600 + 2]);
      asked = 0;
      const done = await steps(world, 5);
      assert.deepEqual(
        done.reduce((sum, removed) => sum + removed, 0),
        601,
      );
      assert.deepEqual(done.slice(0, 6), [0, 0, 0, 0, 0, 0]);
      assert.ok(
        done.every((removed) => removed <= 251),
        done.join(),
      );
      assert.equal(asked, 601);
      assert.deepEqual(await rows(world), [1, 2]);
    }),
  );

  test(
    "leaves nothing behind if a step is rolled back, or another process continues it",
    inMonitorWorld(openMonitor, async (world) => {
      await append(world, entry("finance", { changes: added(...members(LONG)) }));
      for (const fails of [true, false, true, true, false]) await step(world, 5, fails);
      assert.deepEqual(await rows(world), [1, LONG + 1 - 1_000]);
      const file = connectionOf(world.store.committed).get("PRAGMA database_list")?.[2] as string;
      const other = new Connection(file, { readOnly: false, cacheKibibytes: 1_024 });
      other.run("BEGIN");
      retainHistory(other, world.endpoint, 5, idsIn);
      other.run("COMMIT");
      other.close();
      assert.deepEqual(await rows(world), [1, LONG + 1 - 1_500]);
      await steps(world, 5);
      assert.deepEqual(await rows(world), [0, 0]);
    }),
  );

  test(
    "is removed in smaller steps if change sets are long",
    inMonitorWorld(openMonitor, async (world) => {
      const photo = "x".repeat(100_000);
      const changes: HistoryEntry["changes"] = [{ kind: "attribute", path: "photo", after: photo }];
      await append(world, ...members(60).map((id) => entry(id, { changes })));
      const done = await steps(world, 5);
      assert.ok(
        done.every((removed) => removed <= 10),
        done.join(),
      );
      assert.deepEqual(await rows(world), [0, 0]);
    }),
  );

  test(
    "ends at newer entries, and at other endpoints",
    inMonitorWorld(openMonitor, async (world) => {
      const { store, monitor, otherEndpoint } = world;
      await append(world, entry("a", { atMs: 1 }), entry("b", { atMs: 2 }), entry("c", { atMs: 3 }));
      await store.transaction((transaction) => monitor.history.append(transaction, otherEndpoint, entry("d")));
      assert.deepEqual(await step(world, 2), { removed: 1, isDone: true });
      assert.deepEqual(await step(world, 2), { removed: 0, isDone: true });
      assert.deepEqual(await step(world, 9), { removed: 2, isDone: true });
      assert.deepEqual(await rows(world), [1, 1]);
    }),
  );
});
