import { isStrict, type Reading, tolerate } from "../dialect/tolerance.ts";
import { isAttributeName } from "../filter/lex.ts";
import { describeType, isObject, type Json, type JsonObject, own } from "../json.ts";
import { badRequest } from "../message/error.ts";
import { parseAttributePath } from "../path/parse.ts";
import { resolveAttributePath, resolveExtension } from "../path/resolve.ts";
import { requireAttributes, schemasOf } from "./characteristics.ts";
import type { AttributeNode, ExtensionNode, ResourceModel } from "./model.ts";
import { checkUnknownMembers, isSchemaName, keepUnknown } from "./unknown.ts";
import { checkNumberOfSent, checkValues, readValue, refuseRepeatedNames, repeated } from "./value.ts";

/**
 * Reads a whole resource from a client (POST, RFC 7644 §3.3; PUT, §3.5.1): canonical names, checked types, tolerances
 * noted, readOnly attributes omitted, `schemas` computed from the content. The body is not changed.
 * @throws ScimError 400 invalidSyntax or invalidValue naming the attribute
 */
export function readResource(body: Json, model: ResourceModel, reading: Reading): JsonObject {
  if (!isObject(body)) {
    throw badRequest(
      "invalidSyntax",
      { code: "wrongType", path: "body", expected: `a ${model.type.name}`, received: describeType(body) },
      `The body must be a ${model.type.name} as a JSON object, but ${describeType(body)} was sent.`,
    );
  }
  // Before any of them is processed, because there may be millions.
  checkUnknownMembers(Object.keys(body).length - model.attributes.size - model.extensions.size);
  refuseRepeatedNames(body, "");
  reading.unknownMembers = 0;
  const resource: JsonObject = { schemas: [] };
  const undefinedNames: string[] = [];
  for (const name of Object.keys(body)) {
    const value = body[name] as Json;
    const attribute = model.attributes.get(name.toLowerCase());
    if (attribute !== undefined) {
      readInto(resource, attribute, value, model, reading);
      continue;
    }
    const extension = isSchemaName(name) ? resolveExtension(name, model, reading) : undefined;
    if (extension !== undefined) readExtension(resource, extension, value, model, reading);
    else undefinedNames.push(name);
  }
  readUndefinedNames(undefinedNames, body, resource, model, reading);
  const used = schemasOf(resource, model);
  checkDeclaredSchemas(body, resource, used, model, reading);
  resource["schemas"] = used;
  requireAttributes(resource, model);
  return resource;
}

function readInto(
  object: JsonObject,
  attribute: AttributeNode,
  value: Json,
  model: ResourceModel,
  reading: Reading,
): void {
  if (isIssuedByServer(attribute)) return;
  if (attribute.multiValued && attribute !== model.collection) checkNumberOfSent(attribute, value);
  const read = readValue(attribute, value, reading);
  if (Array.isArray(read) && attribute !== model.collection) checkValues(attribute, read);
  if (read !== undefined) object[attribute.name] = read;
}

/** `schemas` is computed; readOnly attributes are ignored (RFC 7644 §3.3, §3.5.1), including their sub-attributes. */
function isIssuedByServer(attribute: AttributeNode): boolean {
  return attribute.mutability === "readOnly" || attribute.parent?.mutability === "readOnly" || isSchemas(attribute);
}

function isSchemas(attribute: AttributeNode): boolean {
  return attribute.name === "schemas" && attribute.extension === undefined && attribute.parent === undefined;
}

function readExtension(
  resource: JsonObject,
  extension: ExtensionNode,
  value: Json,
  model: ResourceModel,
  reading: Reading,
): void {
  const urn = extension.schema.id;
  if (value === null) return;
  if (!isObject(value))
    throw badRequest(
      "invalidValue",
      { code: "wrongType", path: urn, expected: "an object", received: describeType(value) },
      `${urn} must be an object, but ${describeType(value)} was sent.`,
    );
  refuseRepeatedNames(value, `${urn}:`);
  const attributes: JsonObject = {};
  for (const name of Object.keys(value)) {
    const member = value[name] as Json;
    const attribute = extension.attributes.get(name.toLowerCase());
    if (attribute === undefined) keepUnknown(attributes, name, member, `${urn}:${name}`, reading);
    else readInto(attributes, attribute, member, model, reading);
  }
  if (Object.keys(attributes).length === 0) return;
  if (Object.hasOwn(resource, urn)) throw repeated(urn);
  resource[urn] = attributes;
}

/**
 * Reads these members last, and those with a dot after the others. So "name.givenName" becomes part of "name" in any
 * order (RFC 7643 §2.3.8).
 */
function readUndefinedNames(
  names: readonly string[],
  body: JsonObject,
  resource: JsonObject,
  model: ResourceModel,
  reading: Reading,
): void {
  if (names.length === 0) return;
  const ordered = names.toSorted((left, right) => Number(isDotted(left)) - Number(isDotted(right)));
  for (const name of ordered) readUndefined(resource, name, body[name] as Json, model, reading);
  refuseRepeatedNames(resource, "");
  for (const { schema } of model.extensions.values()) {
    const attributes = own(resource, schema.id);
    if (isObject(attributes)) refuseRepeatedNames(attributes, `${schema.id}:`);
  }
}

/**
 * Reads a member that is neither a core attribute nor an extension. Clients use paths as names: older Entra ID bodies
 * contain `"manager": null` without its URN; others `"name.givenName"` or `"urn:…:User:department"`.
 */
