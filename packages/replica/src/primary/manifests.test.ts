import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { Fenced } from "../errors.ts";
import type { Lease } from "../lease/lease.ts";
import { decodeManifest, type Manifest, manifestKey, newestManifest } from "../manifest/manifest.ts";
import { directoryTarget } from "../target/directory.ts";
import type { Target } from "../target/target.ts";
import { type DecideFaults, faultyTarget } from "../target/testing/faulty.ts";
import { temporaryFolder } from "../testing/folder.ts";
import { Manifests } from "./manifests.ts";

const DATABASE_ID = randomUUID();

const lease = (epoch: number): Lease => ({
  databaseId: DATABASE_ID,
  targetName: "",
  epoch,
  writer: randomUUID(),
  fenceSlot: epoch,
  slots: { write: async () => assert.fail(), firstForeign: () => 0, close: async () => {} },
});

const EMPTY = { bases: [], packs: [], tailSlot: 1, headBeforeTail: { slot: 0, hash: "" }, backupCount: 0, dropped: [] };

/** The members of the next manifest that differ. */
const changed = (current: Manifest | undefined, change: Partial<Manifest>) => {
  const { bases, packs, tailSlot, headBeforeTail, backupCount, dropped } = current ?? EMPTY;
  return { bases, packs, tailSlot, headBeforeTail, backupCount, dropped, ...change };
};

const oneMore = (current: Manifest | undefined) => changed(current, { backupCount: (current?.backupCount ?? 0) + 1 });

const target = (t: TestContext) => directoryTarget(join(temporaryFolder(t), "target"));

async function numbers(of: Target): Promise<number[]> {
  return (await of.list("replica/man/")).map((key) => Number(key.slice(-16)));
}

describe("the manifests of a primary", () => {
  test("follow each other, and each drops the previous one", async (t) => {
    const folder = target(t);
    const owner = lease(3);
    const manifests = await Manifests.read(folder, owner);
    for (let number = 1; number <= 3; number++) assert.equal(await manifests.publish(number * 100, oneMore), true);
    assert.deepEqual(await numbers(folder), [1, 2, 3]);
    const { manifest } = await newestManifest(folder);
    assert.deepEqual(manifest, manifests.current);
    assert.deepEqual(manifest?.dropped, [{ key: manifestKey(1), through: 2, atMs: 300 }]);
    const { epoch, writer, databaseId, timeMs, backupCount } = manifest as Manifest;
    assert.deepEqual([epoch, writer, databaseId, timeMs, backupCount], [3, owner.writer, DATABASE_ID, 300, 3]);
  });

  test("continue from the existing one", async (t) => {
    const folder = target(t);
    await (await Manifests.read(folder, lease(1))).publish(1, oneMore);
    const manifests = await Manifests.read(folder, lease(2));
    assert.equal(manifests.current?.epoch, 1);
    await manifests.publish(2, oneMore);
    assert.deepEqual([manifests.current?.number, manifests.current?.backupCount], [2, 2]);
  });

  test("skip a damaged one", async (t) => {
    const folder = target(t);
    await (await Manifests.read(folder, lease(1))).publish(1, oneMore);
    await folder.create(manifestKey(2), Buffer.from("cut off"));
    const manifests = await Manifests.read(folder, lease(2));
    await manifests.publish(2, oneMore);
    assert.deepEqual([manifests.current?.number, manifests.current?.backupCount], [3, 2]);
  });

  test("are not published without a change", async (t) => {
    const folder = target(t);
    const manifests = await Manifests.read(folder, lease(1));
    assert.equal(await manifests.publish(1, () => undefined), false);
    assert.deepEqual(await numbers(folder), []);
  });
});

