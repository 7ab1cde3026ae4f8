import assert from "node:assert/strict";
import { test } from "node:test";
import { Failures } from "./primary.ts";

test("the last failure counts until its task succeeds", () => {
  const failures = new Failures();
  assert.equal(failures.last, undefined);
  failures.failed("shipping", new Error("first"));
  failures.failed("plain copy", new Error("no room"));
  failures.failed("shipping", new Error("second"));
  assert.deepEqual([failures.last, failures.of("plain copy"), failures.count], ["second", "no room", 3]);
  failures.succeeded("shipping");
  assert.deepEqual([failures.last, failures.of("shipping")], ["no room", undefined]);
  failures.succeeded("plain copy");
  failures.succeeded("base");
  assert.deepEqual([failures.last, failures.count], [undefined, 3]);
});
