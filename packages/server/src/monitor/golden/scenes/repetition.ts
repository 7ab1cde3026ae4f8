import { ALICE, create, createGroup, OKTA, patch, type Scene, userBody } from "./scene.ts";

export const REPETITION_SCENES: readonly Scene[] = [
  {
    kind: "repetition.shared-token",
    shows: "a tool that writes with the token of Okta",
    play: async ({ client }) => {
      await client.get("/Users?startIndex=1&count=2", OKTA.headers);
      await client.post("/Users", userBody("test@example.com"), { "user-agent": "PostmanRuntime/7.37.3" });
    },
  },
  {
    kind: "repetition.shared-token",
    shows: "two products with one token",
    play: async ({ client }) => {
      await client.send("GET", '/Users?filter=userName eq "a"&startIndex=1&count=100'.replaceAll(" ", "%20"), OKTA);
      await client.send("GET", "/Users?startIndex=1&count=2", { headers: { "user-agent": "OneLogin SCIM" } });
    },
  },
  {
    kind: "repetition.flip-flop",
    shows: "two clients that overwrite each other",
    play: async ({ client, as }) => {
      const other = await as("HR script");
      const id = await create(client, "alice@example.com", ALICE);
      for (const [by, value] of [
        [client, "Manager"],
        [other, "Lead"],
        [client, "Manager"],
      ] as const) {
        await patch(by, `/Users/${id}`, { op: "replace", path: "title", value });
      }
    },
  },
  {
    kind: "repetition.undone",
    shows: "a PUT of a copy that was read before another client's change",
    play: async ({ as, client }) => {
      const id = await create(client, "alice@example.com", ALICE);
      await patch(await as("HR script"), `/Users/${id}`, { op: "replace", path: "title", value: "Chef" });
      await client.put(`/Users/${id}`, userBody("alice@example.com", ALICE));
    },
  },
  {
    kind: "repetition.create",
    shows: "the same create three times",
    play: async ({ client }) => {
      for (const _ of [1, 2, 3]) await client.post("/Users", userBody("alice@example.com", ALICE));
    },
  },
  {
    kind: "repetition.write",
    shows: "the same change twice",
    play: async ({ client }) => {
      const id = await create(client, "alice@example.com", ALICE);
      for (const _ of [1, 2]) await patch(client, `/Users/${id}`, { op: "replace", path: "title", value: "Director" });
    },
  },
  {
    kind: "id.ignored",
    shows: "an ID of the client's own",
    play: async ({ client }) => {
      await create(client, "alice@example.com", { ...ALICE, id: "EMP-1" });
    },
  },
  {
    kind: "id.placeholder",
    shows: "a word for nothing instead of an ID",
    play: async ({ client }) => {
      await client.get("/Users/undefined");
    },
  },
  {
    kind: "id.placeholder",
    shows: "a template without its value",
    play: async ({ client }) => {
      await client.delete("/Groups/%7Bid%7D");
    },
  },
  {
    kind: "id.form",
    shows: "an ID in upper case",
    play: async ({ client }) => {
      const id = await create(client, "alice@example.com", ALICE);
      await patch(client, `/Users/${id.toUpperCase()}`, { op: "add", path: "title", value: "Lead" });
    },
  },
  {
    kind: "id.other-name",
    shows: "an external ID instead of an ID",
    play: async ({ client }) => {
      await create(client, "alice@example.com", { ...ALICE, externalId: "0a21f0f2" });
      await patch(client, "/Users/0a21f0f2", { op: "add", path: "title", value: "Lead" });
    },
  },
  {
    kind: "id.other-name",
    shows: "the name of a group instead of its ID",
    play: async ({ client }) => {
      await createGroup(client, "Finance", []);
      await client.get("/Groups/Finance");
    },
  },
];
