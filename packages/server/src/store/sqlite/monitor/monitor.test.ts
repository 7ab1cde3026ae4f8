import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { databasePlace } from "../../../testing/database.ts";
import { monitorConformance } from "../../conformance/monitor.ts";
import { inMonitorWorld } from "../../conformance/monitor-world.ts";
import { openSqliteStore } from "../store.ts";
import { NOTE_SIZES } from "./exchanges.ts";
import { monitor } from "./monitor.ts";
import { openMonitor } from "./test-support.ts";

monitorConformance("SQLite", openMonitor);

test("recording reads only the new rows of the log, however long it is", async (t) => {
  const place = databasePlace();
  t.after(() => place.remove());
  await openSqliteStore(place.file).close();
  using database = new DatabaseSync(place.file);
  const steps = database.prepare(`EXPLAIN QUERY PLAN ${NOTE_SIZES}`).all(1);
  assert.match(String(steps[0]?.["detail"]), /^SEARCH exchange USING INTEGER PRIMARY KEY/);
});

test("no commit writes much more than its own exchanges: the index of words is merged in steps", async (t) => {
  const place = databasePlace();
  t.after(() => place.remove());
  // With a replica, nothing checkpoints the write-ahead log, so it grows with each commit.
  const store = openSqliteStore(place.file, { replicated: { onCommit: () => undefined } });
  const logBytes = () => statSync(`${place.file}-wal`).size;
  const growths: number[] = [];
  const open = async () => ({ store, monitor, dispose: async () => undefined });
  await inMonitorWorld(open, async ({ exchange, record }) => {
    for (let batch = 0; batch < 300; batch++) {
      const before = logBytes();
      const path = () => `/Users/${Array.from({ length: 8 }, () => Math.random().toString(36)).join("-")}`;
      await record(...Array.from({ length: 16 }, () => exchange({ path: path() })));
      growths.push(logBytes() - before);
    }
  })();
  assert.ok(Math.max(...growths) < 400_000, `${Math.max(...growths)} bytes`);
});
