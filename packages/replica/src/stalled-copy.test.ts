import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { QUICK, withConstants } from "./testing/constants.ts";
import { type HangingTarget, hanging } from "./testing/hanging.ts";
import type { Host as HostType } from "./testing/host.ts";
import { until } from "./testing/until.ts";

const OUTGROWN_BYTES = 2_000_000;

withConstants({
  ...QUICK,
  "primary/gate.ts": { AWAY_AFTER_MS: 300, MAX_REMOTE_WAIT_MS: 20_000 },
  "primary/local-log.ts": {
    CHECKPOINT_BYTES: 200_000,
    RESTART_BYTES: 1_000_000,
    OUTGROWN_BYTES,
    STALLED_MS: 500,
    PAUSE_AGAIN_MS: 200,
  },
});
const { Host, restoredFrom, targetFolder } = await import("./testing/host.ts");

/** Writes some kilobytes several times, even while writes are held. @returns the size of the log at the end */
async function write(host: HostType, times: number): Promise<number> {
  for (let time = 0; time < times; time++) {
    while (host.isPaused) await sleep(1);
    host.commit("INSERT INTO t (b) VALUES (randomblob(40000))");
    await sleep(1);
  }
  return host.replica.status().walBytes;
}

/** A primary whose target hangs after the first piece of an object. */
async function writer(t: TestContext, key: RegExp) {
  let isWaitedFor = false;
  const { target: plain } = targetFolder(t);
  const hung: HangingTarget = hanging(plain, (taken) => {
    if (!isWaitedFor || !key.test(taken)) return;
    isWaitedFor = false;
    hung.hang();
  });
  const host = await Host.primary(t, hung.target, { durability: "async" });
  const hangNext = async () => {
    isWaitedFor = true;
    await until(() => !isWaitedFor, "a target that hangs");
  };
  return { plain, hung, host, hangNext };
}

/** Asserts that the log grows while the copy holds the file, and is short again once the copy is given up. */
async function assertStaysShort(host: HostType): Promise<void> {
  for (let look = 0; look < 200; look++) {
    const walBytes = await write(host, 10);
    if (look > 20 && walBytes < OUTGROWN_BYTES) return;
  }
  assert.fail(`The log has ${host.replica.status().walBytes} bytes.`);
}

suite("a target that hangs during", { concurrency: true }, () => {
  test("a plain copy does not keep the log from being truncated, and later gets everything", async (t) => {
    const { plain, hung, host, hangNext } = await writer(t, /^scim\.db$/);
    await write(host, 50);
    await host.replica.durable(true);
    const copy = host.replica.backupNow();
    copy.catch(() => {});
    await hangNext();
    await assertStaysShort(host);
    hung.goOn();
    await assert.rejects(copy, /was cancelled/);
    await host.told(/has the whole database again/);
    await host.replica.durable(true);
    const [count] = host.database.prepare("SELECT count(*) AS n FROM t").all();
    assert.equal((await restoredFrom(t, plain, { check: "full" })).rows.length, count?.["n"]);
    assert.equal((await host.replica.backupNow()).lastBackupSucceeded, true);
  });

  test("the base after a long outage does not either", async (t) => {
    const { plain, hung, host, hangNext } = await writer(t, /^replica\/snap\//);
    hung.hang();
    await write(host, 60);
    await until(
      () => host.lines.some((line) => /has been unreachable for a long time/.test(line)),
      "a log that is given up",
    );
    hung.goOn();
    await hangNext();
    await assertStaysShort(host);
    hung.goOn();
    await host.told(/has the whole database again/);
    await host.replica.durable(true);
    const [count] = host.database.prepare("SELECT count(*) AS n FROM t").all();
    assert.equal((await restoredFrom(t, plain, { check: "full" })).rows.length, count?.["n"]);
  });
});
