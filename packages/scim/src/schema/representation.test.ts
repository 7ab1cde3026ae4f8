import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isObject, type Json, type JsonObject } from "../json.ts";
import type { Attribute, Schema } from "./attribute.ts";
import { COMMON_ATTRIBUTES } from "./attribute.ts";
import { RESOURCE_TYPE_SCHEMA, SCHEMA_SCHEMA, SERVICE_PROVIDER_CONFIG_SCHEMA } from "./discovery.ts";
import {
  type Capabilities,
  resourceTypeResource,
  schemaResource,
  serviceProviderConfigResource,
} from "./representation.ts";
import { GROUP_TYPE, USER_TYPE } from "./resource-types.ts";
import { ENTERPRISE, EVERY_TYPE } from "./test-support.ts";

const BASE = "https://example.com/scim/v2";

const CAPABILITIES: Capabilities = {
  patch: true,
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: 200 },
  changePassword: false,
  sort: true,
  etag: true,
  pagination: {
    cursor: true,
    index: true,
    defaultPaginationMethod: "index",
    defaultPageSize: 100,
    maxPageSize: 250,
    cursorTimeout: 3600,
  },
  authenticationSchemes: [
    {
      type: "oauthbearertoken",
      name: "OAuth Bearer Token",
      description: "A bearer token.",
      specUri: "https://www.rfc-editor.org/info/rfc6750",
      primary: true,
    },
    {
      type: "httpbasic",
      name: "HTTP Basic",
      description: "Basic.",
      specUri: "https://www.rfc-editor.org/info/rfc7617",
    },
  ],
};

const SCHEMAS: readonly Schema[] = [
  USER_TYPE.schema,
  GROUP_TYPE.schema,
  ...USER_TYPE.schemaExtensions.map(({ schema }) => schema),
  SERVICE_PROVIDER_CONFIG_SCHEMA,
  RESOURCE_TYPE_SCHEMA,
  SCHEMA_SCHEMA,
  EVERY_TYPE.type.schema,
];

const TYPES = [USER_TYPE, GROUP_TYPE, EVERY_TYPE.type];

const RESOURCES: readonly (readonly [string, JsonObject, Schema])[] = [
  ["ServiceProviderConfig", serviceProviderConfigResource(CAPABILITIES, BASE), SERVICE_PROVIDER_CONFIG_SCHEMA],
  ...TYPES.map((type) => [type.name, resourceTypeResource(type, BASE), RESOURCE_TYPE_SCHEMA] as const),
  ...SCHEMAS.map((schema) => [schema.id, schemaResource(schema, BASE), SCHEMA_SCHEMA] as const),
];

const JSON_TYPES: Record<Attribute["type"], string> = {
  string: "string",
  boolean: "boolean",
  decimal: "number",
  integer: "number",
  dateTime: "string",
  binary: "string",
  reference: "string",
  complex: "object",
};

/** Checks an object against its definitions: required members exist, all are defined, and each has its type. */
function conforms(object: JsonObject, definitions: readonly Attribute[], path: string): void {
  const known = new Map(definitions.map((definition) => [definition.name, definition]));
  for (const { name, required } of definitions) {
    if (required) assert.ok(Object.hasOwn(object, name), `${path}.${name} is required`);
  }
  for (const [name, value] of Object.entries(object)) {
    const definition = known.get(name);
    assert.ok(definition, `${path}.${name} is in no schema`);
    const { type, multiValued, subAttributes = [], canonicalValues } = definition;
    assert.equal(Array.isArray(value), multiValued, `${path}.${name} is multi-valued`);
    for (const each of Array.isArray(value) ? value : [value]) {
      assert.equal(typeof each, JSON_TYPES[type], `${path}.${name} is of type ${type}`);
      if (canonicalValues !== undefined) assert.ok(canonicalValues.includes(String(each)), `${path}.${name} ${each}`);
      // "subAttributes has the same schema sub-attributes as attributes" (§7), recursively.
      if (isObject(each)) conforms(each, name === "subAttributes" ? definitions : subAttributes, `${path}.${name}`);
    }
  }
}

describe("a discovery resource conforms to the schema that describes it (RFC 7643 §5, §6, §7)", () => {
  const common = COMMON_ATTRIBUTES.filter(({ name }) => name === "schemas" || name === "meta");
  for (const [name, resource, schema] of RESOURCES) {
    test(name, () => conforms(resource, [...schema.attributes, ...common], name));
  }
});

