import assert from "node:assert/strict";
import { test } from "node:test";
import type { Target } from "./target/target.ts";
import { faultyTarget } from "./target/testing/faulty.ts";
import { QUICK, withConstants } from "./testing/constants.ts";
import { until } from "./testing/until.ts";

/** So few slots that a primary is always further ahead when a copy is restored. */
const MAX_SLOTS_BEHIND = 2;

withConstants({
  ...QUICK,
  // The primary here is alive; only the machine may be slow.
  "lease/lease.ts": { ...QUICK["lease/lease.ts"], OWNER_ANSWERS_WITHIN_MS: 20_000 },
  "standby/standby.ts": { MAX_SLOTS_BEHIND },
});
const { Host, targetFolder } = await import("./testing/host.ts");
const { newestManifest } = await import("./manifest/manifest.ts");
const { SNAPSHOTS } = await import("./snapshot/snapshot.ts");

test("a standby whose primary goes far ahead during a restore is restored once, and follows", async (t) => {
  const { target } = targetFolder(t);
  const writer = await Host.primary(t, target);
  let next = 1;
  const tailSlot = async () => (await newestManifest(target)).manifest?.tailSlot ?? 0;
  const goAhead = async () => {
    const before = await tailSlot();
    while ((await tailSlot()) <= before + MAX_SLOTS_BEHIND) await writer.write(next++);
  };
  await goAhead();

  let isAsleep = false;
  let isRestoring = false;
  let overtaken = 0;
  const sleepy = faultyTarget(target, () => (isAsleep ? { kind: "refused", fault: "unreachable" } : undefined));
  const read: Target["read"] = async (key, range) => {
    // The restore has been planned by now.
    if (isRestoring && key.startsWith(SNAPSHOTS)) {
      await goAhead();
      overtaken++;
    }
    return sleepy.read(key, range);
  };
  const standby = await Host.start(t, { ...sleepy, read });
  isAsleep = true;
  await goAhead();
  isRestoring = true;
  isAsleep = false;
  await standby.told(/must be restored again/);
  await until(() => overtaken > 0, "the writer to go ahead meanwhile");
  isRestoring = false;
  await standby.promote();
  const { count } = standby.database.prepare("SELECT count(*) AS count FROM t").get() as { count: number };
  assert.equal(count, next - 1);
  assert.equal(standby.lines.filter((line) => /restored again/.test(line)).length, 1);
});
