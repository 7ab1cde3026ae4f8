import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { type SlotWriter, slotKey, type Target } from "./target.ts";

const MIB = 1024 * 1024;

/** What the slots of every target must do. */
export function slotConformance(opened: () => { readonly target: Target; readonly another: Target }): void {
  let prefixes = 0;
  const newPrefix = () => `slots/${prefixes++}/`;
  const writerOf = (t: TestContext, target: Target, prefix: string): SlotWriter => {
    const writer = target.openSlots(prefix);
    t.after(() => writer.close());
    return writer;
  };
  const contentOf = (writer: string, slot: number) => Buffer.from(`${writer}:${slot};`.repeat(500));
  const held = (prefix: string, slot: number) => opened().another.read(slotKey(prefix, slot));

  /** Claims the first slot from `from` on that a writer can get, as a newcomer does: it reads ahead, and tries. */
  const claimFirst = async (writer: SlotWriter, name: string, prefix: string, from: number): Promise<number> => {
    for (let slot = from; ; slot++) {
      if ((await held(prefix, slot)) !== undefined) continue;
      if ((await writer.write(slot, contentOf(name, slot))) === "written") return slot;
    }
  };

  test("slots: are written one after the other, and whole", async (t) => {
    const prefix = newPrefix();
    const writer = writerOf(t, opened().target, prefix);
    for (let slot = 1; slot <= 5; slot++) {
      assert.equal(await writer.write(slot, contentOf("a", slot)), "written");
      assert.equal(await held(prefix, writer.firstForeign(slot)), undefined);
    }
    for (let slot = 1; slot <= 5; slot++) assert.ok((await held(prefix, slot))?.equals(contentOf("a", slot)));
  });

  test("slots: one that is written is taken for another writer, and for other bytes", async (t) => {
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

  test("slots: a newcomer gets the first foreign slot, after which the writer before gets none", async (t) => {
    const prefix = newPrefix();
    const [a, b] = [writerOf(t, opened().target, prefix), writerOf(t, opened().another, prefix)];
    for (let slot = 1; slot <= 3; slot++) assert.equal(await a.write(slot, contentOf("a", slot)), "written");
    assert.equal(await claimFirst(b, "b", prefix, 1), a.firstForeign(3));
    assert.equal(await a.write(4, contentOf("a", 4)), "taken");
    for (let slot = 1; slot <= 3; slot++) assert.ok((await held(prefix, slot))?.equals(contentOf("a", slot)));
  });

  test("slots: what a closed writer has claimed stays taken, and the next writer goes on behind it", async (t) => {
    const prefix = newPrefix();
    const a = writerOf(t, opened().target, prefix);
    await a.write(1, contentOf("a", 1));
    await a.close();
    await a.close();
    const b = writerOf(t, opened().target, prefix);
    assert.equal(await claimFirst(b, "b", prefix, 2), a.firstForeign(1));
  });

  test("slots: long ones are whole too, and one of two racing writers gets one at most", async (t) => {
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

  test("slots: however many writers race, none has two winners, and every winner's is whole", async (t) => {
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

  // What the log's safety rests on: a newcomer takes what it sees unfinished before its own slot as void.
  test("slots: whatever a writer is told of as written, a newcomer that claimed a later slot sees whole", async (t) => {
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

  test("slots: calls made at the same time are done one after the other", async (t) => {
    const prefix = newPrefix();
    const writer = writerOf(t, opened().target, prefix);
    const results = [1, 2, 2, 3].map((slot) => writer.write(slot, contentOf("a", slot)));
    assert.deepEqual(await Promise.all(results), ["written", "written", "written", "written"]);
  });

  test("slots: a number that is none is refused", async (t) => {
    const writer = writerOf(t, opened().target, newPrefix());
    for (const slot of [-1, 1.5, Number.NaN, 2 ** 53])
      await assert.rejects(writer.write(slot, contentOf("a", 1)), RangeError);
  });
}
