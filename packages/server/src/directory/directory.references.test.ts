import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json, JsonObject, ResourceModel } from "@scimtool/scim";
import { attributesOf } from "../store/resource-body.ts";
import type { FoundResource } from "../store/store.ts";
import { GROUP, inDirectory, patchOf, type TestDirectory, USER } from "../testing/directory.ts";
import {
  create,
  ENTERPRISE,
  get,
  modify,
  refusal,
  remove,
  replace,
  search,
  summary,
  valuesOf,
} from "../testing/directory-actions.ts";
import { createResource, modifyResource } from "./directory.ts";

function managed(userName: string, manager: Json): JsonObject {
  return { userName, [ENTERPRISE]: { manager } };
}

function managerOf(resource: FoundResource): Json | undefined {
  return (attributesOf(resource)[ENTERPRISE] as JsonObject | undefined)?.["manager"];
}

async function boss(directory: TestDirectory): Promise<FoundResource> {
  return (await create(directory, USER, { userName: "carol", displayName: "Carol" })).stored;
}

/** The actions on a resource, the oldest first. */
async function actionsOn({ store, about }: TestDirectory, { id }: FoundResource): Promise<string[]> {
  const { key } = about(USER).endpoint;
  const { entries } = await store.monitor.history.versions(store.committed, key, id, { limit: 100 });
  return entries.map(({ action }) => action).toReversed();
}

const REFUSE = { danglingReferences: "refuse" };

describe("[RFC 7643 §4.3] manager", () => {
  test(
    "gets the name and the $ref of the referenced user, whatever the client sends",
    inDirectory(async (directory) => {
      const { id } = await boss(directory);
      const sent = { value: id, $ref: "https://elsewhere.example/1", displayName: "Somebody" };
      const { stored, changes } = await create(directory, USER, managed("anna", sent));
      const manager = { value: id, $ref: `Users/${id}`, displayName: "Carol" };
      assert.deepEqual(managerOf(stored), manager);
      assert.deepEqual(managerOf(await get(directory, USER, stored)), manager);
      assert.ok(summary(changes).some((change) => String((change as unknown[])[0]).includes("manager")));
      const same = await replace(directory, USER, stored, managed("anna", { value: id }));
      assert.deepEqual(same.changes, []);
    }),
  );

  test(
    "is renamed with the referenced user, which is not a change of the reports",
    inDirectory(async (directory) => {
      const carol = await boss(directory);
      const { stored: anna } = await create(directory, USER, managed("anna", { value: carol.id }));
      await modify(directory, USER, carol, [{ op: "replace", path: "displayName", value: "Carol Jones" }]);
      const after = await get(directory, USER, anna);
      assert.deepEqual([after.revision, after.modifiedMs], [anna.revision, anna.modifiedMs]);
      assert.deepEqual(managerOf(after), { value: carol.id, $ref: `Users/${carol.id}`, displayName: "Carol Jones" });
    }),
  );

  test(
    "is removed with the referenced user; the rest of the extension stays",
    inDirectory(async (directory) => {
      const carol = await boss(directory);
      const { stored: anna } = await create(directory, USER, managed("anna", { value: carol.id }));
      const { stored: berta } = await create(directory, USER, {
        userName: "berta",
        [ENTERPRISE]: { department: "Tours", manager: { value: carol.id } },
      });
      await remove(directory, USER, carol);
      const [annaAfter, bertaAfter] = [await get(directory, USER, anna), await get(directory, USER, berta)];
      assert.deepEqual(attributesOf(annaAfter), { schemas: [USER.type.schema.id], id: anna.id, userName: "anna" });
      assert.deepEqual(attributesOf(bertaAfter)[ENTERPRISE], { department: "Tours" });
      assert.deepEqual([annaAfter.revision, bertaAfter.revision], [2, 2]);
    }),
  );

  test(
    "of a user who is their own manager is removed with that user",
    inDirectory(async (directory) => {
      const carol = await boss(directory);
      await modify(directory, USER, carol, [{ op: "add", path: `${ENTERPRISE}:manager`, value: { value: carol.id } }]);
      await remove(directory, USER, carol);
      assert.equal((await search(directory, USER, {})).totalResults, 0);
      assert.deepEqual(await actionsOn(directory, carol), ["create", "modify", "delete"]);
    }),
  );

  test(
    "can be found by its ID, also after it changed",
    inDirectory(async (directory) => {
      const carol = await boss(directory);
      const { stored: anna } = await create(directory, USER, managed("anna", { value: carol.id }));
      const filter = `${ENTERPRISE}:manager.value eq "${carol.id}"`;
      assert.equal((await search(directory, USER, { filter })).totalResults, 1);
      await modify(directory, USER, anna, [{ op: "remove", path: `${ENTERPRISE}:manager` }]);
      assert.equal((await search(directory, USER, { filter })).totalResults, 0);
    }),
  );

  test(
    "with an unknown ID is stored as sent, with a note, and without the previous manager's name",
    inDirectory(async (directory) => {
      const { id } = await boss(directory);
      const { stored } = await create(directory, USER, managed("anna", { value: id }));
      const subject = directory.about(USER);
      const operation = { op: "replace", path: `${ENTERPRISE}:manager`, value: { value: "nobody" } };
      const { written } = await modifyResource(directory, subject, {
        id: stored.id,
        body: patchOf(operation),
        preconditions: undefined,
      });
      assert.equal((managerOf(written.stored) as JsonObject)["value"], "nobody");
      assert.equal((managerOf(written.stored) as JsonObject)["displayName"], undefined);
      assert.deepEqual(
        subject.reading.notes.map(({ code, where }) => [code, where]),
        [["dangling-reference", `${ENTERPRISE}:manager`]],
      );
    }),
  );

  test(
    "with an unknown ID, or the ID of a group, is rejected if the endpoint says so",
    inDirectory(async (directory) => {
      const missing = refusal(400, "invalidValue", /manager: no User has the id "nobody"\. Create it first/);
      const subject = directory.about(USER);
      const body = { schemas: [USER.type.schema.id, ENTERPRISE], ...managed("anna", { value: "nobody" }) };
      await assert.rejects(createResource(directory, subject, body), missing);
      const carol = await boss(directory);
      const operation = { op: "add", path: `${ENTERPRISE}:manager`, value: { value: "nobody" } };
      await assert.rejects(modify(directory, USER, carol, [operation]), missing);
      const { id } = (await create(directory, GROUP, { displayName: "Guides" })).stored;
      const isGroup = refusal(400, "invalidValue", /manager: no User has the id/);
      await assert.rejects(create(directory, USER, managed("anna", { value: id })), isGroup);
      assert.equal((await search(directory, USER, {})).totalResults, 1);
    }, REFUSE),
  );
});

