import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { newestManifest } from "./manifest/manifest.ts";
import { QUICK, withConstants } from "./testing/constants.ts";

withConstants({
  ...QUICK,
  "primary/maintenance.ts": { BASE_PACE: 0, PERIOD_MS: 30 },
  "compaction/compaction.ts": { FANOUT: 4, MIN_DELTA_BYTES: 100_000, GRACE_MS: 0, MANIFEST_GRACE_MS: 0 },
});
const { Host, restoredFrom, targetFolder } = await import("./testing/host.ts");

const JUMP_MS = 400 * 86_400_000;

test("a clock that is wrong for some seconds removes no restore point, and the status shows it", async (t) => {
  const { target } = targetFolder(t);
  const host = await Host.primary(t, target);
  let row = 0;
  /** Writes until the target has one more base. */
  const writeBase = async () => {
    const newestKey = async () => (await newestManifest(target)).manifest?.bases.at(-1)?.key;
    const before = await newestKey();
    while ((await newestKey()) === before) {
      host.commit(`INSERT INTO t VALUES (${++row}, randomblob(60000))`);
      await host.replica.durable(true);
      await sleep(20);
    }
  };
  await writeBase();
  const atMs = Date.now();
  const rowsThen = row;
  await sleep(1_100);
  await writeBase();
  const realNow = Date.now.bind(Date);
  const jump = t.mock.method(Date, "now", () => realNow() + JUMP_MS);
  for (let bases = 0; bases < 3; bases++) await writeBase();
  assert.equal(host.replica.status().clock?.isTrusted, false);
  await host.told(/warn: The clock .* no restore point is removed/);
  jump.mock.restore();
  assert.equal(host.replica.status().clock?.isTrusted, true);
  await writeBase();
  const { rows } = await restoredFrom(t, target, { atMs });
  assert.equal(rows.length, rowsThen);
  const newest = Date.parse(host.replica.status().restorable?.newest ?? "");
  assert.ok(newest < realNow() + 60_000, "new changes are not labelled with the wrong time");
});
