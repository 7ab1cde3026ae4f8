import assert from "node:assert/strict";
import { test } from "node:test";
import { lostOf, newerThan } from "./writers.ts";

const DELETED = 1_000;

test("a rehearsal finds missing users, outdated users and deleted users that are back", () => {
  const told = new Map([
    ["complete", { acknowledged: 2, sent: 2 }],
    ["missing", { acknowledged: 0, sent: 1 }],
    ["outdated", { acknowledged: 2, sent: 2 }],
    ["deleted", { acknowledged: DELETED, sent: DELETED }],
    ["back", { acknowledged: DELETED, sent: DELETED }],
    ["change without an answer", { acknowledged: 1, sent: 2 }],
    ["deletion without an answer", { acknowledged: 1, sent: DELETED }],
    ["creation without an answer", { acknowledged: -1, sent: 0 }],
  ]);
  const users = new Map([
    ["complete", 2],
    ["outdated", 1],
    ["back", 3],
    ["change without an answer", 2],
    ["unknown", 0],
  ]);
  assert.deepEqual(lostOf(told, users), ["missing", "outdated", "back"]);
  assert.deepEqual(newerThan(told, users), ["change without an answer", "deletion without an answer", "unknown"]);
});
