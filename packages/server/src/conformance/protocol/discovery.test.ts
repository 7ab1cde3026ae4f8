import assert from "node:assert/strict";
import { refused, succeeded } from "../../testing/assert-answer.ts";
import type { AnyJson } from "../../testing/client.ts";
import { ENTERPRISE, GROUP, LIST_RESPONSE, USER } from "../../testing/scim-bodies.ts";
import { shows } from "../shows.ts";
import { startWorld } from "../world.ts";

const { client, base, newUser, newGroup, read, withSettings } = await startWorld();
const CORE = "urn:ietf:params:scim:schemas:core:2.0";
const LISTS = ["/ResourceTypes", "/Schemas"];

const list = async (path: string): Promise<AnyJson[]> => (await read(path)).Resources;
const isText = (value: unknown) => typeof value === "string" && value.length > 0;

shows(["RFC 7644 §4-1", "RFC 7643 §8-5"], "/ServiceProviderConfig is a single resource", async () => {
  const { schemas, meta, documentationUri = "https://x", ...config } = await read("/ServiceProviderConfig");
  assert.deepEqual(schemas, [`${CORE}:ServiceProviderConfig`]);
  const location = `${base}/ServiceProviderConfig`;
  assert.deepEqual([meta.resourceType, meta.location], ["ServiceProviderConfig", location]);
  assert.match(documentationUri, /^https?:/);
  for (const name of ["patch", "bulk", "filter", "changePassword", "sort", "etag"]) {
    assert.equal(typeof config[name].supported, "boolean", name);
  }
});

shows(
  ["RFC 7644 §4-2", "RFC 7644 §4-3", "RFC 7644 §4-4"],
  "schemas and resource types are lists of resources",
  async () => {
    for (const path of LISTS) {
      const { schemas, totalResults, Resources } = await read(path);
      assert.deepEqual([schemas, totalResults], [[LIST_RESPONSE], Resources.length]);
      for (const resource of Resources) {
        assert.deepEqual(await read(`${path}/${resource.id}`), resource);
        assert.equal(resource.meta.location, `${base}${path}/${resource.id}`);
      }
    }
    const ids = (await list("/Schemas")).map(({ id }) => id);
    for (const id of [USER, GROUP, ENTERPRISE]) assert.ok(ids.includes(id), id);
  },
);

shows("RFC 7644 §4-5", "discovery has no paging, sorting or attribute selection", async () => {
  const query = "startIndex=2&count=1&sortBy=id&sortOrder=descending&attributes=id";
  for (const path of LISTS) assert.deepEqual(await read(`${path}?${query}`), await read(path));
  assert.deepEqual(await read(`/ServiceProviderConfig?${query}`), await read("/ServiceProviderConfig"));
});

shows("RFC 7644 §4-6", "a filter on discovery gets 403", async () => {
  for (const path of LISTS) refused(await client.get(`${path}?filter=id+pr`), 403, undefined, /cannot be filtered/);
});

shows(
  ["RFC 7644 §4-7", "RFC 7643 §8-6", "RFC 7643 §6-1", "RFC 7643 §6-2", "RFC 7643 §6-3"],
  "resource types have a location",
  async () => {
    const made: AnyJson = { User: await newUser(), Group: await newGroup() };
    for (const { schemas, id, name, description, endpoint } of await list("/ResourceTypes")) {
      assert.deepEqual(schemas, [`${CORE}:ResourceType`]);
      assert.ok([id, name, description, endpoint].every(isText));
      const { totalResults, Resources } = await read(endpoint);
      assert.equal(totalResults, 1);
      assert.deepEqual([Resources[0].id, Resources[0].meta.resourceType], [made[name].id, name]);
    }
  },
);

shows(["RFC 7643 §6-4", "RFC 7643 §6-5"], "the schemas of a type are among the schemas", async () => {
  const ids = (await list("/Schemas")).map(({ id }) => id);
  for (const { schema, schemaExtensions = [] } of await list("/ResourceTypes")) {
    assert.ok(ids.includes(schema), schema);
    for (const extension of schemaExtensions) {
      assert.ok(ids.includes(extension.schema), extension.schema);
      assert.equal(typeof extension.required, "boolean");
    }
  }
});

shows(["RFC 7643 §5-1", "RFC 7643 §5-3", "RFC 7643 §5-4"], "everything in discovery exists", async () => {
  const { patch, changePassword, sort, etag, filter, authenticationSchemes } = await read("/ServiceProviderConfig");
  for (const { supported } of [patch, changePassword, sort, etag]) assert.equal(typeof supported, "boolean");
  assert.equal(filter.supported, true);
  for (let index = 0; index < 3; index++) await newUser();
  await withSettings({ limits: { maxPageSize: 2 } }, async () => {
    assert.equal((await read("/ServiceProviderConfig")).filter.maxResults, 2);
    assert.equal((await read("/Users?count=1000")).Resources.length, 2);
  });
  assert.ok(authenticationSchemes.length > 0);
  for (const { type, name, description } of authenticationSchemes) assert.ok([type, name, description].every(isText));
});

shows(["RFC 7643 §5-2", "RFC 7644 §3.7.4-1"], "bulk limits are in discovery", async () => {
  const { supported, maxOperations, maxPayloadSize } = (await read("/ServiceProviderConfig")).bulk;
  assert.equal(typeof supported, "boolean");
  assert.ok(Number.isInteger(maxOperations) && Number.isInteger(maxPayloadSize));
});

shows(
  ["RFC 7643 §7-1", "RFC 7643 §7-2", "RFC 7643 §8-7"],
  "a schema has its URI, a name and a description",
  async () => {
    for (const { schemas, id, name, description, meta } of await list("/Schemas")) {
      assert.deepEqual([schemas, meta.resourceType], [[`${CORE}:Schema`], "Schema"]);
      assert.match(id, /^urn:/);
      assert.ok([name, description].every(isText));
    }
  },
);

const TYPES = ["string", "boolean", "decimal", "integer", "dateTime", "reference", "complex", "binary"];

shows(
  ["RFC 7643 §7-3", "RFC 7643 §7-4", "RFC 7643 §7-5", "RFC 7643 §7-20"],
  "an attribute has all its characteristics",
  async () => {
    const check = (attribute: AnyJson) => {
      const { name, type, multiValued, description, required, caseExact, mutability, returned, uniqueness } = attribute;
      assert.ok(isText(name) && isText(description), name);
      assert.ok(TYPES.includes(type), name);
      for (const flag of [multiValued, required, caseExact]) assert.equal(typeof flag, "boolean", name);
      assert.ok(["readOnly", "readWrite", "immutable", "writeOnly"].includes(mutability), name);
      assert.ok(["always", "never", "default", "request"].includes(returned), name);
      assert.ok(["none", "server", "global"].includes(uniqueness), name);
      assert.equal(type === "reference", attribute.referenceTypes !== undefined, name);
      assert.equal(type === "complex", attribute.subAttributes !== undefined, name);
      for (const sub of attribute.subAttributes ?? []) check(sub);
    };
    for (const { attributes } of await list("/Schemas")) for (const attribute of attributes) check(attribute);
  },
);

shows("RFC 7643 §7-21", "discovery is read-only", async () => {
  for (const path of ["/ServiceProviderConfig", ...LISTS, `/Schemas/${USER}`, "/ResourceTypes/User"]) {
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      const answer = await client.send(method, path, { body: {} });
      refused(answer, 405, undefined, /is not allowed here. Allowed: GET, HEAD/);
    }
  }
  succeeded(await client.get("/Schemas"), 200);
});
