import { describeType, isObject, type Json, type JsonObject } from "../../json.ts";
import { badRequest, within } from "../../message/error.ts";
import type { Attribute, ResourceType, Schema } from "../attribute.ts";
import { RESOURCE_TYPE_SCHEMA, SCHEMA_SCHEMA, SERVICE_PROVIDER_CONFIG_SCHEMA } from "../discovery.ts";
import { GROUP_TYPE, USER_TYPE } from "../resource-types.ts";
import { faulty, flagOf, listOf, show, textOf } from "./member-values.ts";
import { MAX_DESCRIPTION_CHARACTERS, MAX_NAME_CHARACTERS, readSchema } from "./read-schema.ts";

/** The schemas and resource types that an endpoint adds, as JSON of RFC 7643 §7 and §6. */
export type Definition = { readonly schemas: readonly Json[]; readonly resourceTypes: readonly Json[] };

const BUILT_IN: readonly ResourceType[] = [USER_TYPE, GROUP_TYPE];

const MAX_ENTRIES = 100;

/** Schemas of messages (RFC 7644 §8.2); resources cannot have them. */
const MESSAGES = "urn:ietf:params:scim:api:";

const USED_BY_SERVER: readonly Schema[] = [SERVICE_PROVIDER_CONFIG_SCHEMA, RESOURCE_TYPE_SCHEMA, SCHEMA_SCHEMA];

const BUILT_IN_SCHEMAS: readonly Schema[] = BUILT_IN.flatMap(({ schema, schemaExtensions }) => [
  schema,
  ...schemaExtensions.map((extension) => extension.schema),
]);

/**
 * The resource types of an endpoint: the built-in ones with added extensions, then the custom ones.
 * @throws ScimError 400 invalidValue or invalidSyntax whose detail begins with the entry: `schemas[1]: …`
 */
export function resourceTypesOf(definition: Definition): ResourceType[] {
  const schemas = readSchemas(definition.schemas);
  const types = new Map(BUILT_IN.map((type) => [type.name.toLowerCase(), type]));
  const defined = new Set<string>();
  checkCount("resourceTypes", definition.resourceTypes);
  for (const [index, json] of definition.resourceTypes.entries()) {
    within(`resourceTypes[${index}]`, () => {
      const type = readResourceType(json, schemas);
      const key = type.name.toLowerCase();
      if (defined.has(key)) throw faulty(`the resource type ${type.name} is given twice.`);
      const holder = [...types.values()].find((each) => sameEndpoint(each, type) && each.name !== type.name);
      if (holder !== undefined) throw faulty(`${holder.name} has the endpoint ${type.endpoint} already.`);
      defined.add(key);
      types.set(key, type);
    });
  }
  checkReferences(definition.schemas, schemas, types);
  return [...types.values()];
}

function readSchemas(list: readonly Json[]): Map<string, Schema> {
  checkCount("schemas", list);
  const schemas = new Map(BUILT_IN_SCHEMAS.map((schema) => [schema.id.toLowerCase(), schema]));
  for (const [index, json] of list.entries()) {
    within(`schemas[${index}]`, () => {
      const schema = readSchema(json);
      const urn = schema.id.toLowerCase();
      if (
        urn.startsWith(MESSAGES) ||
        [...BUILT_IN_SCHEMAS, ...USED_BY_SERVER].some(({ id }) => id.toLowerCase() === urn)
      ) {
        throw faulty(
          `${schema.id} is a schema of SCIM itself and cannot be defined again. Give this one a URN of your own.`,
        );
      }
      if (schemas.has(urn)) throw faulty(`the schema ${schema.id} is given twice; URNs ignore letter case.`);
      schemas.set(urn, schema);
    });
  }
  checkPaths(schemas);
  return schemas;
}

function checkCount(what: string, list: readonly Json[]): void {
  if (list.length > MAX_ENTRIES) throw faulty(`${what} may have ${MAX_ENTRIES} entries at most, not ${list.length}.`);
}

function sameEndpoint(left: ResourceType, right: ResourceType): boolean {
  return left.endpoint.toLowerCase() === right.endpoint.toLowerCase();
}

