import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { databasePlace } from "../../../testing/database.ts";
import { monitorConformance } from "../../conformance/monitor.ts";
import { openSqliteStore } from "../store.ts";
import { NOTE_SIZES } from "./exchanges.ts";
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
