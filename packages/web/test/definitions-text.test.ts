import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { resourceTypesOf } from "../../scim/src/schema/definition/resource-types-of.ts";
import type { Endpoint } from "../src/api/types.ts";
import { definitionsPatch, definitionsText, isProblem, placeOfRefusal } from "../src/endpoints/definitions-text.ts";

const NOTHING = { schemas: [], resourceTypes: [], unique: ["Group:displayName"], indexed: [] };
const ENDPOINT = { inForce: NOTHING } as unknown as Endpoint;

describe("the text of an endpoint's definitions", () => {
  test("becomes a patch of what was changed", () => {
    const text = definitionsText(ENDPOINT);
    assert.deepEqual(JSON.parse(text), NOTHING);
    assert.deepEqual(definitionsPatch(text, ENDPOINT), {});
    const edited = text.replace('"indexed": []', '"indexed": ["User:title"]').replace(/"unique": \[[^\]]*\],/, "");
    assert.deepEqual(definitionsPatch(edited, ENDPOINT), { indexed: ["User:title"], unique: null });
  });

  test("has a place for each mistake in JSON", () => {
    for (const [text, line, column] of [
      ['{\n  "schemas": [,]\n}', 2, 15],
      ['{\n  "schemas": [] "unique": []\n}', 2, 17],
      ['{\n  "schemas": [nope]\n}', 2, 16],
      ['{\n  "schemas": [', 2, 15],
      ['{ "schemas": [] } x', 1, 19],
      ['{\n  "shemas": []\n}', 2, 3],
    ] as const) {
      const found = definitionsPatch(text, ENDPOINT);
      assert.ok(isProblem(found), text);
      assert.deepEqual(found.place, { line, column }, text);
    }
  });

  test("has a place for what the server refuses", () => {
    const device = (type: string, name = "owner") => ({
      id: "urn:example:Device",
      attributes: [
        { name: "title", type: "string" },
        { name, type },
      ],
    });
    const other = { id: "urn:example:Other", attributes: [{ name: "owner", type: "string" }] };
    for (const [schemas, expected] of [
      [[other, device("text")], '"text"'],
      [[other, { ...device("string"), id: "Device" }], '"Device"'],
      [[other, device("string", "title")], '"title"'],
    ] as const) {
      const text = JSON.stringify({ ...NOTHING, schemas }, null, 2);
      let message = "";
      try {
        resourceTypesOf({ schemas, resourceTypes: [] } as never);
      } catch (error) {
        ({ message } = error as Error);
      }
      const { line = 0, column = 0 } = placeOfRefusal(message, text) ?? {};
      assert.ok(
        text
          .split("\n")
          [line - 1]?.slice(column - 1)
          .startsWith(expected),
        `${message} ${line}:${column}`,
      );
      assert.ok(line > text.split("\n").findIndex((each) => each.includes("urn:example:Other")) + 5, `${line}`);
    }
    const text = JSON.stringify({ ...NOTHING, indexed: ["User:titel"] }, null, 2);
    assert.equal(placeOfRefusal('indexed: User has no attribute "titel".', text)?.line, 8);
    assert.equal(placeOfRefusal("The disk is full.", text), undefined);
  });
});
