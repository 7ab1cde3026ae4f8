import assert from "node:assert/strict";
import { BULK_REQUEST_SCHEMA, type Json, type JsonObject, SEARCH_REQUEST_SCHEMA } from "@scimtool/scim";
import type { AnyJson, Client } from "../../testing/client.ts";
import type { FindingKind } from "../finding/kinds.ts";
import { ENTERPRISE, GROUP_URN, USER_URN } from "../testing/exchange.ts";

// Requests that succeed or fail in ways of which an administrator must know: at least one scene for every kind.

/** What a scene plays with: an endpoint of its own. */
export type Stage = {
  /** A client with a credential of this label. */
  readonly as: (label: string) => Promise<Client>;
  /** Sends with the first credential. */
  readonly client: Client;
  /** Of the endpoint's base URL. */
  readonly basePath: string;
  /** Outside any endpoint. */
  readonly root: Client;
};

export type Scene = {
  readonly kind: FindingKind;
  readonly shows: string;
  readonly settings?: JsonObject;
  /** The last request that it sends has the finding. */
  readonly play: (stage: Stage) => Promise<void>;
};

const OKTA = { headers: { "user-agent": "Okta SCIM Client 1.0.0" } };

function userBody(userName: string, more: JsonObject = {}): JsonObject {
  return { schemas: [USER_URN], userName, ...more };
}

async function create(client: Client, userName: string, more: JsonObject = {}): Promise<string> {
  return idOf(await client.post("/Users", userBody(userName, more)));
}

async function createGroup(client: Client, displayName: string, ids: readonly string[]): Promise<string> {
  const members = ids.map((value) => ({ value }));
  return idOf(await client.post("/Groups", { schemas: [GROUP_URN], displayName, members }));
}

function idOf({ status, body, text }: { status: number; body: AnyJson; text: string }): string {
  assert.equal(status, 201, text);
  return body.id;
}

async function createMany(client: Client, count: number): Promise<string[]> {
  const operations = Array.from({ length: count }, (_, at) => ({
    method: "POST",
    path: "/Users",
    bulkId: `${at}`,
    data: userBody(`user${at + 1}@example.com`, { displayName: `User ${at + 1}` }),
  }));
  const { body } = await client.post("/Bulk", { schemas: [BULK_REQUEST_SCHEMA], Operations: operations });
  return body.Operations.map(({ location }: AnyJson) => location.split("/").at(-1));
}

async function patch(client: Client, path: string, ...operations: readonly Json[]): Promise<void> {
  const { status, text } = await client.patch(path, operations);
  assert.ok(status < 500, text);
}

const ALICE = {
  displayName: "Alice Young",
  title: "Lead",
  emails: [
    { type: "work", value: "alice@example.com" },
    { type: "home", value: "a.young@example.com" },
  ],
};

