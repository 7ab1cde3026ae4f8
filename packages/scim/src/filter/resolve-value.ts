import { parseDateTime } from "../date-time.ts";
import { type Reading, tolerate } from "../dialect/tolerance.ts";
import { badRequest } from "../message/error.ts";
import type { Reason } from "../message/reason.ts";
import { type AttributePath, printAttributePath } from "../path/path.ts";
import { noSubAttribute } from "../path/suggest.ts";
import type { AttributeType } from "../schema/attribute.ts";
import { type AttributeNode, isSecret } from "../schema/model.ts";
import type { CompareOperator, CompareValue, Filter, ResolvedFilter } from "./filter.ts";
import { quote, readNumber } from "./lex.ts";

/** How names resolve at one level: in the resource, or in the brackets of an attribute. */
export type Scope = {
  /** @throws ScimError 400 if the attribute does not exist */
  readonly find: (path: AttributePath) => AttributeNode;
  readonly resolveValuePath: (path: AttributePath, filter: Filter) => ResolvedFilter;
  readonly reading: Reading;
};

export function resolveIn(scope: Scope, filter: Filter): ResolvedFilter {
  switch (filter.kind) {
    case "and":
    case "or":
      return { kind: filter.kind, filters: filter.filters.map((each) => resolveIn(scope, each)) };
    case "not":
      return { kind: "not", filter: resolveIn(scope, filter.filter) };
    case "present": {
      const attribute = scope.find(filter.path);
      requireFilterable(attribute);
      return { kind: "present", attribute };
    }
    case "compare":
      return resolveComparison(scope.find(filter.path), filter.operator, filter.value, scope.reading);
    case "valuePath":
      return scope.resolveValuePath(filter.path, filter.filter);
  }
}

/**
 * Resolves the filter in the brackets of an attribute. Its names are sub-attributes. A simple multi-valued attribute
 * has one, `value`: a synthetic node for the element itself.
 * @throws ScimError 400 `invalidFilter`
 */
export function resolveValueFilter(filter: Filter, attribute: AttributeNode, reading: Reading): ResolvedFilter {
  requireFilterable(attribute);
  const find = (path: AttributePath): AttributeNode => {
    const name = printAttributePath(path);
    const found = findInside(attribute, name.toLowerCase());
    if (found === undefined)
      throw badRequest(
        "invalidFilter",
        { code: "unknownAttribute", path: name, schema: attribute.path },
        `filter: ${noSubAttribute(attribute, name)}`,
      );
    return found;
  };
  const resolveValuePath = (path: AttributePath): never => {
    const name = quote(printAttributePath(path));
    throw badRequest(
      "invalidFilter",
      { code: "cannotSelect", path: attribute.path },
      `filter: brackets behind ${name} within the brackets of ${attribute.path}.`,
    );
  };
  return resolveIn({ find, resolveValuePath, reading }, filter);
}

function findInside(attribute: AttributeNode, name: string): AttributeNode | undefined {
  if (attribute.type === "complex") return attribute.children.get(name);
  if (name !== "value") return undefined;
  return {
    ...attribute,
    name: "value",
    path: `${attribute.path}.value`,
    keys: [...attribute.keys, "value"],
    multiValued: false,
    parent: attribute,
  };
}

const EQUALITY: readonly CompareOperator[] = ["eq", "ne"];
const ORDER: readonly CompareOperator[] = [...EQUALITY, "gt", "ge", "lt", "le"];
const SUBSTRING: readonly CompareOperator[] = [...ORDER, "co", "sw", "ew"];

/** RFC 7644 §3.4.2.2, Table 3: booleans and binaries have no order; only texts have parts. */
const OPERATORS_BY_TYPE: Readonly<Record<Exclude<AttributeType, "complex">, readonly CompareOperator[]>> = {
  string: SUBSTRING,
  reference: SUBSTRING,
  dateTime: ORDER,
  decimal: ORDER,
  integer: ORDER,
  boolean: EQUALITY,
  binary: EQUALITY,
};

/**
 * Converts a comparison as {@link ResolvedFilter} describes.
 * @throws ScimError 400 `invalidFilter` if operator or literal do not suit the attribute's type; in the strict profile
 * also if the literal has another JSON type
 */
function resolveComparison(
  attribute: AttributeNode,
  operator: CompareOperator,
  value: CompareValue,
  reading: Reading,
): ResolvedFilter {
  requireFilterable(attribute);
  if (value === null) return resolveNull(attribute, operator);
  const target = attribute.type === "complex" ? significantValue(attribute) : attribute;
  const { type } = target;
  if (type === "complex")
    throw refusal({ code: "notComparable", path: target.path }, `${target.path} is complex and cannot be compared.`);
  if (!OPERATORS_BY_TYPE[type].includes(operator)) {
    const usable = OPERATORS_BY_TYPE[type].join(", ");
    throw refusal(
      { code: "operatorNotApplicable", path: target.path, operator },
      `${operator} does not apply to ${target.path}, which is of type ${type}; use one of ${usable}, pr.`,
    );
  }
  const literal = fitLiteral(target, type, value, reading);
  if (literal === false && isPreference(target)) {
    return { kind: "compare", attribute: target, operator: operator === "eq" ? "ne" : "eq", value: true };
  }
  return { kind: "compare", attribute: target, operator, value: literal };
}

