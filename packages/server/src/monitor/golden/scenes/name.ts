import { BULK_REQUEST_SCHEMA } from "@scimtool/scim";
import { GROUP_URN, USER_URN } from "../../testing/exchange.ts";
import { ALICE, create, createGroup, patch, type Scene, userBody } from "./scene.ts";

export const NAME_SCENES: readonly Scene[] = [
  {
    kind: "name.type",
    shows: "a user that is posted to Groups",
    play: async ({ client }) => {
      await client.post("/Groups", userBody("alice@example.com", ALICE));
    },
  },
  {
    kind: "name.type",
    shows: "a group that is posted to Users",
    play: async ({ client }) => {
      await client.post("/Users", { schemas: [GROUP_URN], displayName: "Finance" });
    },
  },
  {
    kind: "name.type",
    shows: "a bulk request to Users",
    play: async ({ client }) => {
      await client.post("/Users", { schemas: [BULK_REQUEST_SCHEMA], Operations: [] });
    },
  },
  {
    kind: "name.attribute",
    shows: "an attribute with two letters swapped",
    play: async ({ client }) => {
      await create(client, "alice@example.com", { dipslayName: "Alice Young" });
    },
  },
  {
    kind: "name.attribute",
    shows: "a status that does not deactivate",
    play: async ({ client }) => {
      const id = await create(client, "alice@example.com", { ...ALICE, active: true });
      await patch(client, `/Users/${id}`, { op: "replace", value: { status: "inactive" } });
    },
  },
  {
    kind: "name.attribute",
    shows: "an attribute by the name that another system has for it",
    settings: { profile: "strict" },
    play: async ({ client }) => {
      await client.post("/Users", userBody("alice@example.com", { lastName: "Young" }));
    },
  },
  {
    kind: "name.attribute",
    shows: "an attribute that resembles no other",
    play: async ({ client }) => {
      await create(client, "alice@example.com", { ...ALICE, shoeSize: "42" });
    },
  },
  {
    kind: "name.attribute",
    shows: "a userName by the name of Entra ID's API",
    play: async ({ client }) => {
      await client.post("/Users", { schemas: [USER_URN], userPrincipalName: "alice@example.com" });
    },
  },
  {
    kind: "name.attribute",
    shows: "an attribute to return that has another name",
    play: async ({ client }) => {
      await client.get("/Users?attributes=userName,lastName");
    },
  },
  {
    kind: "name.spelling",
    shows: "a plus sign that became a blank",
    play: async ({ client }) => {
      await client.get("/Users?filter=userName+eq+%22ann+hr@example.com%22");
    },
  },
  {
    kind: "name.spelling",
    shows: "a JSON Pointer as a path",
    play: async ({ client }) => {
      const id = await create(client, "alice@example.com", ALICE);
      await patch(client, `/Users/${id}`, { op: "replace", path: "/name/familyName", value: "Miller" });
    },
  },
  {
    kind: "name.spelling",
    shows: "a filter of another language",
    play: async ({ client }) => {
      await client.get(`/Users?filter=${encodeURIComponent("email == 'alice@example.com'")}`);
    },
  },
  {
    kind: "name.schema",
    shows: "a schema of SCIM 1.1",
    play: async ({ client }) => {
      await client.post("/Users", { schemas: [USER_URN, "urn:scim:schemas:core:1.0"], userName: "alice@example.com" });
    },
  },
  {
    kind: "name.schema",
    shows: "a schema without one of its colons",
    play: async ({ client }) => {
      const malformed = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User";
      await create(client, "alice@example.com", { ...ALICE, [malformed]: { department: "Sales" } });
    },
  },
  {
    kind: "name.extension",
    shows: "a department without the enterprise schema",
    play: async ({ client }) => {
      const id = await create(client, "alice@example.com", ALICE);
      await patch(client, `/Users/${id}`, { op: "add", path: "department", value: "Sales" });
    },
  },
  {
    kind: "name.sub-path",
    shows: "members as a path of their own",
    play: async ({ client }) => {
      const group = await createGroup(client, "Finance", []);
      await client.get(`/Groups/${group}/members`);
    },
  },
  {
    kind: "name.sub-path",
    shows: "a member that is removed by its path",
    play: async ({ client }) => {
      const group = await createGroup(client, "Finance", []);
      await client.delete(`/Groups/${group}/members/2819c223`);
    },
  },
  {
    kind: "name.sub-path",
    shows: "an action behind a user",
    play: async ({ client }) => {
      const id = await create(client, "alice@example.com", ALICE);
      await client.post(`/Users/${id}/lifecycle/deactivate`, {});
    },
  },
  {
    kind: "name.path",
    shows: "a path in lower case",
    play: async ({ client }) => {
      await client.get("/users");
    },
  },
  {
    kind: "name.path",
    shows: "a base URL that ends in Users",
    play: async ({ client }) => {
      await client.get("/Users/Users");
    },
  },
  {
    kind: "name.path",
    shows: "a base URL that ends in Users, and an ID",
    play: async ({ client }) => {
      await client.delete("/Users/Users/2819c223");
    },
  },
  {
    kind: "name.path",
    shows: "a base URL without its version",
    play: async ({ root }) => {
      await root.get("/scim/Users");
    },
  },
  {
    kind: "name.path",
    shows: "a base URL that was entered twice",
    play: async ({ client, basePath }) => {
      await client.get(`${basePath}/Users`);
    },
  },
];
