import { isSecretAttribute } from "../dialect/secret-attributes.ts";
import { type Reading, tolerate } from "../dialect/tolerance.ts";
import { isAttributeName, isUrn } from "../filter/lex.ts";
import { isObject, type Json, type JsonObject, setOwn } from "../json.ts";
import { badRequest, type ScimType } from "../message/error.ts";
import type { AttributeNode, ResourceModel } from "./model.ts";

/** Maximum depth of an undefined attribute's value; defined attributes have at most three levels. */
const MAX_UNKNOWN_DEPTH = 16;

/**
 * Maximum number of undefined members and array values of a resource, at all levels. Each write compares all of them by
 * name.
 */
const MAX_UNKNOWN_MEMBERS = 1_000;

/** Whether a member's name is a schema URI; the member is then an extension. */
export function isSchemaName(name: string): boolean {
  return name.includes(":") && isUrn(name);
}

/**
 * Keeps an attribute without a schema, with a note; the strict profile rejects it. Null and empty values mean
 * "unassigned" (RFC 7643 §2.5). Secrets are omitted, because no schema says that they must never be returned.
 * @param path its location, for the note
 * @param scimType for the strict profile
 * @throws ScimError 400 invalidSyntax if the name is not an attribute name; invalidValue if there are too many
 */
export function keepUnknown(
  into: JsonObject,
  name: string,
  value: Json,
  path: string,
  reading: Reading,
  scimType: ScimType = "invalidSyntax",
): void {
  if (!isAttributeName(name) && !isSchemaName(name)) {
    throw badRequest(
      "invalidSyntax",
      { code: "invalidAttributeName", name: name.slice(0, 80) },
      `${JSON.stringify(name.slice(0, 80))} is not an attribute name: a letter, then letters, digits, "-" and "_" (RFC 7643 §2.1).`,
    );
  }
  const isSecret = isSecretPath(name, value, path, reading);
  const kept = isSecret ? undefined : keptMember(value, path, 0, reading);
  const reason = isSecret ? "its name says that it is a secret" : "it has no value";
  const done = kept === undefined ? `left out, as ${reason}` : "stored as sent";
  tolerate(reading, "unknown-attribute", path, "an attribute that no schema defines", done, scimType);
  if (kept !== undefined) setOwn(into, name, kept);
}

/** Whether an attribute or its parent is a secret. The name of an extension does not count. */
function isSecretPath(name: string, value: Json, path: string, { secrets }: Reading): boolean {
  if (isSchemaName(name) && isObject(value)) return false;
  const names = path.slice(path.lastIndexOf(":") + 1).split(".");
  return names.some((each) => isSecretAttribute(each, secrets));
}

/** @throws ScimError 400 invalidValue */
export function checkUnknownMembers(count: number): void {
  if (count <= MAX_UNKNOWN_MEMBERS) return;
  throw badRequest(
    "invalidValue",
    { code: "limitExceeded", limit: "undefinedMembers", max: MAX_UNKNOWN_MEMBERS },
    `A resource may have at most ${MAX_UNKNOWN_MEMBERS} members and values that no schema defines. Send fewer, or define a schema for them.`,
  );
}

/** Number of members and array values in a value. */
function membersIn(value: Json): number {
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((count: number, each) => count + 1 + membersIn(each), 0);
}

/**
 * Checks a resource after a PATCH, which may have added members.
 * @throws ScimError 400 invalidValue
 */
export function checkUnknownIn(resource: JsonObject, { attributes, extensions }: ResourceModel): void {
  let count = unknownIn(resource, attributes, extensions);
  for (const { schema, attributes: own } of extensions.values()) {
    const held = resource[schema.id];
    if (isObject(held)) count += unknownIn(held, own);
  }
  checkUnknownMembers(count);
}

/** @param besides further known lower-case names */
function unknownIn(
  object: JsonObject,
  attributes: ReadonlyMap<string, AttributeNode>,
  besides?: ReadonlyMap<string, unknown>,
): number {
  let count = 0;
  for (const name of Object.keys(object)) {
    const value = object[name] as Json;
    const lower = name.toLowerCase();
    const children = attributes.get(lower)?.children;
    if (children === undefined) count += besides?.has(lower) ? 0 : 1 + membersIn(value);
    else
      for (const each of Array.isArray(value) ? value : [value]) if (isObject(each)) count += unknownIn(each, children);
  }
  return count;
}

/** A member or array value without secrets and without empty values. */
function keptMember(value: Json, path: string, depth: number, reading: Reading): Json | undefined {
  checkUnknownMembers(++reading.unknownMembers);
  if (depth > MAX_UNKNOWN_DEPTH)
    throw badRequest(
      "invalidValue",
      { code: "limitExceeded", limit: "nesting", max: MAX_UNKNOWN_DEPTH, path: path.slice(0, 200) },
      `${path.slice(0, 200)} is nested deeper than ${MAX_UNKNOWN_DEPTH} levels.`,
    );
  if (value === null) return undefined;
  if (Array.isArray(value)) {
    const elements = value
      .map((element) => keptMember(element, path, depth + 1, reading))
      .filter((element) => element !== undefined);
    return elements.length === 0 ? undefined : elements;
  }
  if (!isObject(value)) return value;
  const object: JsonObject = {};
  for (const name of Object.keys(value)) {
    if (isSecretAttribute(name, reading.secrets)) continue;
    const kept = keptMember(value[name] as Json, path, depth + 1, reading);
    if (kept !== undefined) setOwn(object, name, kept);
  }
  return Object.keys(object).length === 0 ? undefined : object;
}
