import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { test } from "node:test";
import { databasePlace } from "../../testing/database.ts";
import { connectionOf } from "./connection.ts";
import { openSqliteStore } from "./store.ts";

const MEBIBYTE = 2 ** 20;

test("the log is copied without blocking others, and restarts", async (t) => {
  const place = databasePlace();
  const store = openSqliteStore(place.file);
  t.after(async () => {
    await store.close();
    place.remove();
  });
  // Each row fills a page.
  const write = (rows: number) =>
    store.transaction(async (transaction) => {
      const connection = connectionOf(transaction);
      for (let row = 0; row < rows; row++) {
        connection.run(
          "INSERT INTO endpoint (name, settings, created_ms) VALUES (hex(randomblob(16)), zeroblob(3500), 0)",
        );
      }
    });
  let longestUs = 0;
  let logBytes = 0;
  for (let batch = 0; batch < 600; batch++) {
    const before = process.threadCpuUsage();
    await write(64);
    const { user, system } = process.threadCpuUsage(before);
    longestUs = Math.max(longestUs, user + system);
    logBytes = statSync(`${place.file}-wal`).size;
    // Time for other requests, and for the thread to keep up.
    if (batch % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.ok(longestUs < 50_000, `${longestUs} µs`);
  assert.ok(statSync(place.file).size > 100 * MEBIBYTE, "most of what was written is in the database");
  assert.ok(logBytes < 160 * MEBIBYTE, `${logBytes} bytes`);
});
