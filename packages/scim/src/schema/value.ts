import { parseDateTime } from "../date-time.ts";
import { isStrict, type Reading, type ToleranceCode, tolerate } from "../dialect/tolerance.ts";
import { describeType, isObject, type Json, type JsonObject, own } from "../json.ts";
import { badRequest, type ScimError } from "../message/error.ts";
import { isKeptExactly } from "../number.ts";
import type { AttributeType } from "./attribute.ts";
import { type AttributeNode, isSecret } from "./model.ts";
import { keepUnknown } from "./unknown.ts";

/**
 * Reads a client's value for an attribute: checks its type (RFC 7643 §2.3), applies tolerances, gives every name its
 * canonical letter case, and omits readOnly attributes.
 * @returns the value to store, or undefined for "unassigned": null, an empty array, an empty complex value (RFC 7643
 * §2.5)
 * @throws ScimError 400 invalidValue naming the attribute
 */
export function readValue(attribute: AttributeNode, value: Json, reading: Reading): Json | undefined {
  if (value === null) return undefined;
  return attribute.multiValued ? readValues(attribute, value, reading) : readSingular(attribute, value, reading);
}

/** `manager.value` and similar attributes; clients empty them to clear the whole attribute. */
function isReferenceValue({ name, parent }: AttributeNode): boolean {
  return name === "value" && parent !== undefined && !parent.multiValued && parent.children.has("$ref");
}

/**
 * Maximum number of values of a multi-valued attribute in the resource itself (memberships are rows). Merging takes
 * quadratic time.
 */
const MAX_VALUES = 1_000;

/**
 * @param count of values after the change
 * @throws ScimError 400 invalidValue
 */
export function checkNumberOfValues(attribute: AttributeNode, count: number): void {
  if (count > MAX_VALUES) {
    throw badRequest(
      "invalidValue",
      { code: "limitExceeded", limit: "values", max: MAX_VALUES, actual: count, path: attribute.path },
      `${attribute.path} may have at most ${MAX_VALUES} values, not ${count}.`,
    );
  }
}

/** Maximum number of values of all multi-valued sub-attributes of an attribute, for the same reason. */
const MAX_VALUES_OF_PARTS = 5_000;

/**
 * Like {@link checkNumberOfValues}, including the values of sub-attributes.
 * @param values after the change
 * @throws ScimError 400 invalidValue
 */
export function checkValues(attribute: AttributeNode, values: readonly Json[]): void {
  checkNumberOfValues(attribute, values.length);
  for (const { name, path } of attribute.multiValuedParts) {
    let count = 0;
    for (const value of values) {
      const held = isObject(value) ? own(value, name) : undefined;
      if (Array.isArray(held)) count += held.length;
    }
    if (count > MAX_VALUES_OF_PARTS) {
      const detail = `${path} may have at most ${MAX_VALUES_OF_PARTS} values in total, not ${count}.`;
      throw badRequest(
        "invalidValue",
        { code: "limitExceeded", limit: "values", max: MAX_VALUES_OF_PARTS, actual: count, path },
        detail,
      );
    }
  }
}

/** Maximum number of values that a client may send; empty ones are not counted as values, but must be read. */
const MAX_SENT = 10_000;

/**
 * Like {@link checkNumberOfValues}, before any value is read: a body may contain millions.
 * @throws ScimError 400 invalidValue
 */
export function checkNumberOfSent(attribute: AttributeNode, value: Json | undefined): void {
  if (Array.isArray(value) && value.length > MAX_SENT) checkNumberOfValues(attribute, value.length);
}

function readValues(attribute: AttributeNode, value: Json, reading: Reading): Json[] | undefined {
  let elements: Json[];
  if (Array.isArray(value)) {
    elements = value;
  } else if (value === "") {
    tolerate(reading, "empty-complex", attribute.path, "an empty string", "read as no value");
    return undefined;
  } else {
    tolerate(reading, "array-as-single-value", attribute.path, describeType(value), "read as an array of one value");
    elements = [value];
  }
  // Values of the resource itself are counted together with the stored ones; the collection's are rows.
  const isPart = attribute.parent !== undefined;
  if (isPart) checkNumberOfSent(attribute, elements);
  const values: Json[] = [];
  for (const element of elements) {
    const read = readElement(attribute, element, reading);
    if (read !== undefined) values.push(read);
  }
  if (isPart) checkNumberOfValues(attribute, values.length);
  keepOnePrimary(attribute, values, reading);
  return values.length === 0 ? undefined : values;
}

/**
 * Reads one value of a multi-valued attribute.
 * @throws ScimError 400 invalidValue
 */
