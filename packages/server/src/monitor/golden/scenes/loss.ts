import { ENTERPRISE, GROUP_URN } from "../../testing/exchange.ts";
import { ALICE, create, createGroup, createMany, patch, type Scene, userBody } from "./scene.ts";

export const LOSS_SCENES: readonly Scene[] = [
  {
    kind: "loss.emptied",
    shows: "a PUT of a group without members",
    play: async ({ client }) => {
      const group = await createGroup(client, "Finance", await createMany(client, 3));
      await client.put(`/Groups/${group}`, { schemas: [GROUP_URN], displayName: "Finance" });
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
    kind: "loss.shortened",
    shows: "a PATCH that replaces the members by fewer",
    play: async ({ client }) => {
      const ids = await createMany(client, 4);
      const group = await createGroup(client, "Finance", ids);
      await patch(client, `/Groups/${group}`, { op: "replace", path: "members", value: [{ value: ids[0] ?? "" }] });
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
];