/** `urn:a:b:c` must not be both a schema and the attribute `c` of the schema `urn:a:b` (RFC 7644 §3.10). */
function checkPaths(schemas: ReadonlyMap<string, Schema>): void {
  for (const { id, attributes } of schemas.values()) {
    for (const { name } of attributes) {
      const other = schemas.get(`${id}:${name}`.toLowerCase());
      if (other === undefined) continue;
      throw faulty(`schemas: ${other.id} is a schema and also the attribute ${name} of ${id}. Rename one of them.`);
    }
  }
}

/** References to unknown resource types could never be resolved. */
function checkReferences(
  list: readonly Json[],
  schemas: ReadonlyMap<string, Schema>,
  types: ReadonlyMap<string, ResourceType>,
): void {
  const known = new Set(["external", "uri", ...[...types.values()].map(({ name }) => name)]);
  const defined = [...schemas.values()].slice(schemas.size - list.length);
  for (const [index, { id, attributes }] of defined.entries()) {
    const unknown = unknownReference(attributes, `${id}:`, known);
    if (unknown === undefined) continue;
    throw faulty(`schemas[${index}]: ${unknown}. There are: ${[...known].join(", ")}.`);
  }
}

function unknownReference(
  attributes: readonly Attribute[],
  prefix: string,
  known: ReadonlySet<string>,
): string | undefined {
  for (const { name, referenceTypes = [], subAttributes = [] } of attributes) {
    const path = prefix + name;
    const unknown = referenceTypes.find((type) => !known.has(type));
    if (unknown !== undefined)
      return `${path}: referenceTypes names the resource type "${unknown}", which does not exist`;
    const below = unknownReference(subAttributes, `${path}.`, known);
    if (below !== undefined) return below;
  }
  return undefined;
}

const MAX_URN_CHARACTERS = 255;
const MAX_EXTENSIONS = 20;

/** First path segments that RFC 7644 §3.2 reserves. */
const RESERVED: readonly string[] = ["Me", "Bulk", "Schemas", "ResourceTypes", "ServiceProviderConfig", ".search"];

/**
 * Names of the discovery resource types (RFC 7644 §4), and words that `referenceTypes` allows besides names (RFC 7643
 * §7).
 */
const RESERVED_NAMES: readonly string[] = ["ServiceProviderConfig", "ResourceType", "Schema", "external", "uri"];

/** The name appears in URLs and in `meta.resourceType`. */
const NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;

type Extension = ResourceType["schemaExtensions"][number];

/**
 * Reads a resource type from the JSON of `/ResourceTypes` (RFC 7643 §6). One with the name of a built-in type adds its
 * extensions to that type; nothing else of a built-in type can change.
 * @param schemas by lower-case URN, including built-in ones
 * @throws ScimError 400 invalidValue whose detail begins with the name of the resource type; invalidSyntax if it is not
 * an object
 */
function readResourceType(json: Json, schemas: ReadonlyMap<string, Schema>): ResourceType {
  if (!isObject(json)) {
    throw badRequest(
      "invalidSyntax",
      { code: "invalidDefinition" },
      `A resource type is a JSON object, but ${describeType(json)} was sent (RFC 7643 §6).`,
    );
  }
  const name = textOf(json, "name", MAX_NAME_CHARACTERS);
  if (name === undefined || !NAME.test(name)) {
    throw faulty(
      `name must be a letter, then letters, digits, "-" and "_", for example "Device", but it is ${show(name)}.`,
    );
  }
  if (isAmong(RESERVED_NAMES, name)) throw faulty(`the name ${name} is reserved. Choose another one.`);
  return within(name, () => {
    const builtIn = BUILT_IN.find((type) => type.name.toLowerCase() === name.toLowerCase());
    return builtIn === undefined ? readNewType(name, json, schemas) : readAdditions(builtIn, json, schemas);
  });
}

