import { BULK_REQUEST_SCHEMA, type JsonObject } from "@scimtool/scim";
import { ALICE, create, createMany, type Scene, userBody } from "./scene.ts";

export const REQUEST_SCENES: readonly Scene[] = [
  {
    kind: "cost.unindexed",
    shows: "a filter on an attribute without an index",
    settings: { findings: { searchedResources: 10 } },
    play: async ({ client }) => {
      await createMany(client, 12);
      await client.get("/Users?filter=title%20eq%20%22Lead%22");
    },
  },
  {
    kind: "cost.unindexed",
    shows: "an operator that no index helps",
    settings: { findings: { searchedResources: 10 } },
    play: async ({ client }) => {
      await createMany(client, 12);
      await client.get("/Users?filter=userName%20co%20%22user1%22");
    },
  },
  {
    kind: "cost.unpaged",
    shows: "a list that is longer than a page",
    settings: { limits: { maxPageSize: 5 } },
    play: async ({ client }) => {
      await createMany(client, 12);
      await client.get("/Users");
    },
  },
  {
    kind: "cost.rate",
    shows: "requests close to the limit",
    settings: { limits: { requestsPerSecond: 2 }, findings: { ratePercent: 1 } },
    play: async ({ client }) => {
      await Promise.all([client.get("/Users?count=1"), client.get("/Users?count=1")]);
    },
  },
  {
    kind: "limit.stopped",
    shows: "a bulk request that ends at its first failure",
    play: async ({ client }) => {
      const of = (bulkId: string, data: JsonObject) => ({ method: "POST", path: "/Users", bulkId, data });
      const Operations = [of("1", {}), of("2", userBody("bob@example.com")), of("3", userBody("carol@example.com"))];
      await client.post("/Bulk", { schemas: [BULK_REQUEST_SCHEMA], failOnErrors: 1, Operations });
    },
  },
  {
    kind: "limit.exceeded",
    shows: "a bulk request with too many operations",
    settings: { limits: { maxBulkOperations: 2 } },
    play: async ({ client }) => {
      const operation = { method: "DELETE", path: "/Users/1" };
      await client.post("/Bulk", { schemas: [BULK_REQUEST_SCHEMA], Operations: [operation, operation, operation] });
    },
  },
  {
    kind: "limit.near",
    shows: "a body of almost the size that is allowed",
    settings: { limits: { maxBodyBytes: 1_024 } },
    play: async ({ client }) => {
      await create(client, "alice@example.com", { displayName: "Alice Young", title: "L".repeat(800) });
    },
  },
  {
    kind: "secret.not-stored",
    shows: "a password by another name",
    play: async ({ client }) => {
      await create(client, "alice@example.com", { displayName: "Alice Young", unicodePwd: "pl4nted-Secret" });
    },
  },
  {
    kind: "secret.not-stored",
    shows: "a password",
    play: async ({ client }) => {
      await create(client, "alice@example.com", { displayName: "Alice Young", password: "pl4nted-Secret" });
    },
  },
  {
    kind: "type.content",
    shows: "a body as plain text",
    play: async ({ client }) => {
      await client.send("POST", "/Users", {
        body: userBody("alice@example.com"),
        headers: { "content-type": "text/plain" },
      });
    },
  },
  {
    kind: "type.content",
    shows: "a JSON Patch",
    play: async ({ client }) => {
      const id = await create(client, "alice@example.com", ALICE);
      const headers = { "content-type": "application/json-patch+json" };
      const body = [{ op: "replace", path: "/title", value: "Lead" }];
      await client.send("PATCH", `/Users/${id}`, { body, headers });
    },
  },
  {
    kind: "type.content",
    shows: "a form",
    play: async ({ client }) => {
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      await client.send("POST", "/Users", { body: "userName=alice@example.com", headers });
    },
  },
  {
    kind: "type.content",
    shows: "another encoding of text",
    play: async ({ client }) => {
      const headers = { "content-type": "application/json; charset=iso-8859-1" };
      await client.send("POST", "/Users", { body: userBody("alice@example.com"), headers });
    },
  },
  {
    kind: "type.content",
    shows: "a body without Content-Type",
    play: async ({ client }) => {
      const headers = { "content-type": undefined };
      await client.send("POST", "/Users", { body: userBody("alice@example.com"), headers });
    },
  },
  {
    kind: "type.content",
    shows: "a compressed body",
    play: async ({ client }) => {
      const headers = { "content-encoding": "gzip" };
      await client.send("POST", "/Users", { body: userBody("alice@example.com"), headers });
    },
  },
  {
    kind: "type.value",
    shows: "a boolean as a text",
    play: async ({ client }) => {
      await create(client, "alice@example.com", { displayName: "Alice Young", active: "False" });
    },
  },
];
