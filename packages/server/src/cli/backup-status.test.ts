import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_BACKUP } from "../backup/backup.ts";
import { FAKE_STATUS } from "../testing/replica.ts";
import { statusText } from "./backup-status.ts";

const NOW_MS = Date.parse("2026-08-01T12:10:00Z");

test("the status is told in words, with what is not as it should be", () => {
  assert.equal(
    statusText(FAKE_STATUS, NOW_MS),
    `Target             /mnt/backup
Role               primary, epoch 3
Durability         semi-sync; now async, as the target is away
Not there yet      4 commits, 81.9 kB, for 1.5 s
Sent               120 segments, 3.0 MB; 12 ms each (p99 48 ms); 5 failures
Log on disk        1.0 MB
Plain copy         number 7 of 2026-08-01T12:00:00Z (10 min ago)
Restorable         2026-07-25T12:00:00Z to 2026-08-01T12:00:01Z
Restore reads      17 objects
Snapshot           2026-08-01T11:00:00Z (1 h 10 min ago), 9.0 MB in 400 ms
Measured restore   ok, 2026-08-01T10:00:00Z (2 h 10 min ago), took 700 ms
Scrub              replica/snap/1 is damaged, 2026-08-01T09:00:00Z (3 h 10 min ago), took 900 ms
Began with         what the target held as of 2026-08-01T08:00:00Z: 15 objects, 7.0 MB in 600 ms
Last error         the target did not answer`,
  );
});

test("what is not known is left out, and without a target there is one line", () => {
  const fresh = {
    ...NO_BACKUP,
    mode: "azure-blob",
    target: "https://a.example/c",
    lastBackupSucceeded: false,
  } as const;
  assert.equal(
    statusText(fresh, NOW_MS),
    `Target          https://a.example/c
Role            primary, epoch 0
Not there yet   nothing
Sent            0 segments, 0 bytes; 0 failures
Log on disk     0 bytes
Plain copy      none yet; the last attempt failed
Restore reads   0 objects`,
  );
  assert.match(statusText(NO_BACKUP, NOW_MS), /^This server has no backup target: .*--backup-target\.$/);
});
