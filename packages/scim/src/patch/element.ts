import { type Reading, tolerate } from "../dialect/tolerance.ts";
import type { ResolvedFilter } from "../filter/ast.ts";
import { type Json, type JsonObject, own } from "../json.ts";
import { badRequest } from "../message/error.ts";
import { readElement, readValue } from "../schema/value.ts";
import { union } from "./complex.ts";
import type { AttributeOperation } from "./operation.ts";

/**
 * The values that an `add` or `replace` of a multi-valued attribute brings. An `add` may bring one alone, without
 * an array around it (RFC 7644 §3.5.2.1: "a JSON object containing the sub-attributes").
 * @throws ScimError 400 invalidValue naming the attribute
 */
export function readValues({ op, target, value, pathless }: AttributeOperation, reading: Reading): Json[] {
  const { attribute } = target;
  if (op === "add" && !pathless && !Array.isArray(value)) {
    const element = readElement(attribute, value ?? null, reading);
    return element === undefined ? [] : [element];
  }
  const values = readValue(attribute, value ?? null, reading);
  return Array.isArray(values) ? values : [];
}

/**
 * The one value for what a filter selects; an array around it is taken off with a note.
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
 * The value that a filter describes if it is a conjunction of `eq`: `type eq "work"` describes `{"type":"work"}`,
 * and what is not true is false. A multi-valued sub-attribute has all that it is compared with.
 * Undefined for every other filter, and for one that no value can match.
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
