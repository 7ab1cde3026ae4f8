import { type Reading, tolerate } from "../dialect/tolerance.ts";
import type { Json } from "../json.ts";
import type { AttributeNode } from "../schema/model.ts";
import { readElement } from "../schema/value.ts";

/**
 * The values that a `remove` names beside its path, as Entra ID does: an array of them or one alone.
 * @throws ScimError 400 invalidValue naming the attribute; invalidSyntax in the strict profile
 */
export function readGivenValues(attribute: AttributeNode, value: Json, reading: Reading): Json[] {
  tolerate(
    reading,
    "remove-with-value",
    attribute.path,
    "a remove with a value",
    "read as a remove of that value only",
  );
  return (Array.isArray(value) ? value : [value])
    .map((element) => readElement(attribute, element, reading))
    .filter((element): element is Json => element !== undefined);
}