const DEVICE_SCHEMA = "urn:example:params:scim:schemas:Device";
const NAMED = [{ name: "value" }, { name: "display", mutability: "readOnly" }];
const OWNER = [...NAMED, { name: "$ref", type: "reference", referenceTypes: ["User"] }];
const KEEPERS = [
  ...NAMED,
  { name: "type", canonicalValues: ["User", "Group"] },
  { name: "$ref", type: "reference", referenceTypes: ["User", "Group"] },
];
const ATTRIBUTES = [
  { name: "owner", type: "complex", subAttributes: OWNER },
  { name: "keepers", type: "complex", multiValued: true, subAttributes: KEEPERS },
];
const DEVICES = {
  schemas: [{ id: DEVICE_SCHEMA, name: "Device", attributes: ATTRIBUTES }],
  resourceTypes: [{ name: "Device", endpoint: "/Devices", schema: DEVICE_SCHEMA }],
};

function deviceIn(directory: TestDirectory): ResourceModel {
  const model = directory.about(USER).endpoint.models.find(({ type }) => type.name === "Device");
  assert.ok(model);
  return model;
}

function keeper(type: "User" | "Group", { id }: FoundResource, display: string): JsonObject {
  return { value: id, type, display, $ref: `${type}s/${id}` };
}

describe("attributes of declared types that refer to resources", () => {
  test(
    "follow each referenced resource, and lose only the deleted one",
    inDirectory(async (directory) => {
      const device = deviceIn(directory);
      const carol = await boss(directory);
      const { stored: anna } = await create(directory, USER, { userName: "anna" });
      const { stored: guides } = await create(directory, GROUP, { displayName: "Guides" });
      const sent = { owner: { value: carol.id }, keepers: valuesOf([carol, anna, guides]) };
      const { stored: radio } = await create(directory, device, sent);
      const told = async () => {
        const { owner, keepers } = attributesOf(await get(directory, device, radio));
        return { owner, keepers };
      };
      const owner = { value: carol.id, display: "Carol", $ref: `Users/${carol.id}` };
      const [byCarol, byGuides] = [keeper("User", carol, "Carol"), keeper("Group", guides, "Guides")];
      assert.deepEqual(await told(), { owner, keepers: [byCarol, keeper("User", anna, "anna"), byGuides] });
      await modify(directory, USER, anna, [{ op: "add", path: "displayName", value: "Anna" }]);
      const byAnna = keeper("User", anna, "Anna");
      assert.deepEqual(await told(), { owner, keepers: [byCarol, byAnna, byGuides] });
      await modify(directory, USER, carol, [{ op: "replace", path: "displayName", value: "Carol Jones" }]);
      assert.deepEqual(await told(), {
        owner: { ...owner, display: "Carol Jones" },
        keepers: [{ ...byCarol, display: "Carol Jones" }, byAnna, byGuides],
      });
      await remove(directory, USER, carol);
      assert.deepEqual(await told(), { owner: undefined, keepers: [byAnna, byGuides] });
      assert.equal((await search(directory, device, { filter: `owner.value eq "${carol.id}"` })).totalResults, 0);
      await remove(directory, USER, anna);
      await remove(directory, GROUP, guides);
      assert.deepEqual(await told(), { owner: undefined, keepers: undefined });
      assert.deepEqual(await actionsOn(directory, radio), ["create", "modify", "modify", "modify"]);
    }, DEVICES),
  );

  test(
    "ignore resources of types to which they may not refer",
    inDirectory(async (directory) => {
      const device = deviceIn(directory);
      const { stored: guides } = await create(directory, GROUP, { displayName: "Guides" });
      const { stored: radio } = await create(directory, device, { owner: { value: guides.id } });
      await remove(directory, GROUP, guides);
      assert.deepEqual(attributesOf(await get(directory, device, radio))["owner"], { value: guides.id });
    }, DEVICES),
  );
});
