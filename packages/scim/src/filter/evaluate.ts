import { parseDateTime } from "../date-time.ts";
import { isObject, type Json, type JsonObject, own } from "../json.ts";
import type { Attribute } from "../schema/attribute.ts";
import type { AttributeNode } from "../schema/model.ts";
import type { CompareOperator, ResolvedFilter } from "./filter.ts";

type Condition = Extract<ResolvedFilter, { kind: "present" | "compare" }>;
type Leaf = Condition | Extract<ResolvedFilter, { kind: "valuePath" }>;

/**
 * Whether a resource matches a filter; `compare.ts` defines the semantics.
 * @param resource as stored: member names in the letter case of its schemas
 */
export function evaluateFilter(filter: ResolvedFilter, resource: JsonObject): boolean {
  return evaluate(filter, (leaf) => matchesResource(leaf, resource));
}

/**
 * Whether one value of an attribute matches the filter in brackets.
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

/**
 * The semantics of a resolved filter. The server's SQL must give the same results; tests compare it with `evaluate.ts`.
 * **Values.** The values of a multi-valued attribute are the non-null elements of its array; if it is not stored as an
 * array, it has none. The value of a singular attribute is the stored value. A sub-attribute of an element is the
 * member of that name. If the element is not an object, `value` is the element and every other sub-attribute is
 * unassigned. A sub-attribute of a singular complex attribute is unassigned if that is not an object. Absent and null
 * are unassigned (RFC 7643 §2.5).
 * **Comparison.** A singular attribute matches if its value does, a multi-valued one if any of its values does.
 * `emails.type ne "x"` is `emails[type ne "x"]`: any element matches.
 * - `eq`: the value has the attribute's type and equals the literal.
 * - `ne`: not `eq`. So an unassigned singular attribute and a value of another type match. A multi-valued attribute
 *   without values does not, because it has no value that differs.
 * - `co`, `sw`, `ew`, `gt`, `ge`, `lt`, `le`: the value has the attribute's type and compares so.
 * **Types.** Text (string, reference, binary) is a JSON string. It is compared unchanged if the attribute is
 * `caseExact` or binary (RFC 7643 §2.3.6), otherwise {@link fold}ed. The order is that of Unicode code points, like
 * UTF-8 bytes, SQLite's BINARY and PostgreSQL's COLLATE "C". Numbers and booleans compare by value. A dateTime is a
 * JSON string that {@link parseDateTime} accepts, compared in milliseconds.
 * **Presence.** A value is present unless it is unassigned, "", [], {}, or an object whose members are all null, "", []
 * or {}; deeper members do not count. A multi-valued attribute is present if any value is.
 * **Value path.** `emails[…]` matches if any value matches the filter; on a singular complex attribute, if it is stored
 * as an object that matches. `not` negates what it encloses.
 */

/** Text that Unicode normalization does not change. */
const ASCII = /^[\0-\x7f]*$/;

/** Full-width and half-width characters (UAX #11); their compatibility form has the normal width. */
const OTHER_WIDTHS = /[\u3000\uff01-\uffee]+/g;

/**
 * The only rule of this product for ignoring letter case, that of user names (RFC 7613 §3.2.2, referenced by RFC 7644
 * §7.8): normal width, lower case, NFC. Final sigma becomes sigma, so a word does not depend on the next letter.
 */
export function fold(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  const usual = text.replace(OTHER_WIDTHS, (characters) => characters.normalize("NFKC"));
  return usual.toLowerCase().replaceAll("ς", "σ").normalize("NFC");
}

export function isCaseExact(attribute: Attribute): boolean {
  return attribute.caseExact || attribute.type === "binary";
}

/** Order of two texts by Unicode code point: negative, zero or positive. */
export function compareCodePoints(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const a = left.charCodeAt(at);
    const b = right.charCodeAt(at);
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

/** Sorts surrogates, which encode code points from U+10000 on, after U+E000 to U+FFFF. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** `pr` of RFC 7644 §3.4.2.2, Table 3, for one value. */
export function isPresent(value: Json | undefined): boolean {
  return isObject(value) ? Object.values(value).some(isFilled) : isFilled(value);
}

function isFilled(value: Json | undefined): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === "object") return (Array.isArray(value) ? value : Object.keys(value)).length > 0;
  return value !== "";
}

/**
 * Whether one value matches a comparison.
 * @param literal of the attribute's type; for a dateTime, milliseconds since 1970
 */
export function compareValue(
  attribute: Attribute,
  operator: CompareOperator,
  literal: string | number | boolean,
  stored: Json | undefined,
): boolean {
  if (operator === "ne") return !compareValue(attribute, "eq", literal, stored);
  switch (attribute.type) {
    case "string":
    case "reference":
    case "binary":
      if (typeof stored !== "string" || typeof literal !== "string") return false;
      return isCaseExact(attribute)
        ? compareText(operator, stored, literal)
        : compareText(operator, fold(stored), fold(literal));
    case "boolean":
      return operator === "eq" && stored === literal;
    case "decimal":
    case "integer":
      return typeof stored === "number" && typeof literal === "number" && holds(operator, stored - literal);
    case "dateTime": {
      const instant = typeof stored === "string" ? parseDateTime(stored) : undefined;
      return instant !== undefined && typeof literal === "number" && holds(operator, instant - literal);
    }
    case "complex":
      return false;
  }
}

function compareText(operator: CompareOperator, stored: string, literal: string): boolean {
  switch (operator) {
    case "eq":
      return stored === literal;
    case "co":
      return stored.includes(literal);
    case "sw":
      return stored.startsWith(literal);
    case "ew":
      return stored.endsWith(literal);
    default:
      return holds(operator, compareCodePoints(stored, literal));
  }
}

/** Whether an order (negative, zero, positive) satisfies an operator. */
function holds(operator: CompareOperator, order: number): boolean {
  switch (operator) {
    case "eq":
      return order === 0;
    case "gt":
      return order > 0;
    case "ge":
      return order >= 0;
    case "lt":
      return order < 0;
    case "le":
      return order <= 0;
    default:
      return false;
  }
}
