import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json, JsonObject } from "@scimtool/scim";
import type { FoundResource } from "../store/store.ts";
import { inDirectory, patchOf, type TestDirectory, USER } from "../testing/directory.ts";
import {
  bodyOf,
  create,
  ENTERPRISE,
  get,
  modify,
  refusal,
  remove,
  replace,
  search,
  summary,
} from "../testing/directory-actions.ts";
import { createResource, modifyResource } from "./directory.ts";

function managed(userName: string, manager: Json): JsonObject {
  return { userName, [ENTERPRISE]: { manager } };
}

function managerOf(resource: FoundResource): Json | undefined {
  return (bodyOf(resource)[ENTERPRISE] as JsonObject | undefined)?.["manager"];
}

async function boss(directory: TestDirectory): Promise<FoundResource> {
  return (await create(directory, USER, { userName: "carol", displayName: "Carol" })).stored;
}

const REFUSE = { danglingReferences: "refuse" };

describe("[RFC 7643 §4.3] manager", () => {
  test(
    "gets the name and the place of the user that it is, whatever the client says",
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
    "is renamed with the user that it is, which is no change of those who report to it",
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
    "goes when the user that it is goes; the rest of the extension stays",
    inDirectory(async (directory) => {
      const carol = await boss(directory);
      const { stored: anna } = await create(directory, USER, managed("anna", { value: carol.id }));
      const { stored: berta } = await create(directory, USER, {
        userName: "berta",
        [ENTERPRISE]: { department: "Tours", manager: { value: carol.id } },
      });
      await remove(directory, USER, carol);
      const [annaAfter, bertaAfter] = [await get(directory, USER, anna), await get(directory, USER, berta)];
      assert.deepEqual(bodyOf(annaAfter), { schemas: [USER.type.schema.id], id: anna.id, userName: "anna" });
      assert.deepEqual(bodyOf(bertaAfter)[ENTERPRISE], { department: "Tours" });
      assert.deepEqual([annaAfter.revision, bertaAfter.revision], [2, 2]);
    }),
  );

  test(
    "of whoever is its own goes with it",
    inDirectory(async (directory) => {
      const carol = await boss(directory);
      await modify(directory, USER, carol, [{ op: "add", path: `${ENTERPRISE}:manager`, value: { value: carol.id } }]);
      await remove(directory, USER, carol);
      assert.equal((await search(directory, USER, {})).totalResults, 0);
    }),
  );

  test(
    "can be found by its id, also after it changed",
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
    "that nobody is stays as it came, with a note, and without the name of whoever it was before",
    inDirectory(async (directory) => {
      const { id } = await boss(directory);
      const { stored } = await create(directory, USER, managed("anna", { value: id }));
      const subject = directory.about(USER);
      const operation = { op: "replace", path: `${ENTERPRISE}:manager`, value: { value: "nobody" } };
      const written = await modifyResource(directory, subject, stored.id, patchOf(operation), undefined);
      assert.equal((managerOf(written.stored) as JsonObject)["value"], "nobody");
      assert.equal((managerOf(written.stored) as JsonObject)["displayName"], undefined);
      assert.deepEqual(
        subject.reading.notes.map(({ code, where }) => [code, where]),
        [["dangling-reference", `${ENTERPRISE}:manager`]],
      );
    }),
  );

  test(
    "that nobody is, or that is no user, is refused where the endpoint is set so",
    inDirectory(async (directory) => {
      const missing = refusal(400, "invalidValue", /manager: no User has the id "nobody"\. Create it first/);
      const subject = directory.about(USER);
      const body = { schemas: [USER.type.schema.id, ENTERPRISE], ...managed("anna", { value: "nobody" }) };
      await assert.rejects(createResource(directory, subject, body), missing);
      const carol = await boss(directory);
      const operation = { op: "add", path: `${ENTERPRISE}:manager`, value: { value: "nobody" } };
      await assert.rejects(modify(directory, USER, carol, [operation]), missing);
      assert.equal((await search(directory, USER, {})).totalResults, 1);
    }, REFUSE),
  );
});
