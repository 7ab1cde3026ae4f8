import { isObject, type Json, type JsonObject, own } from "../json.ts";
import type { AttributeNode } from "../schema/model.ts";
import type { ResolvedFilter } from "./ast.ts";
import { compareValue, isPresent } from "./compare.ts";

type Condition = Extract<ResolvedFilter, { kind: "present" | "compare" }>;
type Leaf = Condition | Extract<ResolvedFilter, { kind: "valuePath" }>;

/**
 * Whether a resource satisfies a filter; `compare.ts` says what that means.
 * @param resource as stored: member names in the letter case of its schemas
 */
export function evaluateFilter(filter: ResolvedFilter, resource: JsonObject): boolean {
  return evaluate(filter, (leaf) => matchesResource(leaf, resource));
}

/**
 * Whether one value of an attribute satisfies the filter in the brackets behind it.
 * @param value an element of a multi-valued attribute, or the value of a singular complex one
 */
export function evaluateValueFilter(filter: ResolvedFilter, value: Json): boolean {
  return evaluate(filter, (leaf) => leaf.kind !== "valuePath" && matchesElement(leaf, value));
}

function evaluate(filter: ResolvedFilter, matches: (leaf: Leaf) => boolean): boolean {
  switch (filter.kind) {
    case "and":
      return filter.filters.every((each) => evaluate(each, matches));
    case "or":
      return filter.filters.some((each) => evaluate(each, matches));
    case "not":
      return !evaluate(filter.filter, matches);
    default:
      return matches(filter);
  }
}

function matchesResource(leaf: Leaf, resource: JsonObject): boolean {
  const { attribute } = leaf;
  if (leaf.kind === "valuePath") {
    const stored = readTop(attribute, resource);
    if (attribute.multiValued) return valuesOf(stored).some((value) => evaluateValueFilter(leaf.filter, value));
    return isObject(stored) && evaluateValueFilter(leaf.filter, stored);
  }
  const { parent } = attribute;
  if (parent === undefined) return matchesStored(leaf, readTop(attribute, resource));
  const stored = readTop(parent, resource);
  if (parent.multiValued) return valuesOf(stored).some((value) => matchesElement(leaf, value));
  return matchesStored(leaf, isObject(stored) ? own(stored, attribute.name) : undefined);
}

function matchesElement(condition: Condition, element: Json): boolean {
  const { name } = condition.attribute;
  if (isObject(element)) return matchesStored(condition, own(element, name));
  return matchesStored(condition, name === "value" ? element : undefined);
}

function matchesStored(condition: Condition, stored: Json | undefined): boolean {
  if (condition.attribute.multiValued) return valuesOf(stored).some((value) => matchesValue(condition, value));
  return matchesValue(condition, stored);
}

function matchesValue(condition: Condition, value: Json | undefined): boolean {
  if (condition.kind === "present") return isPresent(value);
  return compareValue(condition.attribute, condition.operator, condition.value, value);
}

function valuesOf(stored: Json | undefined): Json[] {
  return Array.isArray(stored) ? stored.filter((value) => value !== null) : [];
}

function readTop(attribute: AttributeNode, resource: JsonObject): Json | undefined {
  if (attribute.extension === undefined) return own(resource, attribute.name);
  const extension = own(resource, attribute.extension);
  return isObject(extension) ? own(extension, attribute.name) : undefined;
}
