import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { TestContext } from "node:test";
import { DatabaseChecksum } from "../checksum.ts";
import { LOG, readTail } from "../log/log.ts";
import { NO_HASH, type Segment } from "../log/record.ts";
import type { Durability } from "../status.ts";
import { directoryTarget } from "../target/directory.ts";
import { slotKey, type Target } from "../target/target.ts";
import { type DecideFaults, faultyTarget } from "../target/testing/faulty.ts";
import { withConstants } from "../testing/constants.ts";
import { afterwards, bytesElsewhere, temporaryFolder } from "../testing/folder.ts";
import { until } from "../testing/until.ts";
import { WalReader } from "../wal/wal.ts";

export const MAX_FLIGHT_BYTES = 64 * 1_024;

export const POLL_MS = 250;
withConstants({ "primary/shipper.ts": { MAX_FLIGHT_BYTES, POLL_MS } });
const { Checkpointer } = await import("./checkpointer.ts");
const { DatabaseFile } = await import("./checkpointer.ts");
const { Shipper } = await import("./shipper.ts");
const { Gate } = await import("./gate.ts");
const { Guard } = await import("./guard.ts");
const { readPages } = await import("../local/resume.ts");

export const FIRST_SLOT = 2;

type Terms = {
  readonly durability?: Durability;
  readonly faults?: DecideFaults;
  readonly isStillOwner?: () => Promise<boolean>;
  readonly timeMs?: number;
};

/** A database, its WAL, and a shipper to a folder. The log there begins after slot 1. */
export async function begin(
  t: TestContext,
  { durability = "semi-sync", faults = () => undefined, ...terms }: Terms = {},
) {
  const folder = temporaryFolder(t);
  const file = join(folder, "test.db");
  const database = new DatabaseSync(file);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = OFF");
  database.exec("CREATE TABLE t (a INTEGER PRIMARY KEY, b); PRAGMA wal_checkpoint(PASSIVE)");
  const atFirst = bytesElsewhere(file);
  const checksum = new DatabaseChecksum(4_096);
  const handle = await open(file, "r");
  await readPages(handle, 4_096, checksum);
  await handle.close();
  const wal = new WalReader(`${file}-wal`);
  wal.next();
  const guard = new Guard(file);
  const databaseFile = await DatabaseFile.open(file);
  const checkpointer = new Checkpointer({ file, databaseFile, guard });
  const plain = directoryTarget(join(folder, "target"));
  const slots = faultyTarget(plain, faults).openSlots(LOG);
  const head = {
    ...{ slot: FIRST_SLOT - 1, hash: NO_HASH, timeMs: terms.timeMs ?? 0, epoch: 1, lastCommit: 10 },
    ...{ pageSize: 4_096, databasePages: 2, checksum: checksum.value },
  };
  const shipped: Segment[] = [];
  const errors: Error[] = [];
  const ended: Error[] = [];
  const gate = new Gate(
    durability,
    () => {},
    async () => "owner",
  );
  const shipper = new Shipper({
    lease: { databaseId: randomUUID(), targetName: "", epoch: 1, writer: randomUUID(), fenceSlot: 1, slots },
    ...{ wal, checksum, head, nextSlot: FIRST_SLOT, pin: guard.pin(), gate, guard },
    nowMs: () => Date.now(),
    shipped: (record) => shipped.push(record),
    settled: () => {},
    failed: (error) => errors.push(error),
    isStillOwner: terms.isStillOwner ?? (async () => true),
    holds: async (slot, bytes) => (await plain.read(slotKey(LOG, slot)))?.equals(bytes) ?? false,
    ended: (reason) => ended.push(reason),
  });
  afterwards(t, async () => {
    await shipper.stop().catch(() => {});
    await slots.close();
    wal.close();
    await checkpointer.close();
    guard.close();
    database.close();
    databaseFile.close();
  });
  /** Commits a transaction and reports it. */
  const commit = (row: number, bytes = 10) => {
    database.exec(`INSERT INTO t VALUES (${row}, zeroblob(${bytes}))`);
    shipper.changed();
  };
  /** The database after each link of the log, page by page. */
  const replayed = async () => {
    const pages: Uint8Array[] = [];
    for (let at = 0; at < atFirst.length; at += 4_096) pages.push(atFirst.subarray(at, at + 4_096));
    const states: Buffer[] = [];
    for (const { record } of await links(plain)) {
      for (const [page, image] of record.pages) pages[page - 1] = image;
      states.push(Buffer.concat(pages.slice(0, record.databasePages)));
      assert.equal(record.checksum, checksumOf(states.at(-1) as Buffer));
    }
    return states;
  };
  /** The rows after each link of the log. */
  const rows = async () => {
    const counts: number[] = [];
    for (const [at, state] of (await replayed()).entries()) {
      const copy = join(folder, `state-${at}.db`);
      await writeFile(copy, state);
      const restored = new DatabaseSync(`file:${copy}?immutable=1`);
      assert.deepEqual({ ...restored.prepare("PRAGMA integrity_check").get() }, { integrity_check: "ok" });
      counts.push(restored.prepare("SELECT count(*) AS n FROM t").get()?.n as number);
      restored.close();
    }
    return counts;
  };
  const settled = () => until(() => gate.unshippedCommits === 0 && shipped.length > 0, "an arrival");
  return {
    ...{ folder, file, database, wal, guard, checkpointer, plain, slots, gate, shipper },
    ...{ shipped, errors, ended },
    ...{ commit, rows, settled },
  };
}

function checksumOf(database: Buffer): string {
  const checksum = new DatabaseChecksum(4_096);
  for (let at = 0; at < database.length; at += 4_096) checksum.set(at / 4_096 + 1, database.subarray(at, at + 4_096));
  return checksum.value;
}

/** The segments in the log, which must be consecutive. */
export async function links(target: Target) {
  const links: { readonly record: Segment; readonly hash: string }[] = [];
  let before = { slot: FIRST_SLOT - 1, hash: NO_HASH, lastCommit: 10, timeMs: 0 };
  for (const content of await readTail(target, FIRST_SLOT)) {
    if (content.state !== "whole" || content.record.kind !== "segment") continue;
    const { record, hash } = content;
    assert.deepEqual([record.previousSlot, record.previousHash], [before.slot, before.hash]);
    assert.equal(record.firstCommit, before.lastCommit + 1);
    assert.ok(record.timeMs >= before.timeMs);
    before = { ...record, hash };
    links.push({ record, hash });
  }
  return links;
}

/** Makes the first of some operations fail, each in one way. */
export function once(...faults: readonly ReturnType<DecideFaults>[]): DecideFaults {
  const left = [...faults];
  return ({ op }) => (op === "slot" ? left.shift() : undefined);
}
