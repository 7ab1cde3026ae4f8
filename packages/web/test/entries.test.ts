import assert from "node:assert/strict";
import { test } from "node:test";
import { entryKey, mergeRepeats } from "../src/activity/entries.ts";
import type { FeedEntry } from "../src/api/types.ts";

function made(position: number, outcomeKey: number, kind = "user.changed", count?: number): FeedEntry {
  const at = `2026-01-01T00:00:0${position % 10}Z`;
  const repeats = count === undefined ? {} : { repeats: { count, first: "2026-01-01T00:00:00Z", last: at } };
  const entry = {
    id: position,
    position,
    outcomeKey,
    at,
    status: 200,
    findings: [],
    sentences: [{ kind, text: kind }],
  };
  return { ...entry, ...repeats } as unknown as FeedEntry;
}
const shown = (entries: readonly FeedEntry[]) => entries.map(({ outcomeKey, repeats }) => [outcomeKey, repeats?.count]);

test("exchanges join the entries that they repeat, which become the newest", () => {
  const entries = [made(3, 30, "user.changed", 2), made(2, 20, "user.changed", 5)];
  const { entries: merged, added, isUnknown } = mergeRepeats(entries, [made(6, 20), made(5, 40), made(4, 20)]);
  assert.deepEqual(shown(merged), [
    [20, 7],
    [40, 1],
    [30, 2],
  ]);
  assert.deepEqual([added, isUnknown], [3, true]);
  assert.equal(merged[0]?.repeats?.first, "2026-01-01T00:00:00Z");
  assert.equal(merged[0] && entryKey(merged[0]), entries[1] && entryKey(entries[1]));
});

test("what an entry contains already is not added again", () => {
  const entries = [made(3, 30, "user.changed", 2)];
  assert.deepEqual(mergeRepeats(entries, [made(3, 30), made(2, 30)]), {
    ...{ entries, added: 0, readsLeftOut: 0, isUnknown: false },
  });
});

test("of reads, only the newest entries stay", () => {
  const entries = [made(3, 30, "read.found", 1), made(2, 20, "user.changed", 1), made(1, 10, "search", 1)];
  const { entries: merged, readsLeftOut } = mergeRepeats(entries, [made(4, 40, "look-up.found")], 2);
  assert.deepEqual(shown(merged), [
    [40, 1],
    [30, 1],
    [20, 1],
  ]);
  assert.equal(readsLeftOut, 1);
});
