import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { cursorListResponseHead, LIST_RESPONSE_TAIL, listResponseText } from "./list-response.ts";

test("a list has the members of RFC 7644 §3.4.2 and §3.4.2.4, numbers as numbers", () => {
  const users = [{ id: "1", userName: "a" }, { id: "2" }];
  const text = listResponseText(
    100,
    11,
    users.map((user) => JSON.stringify(user)),
  );
  assert.deepEqual(JSON.parse(text), {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
    totalResults: 100,
    startIndex: 11,
    itemsPerPage: 2,
    Resources: users,
  });
});

test("a list without resources has an empty array, because some clients read its length", () => {
  for (const total of [0, 5]) {
    const list = JSON.parse(listResponseText(total, 1, []));
    assert.deepEqual([list.totalResults, list.itemsPerPage, list.Resources], [total, 0, []]);
  }
});

test("for any resources, the text is JSON that contains them", () => {
  fc.assert(
    fc.property(fc.array(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue())), (resources) => {
      const texts = resources.map((resource) => JSON.stringify(resource));
      const list = JSON.parse(listResponseText(resources.length, 1, texts));
      assert.deepEqual(
        list.Resources,
        texts.map((text) => JSON.parse(text)),
      );
      assert.equal(list.itemsPerPage, resources.length);
    }),
  );
});

test("[RFC 9865 §2] a page by cursor names its neighbours and no startIndex", () => {
  const schemas = ["urn:ietf:params:scim:api:messages:2.0:ListResponse"];
  const resources = ['{"id":"1"}', '{"id":"2"}'];
  const page = { schemas, totalResults: 100, itemsPerPage: 2, Resources: [{ id: "1" }, { id: "2" }] };
  for (const cursors of [
    {},
    { nextCursor: "VZUTiyhEQJ94IR" },
    { previousCursor: "ze7L30kMiiLX6x" },
    { previousCursor: "ze7L30kMiiLX6x", nextCursor: "YkU3OF86Pz0rGv" },
  ]) {
    assert.deepEqual(JSON.parse(cursorListResponseHead(100, 2, cursors) + resources.join(",") + LIST_RESPONSE_TAIL), {
      ...page,
      ...cursors,
    });
  }
  assert.deepEqual(JSON.parse(cursorListResponseHead(0, 0, {}) + LIST_RESPONSE_TAIL).Resources, []);
});
