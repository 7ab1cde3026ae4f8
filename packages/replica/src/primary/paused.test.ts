import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { hasCode } from "../errors.ts";
import { fence } from "../lease/lease.ts";
import { QUICK, withConstants } from "../testing/constants.ts";

withConstants(QUICK);
const { Host, targetFolder } = await import("../testing/host.ts");

for (const isReplaced of [false, true]) {
  const outcome = isReplaced ? "answers nothing if it was replaced" : "answers once the target has named it the owner";
  test(`a primary that was paused for more than a second ${outcome}`, async (t) => {
    const { target } = targetFolder(t);
    const host = await Host.primary(t, target);
    await host.write(1);
    assert.equal(host.replica.durable(), undefined);
    const now = performance.now.bind(performance);
    if (isReplaced) {
      const claim = { databaseId: randomUUID(), writer: randomUUID(), fromSlot: 1, minEpoch: 1, timeMs: 0 };
      const { slots } = await fence(target, claim);
      await slots.close();
    }
    t.mock.method(performance, "now", () => now() + 1_500);
    const answer = host.replica.durable();
    if (isReplaced) await assert.rejects(answer ?? Promise.resolve(), (error) => hasCode(error, "not-durable"));
    else {
      assert.ok(answer !== undefined);
      await answer;
      assert.equal(host.replica.durable(), undefined);
    }
  });
}
