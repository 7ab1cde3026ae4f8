import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Json, JsonObject } from "../json.ts";
import { deepFreeze, refuses } from "../patch/test-support.ts";
import { collectBulkIds, dependenciesOf, failedDependency, substituteBulkIds, targetId } from "./references.ts";
import { operationsOf, post } from "./test-support.ts";

const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const IDS = new Map([
  ["qwerty", "92b725cd"],
  ["a:b", "1"],
]);
const idOf = (bulkId: string) => IDS.get(bulkId);

function substitute(data: Json): Json {
  return substituteBulkIds(deepFreeze(data), idOf);
}

test("[RFC 7644 §3.7.2] a reference is replaced by the ID, in members and in extensions", () => {
  assert.deepEqual(substitute({ members: [{ type: "User", value: "bulkId:qwerty" }, { value: "u1" }] }), {
    members: [{ type: "User", value: "92b725cd" }, { value: "u1" }],
  });
  assert.deepEqual(substitute({ [ENTERPRISE]: { manager: { value: "bulkId:qwerty" } } }), {
    [ENTERPRISE]: { manager: { value: "92b725cd" } },
  });
  assert.deepEqual(substitute({ Operations: [{ op: "add", path: "members", value: [{ value: "bulkId:a:b" }] }] }), {
    Operations: [{ op: "add", path: "members", value: [{ value: "1" }] }],
  });
  assert.equal(substitute("bulkId:qwerty"), "92b725cd");
});

test("a reference in the value filter of a path is replaced too, and is a dependency", () => {
  const path = 'members[value eq "bulkId:qwerty" or value eq "bulkId:a:b" or value eq "bulkId:qwerty"]';
  const data = (path: string) => ({ Operations: [{ op: "remove", path }] });
  const replaced = 'members[value eq "92b725cd" or value eq "1" or value eq "92b725cd"]';
  assert.deepEqual(substitute(data(path)), data(replaced));
  const [operation] = operationsOf({ method: "PATCH", path: "/Groups/1", data: data(path) });
  assert.deepEqual(operation && [...dependenciesOf(operation)], ["qwerty", "a:b"]);
  refuses(
    () => substitute(data('members[value eq "bulkId:other"]')),
    "invalidValue",
    /^No operation of this request creates "bulkId:other"/,
  );
  for (const other of ['members[value eq "xbulkId:qwerty"]', "members[value eq bulkId:qwerty]", '"bulkId:']) {
    assert.deepEqual(substitute(data(other)), data(other));
  }
  const elsewhere = { displayName: 'the "bulkId:qwerty"' };
  assert.equal(substitute(elsewhere), elsewhere);
});

test("only a whole text is a reference, and letter case matters", () => {
  const data = { a: "x bulkId:qwerty", b: "bulkid:qwerty", c: "bulkId:", "bulkId:qwerty": 1, d: [null, true, 3] };
  assert.equal(substitute(data), data);
});

test("parts without references are shared with the original data", () => {
  const data = deepFreeze({ name: { givenName: "A" }, members: [{ value: "bulkId:qwerty" }] });
  const { name } = substituteBulkIds(data, idOf) as JsonObject;
  assert.equal(name, data.name);
  const hostile = JSON.parse('{"__proto__":{"value":"bulkId:qwerty"}}') as JsonObject;
  assert.equal(JSON.stringify(substitute(hostile)), '{"__proto__":{"value":"92b725cd"}}');
});

test("an unknown reference is rejected by name", () => {
  for (const bulkId of ["other", "constructor"]) {
    const act = () => substitute({ members: [{ value: `bulkId:${bulkId}` }] });
    refuses(act, "invalidValue", new RegExp(`^No operation of this request creates "bulkId:${bulkId}"`));
  }
  assert.match(
    failedDependency("qwerty").detail,
    /^"bulkId:qwerty" was not created because its operation failed\. See the/,
  );
  assert.equal(failedDependency("qwerty").status, 400);
});

test("the resource of an operation is known by its ID or by the operation that creates it", () => {
  assert.equal(targetId({ endpoint: "/Users", id: "1" }, idOf), "1");
  assert.equal(targetId({ endpoint: "/Users", bulkId: "qwerty" }, idOf), "92b725cd");
  assert.equal(targetId({ endpoint: "/Users" }, idOf), undefined);
  refuses(
    () => targetId({ endpoint: "/Users", bulkId: "x" }, idOf),
    "invalidValue",
    /^No operation of this request creates "bulkId:x"/,
  );
});

test("an operation depends on the references in its path and in its data", () => {
  const data = { members: [{ value: "bulkId:a" }, { value: "bulkId:b" }, { value: "bulkId:a" }], x: "bulkId:c" };
  const [patch, plain] = operationsOf(
    { method: "PATCH", path: "/Groups/bulkId:g", data },
    { method: "DELETE", path: "/Groups/1" },
  );
  assert.deepEqual(patch && [...dependenciesOf(patch)], ["g", "a", "b", "c"]);
  assert.deepEqual(plain && [...dependenciesOf(plain)], []);
});

test("only a POST creates the resource of a bulkId", () => {
  const operations = operationsOf(post("a"), { method: "PUT", path: "/Users/1", bulkId: "b", data: {} }, post("c"));
  assert.deepEqual([...collectBulkIds(operations).keys()], ["a", "c"]);
  assert.equal(collectBulkIds(operations).get("c"), operations[2]);
});

describe("for any data", () => {
  test("dependencies are exactly the references that are replaced", () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ minLength: 1 }).map((id) => `bulkId:${id}`),
    );
    const json = fc.json({ stringUnit: "grapheme" }).map((each) => JSON.parse(each) as Json);
    fc.assert(
      fc.property(fc.array(fc.tuple(text, json)), (pairs) => {
        const data: Json = pairs.map(([each, more]) => ({ each, more }));
        const asked = new Set<string>();
        substituteBulkIds(data, (bulkId) => {
          asked.add(bulkId);
          return "id";
        });
        const operation = {
          kind: "operation",
          index: 0,
          method: "PUT",
          path: { endpoint: "/U", id: "1" },
          data,
        } as const;
        assert.deepEqual(dependenciesOf(operation), asked);
      }),
    );
  });

  test("very deep data does not exhaust the stack", () => {
    let deep: Json = "bulkId:qwerty";
    for (let level = 0; level < 100_000; level++) deep = [deep];
    assert.equal(substituteBulkIds(deep, idOf), deep);
    let shallow: Json = "bulkId:qwerty";
    for (let level = 0; level < 20; level++) shallow = [shallow];
    assert.ok(JSON.stringify(substitute(shallow)).includes("92b725cd"));
  });
});
