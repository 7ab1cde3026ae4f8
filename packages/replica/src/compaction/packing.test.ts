import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { CorruptObject } from "../errors.ts";
import { chainFrom, LOG, readTail } from "../log/log.ts";
import type { Segment } from "../log/record.ts";
import type { PackEntry } from "../manifest/manifest.ts";
import { History } from "../restore/fixture.ts";
import { directoryTarget } from "../target/directory.ts";
import { slotKey } from "../target/target.ts";
import { restoredFrom } from "../testing/host.ts";
import { type TailLink, tailLink } from "./compaction.ts";
import { packParts } from "./pack.ts";
import { mergePacks, packLinks } from "./packing.ts";

const insert = (rows: number) =>
  `WITH RECURSIVE n (v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < ${rows})
   INSERT INTO t SELECT v, hex(randomblob(60)) FROM n`;

/** A history of many links of two writers, some in the same second. */
async function history(t: TestContext): Promise<{ readonly history: History; readonly tail: TailLink[] }> {
  const history = await new History(t).begin();
  for (let at = 0; at < 20; at++) {
    if (at === 9) await history.fence();
    await history.commit(
      at % 7 === 6 ? "DELETE FROM t WHERE a > 5" : at % 7 === 5 ? "VACUUM" : insert(1 + at * 3),
      400,
    );
  }
  const chain = chainFrom({ slot: 0, hash: "0".repeat(64) }, await readTail(history.target, 1));
  const [first, ...tail] = chain.links.map(tailLink);
  assert.ok(first?.base);
  await history.publish({
    bases: [first.base],
    tailSlot: first.slot + 1,
    headBeforeTail: { slot: first.slot, hash: first.hash },
  });
  return { history, tail };
}

/** Asserts that every second can be restored as it was at its end. */
async function restoresEverySecond(t: TestContext, { target, states }: History): Promise<void> {
  const seconds = new Map(states.map((state) => [Math.floor(state.timeMs / 1_000), state]));
  assert.ok(seconds.size > 5);
  for (const [second, state] of seconds) {
    const { point } = await restoredFrom(t, target, { atMs: second * 1_000 + 999 });
    assert.deepEqual([point.slot, point.hash, point.checksum], [state.slot, state.hash, state.checksum]);
  }
}

describe("a pack", () => {
  test("restores the same as the log itself, for each second and each writer", async (t) => {
    const { history: past, tail } = await history(t);
    const entries: PackEntry[] = [];
    for (const part of [tail.slice(0, 7), tail.slice(7, 8), tail.slice(8)]) {
      const entry = await packLinks(past.target, part);
      entries.push(entry);
      const last = part.at(-1) as TailLink;
      const headBeforeTail = { slot: last.slot, hash: last.hash };
      await past.publish({ packs: entries, tailSlot: last.slot + 1, headBeforeTail });
      const { point } = await restoredFrom(t, past.target);
      assert.equal(point.hash, past.last.hash);
    }
    for (const { slot } of tail) await past.target.remove(slotKey(LOG, slot));
    await restoresEverySecond(t, past);
    const beforeChange = past.states.findLast(({ epoch }) => epoch === 1);
    const { point } = await restoredFrom(t, past.target, { throughEpoch: 1 });
    assert.equal(point.slot, beforeChange?.slot);

    const merged = await mergePacks(past.target, entries);
    assert.deepEqual(
      [merged.level, merged.fromSlot, merged.toSlot, merged.toHash, merged.previousSlot],
      [2, entries[0]?.fromSlot, entries[2]?.toSlot, entries[2]?.toHash, entries[0]?.previousSlot],
    );
    const { slot, hash } = tail.at(-1) as TailLink;
    await past.publish({ packs: [merged], tailSlot: slot + 1, headBeforeTail: { slot, hash } });
    for (const { key } of entries) await past.target.remove(key);
    await restoresEverySecond(t, past);
    assert.equal((await mergePacks(past.target, [merged])).level, 3);
  });

  test("has one part for changes of the same pages in one second, and no part spans two seconds or writers", async (t) => {
    const { history: past, tail } = await history(t);
    const entry = await packLinks(past.target, tail);
    const parts: Segment[] = [];
    for await (const part of packParts((await past.target.read(entry.key)) as Buffer)) parts.push(part);
    assert.deepEqual([entry.firstTimeMs, entry.lastTimeMs], [parts[0]?.timeMs, parts.at(-1)?.timeMs]);
    assert.deepEqual([entry.previousSlot, entry.fromSlot], [past.states[0]?.slot, tail[0]?.slot]);
    assert.equal(entry.bytes, (await past.target.read(entry.key))?.length);
    const secondOf = ({ epoch, timeMs }: { epoch: number; timeMs: number }) => `${epoch} ${Math.floor(timeMs / 1_000)}`;
    const seconds = new Set(past.states.slice(1).map(secondOf));
    assert.deepEqual(new Set(parts.map(secondOf)), seconds);
    assert.ok(
      parts.length < tail.length && parts.length > seconds.size,
      `${parts.length} parts of ${tail.length} links`,
    );
    for (const part of parts) {
      const slots = past.states.filter(({ slot }) => slot > part.previousSlot && slot <= part.slot);
      assert.equal(new Set(slots.map(secondOf)).size, 1);
    }
  });

  test("has a unique key, even if the same links are packed twice", async (t) => {
    const { history: past, tail } = await history(t);
    const [one, two] = [await packLinks(past.target, tail), await packLinks(past.target, tail)];
    assert.notEqual(one.key, two.key);
    assert.equal(one.sha256, two.sha256);
  });
});

describe("nothing is packed", () => {
  test("that differs from what was written to the log", async (t) => {
    const { history: past, tail } = await history(t);
    const target = directoryTarget(past.target.name);
    const wrong = tail.with(3, { ...(tail[3] as TailLink), hash: "0".repeat(64) });
    await assert.rejects(packLinks(target, wrong), CorruptObject);
    await target.remove(slotKey(LOG, tail[3]?.slot as number));
    await assert.rejects(packLinks(target, tail), CorruptObject);
    assert.deepEqual(await target.list("replica/L1/"), []);
  });

  test("from packs of which one is missing or damaged", async (t) => {
    const { history: past, tail } = await history(t);
    const target = directoryTarget(past.target.name);
    const entries = [await packLinks(target, tail.slice(0, 5)), await packLinks(target, tail.slice(5))];
    const key = entries[1]?.key as string;
    const bytes = (await target.read(key)) as Buffer;
    for (const at of [3, 20, bytes.length - 1]) {
      await target.replace(key, Buffer.from(bytes).fill(255, at, at + 1));
      await assert.rejects(mergePacks(target, entries), CorruptObject, `byte ${at}`);
    }
    await target.remove(key);
    await assert.rejects(mergePacks(target, entries), CorruptObject);
    assert.deepEqual(await target.list("replica/L2/"), []);
  });
});