describe("if another instance has published meanwhile", () => {
  test("and is no longer the primary, its content is kept and continued", async (t) => {
    const folder = target(t);
    const zombie = await Manifests.read(folder, lease(1));
    await zombie.publish(1, oneMore);
    const owner = await Manifests.read(folder, lease(2));
    await zombie.publish(2, (current) => changed(current, { tailSlot: 77 }));
    await owner.publish(3, oneMore);
    const { manifest } = await newestManifest(folder);
    assert.deepEqual([manifest?.number, manifest?.epoch, manifest?.tailSlot, manifest?.backupCount], [3, 2, 77, 2]);
    assert.deepEqual(manifest?.dropped, [{ key: manifestKey(1), through: 2, atMs: 3 }]);
  });

  test("and made the change unnecessary, none is published", async (t) => {
    const folder = target(t);
    const zombie = await Manifests.read(folder, lease(1));
    await zombie.publish(1, oneMore);
    const owner = await Manifests.read(folder, lease(2));
    await zombie.publish(2, (current) => changed(current, { tailSlot: 77 }));
    const change = (current: Manifest | undefined) => (current?.tailSlot === 77 ? undefined : oneMore(current));
    assert.equal(await owner.publish(3, change), false);
    assert.deepEqual([await numbers(folder), owner.current?.tailSlot], [[1, 2], 77]);
  });

  test("and is the primary now, it is left alone", async (t) => {
    const folder = target(t);
    const zombie = await Manifests.read(folder, lease(1));
    await zombie.publish(1, oneMore);
    const owner = await Manifests.read(folder, lease(2));
    await owner.publish(2, oneMore);
    await assert.rejects(zombie.publish(3, oneMore), Fenced);
    assert.deepEqual(await numbers(folder), [1, 2]);
  });

  test("among many simultaneous ones, each number is used once, and nothing is lost", async (t) => {
    const folder = target(t);
    const first = await Manifests.read(folder, lease(1));
    const second = await Manifests.read(folder, lease(1));
    await Promise.all(
      [first.publish(1, oneMore), second.publish(2, oneMore), first.publish(3, oneMore)].map((work) =>
        work.catch(() => {}),
      ),
    );
    const published = await numbers(folder);
    assert.deepEqual(
      published,
      Array.from(published, (_, at) => at + 1),
    );
    for (const number of published) decodeManifest((await folder.read(manifestKey(number))) as Buffer);
  });
});

describe("if the target", () => {
  const failing = (t: TestContext, ...kinds: readonly ("refused" | "error-after")[]) => {
    const left = [...kinds];
    const faults: DecideFaults = ({ op }) => {
      const kind = op === "create" ? left.shift() : undefined;
      return kind === undefined ? undefined : { kind, fault: "unreachable" };
    };
    return faultyTarget(target(t), faults);
  };

  test("succeeds but reports a failure, the next attempt finds its own manifest", async (t) => {
    const folder = failing(t, "error-after");
    const manifests = await Manifests.read(folder, lease(1));
    await assert.rejects(manifests.publish(1, oneMore));
    await manifests.publish(1, oneMore);
    assert.deepEqual([await numbers(folder), manifests.current?.backupCount], [[1], 1]);
  });

  test("succeeds but reports a failure, the next attempt at something else continues from it", async (t) => {
    const folder = failing(t, "error-after");
    const manifests = await Manifests.read(folder, lease(1));
    await assert.rejects(manifests.publish(1, oneMore));
    await manifests.publish(2, oneMore);
    assert.deepEqual([await numbers(folder), manifests.current?.backupCount], [[1, 2], 2]);
  });

  test("fails, nothing is published and the next attempt has the same number", async (t) => {
    const folder = failing(t, "refused");
    const manifests = await Manifests.read(folder, lease(1));
    await assert.rejects(manifests.publish(1, oneMore));
    assert.equal(manifests.current, undefined);
    await manifests.publish(2, oneMore);
    assert.deepEqual(await numbers(folder), [1]);
  });
});

test("a primary learns whether the log may have continued without it", async (t) => {
  const folder = target(t);
  const before = await Manifests.read(folder, lease(1));
  assert.equal(await before.isNewest(5), true, "nobody has published anything");
  await before.publish(1, (current) => changed(current, { tailSlot: 5 }));
  assert.equal(await before.isNewest(5), true);
  assert.equal(await before.isNewest(4), false, "somebody has packed what it would write");
  const after = await Manifests.read(folder, lease(2));
  await after.publish(2, oneMore);
  assert.equal(await before.isNewest(5), false, "there has been another owner");
  assert.equal(await after.isNewest(5), true);
});
