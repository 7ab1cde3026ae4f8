import type { DatabaseChecksum } from "../checksum.ts";
import type { Lease } from "../lease/lease.ts";
import { encodeRecord, type Segment } from "../log/record.ts";
import type { Head } from "../primary/shipper.ts";
import type { Target } from "../target/target.ts";
import type { WalReader } from "../wal/wal.ts";

/** Larger changes are not salvaged, because they would be in memory at once. */
const MAX_SALVAGE_BYTES = 64 * 1_024 * 1_024;

/**
 * Stores at the target what a replaced primary had committed but not shipped, so that a person can restore it. No client was
 * told that it is safe, but it may still matter.
 * @returns the key; undefined if there was nothing
 * @throws TargetError
 */
export async function salvage(
  target: Target,
  lease: Pick<Lease, "databaseId" | "epoch" | "writer">,
  head: Head,
  inFlight: Segment | undefined,
  wal: WalReader,
  checksum: DatabaseChecksum,
): Promise<string | undefined> {
  const pages = new Map(inFlight?.pages);
  let { databasePages, lastCommit } = inFlight ?? head;
  const change = wal.next(MAX_SALVAGE_BYTES);
  if (change !== undefined) {
    for (const [page, image] of change.pages) {
      pages.set(page, image);
      checksum.set(page, image);
    }
    checksum.resize(change.databasePages);
    ({ databasePages } = change);
    lastCommit += change.commits;
  }
  if (pages.size === 0) return undefined;
  const record: Segment = {
    kind: "segment",
    databaseId: lease.databaseId,
    epoch: lease.epoch,
    slot: head.slot + 1,
    writer: lease.writer,
    timeMs: Math.max(Date.now(), head.timeMs),
    previousSlot: head.slot,
    previousHash: head.hash,
    pageSize: head.pageSize,
    databasePages,
    firstCommit: head.lastCommit + 1,
    lastCommit,
    checksum: checksum.value,
    pages: new Map([...pages].filter(([page]) => page <= databasePages)),
  };
  const key = `replica/orphan/${String(lease.epoch).padStart(8, "0")}-${lease.writer}`;
  await target.create(key, await encodeRecord(record));
  return key;
}
