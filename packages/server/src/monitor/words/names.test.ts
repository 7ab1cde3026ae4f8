import assert from "node:assert/strict";
import { test } from "node:test";
import { allOf, listed, listedUpTo, possessive } from "./names.ts";

test("numbers and names read as people write them", () => {
  assert.deepEqual([0, 1, 2, 3, 5_000].map(allOf), ["all", "all", "both", "all 3", "all 5,000"]);
  assert.equal(listed(["Alice", "Bob", "Carol"]), "Alice, Bob and Carol");
  assert.equal(listedUpTo(2, ["Alice", "Bob"], 1_002), "Alice, Bob and 1,000 more");
  assert.deepEqual([possessive("Alice"), possessive("James")], ["Alice's", "James'"]);
});
