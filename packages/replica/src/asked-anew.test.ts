import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { LOG } from "./log/log.ts";
import type { Target } from "./target/target.ts";
import { QUICK, withConstants } from "./testing/constants.ts";
import type { Host as HostType } from "./testing/host.ts";
import { until } from "./testing/until.ts";

// Long enough for a live primary on a slow machine.
const OWNER_ANSWERS_WITHIN_MS = 4_000;
withConstants({ ...QUICK, "lease/lease.ts": { ...QUICK["lease/lease.ts"], OWNER_ANSWERS_WITHIN_MS } });
const { Host, rowsOf, targetFolder } = await import("./testing/host.ts");

/** A newcomer whose four seconds are over finds that another instance became the primary after it had asked. */
async function ownerCome(t: TestContext, meanwhile: (owner: HostType) => void) {
  const { target } = targetFolder(t);
  const first = await Host.primary(t, target);
  await first.write(1);
  await first.close();
  let gate = Promise.resolve();
  const gated: Target = {
    ...target,
    read: async (key, range) => {
      if (key.startsWith(LOG)) await gate;
      return target.read(key, range);
    },
  };
  // The previous primary has released the log, so nobody is asked.
  const newcomer = await Host.start(t, gated);
  const gone = await Host.primary(t, target);
  await gone.write(2);
  // It continues with its own folder, so it need not ask.
  const owner = await Host.start(t, target, { folder: gone.die(t) });
  const promoted = newcomer.promote();
  await until(() => newcomer.target.operations.some(({ op }) => op === "replace"), "the question");
  const opened = Promise.withResolvers<void>();
  gate = opened.promise;
  // It finds a request that it must not answer itself.
  await owner.promote();
  meanwhile(owner);
  await sleep(OWNER_ANSWERS_WITHIN_MS);
  opened.resolve();
  await promoted;
  return { newcomer, owner };
}

suite("a primary that has come since a newcomer asked", { concurrency: true }, () => {
  test("is asked again, and given as much time", async (t) => {
    const { newcomer, owner } = await ownerCome(t, () => {});
    await until(() => owner.replica.role === "standby", "the owner to stand by");
    assert.deepEqual(owner.demotions, ["handed-over"]);
    assert.doesNotMatch(newcomer.lines.join("\n"), /by force/);
    assert.deepEqual(rowsOf(owner.file), [1, 2]);
  });

  test("is fenced by force when that time is over too", { timeout: 60_000 }, async (t) => {
    const { newcomer } = await ownerCome(t, (owner) => void owner.die(t));
    assert.match(newcomer.lines.join("\n"), /by force/);
    assert.equal(newcomer.replica.role, "primary");
  });
});
