import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@scimtool/scim";
import { labelOf } from "./label.ts";

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
