import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { attributesOf } from "../store/resource-body.ts";
import { GROUP, inDirectory, USER } from "../testing/directory.ts";
import {
  create,
  createUsers,
  ENTERPRISE,
  get,
  memberIds,
  refusal,
  replace,
  search,
  summary,
  valuesOf,
} from "../testing/directory-actions.ts";

describe("creating", () => {
  test(
    "stores what was sent, with schemas and id first, at revision 1",
    inDirectory(async (directory) => {
      const { stored } = await create(directory, USER, { userName: "anna", [ENTERPRISE]: { department: "Tours" } });
      assert.equal(stored.revision, 1);
      assert.equal(stored.createdMs, stored.modifiedMs);
      assert.deepEqual(Object.keys(attributesOf(stored)).slice(0, 2), ["schemas", "id"]);
      assert.deepEqual(attributesOf(stored), {
        schemas: [USER.type.schema.id, ENTERPRISE],
        id: stored.id,
        userName: "anna",
        [ENTERPRISE]: { department: "Tours" },
      });
      assert.deepEqual(await get(directory, USER, stored), stored);
    }),
  );

  test(
    "assigns an ID, whatever the client sends",
    inDirectory(async (directory) => {
      const { stored } = await create(directory, USER, { userName: "anna", id: "mine", meta: { version: "9" } });
      assert.match(stored.id, /^[0-9a-f-]{36}$/);
      assert.equal(attributesOf(stored)["meta"], undefined);
    }),
  );

  test(
    "reports every attribute as a change",
    inDirectory(async (directory) => {
      const { changes } = await create(directory, USER, {
        userName: "anna",
        name: { givenName: "Anna", familyName: "A" },
        emails: [{ value: "a@example.com" }],
        [ENTERPRISE]: { department: "Tours" },
      });
      assert.deepEqual(summary(changes).sort(), [
        ["emails", undefined, [{ value: "a@example.com" }]],
        ["name.familyName", undefined, "A"],
        ["name.givenName", undefined, "Anna"],
        [`${ENTERPRISE}:department`, undefined, "Tours"],
        ["userName", undefined, "anna"],
      ]);
    }),
  );

  test(
    "a group with members reports them with type and name, each once",
    inDirectory(async (directory) => {
      const [anna, berta] = await createUsers(directory, 2);
      assert.ok(anna && berta);
      const { stored, changes } = await create(directory, GROUP, {
        displayName: "Guides",
        members: [...valuesOf([anna, berta, anna])],
      });
      assert.equal(attributesOf(stored)["members"], undefined);
      assert.deepEqual(changes[1], {
        kind: "collection",
        path: "members",
        added: [
          { value: anna.id, type: "User", display: "user0" },
          { value: berta.id, type: "User", display: "user1" },
        ],
        removed: [],
      });
      assert.deepEqual(await memberIds(directory, stored), [anna.id, berta.id]);
    }),
  );

  test(
    "with a taken name is rejected with 409, naming the attribute, the value and the holder",
    inDirectory(async (directory) => {
      const { stored } = await create(directory, USER, { userName: "anna", displayName: "Anna A." });
      await assert.rejects(
        create(directory, USER, { userName: "ANNA" }),
        refusal(409, "uniqueness", /userName "ANNA"/, /the User "Anna A\."/, new RegExp(stored.id)),
      );
      const group = await create(directory, GROUP, { displayName: "Guides" });
      await assert.rejects(
        create(directory, GROUP, { displayName: "guides" }),
        refusal(409, "uniqueness", /displayName "guides"/, /the Group "Guides"/, new RegExp(group.stored.id)),
      );
    }),
  );

  test(
    "a group with unknown members is rejected and not created",
    inDirectory(
      async (directory) => {
        const [anna] = await createUsers(directory, 1);
        assert.ok(anna);
        const members = [...valuesOf([anna]), { value: "n1" }, { value: "n2" }, { value: "n3" }, { value: "n4" }];
        await assert.rejects(
          create(directory, GROUP, { displayName: "Guides", members }),
          refusal(400, "invalidValue", /"n1", "n2", "n3" and 1 more/),
        );
        assert.equal((await search(directory, GROUP, {})).totalResults, 0);
        await create(directory, GROUP, { displayName: "Guides" });
      },
      { danglingReferences: "refuse" },
    ),
  );
});

describe("members without a value", () => {
  test(
    "are rejected by POST and PUT, naming what is missing",
    inDirectory(async (directory) => {
      const { stored } = await create(directory, GROUP, { displayName: "G" });
      for (const member of [{ type: "User" }, { value: "" }]) {
        const body = { displayName: "H", members: [member] };
        const missing = refusal(400, "invalidValue", /every value of members needs a "value"/);
        await assert.rejects(create(directory, GROUP, body), missing);
        await assert.rejects(replace(directory, GROUP, stored, body), missing);
      }
    }),
  );
});
