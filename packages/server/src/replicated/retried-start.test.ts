import assert from "node:assert/strict";
import { test } from "node:test";
import { TargetError, type TargetFault } from "@scimtool/replica/errors";
import { retriedStart } from "./retried-start.ts";

const failed = (fault: TargetFault) =>
  new Error(`The backup target is ${fault}.`, { cause: new TargetError(fault, fault) });

async function started(failures: number, error: Error, env: NodeJS.ProcessEnv = {}) {
  const events: string[] = [];
  let attempts = 0;
  const start = async () => {
    if (++attempts <= failures) throw error;
    return "started";
  };
  const environment = {
    log: (level: string, line: string) => events.push(`${level} ${line}`),
    whileWaiting: async () => {
      events.push("waits");
      return async () => void events.push("waits no longer");
    },
  };
  const options = { env, waitMs: 200, pauseMs: 10 };
  const outcome = await retriedStart(start, environment, options).catch((thrown: unknown) => thrown);
  return { outcome, attempts, events };
}

test("a start waits for a target that is full or does not answer, and says once what it waits for", async () => {
  for (const fault of ["full", "unreachable"] as const) {
    for (const error of [failed(fault), new TargetError(fault, `The backup target is ${fault}.`)]) {
      const { outcome, attempts, events } = await started(3, error);
      assert.deepEqual([outcome, attempts], ["started", 4]);
      const line = `warn The backup target is ${fault}. Retrying for 0.2 s.`;
      assert.deepEqual(events, [line, "waits", "waits no longer"]);
    }
  }
});

test("a start with a managed identity also waits for a permission, because a new role takes minutes to work", async () => {
  const { outcome, attempts } = await started(3, failed("denied"), { AZURE_CLIENT_ID: "b6ad" });
  assert.deepEqual([outcome, attempts], ["started", 4]);
});

test("a target that stays full ends the start with the reason, after growing pauses", async () => {
  const { outcome, attempts, events } = await started(Number.POSITIVE_INFINITY, failed("full"));
  assert.match(String(outcome), /The backup target is full\. Retried for 0\.2 s\. Fix this, then start again\./);
  assert.ok(attempts > 2 && attempts < 7, `${attempts} attempts`);
  assert.deepEqual(events.slice(1), ["waits", "waits no longer"]);
});

test("other failures end the start at once", async () => {
  for (const error of [failed("denied"), failed("missing"), failed("read-only"), new Error("no cause")]) {
    assert.deepEqual(await started(1, error), { outcome: error, attempts: 1, events: [] });
  }
});
