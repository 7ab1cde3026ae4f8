import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { BaseEntry, Manifest, PackEntry } from "../manifest/manifest.ts";
import { expired, FANOUT, nextCompaction, restorePath, type TailLink } from "./compaction.ts";

const MIB = 1_024 * 1_024;
const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 10, 24, 12);

const hashOf = (slot: number) => `hash of ${slot}`;

const link = (slot: number, bytes = 100, timeMs = NOW_MS): TailLink => ({ slot, hash: hashOf(slot), bytes, timeMs });

const base = (slot: number, bytes = 10 * MIB, timeMs = NOW_MS): BaseEntry => ({
  ...{ slot, hash: hashOf(slot), epoch: 1, timeMs, key: `snap ${slot}`, bytes },
  ...{ pageSize: 4_096, databasePages: 1, checksum: "0".repeat(16) },
});

const baseLink = (slot: number): TailLink => ({ ...link(slot), base: base(slot) });

const pack = (level: PackEntry["level"], fromSlot: number, toSlot: number, bytes = 100): PackEntry => ({
  ...{ level, key: `L${level} ${fromSlot}-${toSlot}`, bytes, sha256: "" },
  ...{ fromSlot, toSlot, toHash: hashOf(toSlot), previousSlot: fromSlot - 1 },
  ...{ firstTimeMs: NOW_MS, lastTimeMs: NOW_MS },
});

const manifest = (content: Partial<Manifest> = {}): Manifest => ({
  ...{ format: 1, databaseId: "", number: 1, epoch: 1, writer: "", timeMs: NOW_MS, bases: [base(1)], packs: [] },
  ...{ tailSlot: 2, headBeforeTail: { slot: 1, hash: hashOf(1) }, backupCount: 0, dropped: [] },
  ...content,
});

const links = (count: number, from = 2, bytes = 100) =>
  Array.from({ length: count }, (_, at) => link(from + at, bytes));

const packs = (level: PackEntry["level"], count: number, from = 2, bytes = 100) =>
  Array.from({ length: count }, (_, at) => pack(level, from + at * 10, from + at * 10 + 9, bytes));

describe("nothing is due", () => {
  test("if nothing has changed since the base, however old it is", () => {
    assert.equal(nextCompaction(manifest({ bases: [base(1, MIB, 0)] }), [], NOW_MS), undefined);
  });

  test("with few links, few packs and a recent base", () => {
    const few = manifest({ packs: [...packs(2, FANOUT - 1), ...packs(1, FANOUT - 1, 500)] });
    assert.equal(nextCompaction(few, links(FANOUT - 1, 900), NOW_MS), undefined);
  });

  test("for links and packs that the base already contains", () => {
    const covered = manifest({ bases: [base(999)], packs: packs(1, FANOUT - 1) });
    assert.equal(nextCompaction(covered, links(3, 990), NOW_MS + 2 * DAY_MS), undefined);
  });
});

describe("links of the log", () => {
  test(`are all packed once there are ${FANOUT}`, () => {
    const tail = links(FANOUT + 3);
    assert.deepEqual(nextCompaction(manifest(), tail, NOW_MS), { kind: "pack", links: tail });
    assert.equal(nextCompaction(manifest(), tail.slice(4), NOW_MS), undefined);
  });

  test(`are packed ${FANOUT ** 2} at a time if packing is far behind, also before a base`, () => {
    const most = FANOUT ** 2;
    const tail = links(most + 20);
    assert.deepEqual(nextCompaction(manifest(), tail, NOW_MS), { kind: "pack", links: tail.slice(0, most) });
    const withBase = [...tail, baseLink(most + 22)];
    assert.deepEqual(nextCompaction(manifest(), withBase, NOW_MS), { kind: "pack", links: tail.slice(0, most) });
  });

  test("are packed fewer at a time if they are large, but at least one", () => {
    assert.deepEqual(nextCompaction(manifest(), links(FANOUT, 2, 5 * MIB), NOW_MS), {
      kind: "pack",
      links: links(3, 2, 5 * MIB),
    });
    assert.deepEqual(nextCompaction(manifest(), links(FANOUT, 2, 50 * MIB), NOW_MS), {
      kind: "pack",
      links: links(1, 2, 50 * MIB),
    });
  });

  test("before a base are packed even if they are few, and then the base is entered", () => {
    const tail = [...links(2), baseLink(4), ...links(2, 5)];
    assert.deepEqual(nextCompaction(manifest(), tail, NOW_MS), { kind: "pack", links: tail.slice(0, 2) });
    assert.deepEqual(nextCompaction(manifest(), tail.slice(2), NOW_MS), { kind: "enter-base", link: baseLink(4) });
  });
});

