import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { TargetError } from "../errors.ts";
import type { Target } from "../target/target.ts";
import { faultyTarget } from "../target/testing/faulty.ts";
import { QUICK, withConstants } from "../testing/constants.ts";
import { until } from "../testing/until.ts";

withConstants({
  ...QUICK,
  "primary/maintenance.ts": { ...QUICK["primary/maintenance.ts"], FIRST_SCRUB_MS: 300 },
  "target/open-target.ts": { PAUSES_MS: "[]" },
});
const { Host, targetFolder } = await import("../testing/host.ts");

test("a failed scrub is repeated soon, not a day later", async (t) => {
  const { target } = targetFolder(t);
  let isRefused = false;
  const host = await Host.primary(
    t,
    faultyTarget(target, ({ op, key }) =>
      isRefused && op === "read" && key.startsWith("replica/snap/")
        ? { kind: "refused", fault: "unreachable" }
        : undefined,
    ),
  );
  isRefused = true;
  await until(() => host.replica.status().lastError !== null, "a scrub that is refused");
  assert.equal(host.replica.status().lastScrub, null);
  isRefused = false;
  await until(() => host.replica.status().lastScrub !== null, "another scrub");
  assert.deepEqual([host.replica.status().lastScrub?.verdict, host.replica.status().lastError], ["ok", null]);
});

test("a scrub that is slow to fail is not repeated at once", async (t) => {
  const { target } = targetFolder(t);
  let isRefused = false;
  let failedMs = Number.POSITIVE_INFINITY;
  let againMs: number | undefined;
  const slow: Target = {
    ...target,
    read: async (key, range) => {
      if (!isRefused || !key.startsWith("replica/snap/")) return target.read(key, range);
      // The same scrub reads several at once.
      if (performance.now() > failedMs + 50) againMs ??= performance.now();
      await sleep(600);
      failedMs = Math.min(failedMs, performance.now());
      throw new TargetError("unreachable", "injected");
    },
  };
  await Host.primary(t, slow);
  isRefused = true;
  await until(() => againMs !== undefined, "a second scrub");
  assert.ok((againMs ?? 0) - failedMs >= 290, `after ${(againMs ?? 0) - failedMs} ms`);
});
