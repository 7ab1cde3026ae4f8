import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@scimtool/scim";
import { labelOf, newResourceId } from "./resource.ts";

const WHOLE: JsonObject = {
  displayName: "Babs Jensen",
  name: { formatted: "Ms. Barbara J Jensen, III", givenName: "Barbara", familyName: "Jensen" },
  userName: "bjensen@example.com",
};

function without(...names: string[]): JsonObject {
  return Object.fromEntries(Object.entries(WHOLE).filter(([name]) => !names.includes(name)));
}

describe("a resource's label", () => {
  const cases: readonly (readonly [what: string, resource: JsonObject, label: string])[] = [
    ["is its displayName", WHOLE, "Babs Jensen"],
    ["is else its formatted name", without("displayName"), "Ms. Barbara J Jensen, III"],
    [
      "is else made of given and family name",
      { ...without("displayName"), name: { givenName: "Barbara", familyName: "Jensen" } },
      "Barbara Jensen",
    ],
    ["may be one name alone", { userName: "x", name: { familyName: "Jensen" } }, "Jensen"],
    ["is else its userName", without("displayName", "name"), "bjensen@example.com"],
    ["is else its id", {}, "the-id"],
    ["passes over what is empty", { displayName: "", name: { formatted: "", givenName: "" }, userName: "u" }, "u"],
    ["passes over what is blank", { displayName: " ", userName: "   " }, "the-id"],
    ["passes over what is no text", { displayName: 1, name: "x", userName: null }, "the-id"],
  ];
  for (const [what, resource, label] of cases) {
    test(what, () => assert.equal(labelOf(resource, "the-id"), label));
  }
});

const NOW_MS = Date.parse("2026-01-01T00:00:00Z");

describe("a new resource ID", () => {
  test("is a UUID of version 7 in lower case that begins with its time", () => {
    for (let count = 0; count < 1_000; count++) {
      const id = newResourceId(NOW_MS + count);
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      assert.equal(Number.parseInt(id.replace("-", "").slice(0, 12), 16), NOW_MS + count);
    }
  });

  test("is unique, also within one millisecond", () => {
    const ids = new Set(Array.from({ length: 100_000 }, () => newResourceId(NOW_MS)));
    assert.equal(ids.size, 100_000);
  });

  test("sorts after those of earlier milliseconds", () => {
    const ids = Array.from({ length: 5_000 }, (_, index) => newResourceId(NOW_MS + index));
    assert.deepEqual(ids.toSorted(), ids);
    assert.ok(newResourceId(0) < newResourceId(1));
  });

  test("uses all four variants and every digit of its random part", () => {
    const ids = Array.from({ length: 2_000 }, () => newResourceId(NOW_MS));
    for (const position of [15, 16, 17, 20, 21, 22, ...Array.from({ length: 12 }, (_, index) => 24 + index)]) {
      assert.equal(new Set(ids.map((id) => id[position])).size, 16, `position ${position}`);
    }
    assert.deepEqual([...new Set(ids.map((id) => id[19]))].sort(), ["8", "9", "a", "b"]);
  });
});