describe("packs", () => {
  test(`of the first level are merged once there are ${FANOUT} after those of the second`, () => {
    const second = packs(2, 2);
    const first = packs(1, FANOUT, 100);
    assert.deepEqual(nextCompaction(manifest({ packs: [...second, ...first] }), [], NOW_MS), {
      kind: "merge",
      packs: first,
    });
    const fewer = manifest({ packs: [...second, ...first.slice(1)] });
    assert.equal(nextCompaction(fewer, [], NOW_MS), undefined);
  });

  test(`of the second level are merged once there are ${FANOUT}; those of the third are not merged`, () => {
    const second = packs(2, FANOUT);
    const all = [...packs(3, FANOUT), ...packs(2, FANOUT, 200), ...packs(1, 3, 400)];
    assert.deepEqual(nextCompaction(manifest({ packs: second }), [], NOW_MS), { kind: "merge", packs: second });
    assert.deepEqual(nextCompaction(manifest({ packs: all }), [], NOW_MS), {
      kind: "merge",
      packs: all.slice(FANOUT, 2 * FANOUT),
    });
    assert.equal(nextCompaction(manifest({ packs: packs(3, 2 * FANOUT) }), [], NOW_MS), undefined);
  });

  test("before the newest base are merged too, but never across it", () => {
    const before = packs(1, FANOUT);
    const behind = packs(1, FANOUT, 300);
    const due = (bases: readonly BaseEntry[], content: readonly PackEntry[]) =>
      (nextCompaction(manifest({ bases, packs: content }), [], NOW_MS) as { packs?: PackEntry[] } | undefined)?.packs;
    const bases = [base(1), base(165)];
    assert.deepEqual(due(bases, [...before, ...behind]), behind, "what is behind it first");
    assert.deepEqual(due(bases, [...before, ...behind.slice(1)]), before);
    assert.equal(due(bases, [...before.slice(1), ...behind.slice(1)]), undefined);
  });

  test("that are not consecutive are not merged: a base that restarted the log lies between them", () => {
    const before = packs(1, FANOUT - 1);
    const behind = packs(1, FANOUT - 1, 300);
    const bases = [base(1), base(200), base(999)];
    assert.equal(nextCompaction(manifest({ bases, packs: [...before, ...behind] }), [], NOW_MS), undefined);
  });

  test("are merged fewer at a time if they are large, or not at all", () => {
    const merged = (content: readonly PackEntry[]) =>
      (
        nextCompaction(manifest({ bases: [base(1), base(9_999)], packs: content }), [], NOW_MS) as {
          packs?: PackEntry[];
        }
      )?.packs;
    const large = packs(1, FANOUT, 2, 20 * MIB);
    assert.deepEqual(merged(large), large.slice(0, 3));
    const tooLarge = packs(1, FANOUT, 2, 40 * MIB);
    assert.equal(merged(tooLarge), undefined);
    const small = packs(1, FANOUT, 2 + FANOUT * 10);
    assert.deepEqual(merged([...tooLarge, ...small]), [...tooLarge.slice(-1), ...small.slice(0, -1)]);
  });
});

describe("a base is due", () => {
  const due = (content: Partial<Manifest>, tail: readonly TailLink[] = [], nowMs = NOW_MS) =>
    nextCompaction(manifest(content), tail, nowMs)?.kind;

  test("if there is none", () => {
    assert.equal(due({ bases: [] }), "base");
  });

  test("for a reason; only the size can wait", () => {
    const why = (content: Partial<Manifest>, nowMs = NOW_MS) =>
      (nextCompaction(manifest(content), [], nowMs) as { because?: string } | undefined)?.because;
    assert.equal(why({ bases: [] }), "none");
    assert.equal(why({ packs: packs(3, 64 - FANOUT) }), "objects");
    assert.equal(why({ packs: packs(1, 1) }, NOW_MS + DAY_MS), "age");
    assert.equal(why({ packs: [pack(1, 2, 9, 6 * MIB)] }), "size");
  });

  test("after a day with changes", () => {
    assert.equal(due({}, links(1), NOW_MS + DAY_MS), "base");
    assert.equal(due({ packs: packs(1, 1) }, [], NOW_MS + DAY_MS), "base");
    assert.equal(due({}, links(1), NOW_MS + DAY_MS - 1), undefined);
  });

  test("if a restore would read too many objects after it", () => {
    assert.equal(due({ packs: packs(3, 64 - FANOUT) }), "base");
    assert.equal(due({ packs: packs(3, 64 - FANOUT - 1) }), undefined);
  });

  test("if the deltas after it exceed half its size", () => {
    assert.equal(due({ packs: [pack(1, 2, 9, 5 * MIB - 50)] }, [link(10, 51)]), "base");
    assert.equal(due({ packs: [pack(1, 2, 9, 5 * MIB - 50)] }, [link(10, 50)]), undefined);
  });

  test("of a small database only after four megabytes", () => {
    const small = { bases: [base(1, 1_000)] };
    assert.equal(due(small, [link(2, 4 * MIB)]), undefined);
    assert.equal(due(small, [link(2, 4 * MIB + 1)]), "base");
  });
});

