import assert from "node:assert/strict";
import { test } from "node:test";
import { LOG } from "../log/log.ts";
import { encodeRecord, type LogRecord, recordHash } from "../log/record.ts";
import { base, fence, readingTarget, segment } from "../log/test-support.ts";
import { encodeManifest, type Manifest, manifestKey } from "../manifest/manifest.ts";
import type { Head } from "../primary/shipper.ts";
import { slotKey } from "../target/target.ts";
import { type Beginnings, isOutdated } from "./begin.ts";

/** A start with a local file: for an empty log, or after a link. */
function beginsWith(previous: Head | undefined, replaces = false): Exclude<Beginnings, { kind: "copy" }> {
  const from = { kind: "local", slot: 0, time: null, objects: 0, bytes: 0, durationMs: 0 } as const;
  return { kind: "base", previous, replaces, from, log: { maxEpoch: 0, nextSlot: 1, isOwnerless: true } };
}

async function targetOf(records: readonly LogRecord[], tailSlot?: number) {
  const objects = new Map<string, Buffer>();
  for (const record of records) objects.set(slotKey(LOG, record.slot), await encodeRecord(record));
  const manifest: Manifest = {
    ...{ format: 1, databaseId: "", number: 1, epoch: 1, writer: "", timeMs: 0, bases: [], packs: [] },
    ...{ tailSlot: tailSlot ?? 0, headBeforeTail: { slot: 0, hash: "" }, backupCount: 0, dropped: [] },
  };
  if (tailSlot !== undefined) objects.set(manifestKey(1), encodeManifest(manifest));
  return readingTarget(objects);
}

/** The link in slot 2, after the first fence. */
async function firstHead(): Promise<Head> {
  const { pageSize, databasePages, checksum, lastCommit, epoch, timeMs } = base(2, {});
  const hash = recordHash(await encodeRecord(base(2, {})));
  return { slot: 2, hash, pageSize, databasePages, checksum, lastCommit, epoch, timeMs };
}

test("a log without links outdates nothing, whoever has fenced it", async () => {
  assert.equal(await isOutdated((await targetOf([])).target, beginsWith(undefined)), false);
  const { target } = await targetOf([fence(1, {}), fence(2, { epoch: 2 })]);
  assert.equal(await isOutdated(target, beginsWith(undefined)), false);
});

test("a link outdates a start that knows none, unless it replaces the target's database", async () => {
  const { target } = await targetOf([fence(1, {}), base(2, {})]);
  assert.equal(await isOutdated(target, beginsWith(undefined)), true);
  assert.equal(await isOutdated(target, beginsWith(undefined, true)), false);
});

test("the link that it continues from does not outdate it, a later one does", async () => {
  const head = await firstHead();
  const known = [fence(1, {}), base(2, {})];
  const fenced = [...known, fence(3, { epoch: 2 })];
  assert.equal(await isOutdated((await targetOf(fenced, 3)).target, beginsWith(head)), false);
  const next = segment(3, { previous: 2, previousHash: head.hash });
  assert.equal(await isOutdated((await targetOf([...known, next], 3)).target, beginsWith(head)), true);
});

test("packed links are not looked for in the log", async () => {
  const { target, reads } = await targetOf([fence(9, { epoch: 2 })], 9);
  assert.equal(await isOutdated(target, beginsWith(await firstHead())), true);
  assert.deepEqual(
    reads.filter((key) => key.startsWith(LOG)),
    [],
  );
});
