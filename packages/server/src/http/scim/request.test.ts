import assert from "node:assert/strict";
import { test } from "node:test";
import { ScimError } from "@scimtool/scim";
import { parseQueryString } from "./request.ts";

const read = (query: string) => Object.fromEntries(parseQueryString(query));

test("a plus is a blank, unless the same value has %20 for its blanks", () => {
  const filter = 'userName eq "a+b@example.com"';
  assert.equal(read('filter=userName+eq+"a%2Bb@example.com"')["filter"], filter);
  assert.equal(read('filter=userName%20eq%20"a+b@example.com"')["filter"], filter);
  assert.equal(read('filter=userName%20eq%20"a%2Bb@example.com"')["filter"], filter);
  assert.equal(read('filter=userName+eq+"a+b"')["filter"], 'userName eq "a b"');
  assert.deepEqual(read("a=x+y&b=x%20+y"), { a: "x y", b: "x +y" });
});

test("names are in lower case, the first value counts, and empty pairs are ignored", () => {
  assert.deepEqual(read("startIndex=1&STARTINDEX=2&&count=3&"), { startindex: "1", count: "3" });
  assert.deepEqual(read("aadOptscim062020&filter="), { aadoptscim062020: "", filter: "" });
  assert.deepEqual(read(""), {});
});

test("a value may contain equals signs, and names of Object.prototype are names", () => {
  assert.deepEqual(read("filter=a=b=c"), { filter: "a=b=c" });
  assert.equal(parseQueryString("__proto__=x&constructor=y").get("__proto__"), "x");
  assert.equal(parseQueryString("").get("constructor"), undefined);
});

test("invalid percent-encoding or UTF-8 is rejected as invalidSyntax", () => {
  for (const query of ["filter=%", "filter=%zz", "filter=%ff", "%e0%a4=1", "a=1&b=%c3"]) {
    assert.throws(
      () => parseQueryString(query),
      (error) => error instanceof ScimError && error.status === 400 && error.scimType === "invalidSyntax",
    );
  }
});