/** "If not specified, the value of "primary" SHALL be assumed to be "false"" (RFC 7643 §2.4). */
function isPreference({ name, type, parent }: AttributeNode): boolean {
  return type === "boolean" && parent?.multiValued === true && name.toLowerCase() === "primary";
}

/** @throws ScimError 400 `invalidFilter` for a secret, which `pr` and `sw` would reveal bit by bit (RFC 7644 §7.5.2) */
function requireFilterable(attribute: AttributeNode): void {
  if (isSecret(attribute))
    throw refusal(
      { code: "notComparable", path: attribute.path },
      `${attribute.path} is never returned and cannot be filtered by.`,
    );
}

/** RFC 7643 §2.5: null is the unassigned state. */
function resolveNull(attribute: AttributeNode, operator: CompareOperator): ResolvedFilter {
  if (operator === "ne") return { kind: "present", attribute };
  if (operator === "eq") return { kind: "not", filter: { kind: "present", attribute } };
  throw refusal(
    { code: "operatorNotApplicable", path: attribute.path, operator },
    `null can be compared by eq and ne only, not by ${operator}.`,
  );
}

/** RFC 7643 §2.4: `value` is the significant value, as in `emails co "x"` of RFC 7644, Figure 2. */
function significantValue(attribute: AttributeNode): AttributeNode {
  const value = attribute.children.get("value");
  if (value !== undefined) {
    requireFilterable(value);
    return value;
  }
  const names = [...attribute.children.values()].map((child) => `${attribute.path}.${child.name}`);
  throw refusal(
    { code: "notComparable", path: attribute.path },
    `${attribute.path} is complex; compare one of its sub-attributes: ${names.join(", ")}.`,
  );
}

function fitLiteral(
  attribute: AttributeNode,
  type: Exclude<AttributeType, "complex">,
  value: string | number | boolean,
  reading: Reading,
): string | number | boolean {
  switch (type) {
    case "string":
    case "reference":
    case "binary":
      return typeof value === "string" ? value : fitText(attribute, value, reading);
    case "boolean":
      return typeof value === "boolean" ? value : fitBoolean(attribute, value, reading);
    case "decimal":
    case "integer":
      return typeof value === "number" ? value : fitNumber(attribute, value, reading);
    case "dateTime":
      return fitDateTime(attribute, value);
  }
}

function fitText(attribute: AttributeNode, value: number | boolean, reading: Reading): string {
  // Larger numbers lose digits: 12345678901234567890 would search for 12345678901234567000.
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw misfit(attribute, value, "a string in quotes");
  tolerate(reading, "unquoted-value", attribute.path, `the ${typeof value} ${value}`, `read as the text "${value}"`);
  return String(value);
}

function fitBoolean(attribute: AttributeNode, value: string | number, reading: Reading): boolean {
  const lower = typeof value === "string" ? value.toLowerCase() : undefined;
  if (lower !== "true" && lower !== "false") throw misfit(attribute, value, "true or false");
  tolerateText(reading, "string-boolean", attribute, value, `the boolean ${lower}`);
  return lower === "true";
}

function fitNumber(attribute: AttributeNode, value: string | boolean, reading: Reading): number {
  const number = typeof value === "string" ? readNumber(value) : undefined;
  if (number === undefined || !Number.isFinite(number)) throw misfit(attribute, value, "a number");
  tolerateText(reading, "string-number", attribute, value, `the number ${number}`);
  return number;
}

/** A filter error is `invalidFilter`, not `invalidValue` (RFC 7644 §3.12, Table 9). */
function tolerateText(
  reading: Reading,
  code: "string-boolean" | "string-number",
  { path }: AttributeNode,
  text: string | number | boolean,
  read: string,
): void {
  tolerate(reading, code, path, `the text "${text}"`, `read as ${read}`, "invalidFilter");
}

function fitDateTime(attribute: AttributeNode, value: string | number | boolean): number {
  const instant = typeof value === "string" ? parseDateTime(value) : undefined;
  if (instant === undefined) throw misfit(attribute, value, 'a date and time such as "2011-05-13T04:42:34Z"');
  return instant;
}

function misfit(attribute: AttributeNode, value: string | number | boolean, wanted: string): Error {
  const received = typeof value === "string" ? quote(value) : value;
  return refusal(
    { code: "wrongType", path: attribute.path, expected: wanted, received: `a ${typeof value}` },
    `${attribute.path} is of type ${attribute.type} and is compared with ${wanted}, not with ${received}.`,
  );
}

function refusal(reason: Reason, detail: string): Error {
  return badRequest("invalidFilter", reason, `filter: ${detail}`);
}
