import { ALICE, create, createGroup, createMany, patch, type Scene, userBody } from "./scene.ts";

export const IDENTITY_SCENES: readonly Scene[] = [
  {
    kind: "identity.letter-case",
    shows: "a create with a userName in another letter case",
    play: async ({ client }) => {
      await create(client, "alice@example.com", ALICE);
      await client.post("/Users", userBody("Alice@Example.com"));
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
    kind: "identity.renamed",
    shows: "another userName",
    play: async ({ client }) => {
      const id = await create(client, "ayoung@example.com", ALICE);
      await patch(client, `/Users/${id}`, { op: "replace", path: "userName", value: "amiller@example.com" });
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
];
