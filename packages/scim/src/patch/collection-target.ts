import type { Reading } from "../dialect/tolerance.ts";
import type { ResolvedFilter } from "../filter/ast.ts";
import { isObject, type Json, type JsonObject, own } from "../json.ts";
import { badRequest } from "../message/error.ts";
import type { AttributeNode } from "../schema/model.ts";
import type { CollectionOperation } from "./collection.ts";
import { readValues } from "./element.ts";
import { readGivenValues } from "./given-values.ts";
import type { AttributeOperation } from "./operation.ts";

/**
 * Turns an operation on a resource type's `collection` (`members`) into one for whoever keeps its values.
 * @returns undefined when it asks for nothing, such as adding no values
 * @throws ScimError 400 mutability for a part of a value: its values are added and removed as a whole
 */
export function readCollectionOperation(
  operation: AttributeOperation,
  reading: Reading,
): CollectionOperation | undefined {
  const { op, target, value } = operation;
  const { attribute, filter, subAttribute } = target;
  if (subAttribute !== undefined || (filter !== undefined && op !== "remove")) {
    throw badRequest(
      "mutability",
      { code: "immutable", path: attribute.path },
      `the values of ${attribute.path} are immutable; remove the value and add the new one.`,
    );
  }
  switch (op) {
    case "add": {
      const values = keyed(attribute, readValues(operation, reading));
      return values.length === 0 ? undefined : { kind: "add", values };
    }
    case "replace":
      return { kind: "replace", values: keyed(attribute, readValues(operation, reading)) };
    case "remove": {
      if (filter !== undefined) return removeSelected(attribute, filter);
      if (value === undefined || value === null) return { kind: "replace", values: [] };
      const values = keyed(attribute, readGivenValues(attribute, value, reading));
      return values.length === 0 ? undefined : { kind: "remove", values };
    }
  }
}

/** `members[value eq "2819c223"]` names its value, and needs no search; so do several with `or` between them. */
function removeSelected(attribute: AttributeNode, filter: ResolvedFilter): CollectionOperation {
  const key = attribute.children.get("value");
  const alternatives = filter.kind === "or" ? filter.filters : [filter];
  const values = new Set<Json>();
  for (const each of alternatives) {
    const isKey = each.kind === "compare" && each.operator === "eq" && each.attribute === key && key.caseExact;
    if (!isKey) return { kind: "removeWhere", filter };
    values.add(each.value);
  }
  return { kind: "remove", values: [...values].map((value) => ({ value })) };
}

/** The values as a set by their `value`; of several with the same one the first stands. */
function keyed(attribute: AttributeNode, values: readonly Json[]): JsonObject[] {
  const byKey = new Map<string, JsonObject>();
  for (const value of values) {
    const key = isObject(value) ? own(value, "value") : undefined;
    if (!isObject(value) || typeof key !== "string" || key === "") {
      throw badRequest(
        "invalidValue",
        { code: "missing", path: `${attribute.path}.value` },
        `every value of ${attribute.path} needs a "value": the id of a resource.`,
      );
    }
    if (!byKey.has(key)) byKey.set(key, value);
  }
  return [...byKey.values()];
}
