import assert from "node:assert/strict";
import { test } from "node:test";
import { newReading, type Profile } from "../dialect/tolerance.ts";
import type { Json, JsonObject } from "../json.ts";
import { ScimError } from "../message/error.ts";
import { type Attribute, attribute } from "./attribute.ts";
import type { ResourceModel } from "./model.ts";
import { readResource } from "./resource.ts";
import { modelOf } from "./test-support.ts";

const TYPES = ["string", "boolean", "decimal", "integer", "dateTime", "binary", "reference"] as const;

/** Never-returned attributes of every type: singular, multi-valued, and as a sub-attribute. */
const SECRETS: readonly Attribute[] = TYPES.flatMap((type) => [
  attribute(type, "", { type, returned: "never" }),
  attribute(`${type}s`, "", { type, multiValued: true, mutability: "writeOnly" }),
  attribute(`${type}In`, "", { type: "complex", returned: "never", subAttributes: [attribute("value", "", { type })] }),
  attribute(`${type}Beside`, "", {
    type: "complex",
    subAttributes: [attribute("value", "", { type, returned: "never" })],
  }),
]);

const MODEL = modelOf(SECRETS);

/** The notes of reading a value, or its error. */
function said(name: string, value: Json, model: ResourceModel, profile: Profile): string {
  const reading = newReading(profile);
  const body: JsonObject = { schemas: [model.type.schema.id], [name]: value };
  try {
    readResource(body, model, reading);
    return JSON.stringify(reading.notes);
  } catch (error) {
    assert.ok(error instanceof ScimError, String(error));
    return error.detail;
  }
}

test("a never-returned value is repeated in no note and no error, whatever is sent instead", () => {
  const values: Json[] = ["13572468", 13572468, 1357.2468, "1357.2468", "s3cr3t 1357", "TRUE", true, false];
  for (const { name } of SECRETS) {
    for (const profile of ["tolerant", "strict", "interop"] as const) {
      for (const value of values) {
        for (const sent of [value, [value], [value, value], { value }]) {
          const text = said(name, sent, MODEL, profile);
          assert.doesNotMatch(text, /1357|2468|s3cr3t|\btrue\b(?! or false)|\bTRUE\b/, `${name} ${profile}`);
        }
      }
    }
  }
});

test("the type of the sent value is named", () => {
  assert.match(said("string", 7, MODEL, "tolerant"), /a number was read as a string/);
  assert.match(said("integer", "7", MODEL, "tolerant"), /a string was read as a number/);
  assert.match(said("boolean", "True", MODEL, "tolerant"), /a string was read as a boolean/);
  assert.equal(said("integer", "x", MODEL, "tolerant"), "integer must be a whole number, but a string was sent.");
});
