import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { hasCode, TargetError, type TargetFault } from "../errors.ts";
import { directoryTarget } from "../target/directory.ts";
import type { Target } from "../target/target.ts";
import { faultyTarget } from "../target/testing/faulty.ts";
import { temporaryFolder } from "../testing/folder.ts";
import { selfTest } from "./target-setup.ts";

const open = (t: TestContext) => directoryTarget(join(temporaryFolder(t), "target"));

const refused =
  (...patterns: readonly RegExp[]) =>
  (error: unknown) => {
    assert.ok(hasCode(error, "start-failed"), String(error));
    for (const pattern of patterns) assert.match(error.message, pattern);
    return true;
  };

describe("a target with the required behaviour", () => {
  test("passes, and nothing is left of the test", async (t) => {
    const target = open(t);
    assert.ok(Math.abs(await selfTest(target)) < 2_000);
    assert.deepEqual(await target.list(""), []);
  });

  for (const hours of [-24, 24]) {
    test(`reports how far its clock is ${hours > 0 ? "behind" : "ahead of"} ours`, async (t) => {
      const target = open(t);
      const skewed: Target = { ...target, clockMs: async () => (await target.clockMs()) - hours * 3_600_000 };
      const skewMs = await selfTest(skewed);
      assert.ok(Math.abs(skewMs - hours * 3_600_000) < 2_000);
    });
  }
});

describe("a target is rejected with the reason and its name", () => {
  test("if two writers can create the same object", async (t) => {
    const target = open(t);
    const lax: Target = {
      ...target,
      create: async (key, content) => {
        await target.replace(key, content);
        return "created";
      },
    };
    await assert.rejects(selfTest(lax), refused(/two writers/, new RegExp(target.name)));
    assert.deepEqual(await target.list(""), []);
  });

  test("if it mistakes a new object for an existing one", async (t) => {
    const target = open(t);
    await assert.rejects(selfTest({ ...target, create: async () => "exists" }), refused(/already exists/));
  });

  for (const [what, bytes] of [
    ["nothing", undefined],
    ["something else", Buffer.from("else")],
  ] as const) {
    test(`if it returns ${what}`, async (t) => {
      await assert.rejects(
        selfTest({ ...open(t), read: async () => bytes }),
        refused(/does not return what was written/),
      );
    });
  }

  for (const fault of ["full", "read-only", "unreachable", "denied", "missing"] satisfies readonly TargetFault[]) {
    test(`if it is ${fault}`, async (t) => {
      const target = faultyTarget(open(t), () => ({ kind: "refused", fault }));
      await assert.rejects(selfTest(target), (error: Error) => {
        assert.ok(error.cause instanceof TargetError && error.cause.fault === fault);
        return refused(/cannot be used/, /injected/)(error);
      });
    });
  }

  test("if it does not respond within half a minute", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const silent: Target = { ...open(t), create: () => new Promise(() => {}) };
    const test = selfTest(silent);
    t.mock.timers.tick(30_000);
    await assert.rejects(test, refused(/did not answer within 30 s/));
  });
});
