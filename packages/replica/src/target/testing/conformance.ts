import assert from "node:assert/strict";
import { after, before, describe, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { TargetError } from "../../errors.ts";
import { type SlotWriter, slotKey, type Target } from "../target.ts";
import { bytesOf, measured, streamOf } from "./content.ts";

export type OpenTarget = () => Promise<{
  /** An empty target. */
  readonly target: Target;
  /** The same target, as another process would open it. */
  readonly another: Target;
  readonly dispose: () => Promise<void>;
}>;

const MIB = 1024 * 1024;
/** Maximum memory of a stream, whatever its length. */
const STREAM_MEMORY_BYTES = 26 * MIB;
const LONG_STREAM_BYTES = 60 * MIB;

const text = (bytes: Buffer | undefined) => bytes?.toString("utf8");

/** Tests that every target must pass. */
export function targetConformance(name: string, openTarget: OpenTarget): void {
  describe(`target ${name}`, () => {
    let target: Target;
    let another: Target;
    let dispose: () => Promise<void>;
    before(async () => {
      ({ target, another, dispose } = await openTarget());
    });
    after(() => dispose());

    test("is empty at first", async () => {
      assert.deepEqual(await target.list(""), []);
      assert.equal(await target.read("replica/format.json"), undefined);
      assert.equal(await target.read("replica/format.json", { offset: 0, length: 1 }), undefined);
      await target.remove("replica/format.json");
    });

    test("returns the time of its clock", async () => {
      assert.ok(Math.abs((await target.clockMs()) - Date.now()) < 5_000);
      assert.deepEqual(await target.list(""), []);
    });

    test("creates an object once and keeps the first", async () => {
      assert.equal(await target.create("once/a", Buffer.from("first")), "created");
      assert.equal(await target.create("once/a", Buffer.from("second")), "exists");
      assert.equal(await another.create("once/a", streamOf(9 * MIB, MIB)), "exists");
      assert.equal(text(await another.read("once/a")), "first");
    });

    test("lets one of many simultaneous writers create an object, and keeps that one's content complete", async () => {
      for (let round = 0; round < 10; round++) {
        const contents = Array.from({ length: 20 }, (_, at) => `${at}`.repeat(10_000));
        const key = `race/${round}`;
        const results = await Promise.all(
          contents.map((content, at) => (at % 2 ? target : another).create(key, Buffer.from(content))),
        );
        const winners = contents.filter((_, at) => results[at] === "created");
        assert.equal(winners.length, 1);
        assert.equal(text(await target.read(key)), winners[0]);
      }
    });

    test("lets one of two simultaneous streams create an object", async () => {
      const streams = [streamOf(9 * MIB, 100_000, 1), streamOf(9 * MIB, 100_000, 2)];
      const results = await Promise.all(streams.map((stream) => target.create("race/streams", stream)));
      assert.deepEqual(results.toSorted(), ["created", "exists"]);
      const winner = await bytesOf(streamOf(9 * MIB, 100_000, results[0] === "created" ? 1 : 2));
      assert.ok((await target.read("race/streams"))?.equals(winner));
    });

    test("replaces an object; a reader sees one or the other completely, also for a stream", async () => {
      for (const [bytes, rounds] of [
        [200_000, 20],
        [9 * MIB, 4],
      ] as const) {
        const contents = await Promise.all([1, 2].map((seed) => bytesOf(streamOf(bytes + seed, 100_000, seed))));
        const put = (seed: number) => target.replace("plain.db", streamOf(bytes + seed, 100_000, seed));
        await put(1);
        let writing = true;
        const write = async () => {
          for (let round = 0; round < rounds; round++) await put(1 + (round % 2));
          writing = false;
        };
        const watch = async () => {
          while (writing) {
            const seen = await another.read("plain.db");
            assert.ok(contents.some((content) => seen?.equals(content)));
          }
        };
        await Promise.all([write(), watch()]);
      }
      assert.deepEqual(await target.list("plain"), ["plain.db"]);
    });

    test("removes an object, also if it does not exist", async () => {
      await target.create("gone/a", Buffer.from("a"));
      await target.remove("gone/a");
      await target.remove("gone/a");
      assert.equal(await target.read("gone/a"), undefined);
      assert.equal(await target.create("gone/a", Buffer.from("again")), "created");
    });

    test("lists the keys below a prefix in ascending order, and no others", async () => {
      for (const key of ["list/log/02", "list/log/01", "list/log/10", "list/man/01", "list/logs"]) {
        await target.create(key, Buffer.from(key));
      }
      assert.deepEqual(await target.list("list/log/"), ["list/log/01", "list/log/02", "list/log/10"]);
      assert.deepEqual(await target.list("list/log/0"), ["list/log/01", "list/log/02"]);
      assert.deepEqual(await target.list("list/log"), ["list/log/01", "list/log/02", "list/log/10", "list/logs"]);
      assert.deepEqual(await target.list("list/none/"), []);
      assert.equal((await target.list("list/")).length, 5);
      assert.ok((await target.list("")).includes("list/log/10"));
    });

    test("stores bytes unchanged, including none and many", async () => {
      for (const bytes of [Buffer.alloc(0), Buffer.from([0, 255, 10, 13, 0]), Buffer.alloc(9_000_000, 7)]) {
        const key = `bytes/${bytes.length}`;
        await target.create(key, bytes);
        assert.ok((await target.read(key))?.equals(bytes));
      }
    });

    test("stores a stream unchanged, with any chunks", async () => {
      let run = 0;
      const sizes = fc.constantFrom(0, 1, 1000, 4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 8 * MIB, 10 * MIB);
      await fc.assert(
        fc.asyncProperty(sizes, fc.constantFrom(777, 65_536, MIB, 5 * MIB), async (bytes, chunkBytes) => {
          const key = `stream/${run++}`;
          assert.equal(await target.create(key, streamOf(bytes, chunkBytes)), "created");
          assert.ok((await target.read(key))?.equals(await bytesOf(streamOf(bytes, chunkBytes))));
        }),
        { numRuns: 12 },
      );
    });

    test("takes a long stream in constant memory", async () => {
      for (const write of ["create", "replace"] as const) {
        const { stream, peakBytes } = measured(streamOf(LONG_STREAM_BYTES, 256 * 1024));
        await target[write](`long/${write}`, stream);
        assert.ok(peakBytes() < STREAM_MEMORY_BYTES, `took ${Math.round(peakBytes() / MIB)} MiB`);
        const end = await target.read(`long/${write}`, { offset: LONG_STREAM_BYTES - 1, length: 10 });
        assert.deepEqual([...(end ?? [])], [Math.floor((LONG_STREAM_BYTES - 1) / 997) % 256]);
      }
    });

    test("passes on the error of a failing stream, and leaves no object, or the previous one", async () => {
      const failure = new Error("the disk read from failed");
      async function* failing(bytes: number) {
        yield* streamOf(bytes, 100_000);
        throw failure;
      }
      const same = (error: unknown) => error === failure;
      for (const bytes of [1000, 9 * MIB]) {
        await assert.rejects(target.create("failing/a", failing(bytes)), same);
        assert.equal(await target.read("failing/a"), undefined);
        await target.replace("failing/b", Buffer.from("before"));
        await assert.rejects(target.replace("failing/b", failing(bytes)), same);
        assert.equal(text(await target.read("failing/b")), "before");
      }
      assert.equal(await target.create("failing/a", Buffer.from("a")), "created");
      assert.deepEqual(await target.list("failing/"), ["failing/a", "failing/b"]);
    });

    test("reads a range, also one that reaches beyond the end", async () => {
      const bytes = await bytesOf(streamOf(10_000, 10_000));
      await target.create("range/small", bytes);
      await target.create("range/none", Buffer.alloc(0));
      await fc.assert(
        fc.asyncProperty(fc.nat(10_500), fc.nat(10_500), async (offset, length) => {
          const part = await target.read("range/small", { offset, length });
          assert.ok(part?.equals(bytes.subarray(offset, offset + length)));
        }),
        {
          numRuns: 40,
          examples: [
            [0, 0],
            [10_000, 1],
            [9_999, 1],
            [9_999, 2],
            [0, 10_000],
            [0, 10_001],
          ],
        },
      );
      assert.equal((await target.read("range/none", { offset: 0, length: 5 }))?.length, 0);
      assert.equal(await target.read("range/absent", { offset: 0, length: 0 }), undefined);

      const big = await bytesOf(streamOf(10 * MIB, MIB));
      await target.create("range/big", big);
      for (const [offset, length] of [
        [MIB - 1, 9 * MIB],
        [5, 4 * MIB + 1],
        [9 * MIB, 9 * MIB],
      ] as const) {
        const part = await target.read("range/big", { offset, length });
        assert.ok(part?.equals(big.subarray(offset, offset + length)));
      }
    });

    test("rejects a key that leads out of it", async () => {
      for (const key of ["../a", "a/../../b", "/a", "a//b", "a/", "", ".", "a\\b", "a\0", "a.part"]) {
        const refused = (error: unknown) => !(error instanceof TargetError) && /is not a key/.test(String(error));
        await assert.rejects(target.create(key, Buffer.from("x")), refused);
        await assert.rejects(target.replace(key, Buffer.from("x")), refused);
        await assert.rejects(target.read(key), refused);
        await assert.rejects(target.remove(key), refused);
      }
    });

    slotConformance(() => ({ target, another }));
  });
}

/** Tests that the slots of every target must pass. */
function slotConformance(opened: () => { readonly target: Target; readonly another: Target }): void {
  let prefixes = 0;
  const newPrefix = () => `slots/${prefixes++}/`;
  const writerOf = (t: TestContext, target: Target, prefix: string): SlotWriter => {
    const writer = target.openSlots(prefix);
    t.after(() => writer.close());
    return writer;
  };
  const contentOf = (writer: string, slot: number) => Buffer.from(`${writer}:${slot};`.repeat(500));
  const held = (prefix: string, slot: number) => opened().another.read(slotKey(prefix, slot));

  /** Claims the first available slot from `from` on, as a newcomer does: by reading ahead and trying. */
  const claimFirst = async (writer: SlotWriter, name: string, prefix: string, from: number): Promise<number> => {
    for (let slot = from; ; slot++) {
      if ((await held(prefix, slot)) !== undefined) continue;
      if ((await writer.write(slot, contentOf(name, slot))) === "written") return slot;
    }
  };

  test("slots: are written one after another, and completely", async (t) => {
    const prefix = newPrefix();
    const writer = writerOf(t, opened().target, prefix);
    for (let slot = 1; slot <= 5; slot++) {
      assert.equal(await writer.write(slot, contentOf("a", slot)), "written");
      assert.equal(await held(prefix, writer.firstForeign(slot)), undefined);
    }
    for (let slot = 1; slot <= 5; slot++) assert.ok((await held(prefix, slot))?.equals(contentOf("a", slot)));
  });

  test("slots: a written one is taken for another writer, and for other bytes", async (t) => {
    const prefix = newPrefix();
    const [a, b] = [writerOf(t, opened().target, prefix), writerOf(t, opened().another, prefix)];
    assert.equal(await a.write(1, contentOf("a", 1)), "written");
    assert.equal(await b.write(1, contentOf("b", 1)), "taken");
    assert.equal(await b.write(1, contentOf("a", 1).subarray(0, 10)), "taken");
    assert.equal(await a.write(1, contentOf("other", 1)), "taken");
    assert.ok((await held(prefix, 1))?.equals(contentOf("a", 1)));
  });

  test("slots: writing one again with the same bytes finds it written", async (t) => {
    const prefix = newPrefix();
    const [a, b] = [writerOf(t, opened().target, prefix), writerOf(t, opened().another, prefix)];
    assert.equal(await a.write(1, contentOf("a", 1)), "written");
    assert.equal(await a.write(1, contentOf("a", 1)), "written");
    assert.equal(await a.write(2, contentOf("a", 2)), "written");
    assert.equal(await claimFirst(b, "b", prefix, 3), a.firstForeign(2));
    assert.equal(await a.write(2, contentOf("a", 2)), "written");
    assert.ok((await held(prefix, 2))?.equals(contentOf("a", 2)));
  });

  test("slots: a newcomer gets the first foreign slot, after which the previous writer gets none", async (t) => {
    const prefix = newPrefix();
    const [a, b] = [writerOf(t, opened().target, prefix), writerOf(t, opened().another, prefix)];
    for (let slot = 1; slot <= 3; slot++) assert.equal(await a.write(slot, contentOf("a", slot)), "written");
    assert.equal(await claimFirst(b, "b", prefix, 1), a.firstForeign(3));
    assert.equal(await a.write(4, contentOf("a", 4)), "taken");
    for (let slot = 1; slot <= 3; slot++) assert.ok((await held(prefix, slot))?.equals(contentOf("a", slot)));
  });

  test("slots: a slot claimed by a closed writer stays taken, and the next writer continues after it", async (t) => {
    const prefix = newPrefix();
    const a = writerOf(t, opened().target, prefix);
    await a.write(1, contentOf("a", 1));
    await a.close();
    await a.close();
    const b = writerOf(t, opened().target, prefix);
    assert.equal(await claimFirst(b, "b", prefix, 2), a.firstForeign(1));
  });

  test("slots: long ones are complete too, and at most one of two racing writers gets one", async (t) => {
    const prefix = newPrefix();
    const [a, b] = [writerOf(t, opened().target, prefix), writerOf(t, opened().another, prefix)];
    const contents = [Buffer.alloc(9 * MIB, "a"), Buffer.alloc(9 * MIB, "b")] as const;
    for (let slot = 1; slot <= 3; slot++) {
      const results = await Promise.all([a.write(slot, contents[0]), b.write(slot, contents[1])]);
      const winners = contents.filter((_, at) => results[at] === "written");
      assert.ok(winners.length <= 1);
      if (winners[0] !== undefined) assert.ok((await held(prefix, slot))?.equals(winners[0]));
    }
  });

  test("slots: among racing writers, none has two winners, and every winner's is complete", async (t) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat(3), { minLength: 1, maxLength: 6 }), { minLength: 2, maxLength: 4 }),
        async (pauses) => {
          const prefix = newPrefix();
          const winners = new Map<number, string>();
          const race = async (waits: readonly number[], at: number) => {
            const writer = writerOf(t, at % 2 ? opened().another : opened().target, prefix);
            for (const [before, ms] of waits.entries()) {
              if (ms > 0) await sleep(ms);
              const slot = before + 1;
              if ((await writer.write(slot, contentOf(`${at}`, slot))) !== "written") continue;
              assert.equal(winners.get(slot), undefined);
              winners.set(slot, `${at}`);
            }
          };
          await Promise.all(pauses.map(race));
          for (const [slot, winner] of winners) assert.ok((await held(prefix, slot))?.equals(contentOf(winner, slot)));
        },
      ),
      { numRuns: 30 },
    );
  });

  // The log's safety depends on this: a newcomer treats unfinished slots before its own as void.
  test("slots: a writer that claimed a later slot reads every written slot completely", async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.nat(15), fc.integer({ min: 1, max: 3 }), async (newcomersWaitMs, newcomers) => {
        const prefix = newPrefix();
        const acknowledged = new Set<number>();
        const writer = writerOf(t, opened().target, prefix);
        const serve = async () => {
          for (let slot = 1; slot < 1000; slot++) {
            if (slot % 3 === 0) await sleep(10);
            if ((await writer.write(slot, contentOf("owner", slot))) === "taken") return;
            acknowledged.add(slot);
          }
          assert.fail("nobody took the log over");
        };
        const takeOver = async (name: string) => {
          await sleep(newcomersWaitMs);
          const fence = await claimFirst(writerOf(t, opened().another, prefix), name, prefix, 1);
          const seen = new Map<number, boolean>();
          for (let slot = 1; slot < fence; slot++) {
            seen.set(slot, (await held(prefix, slot))?.equals(contentOf("owner", slot)) ?? false);
          }
          return { fence, seen };
        };
        const [, ...takenOver] = await Promise.all([
          serve(),
          ...Array.from({ length: newcomers }, (_, at) => takeOver(`${at}`)),
        ]);
        for (const slot of acknowledged) {
          for (const { fence, seen } of takenOver) if (slot < fence) assert.ok(seen.get(slot), `slot ${slot} was void`);
        }
        const first = Math.min(...takenOver.map(({ fence }) => fence));
        assert.ok(Math.max(0, ...acknowledged) < first, "the owner went on behind a fence");
      }),
      { numRuns: 20 },
    );
  });

  test("slots: simultaneous calls run one after another", async (t) => {
    const prefix = newPrefix();
    const writer = writerOf(t, opened().target, prefix);
    const results = [1, 2, 2, 3].map((slot) => writer.write(slot, contentOf("a", slot)));
    assert.deepEqual(await Promise.all(results), ["written", "written", "written", "written"]);
  });

  test("slots: an invalid number is rejected", async (t) => {
    const writer = writerOf(t, opened().target, newPrefix());
    for (const slot of [-1, 1.5, Number.NaN, 2 ** 53])
      await assert.rejects(writer.write(slot, contentOf("a", 1)), RangeError);
  });
}
