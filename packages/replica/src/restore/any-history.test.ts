import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { RestoreImpossible } from "../errors.ts";
import { LOG } from "../log/log.ts";
import { slotKey } from "../target/target.ts";
import { History, type State } from "./fixture.ts";
import { planRestore } from "./plan.ts";
import { restore } from "./restore.ts";

const fill = (rows: number) =>
  `WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < ${rows})
   INSERT INTO t SELECT abs(random()) % 1000, hex(randomblob(40)) FROM n`;

const statements = fc.constantFrom(
  fill(3),
  fill(60),
  "UPDATE t SET b = hex(randomblob(20)) WHERE a % 3 = 0",
  "DELETE FROM t WHERE a % 2",
  "DELETE FROM t",
  "VACUUM",
  "",
);

/** An event at a target; events come in any order. */
type Step = (history: History) => Promise<unknown>;

const commits = fc.tuple(statements, fc.constantFrom(0, 300, 2_000)).map(
  ([sql, laterMs]): Step =>
    (history) =>
      history.commit(sql, laterMs),
);

const steps = fc.oneof(
  { weight: 3, arbitrary: commits },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Step>(
      (history) => history.pack(),
      (history) => history.pack(),
      (history) => history.mergePacks(2),
      (history) => history.mergePacks(3),
      (history) => history.dropPacked(),
      async (history) => history.enter(await history.snapshot()),
      async (history) => history.enter(await history.snapshot()),
      (history) => history.fence(),
      (history) => history.torn(),
      (history) => history.torn(Buffer.from("SQLLOG01 and no more")),
      async (history) => {
        await history.voidLink();
        await history.fence();
        // Only a link that follows another one makes it void.
        await history.commit(fill(1));
      },
      (history) => history.base(fill(2)),
      (history) => history.base(""),
      (history) => history.released(),
    ),
  },
);

// Long ones: otherwise compaction would rarely meet its own earlier results.
const histories = fc.array(steps, { minLength: 10, maxLength: 40, size: "max" });

async function restored(history: History, atMs?: number): Promise<{ slot: number; database: Buffer }> {
  const { point } = await restore(history.target, history.restored, {
    check: "none",
    ...(atMs === undefined ? {} : { atMs }),
  });
  return { slot: point.slot, database: readFileSync(history.restored) };
}

/** The ends of seconds with changes, because links of the same second are merged. */
const seconds = (history: History) =>
  new Set(history.states.map(({ timeMs }) => Math.floor(timeMs / 1_000) * 1_000 + 999));

function assertIs(state: State | undefined, { slot, database }: { slot: number; database: Buffer }): void {
  assert.equal(slot, state?.slot);
  assert.ok(database.equals(state?.database as Buffer));
}

test("after any history of a target, the newest state and that of each second are restored", async (t) => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const world = await new History(t, 512).begin();
      for (const step of history) await step(world);
      assertIs(world.last, await restored(world));
      for (const atMs of seconds(world)) assertIs(world.at(atMs), await restored(world, atMs));
      const plan = await planRestore(world.target);
      assert.equal(plan?.nextSlot, world.slot);
      assert.equal(plan?.maxEpoch, world.epoch);
    }),
    { numRuns: 20 },
  );
});

test("after any history of a target, damage never leads to a wrong state", async (t) => {
  const damages = fc.constantFrom<(bytes: Buffer, share: number) => Buffer | undefined>(
    () => undefined,
    (bytes, share) => bytes.subarray(0, Math.floor(share * bytes.length)),
    (bytes, share) => {
      const at = Math.floor(share * bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
      return bytes;
    },
  );
  const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  let asWanted = 0;
  await fc.assert(
    fc.asyncProperty(histories, damages, share, share, async (history, damage, which, where) => {
      const world = await new History(t, 512).begin();
      for (const step of history) await step(world);
      const keys = await world.target.list("replica/");
      const key = keys[Math.floor(which * keys.length)] as string;
      await world.alter(key, (bytes) => damage(bytes, where));
      for (const atMs of [undefined, ...seconds(world)]) {
        try {
          const result = await restored(world, atMs);
          // An incomplete last slot is the same as one that was never written.
          const wanted = world.states.filter(
            ({ slot }) => slot < world.last.slot || key !== slotKey(LOG, slot) || result.slot === slot,
          );
          assertIs(
            wanted.findLast(({ timeMs }) => timeMs <= (atMs ?? Number.POSITIVE_INFINITY)),
            result,
          );
          asWanted++;
        } catch (error) {
          assert.ok(error instanceof RestoreImpossible, `${key}: ${(error as Error).stack}`);
        }
      }
    }),
    { numRuns: 40 },
  );
  assert.ok(asWanted > 40, `only ${asWanted}`);
});
