import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { attributesOf, idOf } from "../store/resource-body.ts";
import type { FoundResource } from "../store/store.ts";
import { GROUP, inDirectory, LOCATIONS, USER } from "../testing/directory.ts";
import {
  create,
  createUsers,
  getWithMembers,
  modify,
  refusal,
  search,
  valuesOf,
} from "../testing/directory-actions.ts";

describe("reading", () => {
  test(
    "returns the members of the returned version, whatever is written meanwhile",
    inDirectory(async (directory) => {
      const users = await createUsers(directory, 200);
      const { stored } = await create(directory, GROUP, { displayName: "G" });
      let written = 0;
      let looks = 0;
      // Reads continuously, so that commits happen between any two steps.
      const watch = async (): Promise<void> => {
        while (written < users.length) {
          const view = await getWithMembers(directory, stored);
          assert.equal(view.members?.length, view.revision - 1);
          looks++;
        }
      };
      const write = async (user: FoundResource, index: number): Promise<void> => {
        await modify(directory, GROUP, stored, [{ op: "add", path: "members", value: valuesOf([user]) }]);
        written++;
        if (index === 0) await watch();
      };
      await Promise.all(users.map(write));
      assert.ok(looks > 0);
    }),
  );
});

describe("searching", () => {
  test(
    "returns a page from startIndex, of count, with the total",
    inDirectory(async (directory) => {
      await createUsers(directory, 7);
      const page = await search(directory, USER, { startIndex: 3, count: 2 });
      assert.equal(page.totalResults, 7);
      assert.ok("startIndex" in page && page.startIndex === 3);
      assert.deepEqual(
        page.resources.map((stored) => attributesOf(stored)["userName"]),
        ["user2", "user3"],
      );
      assert.equal((await search(directory, USER, { count: 0 })).resources.length, 0);
      assert.equal((await search(directory, USER, { startIndex: 8 })).totalResults, 7);
    }),
  );

  test(
    "returns 100 resources without a count, and at most 1,000",
    inDirectory(async (directory) => {
      const { store, about } = directory;
      await store.transaction(async (transaction) => {
        for (let index = 0; index < 1_005; index++) {
          const resource = { schemas: [], id: `u${index}`, userName: `u${index}` };
          const content = { resource, json: JSON.stringify(resource), label: "u", nowMs: 1 };
          await store.resources.insert(transaction, about(USER).endpoint.key, USER, resource.id, content);
        }
      });
      assert.equal((await search(directory, USER, {})).resources.length, 100);
      assert.equal((await search(directory, USER, { count: 5_000 })).resources.length, 1_000);
    }),
  );

  test(
    "returns members if included, and groups of users",
    inDirectory(async (directory) => {
      const [a] = await createUsers(directory, 1);
      assert.ok(a);
      const { stored } = await create(directory, GROUP, { displayName: "G", members: valuesOf([a]) });
      const [shown] = (await search(directory, GROUP, { filter: 'displayName eq "g"' }, true)).resources;
      assert.deepEqual(shown?.members, [{ id: a.id, type: "User", label: "user0" }]);
      assert.equal((await search(directory, GROUP, {})).resources[0]?.members, undefined);
      const [user] = (await search(directory, USER, { filter: `groups.value eq "${stored.id}"` })).resources;
      assert.deepEqual(user?.groups, [{ id: stored.id, type: "Group", label: "G" }]);
    }),
  );

  test(
    "sorts a complex attribute by its value, and rejects one without a value or an unknown one",
    inDirectory(async (directory) => {
      await create(directory, USER, { userName: "a", emails: [{ value: "z@x" }] });
      await create(directory, USER, { userName: "b", emails: [{ value: "y@x" }] });
      const { resources } = await search(directory, USER, { sortBy: "emails" });
      assert.deepEqual(
        resources.map((stored) => attributesOf(stored)["userName"]),
        ["b", "a"],
      );
      await assert.rejects(
        search(directory, USER, { sortBy: "name" }),
        refusal(400, "invalidValue", /name\.formatted/),
      );
      await assert.rejects(search(directory, USER, { sortBy: "shoeSize" }), refusal(400, "invalidValue", /shoeSize/));
      await assert.rejects(search(directory, USER, { filter: "userName is" }), refusal(400, "invalidFilter"));
    }),
  );

  test(
    "finds resources by their URIs",
    inDirectory(async (directory) => {
      const [a] = await createUsers(directory, 2);
      assert.ok(a);
      const filter = `meta.location eq "${LOCATIONS.get("User")}${a.id}"`;
      const { resources } = await search(directory, USER, { filter });
      assert.deepEqual(resources.map(idOf), [a.id]);
    }),
  );
});