export function readElement(attribute: AttributeNode, element: Json, reading: Reading): Json | undefined {
  if (element === null) return undefined;
  if (Array.isArray(element)) throw mistyped(attribute, element);
  return attribute.type === "complex"
    ? readComplex(attribute, element, reading)
    : readSimple(attribute, element, reading);
}

/** At most one value has `primary` true (RFC 7643 §2.4): the first one counts. */
function keepOnePrimary(attribute: AttributeNode, values: Json[], reading: Reading): void {
  if (!attribute.children.has("primary")) return;
  let seen = false;
  for (const value of values) {
    if (!isObject(value) || value["primary"] !== true) continue;
    if (seen) {
      tolerate(reading, "several-primary", attribute.path, "a second value with primary true", "stored as not primary");
      value["primary"] = false;
    }
    seen = true;
  }
}

function readSingular(attribute: AttributeNode, value: Json, reading: Reading): Json | undefined {
  let single = value;
  if (Array.isArray(value)) {
    if (value.length > 1) throw mistyped(attribute, value);
    tolerate(reading, "single-value-as-array", attribute.path, "an array", "read as the one value it holds");
    const [first] = value;
    if (first === undefined || first === null) return undefined;
    single = first;
  }
  if (single === "" && isReferenceValue(attribute)) {
    tolerate(reading, "empty-complex", attribute.path, "an empty string", "read as no value");
    return undefined;
  }
  return attribute.type === "complex"
    ? readComplex(attribute, single, reading)
    : readSimple(attribute, single, reading);
}

function readComplex(attribute: AttributeNode, value: Json, reading: Reading): JsonObject | undefined {
  if (!isObject(value)) return readComplexFromScalar(attribute, value, reading);
  refuseRepeatedNames(value, `${attribute.path}.`);
  const complex: JsonObject = {};
  for (const name of Object.keys(value)) {
    const member = value[name] as Json;
    const sub = attribute.children.get(name.toLowerCase());
    if (sub === undefined) {
      keepUnknown(complex, name, member, `${attribute.path}.${name}`, reading);
      continue;
    }
    if (sub.mutability === "readOnly") continue;
    const read = readValue(sub, member, reading);
    if (read !== undefined) complex[sub.name] = read;
  }
  return Object.keys(complex).length === 0 ? undefined : complex;
}

/** Entra ID sends `"manager": "00aa"` and `"manager": ""` for complex attributes with a `value`. */
function readComplexFromScalar(attribute: AttributeNode, value: Json, reading: Reading): JsonObject | undefined {
  const sub = attribute.children.get("value");
  if (sub === undefined || Array.isArray(value)) throw mistyped(attribute, value);
  if (value === "") {
    tolerate(reading, "empty-complex", attribute.path, "an empty string", "read as no value");
    return undefined;
  }
  tolerate(reading, "complex-as-value", attribute.path, describeType(value), `read as ${sub.path}`);
  const read = readSimple(sub, value, reading);
  return read === undefined ? undefined : { [sub.name]: read };
}

function readSimple(attribute: AttributeNode, value: Json, reading: Reading): Json {
  switch (attribute.type) {
    case "boolean":
      return typeof value === "boolean" ? value : readBoolean(attribute, value, reading);
    case "integer":
    case "decimal":
      return readNumber(attribute, value, reading);
    default:
      return readText(attribute, value, reading);
  }
}

function readBoolean(attribute: AttributeNode, value: Json, reading: Reading): boolean {
  const word = typeof value === "string" ? value.toLowerCase() : undefined;
  if (word !== "true" && word !== "false") throw mistyped(attribute, value);
  noteOtherType(attribute, "string-boolean", value, word === "true", reading);
  return word === "true";
}

function readNumber(attribute: AttributeNode, value: Json, reading: Reading): number {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isFinite(number)) throw mistyped(attribute, value);
  if (attribute.type === "integer" && !Number.isInteger(number)) throw mistyped(attribute, value);
  if (attribute.type === "integer" && !Number.isSafeInteger(number)) throw tooLarge(attribute);
  if (typeof value === "string") {
    if (!isKeptExactly(value.trim())) throw tooLong(attribute);
    noteOtherType(attribute, "string-number", value, number, reading);
  }
  return number;
}

function readText(attribute: AttributeNode, value: Json, reading: Reading): string {
  let text = value;
  if (typeof value === "number" || typeof value === "boolean") {
    text = String(value);
    noteOtherType(attribute, "scalar-as-string", value, text, reading);
  }
  if (typeof text !== "string") throw mistyped(attribute, value);
  if (!hasForm(attribute.type, text, reading)) throw mistyped(attribute, value);
  return text;
}

