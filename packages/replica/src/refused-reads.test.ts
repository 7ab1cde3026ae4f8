import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import type { TargetFault } from "./errors.ts";
import { LOG } from "./log/log.ts";
import { encodeRecord } from "./log/record.ts";
import { newestManifest } from "./manifest/manifest.ts";
import { slotKey, type Target } from "./target/target.ts";
import { type DecideFaults, faultyTarget } from "./target/testing/faulty.ts";
import { QUICK, withConstants } from "./testing/constants.ts";
import type { Host as HostType } from "./testing/host.ts";
import { until } from "./testing/until.ts";

withConstants({
  ...QUICK,
  // Long enough for a live primary on a slow machine.
  "lease/lease.ts": { ...QUICK["lease/lease.ts"], OWNER_ANSWERS_WITHIN_MS: 3_000 },
});
const { Host, restoredFrom, targetFolder } = await import("./testing/host.ts");

const SLOTS = 300;

const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1);

const rows = (host: HostType) =>
  host.database
    .prepare("SELECT a FROM t ORDER BY a")
    .all()
    .map(({ a }) => a as number);

/** Refuses every fortieth read, each time for another reason. */
function roughReads(): { readonly decide: DecideFaults; readonly refused: () => number } {
  const faults: readonly TargetFault[] = ["unreachable", "full", "denied"];
  let reads = 0;
  let refused = 0;
  const decide: DecideFaults = ({ op }) => {
    if (op !== "read" || ++reads % 40 !== 0) return undefined;
    return { kind: "refused", fault: faults[refused++ % faults.length] as TargetFault };
  };
  return { decide, refused: () => refused };
}

/** Writes rows, each into its own slot. */
async function writeOneByOne(host: HostType, values: readonly number[]): Promise<void> {
  for (const value of values) await host.write(value);
}

function fenceIn(slot: number, epoch: number): Promise<Buffer> {
  const common = { databaseId: randomUUID(), writer: randomUUID(), timeMs: Date.now() };
  return encodeRecord({ kind: "fence", ...common, epoch, slot });
}

/** Waits until the first slots are packed, and removes them, as maintenance does later. */
async function removePackedSlots(target: Target): Promise<void> {
  const tailSlot = await until(async () => {
    const { manifest } = await newestManifest(target);
    return manifest !== undefined && manifest.packs.length > 0 && manifest.tailSlot;
  }, "a pack");
  for (const key of await target.list(LOG)) if (key < slotKey(LOG, tailSlot)) await target.remove(key);
}

suite("a promotion with occasional read failures", { concurrency: true }, () => {
  test("takes one attempt after hundreds of unpacked slots", async (t) => {
    const { target } = targetFolder(t);
    const withoutPacks = faultyTarget(target, ({ op, key }) =>
      op === "create" && key.startsWith("replica/L1/") ? { kind: "refused", fault: "full" } : undefined,
    );
    const before = await Host.primary(t, withoutPacks);
    await writeOneByOne(before, upTo(SLOTS));
    before.die(t);
    const { decide, refused } = roughReads();
    const after = await Host.primary(t, faultyTarget(target, decide));
    assert.deepEqual(rows(after), upTo(SLOTS));
    assert.ok(refused() > 10, `${refused()} reads were refused`);
  });

  test("takes one attempt if the target was empty at the start", async (t) => {
    const { target } = targetFolder(t);
    const { decide, refused } = roughReads();
    const after = await Host.start(t, faultyTarget(target, decide));
    const before = await Host.primary(t, target);
    await writeOneByOne(before, upTo(SLOTS));
    await after.promote();
    assert.deepEqual(rows(after), upTo(SLOTS));
    await until(() => before.replica.role === "standby", "the one before to stand by");
    assert.deepEqual(before.demotions, ["handed-over"]);
    assert.ok(refused() > 0);
  });
});

suite("an instance that found an empty target", { concurrency: true }, () => {
  test("asks the primary that has come since, even if the log's first slots are gone", async (t) => {
    const { target } = targetFolder(t);
    const after = await Host.start(t, target);
    const before = await Host.primary(t, target);
    await writeOneByOne(before, upTo(40));
    await removePackedSlots(target);
    await after.promote();
    await until(() => before.replica.role === "standby", "the one before to stand by");
    assert.deepEqual(before.demotions, ["handed-over"]);
    assert.doesNotMatch(after.lines.join("\n"), /by force/);
    assert.deepEqual(rows(after), upTo(40));
  });

  test("restores in the same attempt what another one wrote just before its fence", async (t) => {
    const { target } = targetFolder(t);
    let isFencing = false;
    const overtaken: Target = {
      ...target,
      openSlots: (prefix) => {
        const slots = target.openSlots(prefix);
        const write = async (slot: number, bytes: Uint8Array) => {
          if (!isFencing) {
            isFencing = true;
            const other = await Host.primary(t, target);
            await other.write(1);
            await other.close();
          }
          return slots.write(slot, bytes);
        };
        return { ...slots, write };
      },
    };
    const host = await Host.primary(t, overtaken);
    assert.deepEqual(rows(host), [1]);
    await host.write(2);
    assert.deepEqual((await restoredFrom(t, target)).rows, [1, 2]);
  });

  test("reads the log once, however long it waits for a response", async (t) => {
    const { target } = targetFolder(t);
    // Newcomers that died, each fenced by the next.
    for (const slot of upTo(60)) await target.create(slotKey(LOG, slot), await fenceIn(slot, slot));
    const host = await Host.start(t, target);
    await host.promote();
    assert.match(host.lines.join("\n"), /did not respond/);
    const { operations } = host.target;
    const asked = operations.findIndex(({ op, key }) => op === "replace" && key === "replica/intent");
    const fenced = operations.findIndex(({ op }) => op === "slot");
    const whileWaiting = operations.slice(asked, fenced).filter(({ key }) => key === slotKey(LOG, 30));
    assert.deepEqual(whileWaiting, []);
    await host.write(1);
    assert.deepEqual((await restoredFrom(t, target)).rows, [1]);
  });

  test("sees a fence that was unfinished at its first read", async (t) => {
    const { target, folder } = targetFolder(t);
    await target.create(slotKey(LOG, 1), await fenceIn(1, 1));
    for (const slot of [2, 3]) await target.create(slotKey(LOG, slot), Buffer.alloc(0));
    const fence = await fenceIn(2, 7);
    const finishing = faultyTarget(target, ({ op }) => {
      if (op === "replace") writeFileSync(join(folder, slotKey(LOG, 2)), fence);
      return undefined;
    });
    const host = await Host.primary(t, finishing);
    assert.equal(host.replica.status().epoch, 8);
  });
});

test("does not wait for itself after an attempt that failed after its own fence", async (t) => {
  const { target } = targetFolder(t);
  const before = await Host.primary(t, target);
  await before.write(1);
  await before.close();
  let refusals = 1;
  const flawed = faultyTarget(target, ({ op, key }) =>
    op === "read" && key === "replica/intent" && refusals-- > 0 ? { kind: "refused", fault: "missing" } : undefined,
  );
  const after = await Host.start(t, flawed);
  await assert.rejects(after.replica.promote(), { code: "not-primary" });
  await after.promote();
  assert.doesNotMatch(after.lines.join("\n"), /Asking/);
  assert.deepEqual(rows(after), [1]);
});
