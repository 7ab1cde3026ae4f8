import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Manifest, newestManifest } from "../manifest/manifest.ts";
import type { Target } from "../target/target.ts";
import { faultyTarget } from "../target/testing/faulty.ts";
import { QUICK, withConstants } from "../testing/constants.ts";
import type { Host as HostType } from "../testing/host.ts";
import { until } from "../testing/until.ts";

const FANOUT = 2;
withConstants({
  ...QUICK,
  "primary/maintenance.ts": { PERIOD_MS: 30, PAUSE_AFTER_FAILURE_MS: 50, BASE_PACE: 1_000_000 },
  "compaction/compaction.ts": {
    FANOUT,
    MIN_DELTA_BYTES: 100_000,
    GRACE_MS: 100,
    MANIFEST_GRACE_MS: 100,
    NOTED_TOGETHER_MS: 10,
  },
});
const { Host, restoredFrom, targetFolder } = await import("../testing/host.ts");

const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1);

async function manifestOf(target: Target): Promise<Manifest> {
  return (await newestManifest(target)).manifest as Manifest;
}

/** What a restore reads when everything due has been merged, with a margin. */
const MERGED_OBJECTS = 24;

/** Writes links one by one, each after merging has caught up. */
async function writeLinks(host: HostType, from: number, through: number): Promise<void> {
  for (let value = from; value <= through; value++) {
    await host.write(value);
    await until(() => host.replica.status().restorePathObjects < MERGED_OBJECTS, "merging");
  }
}

/** Enough for packs of the third level. */
const ENOUGH = 3 * FANOUT ** 4;

suite("packs", { concurrency: true }, () => {
  test("are merged repeatedly, and every moment can still be restored", async (t) => {
    const { target } = targetFolder(t);
    const host = await Host.primary(t, target);
    const moments: { readonly atMs: number; readonly last: number }[] = [];
    for (let round = 1; round <= 3; round++) {
      const last = (round * ENOUGH) / 3;
      await writeLinks(host, last - ENOUGH / 3 + 1, last);
      const nextMs = Math.floor(Date.now() / 1_000) * 1_000 + 1_000;
      moments.push({ atMs: nextMs - 1, last });
      await until(() => Date.now() >= nextMs, "the next second");
    }
    const isMerged = async () => (await manifestOf(target)).packs.some(({ level }) => level === 3);
    await until(isMerged, "packs of the third level");
    await until(async () => {
      const { packs } = await manifestOf(target);
      assert.ok(packs.length < 12, `${packs.length} packs`);
      const there = (await target.list("replica/L")).sort();
      return (
        there.join() ===
        packs
          .map(({ key }) => key)
          .sort()
          .join()
      );
    }, "what was merged to be removed");
    assert.deepEqual((await restoredFrom(t, target)).rows, upTo(ENOUGH));
    for (const { atMs, last } of moments) assert.deepEqual((await restoredFrom(t, target, { atMs })).rows, upTo(last));
  });

  for (const folder of ["L1", "L2", "L3", "man"]) {
    for (const kind of ["refused", "error-after"] as const) {
      const when = kind === "refused" ? "before" : "just after";
      test(`lose nothing if the primary is killed ${when} it writes to ${folder}`, async (t) => {
        for (const nth of [1, 4]) {
          const { target } = targetFolder(t);
          let writes = 0;
          let isGone = false;
          const dying = faultyTarget(target, ({ op, key }) => {
            if (isGone) return { kind: "refused", fault: "unreachable" };
            if (op !== "create" || !key.startsWith(`replica/${folder}/`) || ++writes < nth) return undefined;
            isGone = true;
            return { kind, fault: "unreachable" };
          });
          const host = await Host.primary(t, dying, { durability: "sync" }).catch(() => undefined);
          let last = 0;
          while (host !== undefined && !isGone && last < 200) {
            const written = host.write(last + 1);
            last += await written.then(
              () => 1,
              () => 0,
            );
            await until(() => isGone || host.replica.status().restorePathObjects < MERGED_OBJECTS, "merging");
          }
          assert.ok(isGone, `${writes} writes to ${folder}`);
          // The first manifest: there is nothing yet.
          if (host === undefined) continue;
          const again = await Host.primary(t, target, { folder: host.die(t) });
          const restored = (await restoredFrom(t, target)).rows;
          assert.deepEqual(restored.slice(0, last), upTo(last));
          await writeLinks(again, 1_001, 1_000 + ENOUGH);
          const isMerged = async () => (await manifestOf(target)).packs.some(({ level }) => level === 3);
          await until(isMerged, "packs of the third level");
          assert.deepEqual((await restoredFrom(t, target)).rows, [
            ...restored,
            ...upTo(ENOUGH).map((row) => 1_000 + row),
          ]);
        }
      });
    }
  }
});

test("a base that is due for its size waits; one at the end does not", async (t) => {
  const { target } = targetFolder(t);
  const host = await Host.primary(t, target);
  await host.replica.durable(true);
  const before = (await manifestOf(target)).bases.length;
  host.commit("CREATE TABLE noise (a)");
  for (let round = 0; round < 8; round++) {
    host.commit("DELETE FROM noise; INSERT INTO noise VALUES (randomblob(200000))");
    await host.replica.durable(true);
  }
  await until(async () => (await manifestOf(target)).packs.length > 0, "packs");
  await sleep(200);
  assert.equal((await manifestOf(target)).bases.length, before);
  await host.close();
  assert.equal((await manifestOf(target)).bases.length, before + 1);
});
