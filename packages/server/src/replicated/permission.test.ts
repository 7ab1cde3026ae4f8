import assert from "node:assert/strict";
import { test } from "node:test";
import { whenPermitted } from "./permission.ts";

const DENIED = new Error("The backup target cannot be used: 403 AuthorizationPermissionMismatch.", {
  cause: { fault: "denied" },
});

/** Fails so many times with an error, then succeeds. */
async function started(failures: number, error: Error, env = { AZURE_CLIENT_ID: "b6ad" } as NodeJS.ProcessEnv) {
  const lines: string[] = [];
  let attempts = 0;
  const start = async () => {
    if (++attempts <= failures) throw error;
    return "started";
  };
  const outcome = await whenPermitted(start, (level, line) => lines.push(`${level} ${line}`), {
    env,
    waitMs: 200,
    pauseMs: 10,
  }).catch((thrown: unknown) => thrown);
  return { outcome, attempts, lines };
}

test("a start with a managed identity waits for a role that does not work yet, and says why once", async () => {
  const { outcome, attempts, lines } = await started(3, DENIED);
  assert.deepEqual([outcome, attempts], ["started", 4]);
  assert.deepEqual(lines, [`warn ${DENIED.message} Trying again for 0.2 s, in case the role is new.`]);
});

test("a role that is missing for good ends the start with the reason", async () => {
  const { outcome, attempts, lines } = await started(Number.POSITIVE_INFINITY, DENIED);
  assert.equal(outcome, DENIED);
  assert.ok(attempts > 2 && attempts < 25, `${attempts} attempts`);
  assert.equal(lines.length, 1);
});

test("other failures, and refusals of a key or SAS, end the start at once", async () => {
  const away = new Error("away", { cause: { fault: "unreachable" } });
  assert.deepEqual(await started(1, away), { outcome: away, attempts: 1, lines: [] });
  assert.deepEqual(await started(1, new Error("no cause")).then(({ attempts }) => attempts), 1);
  assert.deepEqual(await started(1, DENIED, {}), { outcome: DENIED, attempts: 1, lines: [] });
});
