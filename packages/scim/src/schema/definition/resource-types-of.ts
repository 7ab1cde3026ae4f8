import type { Json } from "../../json.ts";
import { within } from "../../message/error.ts";
import type { Attribute, ResourceType, Schema } from "../attribute.ts";
import { RESOURCE_TYPE_SCHEMA, SCHEMA_SCHEMA, SERVICE_PROVIDER_CONFIG_SCHEMA } from "../discovery.ts";
import { faulty } from "./member-values.ts";
import { BUILT_IN, readResourceType } from "./read-resource-type.ts";
import { readSchema } from "./read-schema.ts";

/** What an endpoint adds to the built-in schemas and resource types, as JSON of RFC 7643 §7 and §6. */
export type Definition = { readonly schemas: readonly Json[]; readonly resourceTypes: readonly Json[] };

const MAX_ENTRIES = 100;

/** Schemas of messages (RFC 7644 §8.2): no resource can have them. */
const MESSAGES = "urn:ietf:params:scim:api:";

const USED_BY_SERVER: readonly Schema[] = [SERVICE_PROVIDER_CONFIG_SCHEMA, RESOURCE_TYPE_SCHEMA, SCHEMA_SCHEMA];

const BUILT_IN_SCHEMAS: readonly Schema[] = BUILT_IN.flatMap(({ schema, schemaExtensions }) => [
  schema,
  ...schemaExtensions.map((extension) => extension.schema),
]);

/**
 * The resource types of an endpoint: the built-in ones, with the extensions that the definition adds to them, then
 * those that it defines.
 * @throws ScimError 400 invalidValue or invalidSyntax whose detail begins with the entry at fault: `schemas[1]: …`
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

/** A reference to a resource type that is not there could never be followed. */
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
      return `${path}: referenceTypes names the resource type "${unknown}", which is not there`;
    const below = unknownReference(subAttributes, `${path}.`, known);
    if (below !== undefined) return below;
  }
  return undefined;
}
