import assert from "node:assert/strict";
import { test } from "node:test";
import { includesScope, readScope, scopeText } from "./scope.ts";

test("write includes read, and not the other way round", () => {
  assert.ok(includesScope(["write"], "read"));
  assert.ok(includesScope(["write"], "write"));
  assert.ok(includesScope(["read"], "read"));
  assert.ok(!includesScope(["read"], "write"));
  assert.ok(!includesScope([], "read"));
});

test("scopes are written with all that they include, in one order", () => {
  assert.equal(scopeText(["write"]), "read write");
  assert.equal(scopeText(["write", "read"]), "read write");
  assert.equal(scopeText(["read"]), "read");
  assert.equal(scopeText([]), "");
});

test("a list of scopes is read in any order, twice or with blanks, and its first unknown name is told", () => {
  assert.deepEqual(readScope("write read"), { scopes: ["read", "write"] });
  assert.deepEqual(readScope("  read   read "), { scopes: ["read"] });
  assert.deepEqual(readScope(""), { scopes: [] });
  assert.deepEqual(readScope("read admin root"), { unknown: "admin" });
  assert.deepEqual(readScope("Read"), { unknown: "Read" });
});
