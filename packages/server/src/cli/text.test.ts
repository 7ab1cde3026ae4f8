import assert from "node:assert/strict";
import { test } from "node:test";
import { formatRestorePoint, table } from "./text.ts";

test("a restore point shows its size, its time, and its last transaction if known", () => {
  const point = { slot: 3, hash: "h", timeMs: Date.UTC(2026, 7, 1, 12), checksum: "c", epoch: 1 };
  const size = { pageSize: 4_096, databasePages: 300 };
  assert.equal(
    formatRestorePoint({ ...point, ...size, lastCommit: 17 }),
    "1.2 MB as of 2026-08-01T12:00:00Z (transaction 17)",
  );
  assert.equal(formatRestorePoint({ ...point, ...size, lastCommit: 0 }), "1.2 MB as of 2026-08-01T12:00:00Z");
});

test("columns are as wide as their widest cell, and empty columns are left out", () => {
  const rows = [
    ["1", "a longer one", "", "x"],
    ["20", "", "", ""],
  ];
  assert.equal(table(["Key", "Label", "User", "End"], rows), "Key   Label          End\n1     a longer one   x\n20");
});
