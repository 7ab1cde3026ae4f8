import { parseDateTime } from "../date-time.ts";
import { isObject, type Json, type JsonObject, own } from "../json.ts";
import type { Attribute } from "../schema/attribute.ts";
import type { AttributeNode } from "../schema/model.ts";
import type { CompareOperator, ResolvedFilter } from "./filter.ts";

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

/**
 * What a resolved filter means, value by value. The server's SQL must give the same answers, and is tested against
 * `evaluate.ts` for it.
 *
 * **Values.** A multi-valued attribute's values are the elements of its array that are not null; stored as anything
 * but an array it has none. A singular attribute's value is what is stored. A sub-attribute of an element is the
 * element's member of that name; of an element that is no object, `value` is the element itself and every other
 * sub-attribute is unassigned. A sub-attribute of a singular complex attribute is unassigned if that is no object.
 * Unassigned is absent or null (RFC 7643 §2.5).
 *
 * **Comparison.** A singular attribute matches if its value does; a multi-valued one if any of its values does. On a
 * sub-attribute of a multi-valued attribute, `emails.type ne "x"` is `emails[type ne "x"]`: any element matches.
 * - `eq`: the value has the attribute's type and equals the literal.
 * - `ne`: not `eq`. So an unassigned singular attribute and a value of another type match; a multi-valued attribute
 *   without values does not, as there is no value to differ.
 * - `co`, `sw`, `ew`, `gt`, `ge`, `lt`, `le`: the value has the attribute's type and compares so.
 *
 * **Types.** Text (string, reference, binary) is a JSON string, compared as it is if the attribute is `caseExact` or
 * binary (RFC 7643 §2.3.6), else both sides {@link fold}ed; its order is that of Unicode code points, which is that of
 * UTF-8 bytes: SQLite's BINARY, PostgreSQL's COLLATE "C". Numbers compare by value. Booleans compare by value. A
 * dateTime is a JSON string that {@link parseDateTime} understands, compared as an instant in milliseconds.
 *
 * **Presence.** A value is present unless it is unassigned, "", [] or {}, or an object of whose members none is other
 * than null, "", [] or {}; deeper members are not looked at. A multi-valued attribute is present if any value is.
 *
 * **Value path.** `emails[…]` matches if any value satisfies the filter; on a singular complex attribute, if it is
 * stored as an object and that does. `not` is the plain negation of what it encloses.
 */

/** What is the same in every form of Unicode. */
const ASCII = /^[\0-\x7f]*$/;

/** Characters of another width than usual (UAX #11), whose compatibility form has the usual one. */
const OTHER_WIDTHS = /[\u3000\uff01-\uffee]+/g;

/**
 * The one rule of this product for texts without regard to letter case, which is that of user names (RFC 7613 §3.2.2,
 * named by RFC 7644 §7.8): usual width, lower case, composed characters (NFC). Final sigma is sigma, so that the
 * form of a word does not depend on whether another letter follows it.
 */
export function fold(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  const usual = text.replace(OTHER_WIDTHS, (characters) => characters.normalize("NFKC"));
  return usual.toLowerCase().replaceAll("ς", "σ").normalize("NFC");
}

/** Whether an attribute's texts are compared as they are, not folded. */
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

/** Puts surrogates, halves of the code points from U+10000 on, behind U+E000 to U+FFFF. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** Whether one value is present: `pr` of RFC 7644 §3.4.2.2, Table 3. */
export function isPresent(value: Json | undefined): boolean {
  return isObject(value) ? Object.values(value).some(isFilled) : isFilled(value);
}

function isFilled(value: Json | undefined): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === "object") return (Array.isArray(value) ? value : Object.keys(value)).length > 0;
  return value !== "";
}

/**
 * Whether one value satisfies a comparison.
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

/** Whether an order (negative, zero, positive) is the one an operator asks for. */
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
