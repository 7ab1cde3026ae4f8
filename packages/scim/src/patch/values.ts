import { type Reading, tolerate } from "../dialect/tolerance.ts";
import { fold, isCaseExact } from "../filter/evaluate.ts";
import type { ResolvedFilter } from "../filter/filter.ts";
import { isObject, type Json, type JsonObject, own } from "../json.ts";
import { badRequest } from "../message/error.ts";
import type { AttributeNode } from "../schema/model.ts";
import { readElement, readValue } from "../schema/value.ts";
import type { AttributeOperation } from "./message.ts";

/**
 * The values of an `add` or `replace` of a multi-valued attribute. With a path, one value needs no array (RFC 7644
 * §3.5.2.1, §3.5.2.3).
 * @throws ScimError 400 invalidValue naming the attribute
 */
export function readValues({ target, value, pathless }: AttributeOperation, reading: Reading): Json[] {
  const { attribute } = target;
  if (!pathless && !Array.isArray(value) && value !== "") {
    const element = readElement(attribute, value ?? null, reading);
    return element === undefined ? [] : [element];
  }
  const values = readValue(attribute, value ?? null, reading);
  return Array.isArray(values) ? values : [];
}

/**
 * The value for the elements that a filter selects; an array around it is removed with a note.
 * @throws ScimError 400 invalidValue naming the attribute
 */
export function readSelectedValue({ target, value }: AttributeOperation, reading: Reading): Json | undefined {
  const { attribute } = target;
  if (!Array.isArray(value)) return readElement(attribute, value ?? null, reading);
  if (value.length > 1) {
    throw badRequest(
      "invalidValue",
      { code: "wrongType", path: attribute.path, expected: "one value", received: "several values" },
      `${attribute.path} with a filter takes one value, for each that matches, but ${value.length} were sent.`,
    );
  }
  tolerate(reading, "single-value-as-array", attribute.path, "an array", "read as the one value it holds");
  return readElement(attribute, value[0] ?? null, reading);
}

/**
 * The value that a conjunction of `eq` describes: `type eq "work"` describes `{"type":"work"}`. A multi-valued
 * sub-attribute gets all its literals. Undefined for every other filter, and for one that no value can match.
 */
export function valueFromFilter(filter: ResolvedFilter): JsonObject | undefined {
  const described: JsonObject = {};
  for (const condition of filter.kind === "and" ? filter.filters : [filter]) {
    if (condition.kind !== "compare" || condition.attribute.mutability === "readOnly") return undefined;
    const { attribute } = condition;
    const literal = equalTo(condition);
    if (literal === undefined) return undefined;
    if (attribute.multiValued) {
      described[attribute.name] = union(own(described, attribute.name), [literal]);
      continue;
    }
    if ((own(described, attribute.name) ?? literal) !== literal) return undefined;
    described[attribute.name] = literal;
  }
  return described;
}

function equalTo({ attribute, operator, value }: Extract<ResolvedFilter, { kind: "compare" }>): Json | undefined {
  if (operator === "ne" && value === true) return false;
  if (operator !== "eq") return undefined;
  return attribute.type === "dateTime" ? new Date(Number(value)).toISOString() : value;
}

/**
 * The values that a `remove` sends beside its path, as Entra ID does: an array or a single value.
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

/**
 * Two elements with the same identity are one value of a multi-valued attribute. It is the pair of `value` and `type`,
 * which should be unique (RFC 7643 §2.4); without a `value` it is the whole element.
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

/** The same text for all JSON values that `jsonEqual` calls equal: members are sorted. */
export function canonicalText(value: Json): string {
  return JSON.stringify(value, (_name, nested: Json) =>
    isObject(nested) ? Object.fromEntries(Object.entries(nested).sort(byName)) : nested,
  );
}

function byName([left]: [string, Json], [right]: [string, Json]): number {
  return left < right ? -1 : 1;
}

/** The values of a multi-valued sub-attribute, and the added ones that are new. */
export function union(held: Json | undefined, added: Json): Json {
  if (!Array.isArray(held)) return added;
  const known = new Set(held.map(canonicalText));
  const news = (Array.isArray(added) ? added : [added]).filter((value) => !known.has(canonicalText(value)));
  return news.length === 0 ? held : [...held, ...news];
}