function readNewType(name: string, json: JsonObject, schemas: ReadonlyMap<string, Schema>): ResourceType {
  const schema = schemaOf(json, schemas);
  return {
    name,
    description: textOf(json, "description", MAX_DESCRIPTION_CHARACTERS) ?? "",
    endpoint: readEndpoint(json),
    schema,
    schemaExtensions: readExtensions(json, schema, schemas),
  };
}

function readAdditions(builtIn: ResourceType, json: JsonObject, schemas: ReadonlyMap<string, Schema>): ResourceType {
  const { endpoint, schema } = builtIn;
  const givenEndpoint = textOf(json, "endpoint", MAX_NAME_CHARACTERS);
  if (givenEndpoint !== undefined && withSlash(givenEndpoint) !== endpoint) {
    throw faulty(`its endpoint is ${endpoint} and cannot be changed.`);
  }
  const givenSchema = textOf(json, "schema", MAX_URN_CHARACTERS);
  if (givenSchema !== undefined && givenSchema.toLowerCase() !== schema.id.toLowerCase()) {
    throw faulty(`its schema is ${schema.id} and cannot be changed. Add attributes by an extension.`);
  }
  const added = readExtensions(json, schema, schemas);
  const kept = builtIn.schemaExtensions.filter((own) => !added.some((each) => each.schema.id === own.schema.id));
  return { ...builtIn, schemaExtensions: [...kept, ...added] };
}

function readEndpoint(json: JsonObject): string {
  const given = textOf(json, "endpoint", MAX_NAME_CHARACTERS);
  if (given === undefined) throw faulty('endpoint is required, for example "/Devices" (RFC 7643 §6).');
  const endpoint = withSlash(given);
  const segment = endpoint.slice(1);
  if (isAmong([...RESERVED, ...BUILT_IN.map((type) => type.endpoint.slice(1))], segment))
    throw faulty(`the endpoint ${endpoint} is reserved (RFC 7644 §3.2). Choose another one.`);
  if (!NAME.test(segment)) {
    throw faulty(`endpoint must be one segment of a path, for example "/Devices", but it is ${show(given)}.`);
  }
  return endpoint;
}

function isAmong(words: readonly string[], word: string): boolean {
  return words.some((each) => each.toLowerCase() === word.toLowerCase());
}

/** RFC 7643 §6 has `Users` in its text and `/Users` in its examples (§8.6). */
function withSlash(endpoint: string): string {
  return endpoint.startsWith("/") ? endpoint : `/${endpoint}`;
}

function readExtensions(json: JsonObject, base: Schema, schemas: ReadonlyMap<string, Schema>): Extension[] {
  const list = listOf(json, "schemaExtensions");
  if (list.length > MAX_EXTENSIONS) {
    throw faulty(`a resource type may have ${MAX_EXTENSIONS} schemaExtensions at most, not ${list.length}.`);
  }
  const extensions: Extension[] = [];
  for (const [index, each] of list.entries()) {
    const extension = within(`schemaExtensions[${index}]`, () => readExtension(each, schemas));
    const { id } = extension.schema;
    if (id === base.id) throw faulty(`${id} is its schema and cannot be an extension of it as well.`);
    if (extensions.some(({ schema }) => schema.id === id)) throw faulty(`the extension ${id} is given twice.`);
    extensions.push(extension);
  }
  return extensions;
}

function readExtension(json: Json, schemas: ReadonlyMap<string, Schema>): Extension {
  if (!isObject(json)) throw faulty(`an extension is an object with schema and required, not ${describeType(json)}.`);
  return { schema: schemaOf(json, schemas), required: flagOf(json, "required") };
}

function schemaOf(json: JsonObject, schemas: ReadonlyMap<string, Schema>): Schema {
  const urn = textOf(json, "schema", MAX_URN_CHARACTERS);
  if (urn === undefined) throw faulty("schema is required: the URN of a schema (RFC 7643 §6).");
  const schema = schemas.get(urn.toLowerCase());
  if (schema !== undefined) return schema;
  throw faulty(`there is no schema ${show(urn)}. There are: ${[...schemas.values()].map(({ id }) => id).join(", ")}.`);
}
