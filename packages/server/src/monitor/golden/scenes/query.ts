import { SEARCH_REQUEST_SCHEMA } from "@scimtool/scim";
import { ALICE, create, createMany, patch, type Scene } from "./scene.ts";

export const QUERY_SCENES: readonly Scene[] = [
  {
    kind: "query.page-number",
    shows: "a page number as startIndex",
    play: async ({ client }) => {
      await createMany(client, 25);
      for (const page of [1, 2]) await client.get(`/Users?startIndex=${page}&count=10`);
    },
  },
  {
    kind: "query.skipped",
    shows: "a client that adds its own page size",
    settings: { limits: { maxPageSize: 10 } },
    play: async ({ client }) => {
      await createMany(client, 45);
      for (const startIndex of [1, 21]) await client.get(`/Users?startIndex=${startIndex}&count=20`);
    },
  },
  {
    kind: "query.future",
    shows: "a clock that is an hour ahead",
    play: async ({ client }) => {
      const moment = new Date(Date.now() + 3_600_000).toISOString();
      await client.get(`/Users?filter=${encodeURIComponent(`meta.lastModified gt "${moment}"`)}`);
    },
  },
  {
    kind: "query.ignored",
    shows: "a search by a parameter of its own",
    play: async ({ client }) => {
      await createMany(client, 2);
      await client.get("/Users?userName=user1@example.com");
    },
  },
  {
    kind: "query.ignored",
    shows: "an ampersand escaped as in HTML",
    play: async ({ client }) => {
      await createMany(client, 2);
      await client.get("/Users?startIndex=1&amp;count=1");
    },
  },
  {
    kind: "query.ignored",
    shows: "a filter in the URL of a search by POST",
    play: async ({ client }) => {
      await createMany(client, 2);
      const path = "/Users/.search?filter=userName%20eq%20%22user1@example.com%22";
      await client.post(path, { schemas: [SEARCH_REQUEST_SCHEMA] });
    },
  },
  {
    kind: "query.ignored",
    shows: "pages by number and size",
    play: async ({ client }) => {
      await createMany(client, 2);
      await client.get("/Users?page=2&pageSize=1");
    },
  },
  {
    kind: "value.suspect",
    shows: "texts of a program that had no value, and of a wrong encoding",
    play: async ({ client }) => {
      const id = await create(client, "alice@example.com", { ...ALICE, name: { familyName: "Müller" } });
      await patch(client, `/Users/${id}`, {
        op: "replace",
        value: { title: "undefined", displayName: "{{first}} {{last}}", name: { familyName: "MÃ¼ller" } },
      });
    },
  },
  {
    kind: "value.suspect",
    shows: "a name that was cut, and a userName with a blank at its end",
    play: async ({ client }) => {
      const id = await create(client, "alice@example.com", { displayName: "Alexandra Featherstonehaugh" });
      await patch(client, `/Users/${id}`, {
        op: "replace",
        value: { displayName: "Alexandra Feather", userName: "alice@example.com " },
      });
    },
  },
];
