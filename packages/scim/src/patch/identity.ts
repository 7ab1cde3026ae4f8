import { fold, isCaseExact } from "../filter/compare.ts";
import { isObject, type Json, type JsonObject, own } from "../json.ts";
import type { AttributeNode } from "../schema/model.ts";

/**
 * Two elements with the same identity are one value of a multi-valued attribute. It is the pair of `value` and
 * `type`, which should occur once (RFC 7643 §2.4); without a `value` it is the whole element.
 */
export function identityOf(attribute: AttributeNode, element: Json): string {
  if (!isObject(element)) return canonicalText(folded(attribute, element));
  const value = significantValue(attribute, element);
  return value === undefined ? canonicalText(element) : JSON.stringify([value, typeOf(attribute, element) ?? null]);
}

/** The element's `value`, folded unless it is case-exact; undefined if it has none. */
export function significantValue(attribute: AttributeNode, element: JsonObject): Json | undefined {
  return foldedMember(attribute, element, "value");
}

/** The element's `type`, folded unless it is case-exact; undefined if it has none. */
export function typeOf(attribute: AttributeNode, element: JsonObject): Json | undefined {
  return foldedMember(attribute, element, "type");
}

function foldedMember(attribute: AttributeNode, element: JsonObject, name: string): Json | undefined {
  const value = own(element, name);
  const sub = attribute.children.get(name);
  return value === undefined || sub === undefined ? value : folded(sub, value);
}

function folded(attribute: AttributeNode, value: Json): Json {
  return typeof value === "string" && !isCaseExact(attribute) ? fold(value) : value;
}

/** One text for all JSON values that `jsonEqual` calls equal: the members of objects are sorted. */
export function canonicalText(value: Json): string {
  return JSON.stringify(value, (_name, nested: Json) =>
    isObject(nested) ? Object.fromEntries(Object.entries(nested).sort(byName)) : nested,
  );
}

function byName([left]: [string, Json], [right]: [string, Json]): number {
  return left < right ? -1 : 1;
}