/** Notes that a value was converted to another type. Secrets are not repeated. */
function noteOtherType(
  attribute: AttributeNode,
  code: ToleranceCode,
  received: Json,
  read: string | number | boolean,
  reading: Reading,
): void {
  if (isSecret(attribute)) {
    tolerate(reading, code, attribute.path, describeType(received), `read as ${describeType(read)}`);
    return;
  }
  const text = typeof received === "string" ? `the text "${received}"` : describeType(received);
  const done = typeof read === "string" ? `the text "${read}"` : `the ${typeof read} ${read}`;
  tolerate(reading, code, attribute.path, text, `read as ${done}`);
}

const EXPECTED: Record<AttributeNode["type"], string> = {
  string: "a string",
  boolean: "true or false",
  decimal: "a number",
  integer: "a whole number",
  dateTime: 'a date and time such as "2026-11-24T08:00:00Z"',
  binary: "a base64 string",
  reference: "a URI as a string",
  complex: "an object",
};

function mistyped(attribute: AttributeNode, value: Json): ScimError {
  const expected = attribute.multiValued
    ? `an array whose values are ${EXPECTED[attribute.type]}`
    : EXPECTED[attribute.type];
  const isShown = typeof value === "string" && !isSecret(attribute);
  const received = isShown ? `the text ${JSON.stringify(abbreviate(value))}` : describeType(value);
  return badRequest(
    "invalidValue",
    { code: "wrongType", path: attribute.path, expected, received: describeType(value) },
    `${attribute.path} must be ${expected}, but ${received} was sent.`,
  );
}

function tooLarge({ path }: AttributeNode): ScimError {
  const detail = `${path} must be a whole number, but one beyond ±${Number.MAX_SAFE_INTEGER} was sent.`;
  return badRequest("invalidValue", { code: "numberNotExact", path }, detail);
}

function tooLong({ path }: AttributeNode): ScimError {
  return badRequest(
    "invalidValue",
    { code: "numberNotExact", path },
    `${path} has more digits than can be stored exactly.`,
  );
}

export function abbreviate(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77).toWellFormed()}...` : text;
}

/**
 * @param prefix path of the object, with its separator
 * @throws ScimError 400 invalidSyntax if two names differ only in letter case
 */
export function refuseRepeatedNames(object: JsonObject, prefix: string): void {
  const names = Object.keys(object);
  if (names.length < 2) return;
  const twice = names.length > FEW_NAMES ? repeatedAmong(names) : repeatedAmongFew(names);
  if (twice !== undefined) throw repeated(prefix + abbreviate(twice));
}

/** Up to this many names are compared with each other, which is faster than creating a set. */
const FEW_NAMES = 16;

function repeatedAmongFew(names: readonly string[]): string | undefined {
  const lower = names.map((name) => name.toLowerCase());
  return names.find((_, at) => lower.indexOf(lower[at] ?? "") < at);
}

function repeatedAmong(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name.toLowerCase()).size);
}

/** Attribute names ignore letter case (RFC 7643 §2.1), so `userName` and `username` name one attribute. */
export function repeated(path: string): ScimError {
  return badRequest(
    "invalidSyntax",
    { code: "duplicate", path },
    `${path} is given twice. Names ignore letter case; send each attribute once.`,
  );
}

/** Both alphabets, and the line breaks of PEM. No two parts match a blank, so matching takes linear time. */
const BASE64 = /^[A-Za-z0-9+/_\-\s]*(?:=\s*){0,2}$/;

/** Four characters are three bytes; two or three at the end are one or two. A single one is invalid (RFC 4648 §4). */
function hasBase64Length(text: string): boolean {
  return text.replaceAll(/[\s=]/g, "").length % 4 !== 1;
}

/** The characters of a URI or a relative reference (RFC 3986, Appendix A). */
const URI = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/;

/**
 * Whether a text has the format of its data type (RFC 7643 §2.3.5 to §2.3.7). Only the strict profile requires it:
 * clients clear a dateTime with an empty text, and send addresses with blanks and umlauts as URIs.
 */
function hasForm(type: AttributeType, text: string, reading: Reading): boolean {
  switch (type) {
    case "dateTime":
      return (text === "" && !isStrict(reading)) || parseDateTime(text) !== undefined;
    case "binary":
      return BASE64.test(text) && hasBase64Length(text);
    case "reference":
      return !isStrict(reading) || URI.test(text);
    default:
      return true;
  }
}