test("a restore reads the newest base, later packs, and later links", () => {
  assert.equal(restorePath(manifest(), []), 1);
  assert.equal(restorePath(manifest({ packs: packs(1, 3) }), links(4, 90)), 8);
  const newer = manifest({ bases: [base(1), base(15)], packs: packs(1, 3) });
  assert.equal(restorePath(newer, links(4, 90)), 1 + 2 + 4);
  assert.equal(restorePath(manifest({ bases: [base(1), base(92)], packs: packs(1, 3) }), links(4, 90)), 2);
});

/** Links in a row and their compaction, without a target. */
class Model {
  manifest = manifest({ bases: [], tailSlot: 1, headBeforeTail: { slot: 0, hash: "" } });
  tail: TailLink[] = [];
  nowMs = NOW_MS;
  slot = 0;
  /** For each link, the slot of its predecessor, or 0 for a base. */
  readonly before = new Map<number, number>();
  readonly retentionMs: number;

  constructor(retentionMs: number) {
    this.retentionMs = retentionMs;
  }

  /** Appends a link. @param isBase whether it restarts the log, without a predecessor */
  link(bytes: number, laterMs: number, isBase: boolean): void {
    this.nowMs += laterMs;
    const last = [...this.before.keys()].at(-1) ?? 0;
    // Fences and void slots lie between links.
    this.slot += bytes % 5 === 0 ? 3 : 1;
    this.before.set(this.slot, isBase ? 0 : last);
    const next = link(this.slot, bytes, this.nowMs);
    this.tail.push(isBase ? { ...next, base: base(this.slot, 6 * MIB, this.nowMs) } : next);
    this.compact();
  }

  compact(): void {
    for (;;) {
      const compaction = nextCompaction(this.manifest, this.tail, this.nowMs);
      if (compaction === undefined) return;
      if (compaction.kind === "enter-base") {
        this.#cover([compaction.link], { bases: [...this.manifest.bases, compaction.link.base] });
      } else if (compaction.kind === "pack") {
        this.#cover(compaction.links, { packs: [...this.manifest.packs, this.#packOf(1, compaction.links)] });
      } else if (compaction.kind === "merge") {
        const rest = this.manifest.packs.filter((pack) => !compaction.packs.includes(pack));
        const { fromSlot, previousSlot, firstTimeMs } = compaction.packs[0] as PackEntry;
        const bytes = compaction.packs.reduce((sum, { bytes }) => sum + bytes, 0);
        const merged = {
          ...(compaction.packs.at(-1) as PackEntry),
          level: compaction.packs[0]?.level === 1 ? 2 : 3,
          fromSlot,
          previousSlot,
          firstTimeMs,
          bytes,
        } as const;
        const packs = [...rest, merged].sort((left, right) => left.fromSlot - right.fromSlot);
        this.manifest = { ...this.manifest, packs };
      } else {
        const bases = [...this.manifest.bases, base(this.slot, 6 * MIB, this.nowMs)];
        const gone = expired({ ...this.manifest, bases }, this.nowMs - this.retentionMs);
        this.manifest = {
          ...this.manifest,
          bases: bases.filter((one) => !gone.bases.includes(one)),
          packs: this.manifest.packs.filter((one) => !gone.packs.includes(one)),
        };
      }
    }
  }

  /** Whether the state after a link can be restored: from a base, with all links in between. */
  isRestorable(slot: number): boolean {
    const last = this.manifest.bases.findLast((one) => one.slot <= slot);
    const needed: number[] = [];
    let at = slot;
    for (; last !== undefined && at > last.slot; at = this.before.get(at) ?? 0) needed.push(at);
    const { packs, tailSlot } = this.manifest;
    const isHeld = (link: number) =>
      link >= tailSlot || packs.filter(({ fromSlot, toSlot }) => fromSlot <= link && link <= toSlot).length === 1;
    return last !== undefined && at === last.slot && needed.every(isHeld);
  }

