import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Reason } from "@scimtool/scim";
import { versionRequired } from "../../directory/refusals.ts";
import type { Holder, Refused } from "../exchange-facts.ts";
import { refused } from "../testing/exchange-facts.ts";
import { CHANGE, CREATE, DUPLICATE, diagnosed, HOLDER, refusedBy, settingsOf, told } from "../testing/refusals.ts";

describe("the setting that allows a request is a remedy:", () => {
  test("recreate for deactivated users, unique for all other values", () => {
    const deactivated = { ...HOLDER, isDeactivated: true, isReactivatable: true };
    const of = (holder: Holder) => ({ ...DUPLICATE, conflict: { ...DUPLICATE.conflict, holder } }) as Refused;
    assert.deepEqual(settingsOf(diagnosed(DUPLICATE)), []);
    assert.deepEqual(settingsOf(diagnosed(of({ ...deactivated, isReactivatable: false }))), []);
    assert.equal(diagnosed(of(deactivated)).remedies[0]?.setting, "recreate");
    assert.match(
      told(of(deactivated)),
      /is taken by Dave Lee, who is deactivated \(created on 21 November 2026, 08:00 UTC\)/,
    );
    const group = {
      ...DUPLICATE,
      attempted: { ...CREATE, type: "Group" },
      conflict: { attribute: "displayName", value: "F", holder: undefined },
    };
    assert.deepEqual(settingsOf(diagnosed(group)), ["unique"]);
    assert.match(diagnosed(group).remedies.at(-1)?.text ?? "", /"Group:displayName"/);
    assert.match(diagnosed(group).why, /or it means another group\.$/);
    assert.match(diagnosed(group).remedies[0]?.text ?? "", /finds the existing group/);
    assert.deepEqual(settingsOf(diagnosed({ ...of(deactivated), attempted: CHANGE })), []);
  });

  test("requireEtag and the limits of requests", () => {
    assert.deepEqual(settingsOf(diagnosed(refusedBy(versionRequired("x")))), ["requireEtag"]);
    const because = (status: number, reason: Reason) => diagnosed(refused(status, "x", { reason }));
    const fast = because(429, { code: "rateLimited", limit: "concurrentRequests", max: 9 });
    assert.deepEqual(settingsOf(fast), ["limits.concurrentRequests"]);
    assert.match(fast.why, /^This endpoint accepts 9 requests at once/);
    const large = because(413, { code: "bodyTooLarge", bytes: 1_400_000, maxBytes: 1_000_000 });
    assert.deepEqual(settingsOf(large), ["limits.maxBodyBytes"]);
    assert.equal(large.why, "The body is 1.4 MB; this endpoint accepts 1 MB (`limits.maxBodyBytes`).");
    const many = because(413, { code: "tooManyOperations", operations: 12, maxOperations: 10 });
    assert.deepEqual(settingsOf(many), ["limits.maxBulkOperations"]);
  });
});