test("no discovery resource contains null, an empty array or an empty object, which Entra ID cannot handle", () => {
  const check = (value: Json | undefined, path: string): void => {
    assert.ok(value !== null && value !== undefined, path);
    if (typeof value !== "object") return;
    const entries = Object.entries(value);
    assert.ok(entries.length > 0, path);
    for (const [name, each] of entries) check(each, `${path}.${name}`);
  };
  for (const [name, resource] of RESOURCES) check(resource, name);
});

test("a discovery resource has its schema, its resource type and its location (RFC 7643 §3.1)", () => {
  for (const [name, resource, schema] of RESOURCES) {
    const [resourceType, location] =
      schema === SERVICE_PROVIDER_CONFIG_SCHEMA
        ? ["ServiceProviderConfig", `${BASE}/ServiceProviderConfig`]
        : schema === RESOURCE_TYPE_SCHEMA
          ? ["ResourceType", `${BASE}/ResourceTypes/${name}`]
          : ["Schema", `${BASE}/Schemas/${name}`];
    assert.deepEqual(resource.schemas, [schema.id]);
    assert.deepEqual(resource.meta, { resourceType, location });
  }
});

test("every attribute in a schema has every characteristic that applies to it (RFC 7643 §7)", () => {
  const always = ["name", "type", "multiValued", "description", "required", "caseExact"];
  const keywords = ["mutability", "returned", "uniqueness"];
  const check = (attribute: JsonObject, definition: Attribute): void => {
    for (const name of [...always, ...keywords]) {
      assert.equal(attribute[name], definition[name as keyof Attribute], `${definition.name} ${name}`);
    }
    assert.deepEqual(attribute.canonicalValues, definition.canonicalValues);
    assert.deepEqual(attribute.referenceTypes, definition.referenceTypes);
    const subs = (attribute.subAttributes ?? []) as JsonObject[];
    assert.equal(subs.length, definition.subAttributes?.length ?? 0, definition.name);
    for (const [index, sub] of (definition.subAttributes ?? []).entries()) check(subs[index] as JsonObject, sub);
  };
  for (const schema of SCHEMAS) {
    const { attributes, id, name, description } = schemaResource(schema, BASE);
    assert.deepEqual([id, name, description], [schema.id, schema.name, schema.description]);
    assert.equal((attributes as Json[]).length, schema.attributes.length);
    for (const [index, definition] of schema.attributes.entries()) {
      check((attributes as JsonObject[])[index] as JsonObject, definition);
    }
  }
});

test("a resource type names its endpoint, its schema and its extensions, if it has any (RFC 7643 §6)", () => {
  assert.deepEqual(resourceTypeResource(USER_TYPE, BASE), {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
    id: "User",
    name: "User",
    description: "User Account",
    endpoint: "/Users",
    schema: "urn:ietf:params:scim:schemas:core:2.0:User",
    schemaExtensions: [{ schema: ENTERPRISE, required: false }],
    meta: { resourceType: "ResourceType", location: `${BASE}/ResourceTypes/User` },
  });
  assert.equal(Object.hasOwn(resourceTypeResource(GROUP_TYPE, BASE), "schemaExtensions"), false);
});

test("the supported features are described in the terms of RFC 7643 §5 and RFC 9865 §4", () => {
  const { meta: _, ...config } = serviceProviderConfigResource(CAPABILITIES, BASE);
  assert.deepEqual(config, {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
    patch: { supported: true },
    bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: 200 },
    changePassword: { supported: false },
    sort: { supported: true },
    etag: { supported: true },
    pagination: {
      cursor: true,
      index: true,
      defaultPaginationMethod: "index",
      defaultPageSize: 100,
      maxPageSize: 250,
      cursorTimeout: 3600,
    },
    authenticationSchemes: CAPABILITIES.authenticationSchemes.map((scheme) => ({ ...scheme })),
  });
});

test("[RFC 9865 §4] a service provider may omit its paging methods", () => {
  const silent = { ...CAPABILITIES, pagination: undefined };
  assert.equal(Object.hasOwn(serviceProviderConfigResource(silent, BASE), "pagination"), false);
});

test("changing a returned resource does not change the definitions", () => {
  const resource = schemaResource(USER_TYPE.schema, BASE);
  const before = structuredClone(USER_TYPE.schema);
  const spoil = (value: Json): void => {
    if (Array.isArray(value)) value.push("spoilt");
    if (typeof value !== "object" || value === null) return;
    for (const each of Object.values(value)) spoil(each);
    if (isObject(value)) value.name = "spoilt";
  };
  spoil(resource);
  assert.deepEqual(USER_TYPE.schema, before);
});