  #packOf(level: 1, links: readonly TailLink[]): PackEntry {
    const first = links[0] as TailLink;
    const last = links.at(-1) as TailLink;
    const bytes = links.reduce((sum, { bytes }) => sum + bytes, 0);
    const previousSlot = this.before.get(first.slot) ?? 0;
    const times = { firstTimeMs: first.timeMs, lastTimeMs: last.timeMs };
    return { ...pack(level, first.slot, last.slot, bytes), previousSlot, ...times };
  }

  #cover(links: readonly TailLink[], change: Partial<Manifest>): void {
    const { slot, hash } = links.at(-1) as TailLink;
    assert.deepEqual(links, this.tail.slice(0, links.length));
    this.tail = this.tail.slice(links.length);
    this.manifest = { ...this.manifest, ...change, tailSlot: slot + 1, headBeforeTail: { slot, hash } };
  }
}

describe("under any load for a long time", () => {
  const load = fc.record({
    /** Of one link. */
    maxBytes: fc.constantFrom(2_000, 50_000, 400_000, 9 * MIB),
    /** Between two links. */
    maxLaterMs: fc.constantFrom(100, 30_000, 600_000),
    basesIn: fc.constantFrom(50, 400, 1_000_000),
    seed: fc.integer({ min: 1, max: 2 ** 31 }),
  });

  test("a restore reads at most 64 objects", () => {
    fc.assert(
      fc.property(load, ({ maxBytes, maxLaterMs, basesIn, seed }) => {
        const random = randomFrom(seed);
        const model = new Model(7 * DAY_MS);
        for (let at = 0; at < 2_000; at++) {
          model.link(random(maxBytes), random(maxLaterMs), at === 0 || random(basesIn) === 0);
          const objects = restorePath(model.manifest, model.tail);
          assert.ok(objects <= 64, `${objects} objects after ${at} links`);
        }
      }),
      { numRuns: 12, seed: 11 },
    );
  });

  test("the list of packs stays short", () => {
    fc.assert(
      fc.property(load, ({ maxBytes, maxLaterMs, basesIn, seed }) => {
        const random = randomFrom(seed);
        const model = new Model(7 * DAY_MS);
        let bytes = 0;
        let bases = 0;
        for (let at = 0; at < 6_000; at++) {
          const size = random(maxBytes);
          const isBase = at === 0 || random(basesIn) === 0;
          bytes += size;
          bases += isBase ? 1 : 0;
          model.link(size, random(maxLaterMs), isBase);
        }
        // Two levels after the newest base, two before each base that restarted the log, and the packs that are too
        // large to merge.
        const most = 2 * FANOUT * (bases + 1) + 6_000 / FANOUT ** 3 + bytes / (16 * MIB);
        const { packs } = model.manifest;
        assert.ok(packs.length <= most, `${packs.length} packs, ${most} at most`);
      }),
      { numRuns: 12, seed: 13 },
    );
  });

  test("every moment within the retention can be restored, and earlier ones are dropped", () => {
    fc.assert(
      fc.property(load, ({ maxBytes, maxLaterMs, basesIn, seed }) => {
        const random = randomFrom(seed);
        const retentionMs = 2 * DAY_MS;
        const model = new Model(retentionMs);
        const times = new Map<number, number>();
        for (let at = 0; at < 1_500; at++) {
          model.link(random(maxBytes), random(maxLaterMs), at === 0 || random(basesIn) === 0);
          times.set(model.slot, model.nowMs);
        }
        const oldestMs = model.nowMs - retentionMs;
        for (const [at, [slot, timeMs]] of [...times].entries()) {
          if (timeMs >= oldestMs && at % 13 === 0) assert.ok(model.isRestorable(slot), `slot ${slot} of ${model.slot}`);
        }
        const { bases, packs } = model.manifest;
        const newestBefore = bases.findLast(({ timeMs }) => timeMs <= oldestMs);
        const tooOld = bases.filter(({ timeMs }) => timeMs < (newestBefore?.timeMs ?? 0));
        // States that expired since the last base are dropped with the next; a second base is kept at any age.
        assert.ok(tooOld.length <= 2 + basesEntered(model, newestBefore?.slot ?? 0), `${tooOld.length} bases`);
        assert.ok(packs.every(({ toSlot }) => toSlot > (bases[0] as BaseEntry).slot));
      }),
      { numRuns: 12, seed: 12 },
    );
  });
});

/** Bases of the log that expired after the last base was made, which drops expired ones. */
function basesEntered({ manifest: { bases, packs } }: Model, beforeSlot: number): number {
  const isEntered = ({ slot }: BaseEntry) => !packs.some(({ fromSlot, toSlot }) => fromSlot <= slot && slot <= toSlot);
  return bases.filter((one) => one.slot < beforeSlot && isEntered(one)).length;
}

/** A seeded generator of numbers below a maximum. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
}