function readUndefined(resource: JsonObject, name: string, value: Json, model: ResourceModel, reading: Reading): void {
  const attribute = findByPath(name, model, reading);
  if (attribute === undefined) {
    keepUndefined(resource, name, value, model, reading);
    return;
  }
  const holder: JsonObject = {};
  readInto(holder, attribute, value, model, reading);
  const read = own(holder, attribute.name);
  if (read !== undefined) placeValue(resource, attribute, read);
}

/** Stores an undefined attribute beside the attributes of its schema, as PATCH does. */
function keepUndefined(resource: JsonObject, name: string, value: Json, model: ResourceModel, reading: Reading): void {
  const colon = Math.max(0, name.lastIndexOf(":"));
  const schema = name.slice(0, colon);
  const unqualified = behindUrn(name);
  const isQualified = isSchemaName(schema) && isAttributeName(unqualified);
  const isCore = isQualified && schema.toLowerCase() === model.type.schema.id.toLowerCase();
  const extension = isQualified ? resolveExtension(schema, model, reading)?.schema.id : undefined;
  const key = isCore || extension !== undefined ? unqualified : name;
  const kept: JsonObject = {};
  keepUnknown(kept, key, value, name, reading);
  const held = extension === undefined ? resource : own(resource, extension);
  const holder: JsonObject = isObject(held) ? held : {};
  if (Object.keys(kept).length === 0) return;
  if (Object.hasOwn(holder, key)) throw repeated(name);
  Object.assign(holder, kept);
  if (extension !== undefined) resource[extension] = holder;
}

function isDotted(name: string): boolean {
  return behindUrn(name).includes(".");
}

function behindUrn(name: string): string {
  return isSchemaName(name) ? name.slice(name.lastIndexOf(":") + 1) : name;
}

/** A path after its URN, if it has one. Other URNs, such as `urn:example:my.app.1`, name schemas. */
const ATTRIBUTE_OR_SUB_ATTRIBUTE = /^[A-Za-z][\w$-]*(?:\.(?:\$ref|[A-Za-z][\w$-]*))?$/i;

function findByPath(name: string, model: ResourceModel, reading: Reading): AttributeNode | undefined {
  const isPath = ATTRIBUTE_OR_SUB_ATTRIBUTE.test(behindUrn(name));
  const attribute = isPath ? resolveAttributePath(parseAttributePath(name), model, reading) : undefined;
  if (attribute === undefined || attribute.parent?.multiValued === true) return undefined;
  if (attribute.parent !== undefined) {
    tolerate(reading, "dotted-name", name, "a name with a dot", `read as the path ${attribute.path}`);
  } else if (name.includes(":")) {
    tolerate(reading, "qualified-name", name, "a name with a schema's URN", `read as the path ${attribute.path}`);
  }
  return attribute;
}

function placeValue(resource: JsonObject, attribute: AttributeNode, value: Json): void {
  let object = resource;
  for (const key of attribute.keys.slice(0, -1)) {
    const held = own(object, key);
    const inner: JsonObject = isObject(held) ? held : {};
    object[key] = inner;
    object = inner;
  }
  if (Object.hasOwn(object, attribute.name)) throw repeated(attribute.path);
  object[attribute.name] = value;
}

/** @param used the schemas with attributes in the resource */
function checkDeclaredSchemas(
  body: JsonObject,
  resource: JsonObject,
  used: readonly string[],
  model: ResourceModel,
  reading: Reading,
): void {
  const declared = own(body, "schemas") ?? schemasInOtherCase(body);
  if (!Array.isArray(declared) || declared.length === 0) {
    tolerate(reading, "missing-schemas", "schemas", "a resource without schemas", `read as a ${model.type.name}`);
    return;
  }
  const declaredUrns = new Set<string>();
  for (const urn of declared) {
    if (typeof urn !== "string")
      throw badRequest(
        "invalidValue",
        { code: "wrongType", path: "schemas", expected: "an array of URNs", received: describeType(urn) },
        "schemas must be an array of URNs as strings.",
      );
    if (declaredUrns.has(urn.toLowerCase()) && isStrict(reading)) {
      throw badRequest(
        "invalidValue",
        { code: "duplicate", path: "schemas" },
        `schemas lists ${urn.slice(0, 120)} twice; list each once (RFC 7643 §3).`,
      );
    }
    declaredUrns.add(urn.toLowerCase());
    if (isDefined(urn, model, resource)) continue;
    tolerate(
      reading,
      "unknown-schema",
      "schemas",
      `the schema "${urn.slice(0, 120)}"`,
      `ignored: ${model.type.name} has no such schema`,
    );
  }
  for (const urn of used) {
    if (declaredUrns.has(urn.toLowerCase())) continue;
    tolerate(
      reading,
      "undeclared-schema",
      "schemas",
      `the schema ${urn}`,
      "accepted although schemas does not list it",
    );
  }
}

function schemasInOtherCase(body: JsonObject): Json | undefined {
  const name = Object.keys(body).find((key) => key.toLowerCase() === "schemas");
  return name === undefined ? undefined : body[name];
}

function isDefined(urn: string, model: ResourceModel, resource: JsonObject): boolean {
  return (
    urn.toLowerCase() === model.type.schema.id.toLowerCase() ||
    model.extensions.has(urn.toLowerCase()) ||
    Object.hasOwn(resource, urn)
  );
}
