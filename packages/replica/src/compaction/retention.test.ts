import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { BaseEntry, Manifest, PackEntry } from "../manifest/manifest.ts";
import { expired } from "./compaction.ts";

const HOUR_MS = 3_600_000;
const MIDNIGHT_MS = Date.UTC(2026, 10, 24);

/** A base made this many hours after a midnight; slots are hours too. */
const base = (hour: number): BaseEntry => ({
  ...{ slot: hour, hash: "", epoch: 1, timeMs: MIDNIGHT_MS + hour * HOUR_MS, key: `snap ${hour}`, bytes: 1 },
  ...{ pageSize: 4_096, databasePages: 1, checksum: "" },
});

/** A pack of everything from one hour to before another one. */
const pack = (from: number, to: number): PackEntry => ({
  ...{ level: 1, key: `pack ${from}`, bytes: 1, sha256: "", toHash: "" },
  ...{ fromSlot: from, toSlot: to - 1, previousSlot: from - 1 },
  ...{ firstTimeMs: MIDNIGHT_MS + from * HOUR_MS, lastTimeMs: MIDNIGHT_MS + to * HOUR_MS },
});

/** What is dropped if everything from an hour on must be restorable. */
function dropped(bases: readonly number[], packs: readonly PackEntry[], hour: number) {
  const manifest = { bases: bases.map(base), packs } as unknown as Manifest;
  const gone = expired(manifest, MIDNIGHT_MS + hour * HOUR_MS);
  return { bases: gone.bases.map(({ slot }) => slot), packs: gone.packs.map(({ fromSlot }) => fromSlot) };
}

const NOTHING = { bases: [], packs: [] };

/** A pack for every four hours of four days. */
const PACKS = Array.from({ length: 24 }, (_, at) => pack(at * 4, at * 4 + 4));

describe("at the target", () => {
  test("nothing is dropped with no base or one base", () => {
    assert.deepEqual(dropped([], PACKS, 90), NOTHING);
    assert.deepEqual(dropped([1], PACKS.slice(1), 90), NOTHING);
  });

  test("bases and packs before the last base of the expired time are dropped", () => {
    assert.deepEqual(dropped([1, 25, 49, 73, 90], PACKS, 60), {
      bases: [1, 25],
      packs: PACKS.slice(0, 12).map(({ fromSlot }) => fromSlot),
    });
  });

  test("the base at the beginning of the oldest moment stays, also if it is from that very moment", () => {
    assert.deepEqual(dropped([1, 25, 49, 73], PACKS, 25).bases, [1]);
    assert.deepEqual(dropped([1, 25, 49, 73], PACKS, 24.9).bases, []);
  });

  test("of many bases in a day the first one stays, and the packs that continue from it", () => {
    assert.deepEqual(dropped([2, 5, 9, 20, 26, 30, 47, 50, 60, 70], PACKS, -10), {
      bases: [5, 9, 20, 30, 47],
      packs: [],
    });
  });

  test("the newest two bases stay at any age", () => {
    assert.deepEqual(dropped([1, 2, 3, 4], PACKS.slice(1), 1_000), { bases: [1, 2], packs: [] });
  });

  test("a base that restarted the log stays, because no pack leads to it", () => {
    const withGap = [pack(0, 5), pack(6, 12), pack(12, 24), ...PACKS.slice(6)];
    assert.deepEqual(dropped([1, 5, 9, 13, 30, 90], withGap, -10), { bases: [9, 13], packs: [] });
  });

  test("nothing is dropped if everything must be kept", () => {
    assert.deepEqual(dropped([1, 30, 60, 90], PACKS, Number.NEGATIVE_INFINITY), NOTHING);
  });
});
