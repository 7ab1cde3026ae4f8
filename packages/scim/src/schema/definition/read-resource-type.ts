import { describeType, isObject, type Json, type JsonObject } from "../../json.ts";
import { badRequest, within } from "../../message/error.ts";
import type { ResourceType, Schema } from "../attribute.ts";
import { GROUP_TYPE, USER_TYPE } from "../resource-types.ts";
import { faulty, flagOf, listOf, show, textOf } from "./member-values.ts";
import { MAX_DESCRIPTION_CHARACTERS, MAX_NAME_CHARACTERS } from "./read-attribute.ts";

const MAX_URN_CHARACTERS = 255;
const MAX_EXTENSIONS = 20;

/** The resource types that are there without being defined. */
export const BUILT_IN: readonly ResourceType[] = [USER_TYPE, GROUP_TYPE];

/** First segments of paths that RFC 7644 §3.2 gives another meaning. */
const RESERVED: readonly string[] = ["Me", "Bulk", "Schemas", "ResourceTypes", "ServiceProviderConfig", ".search"];

/** Names of the resource types of discovery (RFC 7644 §4), and words that `referenceTypes` has beside names (RFC 7643 §7). */
const RESERVED_NAMES: readonly string[] = ["ServiceProviderConfig", "ResourceType", "Schema", "external", "uri"];

/** The name stands in URLs and in `meta.resourceType`. */
const NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;

type Extension = ResourceType["schemaExtensions"][number];

/**
 * Reads a resource type from the JSON that `/ResourceTypes` shows (RFC 7643 §6). One with the name of a built-in type
 * is that type with the extensions given added to its own; nothing else of it can be changed.
 * @param schemas by lower-case URN, built-in ones too
 * @throws ScimError 400 invalidValue whose detail begins with the name of the resource type and says what is expected;
 *   invalidSyntax for what is no object
 */
export function readResourceType(json: Json, schemas: ReadonlyMap<string, Schema>): ResourceType {
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
  if (isAmong(RESERVED_NAMES, name)) throw faulty(`the name ${name} has a meaning already. Choose another one.`);
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
    throw faulty(`the endpoint ${endpoint} has a meaning already (RFC 7644 §3.2). Choose another one.`);
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