export const SCENES: readonly Scene[] = [
  {
    kind: "loss.cleared",
    shows: "a PUT without attributes that the user has",
    play: async ({ client }) => {
      const enterprise = { [ENTERPRISE]: { department: "Sales" } };
      const id = await create(client, "alice@example.com", { ...ALICE, ...enterprise });
      const { emails, displayName } = ALICE;
      await client.put(`/Users/${id}`, userBody("alice@example.com", { emails, displayName }));
    },
  },
  {
    kind: "loss.emptied",
    shows: "a PUT of a group without members",
    play: async ({ client }) => {
      const group = await createGroup(client, "Finance", await createMany(client, 3));
      await client.put(`/Groups/${group}`, { schemas: [GROUP_URN], displayName: "Finance" });
    },
  },
  {
    kind: "loss.shortened",
    shows: "a PATCH that replaces the members by fewer",
    play: async ({ client }) => {
      const ids = await createMany(client, 4);
      const group = await createGroup(client, "Finance", ids);
      await patch(client, `/Groups/${group}`, { op: "replace", path: "members", value: [{ value: ids[0] ?? "" }] });
    },
  },
  {
    kind: "loss.bare-value",
    shows: "a text instead of a list of addresses",
    play: async ({ client }) => {
      const id = await create(client, "alice@example.com", ALICE);
      await patch(client, `/Users/${id}`, { op: "replace", path: "emails", value: "alice@example.com" });
    },
  },
  {
    kind: "loss.bare-value",
    shows: "a text instead of an address with its type",
    play: async ({ client }) => {
      const emails = [{ type: "work", primary: true, value: "alice@example.com" }];
      const id = await create(client, "alice@example.com", { displayName: "Alice Young", emails });
      await client.put(
        `/Users/${id}`,
        userBody("alice@example.com", { displayName: "Alice Young", emails: "alice@example.com" }),
      );
    },
  },
  {
    kind: "mass.members",
    shows: "one client that removes most members one by one",
    play: async ({ client }) => {
      const ids = await createMany(client, 10);
      const group = await createGroup(client, "Finance", ids);
      for (const value of ids.slice(0, 5)) {
        await patch(client, `/Groups/${group}`, { op: "Remove", path: "members", value: [{ value }] });
      }
    },
  },
  {
    kind: "mass.members",
    shows: "a PATCH that sets one member instead of adding it",
    play: async ({ client }) => {
      const [added = "", ...ids] = await createMany(client, 7);
      const group = await createGroup(client, "Finance", ids);
      await patch(client, `/Groups/${group}`, { op: "replace", path: "members", value: [{ value: added }] });
    },
  },
  {
    kind: "mass.members",
    shows: "a PATCH that removes members without naming them",
    play: async ({ client }) => {
      const group = await createGroup(client, "Finance", await createMany(client, 6));
      await patch(client, `/Groups/${group}`, { op: "remove", path: "members" });
    },
  },
  {
    kind: "mass.users",
    shows: "one client that deactivates and deletes many users",
    play: async ({ client }) => {
      const ids = await createMany(client, 12);
      for (const id of ids.slice(0, 3))
        await patch(client, `/Users/${id}`, { op: "Replace", path: "active", value: "False" });
      for (const id of ids.slice(3, 5)) await client.delete(`/Users/${id}`);
    },
  },
  {
    kind: "mass.cleared",
    shows: "one client that clears an attribute of many users",
    play: async ({ client }) => {
      const ids = await createMany(client, 12);
      for (const id of ids.slice(0, 5)) await patch(client, `/Users/${id}`, { op: "Remove", path: "displayName" });
    },
  },
  {
    kind: "mass.changed",
    shows: "one client that gives many users the same value",
    play: async ({ client }) => {
      const ids = await createMany(client, 12);
      for (const id of ids.slice(0, 5))
        await patch(client, `/Users/${id}`, { op: "replace", path: "displayName", value: "Employee" });
    },
  },
  {
    kind: "identity.letter-case",
    shows: "a create with a userName in another letter case",
    play: async ({ client }) => {
      await create(client, "alice@example.com", ALICE);
      await client.post("/Users", userBody("Alice@Example.com"));
    },
  },
  {
    kind: "identity.replaced",
    shows: "a PUT of one person to the ID of another",
    play: async ({ client }) => {
      const id = await create(client, "alice@example.com", { ...ALICE, externalId: "1001" });
      await client.put(`/Users/${id}`, userBody("bob@example.com", { displayName: "Bob", externalId: "1002" }));
    },
  },
  {
    kind: "identity.recreated",
    shows: "a group that was deleted and comes back empty",
    play: async ({ client }) => {
      const group = await createGroup(client, "Finance", await createMany(client, 2));
      await client.delete(`/Groups/${group}`);
      await createGroup(client, "Finance", []);
    },
  },
  {
    kind: "identity.recreated",
    shows: "a create of a person whom another client deleted",
    play: async ({ client, as }) => {
      const other = await as("HR script");
      const id = await create(client, "alice@example.com", ALICE);
      await other.delete(`/Users/${id}`);
      await create(client, "alice@example.com", ALICE);
    },
  },
  {
    kind: "identity.returned",
    shows: "a create of a person who was deactivated",
    play: async ({ client, as }) => {
      const other = await as("HR script");
      const id = await create(client, "alice@example.com", ALICE);
      await patch(other, `/Users/${id}`, { op: "replace", path: "active", value: false });
      await client.post("/Users", userBody("alice@example.com", { displayName: "Alice" }));
    },
  },
  {
    kind: "identity.returned",
    shows: "a create that reactivates a person",
    settings: { recreate: "reactivate" },
    play: async ({ client, as }) => {
      const other = await as("HR script");
      const id = await create(client, "alice@example.com", ALICE);
      await patch(other, `/Users/${id}`, { op: "replace", path: "active", value: false });
      await create(client, "alice@example.com", { ...ALICE, title: "Director" });
    },
  },
  {
    kind: "identity.shared",
    shows: "an external ID that two people have",
    play: async ({ client }) => {
      await create(client, "alice@example.com", { displayName: "Alice Young", externalId: "0a21f0f2" });
      await create(client, "bob@example.com", { displayName: "Bob", externalId: "0a21f0f2" });
    },
  },
  {
    kind: "identity.moved",
    shows: "an address that goes from one person to another",
    play: async ({ client }) => {
      const emails = [{ type: "work", value: "sales@example.com" }];
      const id = await create(client, "alice@example.com", { displayName: "Alice Young", emails });
      await patch(client, `/Users/${id}`, { op: "remove", path: "emails" });
      await create(client, "bob@example.com", { displayName: "Bob", emails });
    },
  },
  {
    kind: "identity.renamed",
    shows: "another userName",
    play: async ({ client }) => {
      const id = await create(client, "ayoung@example.com", ALICE);
      await patch(client, `/Users/${id}`, { op: "replace", path: "userName", value: "amiller@example.com" });
    },
  },
  {
    kind: "loss.active",
    shows: "null as active",
    play: async ({ client }) => {
      const id = await create(client, "alice@example.com", { ...ALICE, active: true });
      await patch(client, `/Users/${id}`, { op: "replace", path: "active", value: null });
    },
  },
  {
    kind: "list.second",
    shows: "another primary address of the same type",
    play: async ({ client }) => {
      const emails = [{ type: "work", primary: true, value: "alice@example.com" }];
      const id = await create(client, "alice@example.com", { displayName: "Alice Young", emails });
      const value = [{ type: "work", primary: true, value: "a.young@example.com" }];
      await patch(client, `/Users/${id}`, { op: "add", path: "emails", value });
    },
  },
  {
    kind: "list.growing",
    shows: "the same role with another ID",
    play: async ({ client }) => {
      const id = await create(client, "alice@example.com", ALICE);
      for (const role of ["1", "2"]) {
        const value = [{ value: JSON.stringify({ id: role, value: "Admin", displayName: "Admin" }) }];
        await patch(client, `/Users/${id}`, { op: "Add", path: "roles", value });
      }
    },
  },
  {
    kind: "list.growing",
    shows: "a role more in every cycle",
    play: async ({ client }) => {
      const id = await create(client, "alice@example.com", ALICE);
      for (const value of ["Reader", "Editor", "Admin"]) {
        await patch(client, `/Users/${id}`, { op: "add", path: "roles", value: [{ value }] });
      }
    },
  },
  {
    kind: "reference.deleted",
    shows: "a manager who was deleted",
    play: async ({ client }) => {
      const bob = await create(client, "bob@example.com", { displayName: "Bob" });
      await client.delete(`/Users/${bob}`);
      const id = await create(client, "alice@example.com", ALICE);
      await patch(client, `/Users/${id}`, { op: "add", path: `${ENTERPRISE}:manager`, value: bob });
    },
  },
  {
    kind: "reference.unknown",
    shows: "a member that nothing is",
    play: async ({ client }) => {
      const group = await createGroup(client, "Finance", []);
      await patch(client, `/Groups/${group}`, { op: "Add", path: "members", value: [{ value: "26118915" }] });
    },
  },
  {
    kind: "reference.unknown",
    shows: "a refused manager that nothing is",
    settings: { danglingReferences: "refuse" },
    play: async ({ client }) => {
      const id = await create(client, "alice@example.com", ALICE);
      await patch(client, `/Users/${id}`, { op: "Add", path: `${ENTERPRISE}:manager`, value: "26118915" });
    },
  },
  {
    kind: "reference.other-name",
    shows: "a manager by userName",
    play: async ({ client }) => {
      await create(client, "bob@example.com", { displayName: "Bob" });
      const id = await create(client, "alice@example.com", ALICE);
      await patch(client, `/Users/${id}`, { op: "Add", path: `${ENTERPRISE}:manager`, value: "bob@example.com" });
    },
  },
  {
    kind: "reference.other-name",
    shows: "a refused member by externalId",
    settings: { danglingReferences: "refuse" },
    play: async ({ client }) => {
      await create(client, "bob@example.com", { displayName: "Bob", externalId: "0a21f0f2" });
      await client.post("/Groups", { schemas: [GROUP_URN], displayName: "Finance", members: [{ value: "0a21f0f2" }] });
    },
  },
  {
    kind: "reference.own-manager",
    shows: "a person who is their own manager",
    play: async ({ client }) => {
      const id = await create(client, "alice@example.com", ALICE);
      await patch(client, `/Users/${id}`, { op: "add", path: `${ENTERPRISE}:manager`, value: id });
    },
  },
  {
    kind: "reference.manager-cycle",
    shows: "managers in a circle",
    play: async ({ client }) => {
      const alice = await create(client, "alice@example.com", ALICE);
      const bob = await create(client, "bob@example.com", {
        displayName: "Bob",
        [ENTERPRISE]: { manager: { value: alice } },
      });
      await patch(client, `/Users/${alice}`, { op: "add", path: `${ENTERPRISE}:manager`, value: bob });
    },
  },
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
    kind: "name.extension",
    shows: "a department without the enterprise schema",
    play: async ({ client }) => {
      const id = await create(client, "alice@example.com", ALICE);
      await patch(client, `/Users/${id}`, { op: "add", path: "department", value: "Sales" });
    },
  },
  {
    kind: "reference.group-cycle",
    shows: "a group in a group that it contains",
    play: async ({ client }) => {
      const finance = await createGroup(client, "Finance", []);
      const payroll = await createGroup(client, "Payroll", [finance]);
      await patch(client, `/Groups/${finance}`, { op: "add", path: "members", value: [{ value: payroll }] });
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
    kind: "name.attribute",
    shows: "an attribute that resembles no other",
    play: async ({ client }) => {
      await create(client, "alice@example.com", { ...ALICE, shoeSize: "42" });
    },
  },
  {
    kind: "identity.renumbered",
    shows: "an external ID that becomes an address",
    play: async ({ client }) => {
      const id = await create(client, "alice@example.com", { ...ALICE, externalId: "00u1" });
      await patch(client, `/Users/${id}`, { op: "replace", path: "externalId", value: "alice@example.com" });
    },
  },
  {
    kind: "identity.renumbered",
    shows: "an external ID that is removed",
    play: async ({ client }) => {
      const id = await create(client, "alice@example.com", { ...ALICE, externalId: "00u1" });
      await patch(client, `/Users/${id}`, { op: "remove", path: "externalId" });
    },
  },
  {
    kind: "identity.letter-case",
    shows: "an accent in another encoding",
    play: async ({ client }) => {
      await create(client, "ren\u00e9@example.com", { displayName: "Ren\u00e9 Young" });
      await client.post("/Users", userBody("rene\u0301@example.com"));
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
    kind: "reference.own-groups",
    shows: "a user who is created with groups",
    play: async ({ client }) => {
      const group = await createGroup(client, "Finance", []);
      await create(client, "alice@example.com", { ...ALICE, groups: [{ value: group }] });
    },
  },
  {
    kind: "reference.unknown",
    shows: "a list of IDs in one text",
    play: async ({ client }) => {
      const group = await createGroup(client, "Finance", []);
      await patch(client, `/Groups/${group}`, { op: "add", path: "members", value: "2819c223,26118915" });
    },
  },
  {
    kind: "reference.other-name",
    shows: "a manager by an e-mail address",
    play: async ({ client }) => {
      await create(client, "bstone", { displayName: "Bob", emails: [{ type: "work", value: "bob@example.com" }] });
      const id = await create(client, "alice@example.com", ALICE);
      await patch(client, `/Users/${id}`, { op: "add", path: `${ENTERPRISE}:manager`, value: "bob@example.com" });
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
    kind: "name.type",
    shows: "a bulk request to Users",
    play: async ({ client }) => {
      await client.post("/Users", { schemas: [BULK_REQUEST_SCHEMA], Operations: [] });
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
    kind: "query.future",
    shows: "a clock that is an hour ahead",
    play: async ({ client }) => {
      const moment = new Date(Date.now() + 3_600_000).toISOString();
      await client.get(`/Users?filter=${encodeURIComponent(`meta.lastModified gt "${moment}"`)}`);
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
    kind: "name.attribute",
    shows: "an attribute to return that has another name",
    play: async ({ client }) => {
      await client.get("/Users?attributes=userName,lastName");
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
    kind: "query.ignored",
    shows: "pages by number and size",
    play: async ({ client }) => {
      await createMany(client, 2);
      await client.get("/Users?page=2&pageSize=1");
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
  {
    kind: "secret.not-stored",
    shows: "a password by another name",
    play: async ({ client }) => {
      await create(client, "alice@example.com", { displayName: "Alice Young", unicodePwd: "pl4nted-Secret" });
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
  {
    kind: "secret.not-stored",
    shows: "a password",
    play: async ({ client }) => {
      await create(client, "alice@example.com", { displayName: "Alice Young", password: "pl4nted-Secret" });
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
    kind: "repetition.shared-token",
    shows: "a tool that writes with the token of Okta",
    play: async ({ client }) => {
      await client.get("/Users?startIndex=1&count=2", OKTA.headers);
      await client.post("/Users", userBody("test@example.com"), { "user-agent": "PostmanRuntime/7.37.3" });
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
    kind: "repetition.shared-token",
    shows: "two products with one token",
    play: async ({ client }) => {
      await client.send("GET", '/Users?filter=userName eq "a"&startIndex=1&count=100'.replaceAll(" ", "%20"), OKTA);
      await client.send("GET", "/Users?startIndex=1&count=2", { headers: { "user-agent": "OneLogin SCIM" } });
    },
  },
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
];
