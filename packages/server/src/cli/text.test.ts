import assert from "node:assert/strict";
import { test } from "node:test";
import { formatState } from "./text.ts";

test("a state of a database is told by its size, its time, and its last transaction where that is known", () => {
  const point = { slot: 3, hash: "h", timeMs: Date.UTC(2026, 7, 1, 12), checksum: "c", epoch: 1 };
  const size = { pageSize: 4_096, databasePages: 300 };
  assert.equal(
    formatState({ ...point, ...size, lastCommit: 17 }),
    "1.2 MB as of 2026-08-01T12:00:00Z (transaction 17)",
  );
  assert.equal(formatState({ ...point, ...size, lastCommit: 0 }), "1.2 MB as of 2026-08-01T12:00:00Z");
});
