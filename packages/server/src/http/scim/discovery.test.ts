import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startApplication } from "../../testing/application.ts";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import type { AnyJson } from "../../testing/client.ts";
import { ENTERPRISE, GROUP, LIST_RESPONSE, USER } from "../../testing/scim-bodies.ts";

const server = await startApplication();
const { client, origin } = server;
after(server.close);

const base = `${origin}/scim/v2`;
const CORE = "urn:ietf:params:scim:schemas:core:2.0";

async function list(path: string): Promise<AnyJson[]> {
  const { Resources, ...rest } = succeeded(await client.get(path), 200);
  const { length } = Resources;
  assert.deepEqual(rest, { schemas: [LIST_RESPONSE], totalResults: length, startIndex: 1, itemsPerPage: length });
  return Resources;
}

test("ServiceProviderConfig lists what is supported, and everything else is not (RFC 7643 §5)", async () => {
  const { authenticationSchemes, ...config } = succeeded(await client.get("/ServiceProviderConfig"), 200);
  assert.deepEqual(config, {
    schemas: [`${CORE}:ServiceProviderConfig`],
    patch: { supported: true },
    bulk: { supported: true, maxOperations: 1_000, maxPayloadSize: 8_388_608 },
    filter: { supported: true, maxResults: 1_000 },
    changePassword: { supported: false },
    sort: { supported: true },
    etag: { supported: true },
    pagination: {
      cursor: true,
      index: true,
      defaultPaginationMethod: "index",
      defaultPageSize: 100,
      maxPageSize: 1_000,
      cursorTimeout: 3_600,
    },
    meta: { resourceType: "ServiceProviderConfig", location: `${base}/ServiceProviderConfig` },
  });
  assert.equal(authenticationSchemes.length, 1);
  const [{ type, name, description, specUri }] = authenticationSchemes;
  assert.equal(type, "oauthbearertoken");
  for (const text of [name, description, specUri]) assert.ok(text.length > 0);
});

test("ResourceTypes lists User and Group, each with its endpoint, schema and extensions (RFC 7643 §6)", async () => {
  const types = await list("/ResourceTypes");
  assert.deepEqual(
    types.map(({ id, name, endpoint, schema, schemaExtensions }) => ({ id, name, endpoint, schema, schemaExtensions })),
    [
      {
        id: "User",
        name: "User",
        endpoint: "/Users",
        schema: USER,
        schemaExtensions: [{ schema: ENTERPRISE, required: false }],
      },
      { id: "Group", name: "Group", endpoint: "/Groups", schema: GROUP, schemaExtensions: undefined },
    ],
  );
  for (const type of types) {
    assert.deepEqual(type.schemas, [`${CORE}:ResourceType`]);
    succeeded(await client.get(`${type.endpoint}?count=0`), 200);
    for (const { schema } of [type, ...(type.schemaExtensions ?? [])]) {
      succeeded(await client.get(`/Schemas/${schema}`), 200);
    }
  }
});

for (const path of ["/ResourceTypes", "/Schemas"]) {
  test(`each resource of ${path} is found at its location, in any letter case of its ID (RFC 7644 §4)`, async () => {
    for (const resource of await list(path)) {
      assert.equal(resource.meta.location, `${base}${path}/${resource.id}`);
      assert.deepEqual(succeeded(await client.get(`${path}/${resource.id}`), 200), resource);
      assert.deepEqual(succeeded(await client.get(`${path}/${resource.id.toUpperCase()}`), 200), resource);
    }
  });

  test(`a filter on ${path} is 403; other query parameters are ignored (RFC 7644 §4)`, async () => {
    refused(await client.get(`${path}?filter=id+pr`), 403, undefined, /cannot be filtered\. Leave out the filter/);
    const whole = await list(path);
    assert.deepEqual(await list(`${path}?startIndex=2&count=1&sortBy=id&sortOrder=descending&attributes=id`), whole);
  });

  test(`a missing resource of ${path} gets 404 with the existing ones`, async () => {
    refused(
      await client.get(`${path}/nothing`),
      404,
      undefined,
      /^There is no .* "nothing"\. There are: .*User.*Group/,
    );
  });
}

test("Schemas contains the schemas of every served resource, including discovery (RFC 7644 §4)", async () => {
  const ids = (await list("/Schemas")).map(({ id }) => id);
  const discovery = ["ServiceProviderConfig", "ResourceType", "Schema"].map((name) => `${CORE}:${name}`);
  assert.deepEqual([...ids].sort(), [USER, GROUP, ENTERPRISE, ...discovery].sort());
});

const CHARACTERISTICS = {
  name: "string",
  type: "string",
  multiValued: "boolean",
  description: "string",
  required: "boolean",
  caseExact: "boolean",
  mutability: "string",
  returned: "string",
  uniqueness: "string",
};

test("every attribute in Schemas has every characteristic, with a value of the RFC (RFC 7643 §7)", async () => {
  const check = (attribute: AnyJson, path: string) => {
    for (const [name, type] of Object.entries(CHARACTERISTICS)) {
      assert.equal(typeof attribute[name], type, `${name} of ${path}`);
    }
    const types = ["string", "boolean", "decimal", "integer", "dateTime", "reference", "complex", "binary"];
    assert.ok(types.includes(attribute.type), path);
    assert.ok(["readOnly", "readWrite", "immutable", "writeOnly"].includes(attribute.mutability), path);
    assert.ok(["always", "never", "default", "request"].includes(attribute.returned), path);
    assert.ok(["none", "server", "global"].includes(attribute.uniqueness), path);
    assert.equal(attribute.type === "reference", attribute.referenceTypes !== undefined, `referenceTypes of ${path}`);
    assert.equal(attribute.type === "complex", attribute.subAttributes !== undefined, `subAttributes of ${path}`);
    for (const sub of attribute.subAttributes ?? []) check(sub, `${path}.${sub.name}`);
  };
  for (const { id, schemas, name, description, attributes } of await list("/Schemas")) {
    assert.deepEqual(schemas, [`${CORE}:Schema`]);
    assert.ok(name.length > 0 && description.length > 0);
    for (const attribute of attributes) check(attribute, `${id}:${attribute.name}`);
  }
});

test("no discovery response contains null or an empty array, which some clients cannot handle", async () => {
  for (const path of ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"]) {
    const { text } = await client.get(path);
    assert.doesNotMatch(text, /null|\[\]/, path);
  }
});

test("unique and required attributes in Schemas are enforced (RFC 7643 §7)", async () => {
  const unique: [string, string, boolean][] = (await list("/Schemas")).flatMap(({ id, attributes }) =>
    attributes
      .filter(({ uniqueness, mutability }: AnyJson) => uniqueness !== "none" && mutability !== "readOnly")
      .map(({ name, required }: AnyJson) => [id, name, required]),
  );
  assert.deepEqual(unique, [
    [USER, "userName", true],
    [GROUP, "displayName", true],
  ]);
  for (const [schema, name] of unique) {
    const path = schema === USER ? "/Users" : "/Groups";
    succeeded(await client.post(path, { schemas: [schema], [name]: "unique" }), 201);
    refused(await client.post(path, { schemas: [schema], [name]: "unique" }), 409, "uniqueness", /is taken by/);
    refused(await client.post(path, { schemas: [schema] }), 400, "invalidValue", new RegExp(`^${name} is required`));
  }
});
