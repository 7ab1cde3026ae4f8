import { ENTERPRISE, GROUP_URN } from "../../testing/exchange.ts";
import { ALICE, create, createGroup, patch, type Scene } from "./scene.ts";

export const REFERENCE_SCENES: readonly Scene[] = [
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
    kind: "reference.other-name",
    shows: "a manager by an e-mail address",
    play: async ({ client }) => {
      await create(client, "bstone", { displayName: "Bob", emails: [{ type: "work", value: "bob@example.com" }] });
      const id = await create(client, "alice@example.com", ALICE);
      await patch(client, `/Users/${id}`, { op: "add", path: `${ENTERPRISE}:manager`, value: "bob@example.com" });
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
    kind: "reference.unknown",
    shows: "a list of IDs in one text",
    play: async ({ client }) => {
      const group = await createGroup(client, "Finance", []);
      await patch(client, `/Groups/${group}`, { op: "add", path: "members", value: "2819c223,26118915" });
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
    kind: "reference.group-cycle",
    shows: "a group in a group that it contains",
    play: async ({ client }) => {
      const finance = await createGroup(client, "Finance", []);
      const payroll = await createGroup(client, "Payroll", [finance]);
      await patch(client, `/Groups/${finance}`, { op: "add", path: "members", value: [{ value: payroll }] });
    },
  },
];
