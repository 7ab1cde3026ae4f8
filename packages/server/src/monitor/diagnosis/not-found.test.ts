import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Reason } from "@scimtool/scim";
import { nothingServedAt, resourceNotFound } from "../../directory/refusals.ts";
import type { Refused } from "../exchange-facts.ts";
import { BOB, exchangeFacts } from "../testing/exchange-facts.ts";
import { CHANGE, diagnosed, GROUP, refusedBy, settingsOf, told, USER } from "../testing/refusals.ts";
import { english } from "../words/sentence.ts";
import { diagnose } from "./diagnose.ts";

describe("a 404", () => {
  const missing = refusedBy(resourceNotFound(USER, "u9"), { ...CHANGE, id: "u9" });
  const because = (reason: Reason): Refused => ({ ...missing, reason, attempted: { ...CHANGE, id: undefined } });

  test("of a read may be a connection test, of a write an ID from elsewhere; a deleted resource is recognised", () => {
    assert.equal(diagnosed(missing, { method: "GET" }).code, "unknown-id.read");
    assert.equal(diagnosed(missing).code, "unknown-id");
    assert.match(diagnosed(missing).why, /none in the history had it/, "the history is kept for a limited time");
    assert.equal(diagnosed({ ...missing, former: { type: "User", label: "Bob", deletedMs: 0 } }).code, "gone");
    assert.equal(diagnosed({ ...missing, elsewhere: BOB }).code, "elsewhere");
    assert.equal(diagnosed(because({ code: "meNotBound" })).code, "me");
    assert.equal(diagnosed({ ...missing, attempted: { ...CHANGE, id: undefined } }).code, "address");
  });

  test("of a schema or resource type says that none has this name, not that the address is wrong", () => {
    for (const [reason, cause, setting] of [
      [{ what: "Schema", name: "urn:okta:Role" }, "there is no schema urn:okta:Role", "schemas"],
      [{ what: "ResourceType", name: "Role" }, "there is no resource type Role", "resourceTypes"],
    ] as const) {
      const nothing = diagnosed(because({ code: "unknownDefinition", ...reason }), { method: "GET" });
      assert.equal(english({ parts: nothing.cause }), cause);
      assert.deepEqual(settingsOf(nothing), [setting]);
      assert.ok(nothing.remedies.every(({ text }) => !/Tenant URL/.test(text)));
    }
  });

  test("of a deleted resource offers to restore it; a second deletion needs nothing", () => {
    const former = { type: "User", label: "Bob", deletedMs: 0 };
    const [first] = diagnosed({ ...missing, former }).remedies;
    assert.deepEqual([first?.where, /restore it from its history/.test(first?.text ?? "")], ["server", true]);
    const again = { ...missing, former, attempted: { ...missing.attempted, action: "delete" } } as const;
    const { remedies, retry } = diagnosed(again, { method: "DELETE" });
    assert.deepEqual([remedies.map(({ text }) => text), retry.will], [["Nothing to do."], "unknown"]);
    assert.match(told(again, { method: "DELETE" }), /was deleted on \d+ \w+ \d{4}, \d\d:\d\d UTC$/);
  });

  test("at an address where nothing is served names resourceTypes", () => {
    const nowhere = refusedBy(nothingServedAt("/Foo", [USER, GROUP]), { ...CHANGE, id: undefined });
    assert.deepEqual(settingsOf(diagnosed(nowhere, { path: "/Foo" })), ["resourceTypes"]);
  });

  test("of an ID of another type says whose ID it is", () => {
    const { cause, remedies } = diagnosed({ ...missing, attempted: { ...CHANGE, type: "Group" }, elsewhere: BOB });
    assert.match(english({ parts: cause }), /^no group has the ID u2: it belongs to the user Bob$/);
    assert.match(remedies[0]?.text ?? "", /to the endpoint of the user\.$/);
    const former = { type: "User", label: "Bob", deletedMs: 0 };
    const gone = diagnosed({ ...missing, attempted: { ...CHANGE, type: "Group" }, former });
    assert.match(english({ parts: gone.cause }), /^no group has the ID u2: it belonged to the user Bob, deleted on /);
    assert.doesNotMatch(gone.why, /a group that was deleted/);
    const laptop = { type: "Device", id: "u9", label: "Laptop" };
    const named = diagnosed({ ...missing, elsewhere: laptop }).cause;
    assert.equal(english({ parts: named }), "no user has the ID u9: it belongs to the Device Laptop");
  });

  test("is also explained if the exchange is a read that found nothing", () => {
    const read = { kind: "read", type: "User", id: "u9", label: undefined, found: false, former: undefined } as const;
    assert.equal(diagnose(exchangeFacts(read))?.code, "unknown-id.read");
    assert.equal(diagnose(exchangeFacts({ ...read, elsewhere: BOB }))?.code, "elsewhere");
    assert.equal(diagnose(exchangeFacts({ ...read, found: true, label: "Bob" })), undefined);
  });
});
