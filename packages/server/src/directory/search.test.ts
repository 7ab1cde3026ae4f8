import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Cursors, QueryParameters } from "@scimtool/scim";
import { serveEndpoint } from "../endpoint/served-endpoint.ts";
import { attributesOf } from "../store/resource-body.ts";
import type { ListedResource } from "../store/store.ts";
import { GROUP, inDirectory, type TestDirectory, USER } from "../testing/directory.ts";
import { create, createUsers, refusal, remove, search } from "../testing/directory-actions.ts";
import { type Page, searchAllResources, searchResources } from "./search.ts";

function cursorsOf<Resource extends ListedResource>(page: Page<Resource>): Cursors {
  assert.ok("cursors" in page, "pages by cursor");
  return page.cursors;
}

function names({ resources }: Pick<Page, "resources">): unknown[] {
  return resources.map((stored) => attributesOf(stored)["userName"] ?? attributesOf(stored)["displayName"]);
}

type Parameters = Partial<QueryParameters>;

function complete(parameters: Parameters): QueryParameters {
  return { sortOrder: "ascending", startIndex: 1, attributes: [], excludedAttributes: [], ...parameters };
}

const BARE = { groups: false, members: false };

function searchAll(directory: TestDirectory, parameters: Parameters) {
  return searchAllResources(directory, directory.about(USER), complete(parameters), () => BARE);
}

async function walk(directory: TestDirectory, parameters: Parameters, model = USER): Promise<Page[]> {
  const pages: Page[] = [];
  let cursor: string | undefined = "";
  while (cursor !== undefined) {
    assert.ok(pages.length < 50, "a walk that does not end");
    const page: Page = await search(directory, model, { ...parameters, cursor });
    pages.push(page);
    cursor = cursorsOf(page).nextCursor;
  }
  return pages;
}

describe("attributes stored as rows are sorted by their first row, like other multi-valued attributes (RFC 7644 §3.4.2.3)", () => {
  const inFamilies = (body: (directory: TestDirectory) => Promise<void>) =>
    inDirectory(async (directory) => {
      const created = [];
      for (const userName of ["zoe", "adam", "nobody", "mia"]) {
        created.push({ value: (await create(directory, USER, { userName })).stored.id });
      }
      const [zoe, adam, , mia] = created as { value: string }[];
      // Each type has its first row where another order would put it elsewhere.
      const groups = { Mice: [mia], Bees: [adam, mia], Yaks: [zoe, mia], None: [] };
      for (const [displayName, members] of Object.entries(groups)) {
        await create(directory, GROUP, { displayName, members: members as { value: string }[] });
      }
      await body(directory);
    });

  for (const [model, sortBy, filled, empty] of [
    [USER, "groups.display", ["adam", "mia", "zoe"], "nobody"],
    [GROUP, "members.display", ["Bees", "Mice", "Yaks"], "None"],
    [GROUP, "members", ["Yaks", "Bees", "Mice"], "None"],
    [GROUP, "members.$ref", ["Yaks", "Bees", "Mice"], "None"],
  ] as const) {
    test(
      `${model.type.name} by ${sortBy}`,
      inFamilies(async (directory) => {
        assert.deepEqual(names(await search(directory, model, { sortBy })), [...filled, empty]);
        const descending = await search(directory, model, { sortBy, sortOrder: "descending" });
        assert.deepEqual(names(descending), [empty, ...filled.toReversed()]);
        const pages = await walk(directory, { sortBy, count: 1 }, model);
        assert.deepEqual(pages.flatMap(names), [...filled, empty]);
      }),
    );
  }
});

describe("pages by cursor", () => {
  test(
    "[RFC 9865 §2] lead to the next one except the last, and all have the total",
    inDirectory(async (directory) => {
      await createUsers(directory, 7);
      const pages = await walk(directory, { count: 3 });
      assert.deepEqual(pages.map(names), [["user0", "user1", "user2"], ["user3", "user4", "user5"], ["user6"]]);
      for (const page of pages) assert.equal(page.totalResults, 7);
      assert.deepEqual(
        pages.map((page) => Object.keys(cursorsOf(page))),
        [["nextCursor"], ["nextCursor"], []],
      );
      assert.equal((await walk(directory, { count: 7 })).length, 1);
      assert.equal((await walk(directory, { filter: 'userName eq "user3"' })).length, 1);
    }),
  );

  test(
    "[RFC 9865 §2.2] are sorted as the query says",
    inDirectory(async (directory) => {
      await createUsers(directory, 5);
      const pages = await walk(directory, { count: 2, sortBy: "userName", sortOrder: "descending" });
      assert.deepEqual(pages.flatMap(names), ["user4", "user3", "user2", "user1", "user0"]);
    }),
  );

  test(
    "[RFC 9865 §2] a count of 0 returns only the total",
    inDirectory(async (directory) => {
      await createUsers(directory, 2);
      const page = await search(directory, USER, { count: 0, cursor: "" });
      assert.deepEqual([page.totalResults, page.resources, cursorsOf(page)], [2, [], {}]);
    }),
  );

  test(
    "have at most as many resources as the endpoint allows",
    inDirectory(
      async (directory) => {
        await createUsers(directory, 5);
        for (const count of [2, 3, 1_000, undefined]) {
          const sizes = (await walk(directory, count === undefined ? {} : { count })).map(
            (page) => page.resources.length,
          );
          assert.deepEqual(sizes, [2, 2, 1], `count ${count}`);
        }
      },
      { limits: { maxPageSize: 2 } },
    ),
  );

  test(
    "[RFC 9865 §2.1] keep the count of the first page; another one is invalidCount, an omitted one is the same",
    inDirectory(async (directory) => {
      await createUsers(directory, 6);
      const { nextCursor: cursor = "" } = cursorsOf(await search(directory, USER, { count: 2, cursor: "" }));
      assert.deepEqual(names(await search(directory, USER, { count: 2, cursor })), ["user2", "user3"]);
      assert.deepEqual(names(await search(directory, USER, { cursor })), ["user2", "user3"]);
      const began = refusal(400, "invalidCount", /^count is 3, but this query began with count=2/);
      await assert.rejects(search(directory, USER, { count: 3, cursor }), began);
    }),
  );

  test(
    "[RFC 9865 §2.1] a cursor of another query is invalid",
    inDirectory(async (directory) => {
      await createUsers(directory, 3);
      await create(directory, GROUP, { displayName: "g" });
      const parameters = { count: 1, filter: 'userName sw "u"', sortBy: "userName" };
      const { nextCursor: cursor = "" } = cursorsOf(await search(directory, USER, { ...parameters, cursor: "" }));
      const others: Parameters[] = [{ filter: 'userName sw "v"' }, { sortBy: "title" }, { sortOrder: "descending" }];
      const another = refusal(400, "invalidCursor", /belongs to another query/);
      for (const other of others) {
        await assert.rejects(search(directory, USER, { ...parameters, ...other, cursor }), another);
      }
      await assert.rejects(search(directory, USER, { cursor }), another);
      await assert.rejects(search(directory, GROUP, { count: 1, sortBy: "id", cursor }), another);
      await assert.rejects(searchAll(directory, { count: 1, cursor }), another);
    }),
  );

  test(
    "[RFC 9865 §2.1] a cursor expires, and each page returns a fresh one",
    inDirectory(
      async (directory) => {
        await createUsers(directory, 9);
        // Each look at the clock takes a second, and each page looks once.
        assert.equal((await walk(directory, { count: 1 })).length, 9);
        const { nextCursor: cursor = "" } = cursorsOf(await search(directory, USER, { count: 1, cursor: "" }));
        for (let second = 1; second <= 3; second++) await search(directory, USER, { count: 1, cursor });
        await assert.rejects(
          search(directory, USER, { count: 1, cursor }),
          refusal(400, "expiredCursor", /older than 3 s/),
        );
      },
      { limits: { cursorTimeoutSeconds: 3 } },
    ),
  );

  test(
    "[RFC 9865 §5.2] a cursor is not valid at another endpoint",
    inDirectory(async (directory) => {
      const { store } = directory;
      await createUsers(directory, 3);
      const stored = await store.transaction((transaction) =>
        store.endpoints.insert(transaction, { name: "other", settings: {} }, 0),
      );
      const there = { ...directory.about(USER), endpoint: serveEndpoint(stored) };
      const { nextCursor: cursor = "" } = cursorsOf(await search(directory, USER, { count: 1, cursor: "" }));
      const another = refusal(400, "invalidCursor", /belongs to another query/);
      await assert.rejects(searchResources(directory, there, complete({ count: 1, cursor }), BARE), another);
      const all = await searchAllResources(directory, there, complete({}), () => BARE);
      assert.deepEqual([all.totalResults, all.resources], [0, []]);
    }),
  );

  test(
    "a cursor continues where its page ended, even if that resource was deleted",
    inDirectory(async (directory) => {
      const users = await createUsers(directory, 4);
      const { nextCursor: cursor = "" } = cursorsOf(await search(directory, USER, { count: 2, cursor: "" }));
      const [first, second] = users;
      assert.ok(first && second);
      for (const user of [first, second]) await remove(directory, USER, user);
      const page = await search(directory, USER, { count: 2, cursor });
      assert.deepEqual([page.totalResults, names(page)], [2, ["user2", "user3"]]);
    }),
  );
});

describe("searching all types", () => {
  test(
    "[RFC 7644 §3.4.2.1] finds resources of every type, each by its own attributes",
    inDirectory(async (directory) => {
      await create(directory, USER, { userName: "x", displayName: "Berta", title: "Guide" });
      await create(directory, GROUP, { displayName: "anna" });
      await create(directory, USER, { userName: "y", displayName: "Carla" });
      const found = async (filter: string) => names(await searchAll(directory, { filter }));
      assert.deepEqual(await found('userName eq "x" or displayName eq "anna"'), ["x", "anna"]);
      assert.deepEqual(await found('userName eq "y" or displayName eq "berta"'), ["x", "y"]);
      assert.deepEqual(await found('userName eq "X"'), ["x"]);
      assert.deepEqual(await found('title ne "guide"'), ["anna", "y"]);
      assert.deepEqual(await found("not (userName pr)"), ["anna"]);
      assert.deepEqual(await found('meta.resourceType eq "Group"'), ["anna"]);
      assert.deepEqual(await found('userName eq "x" and members pr'), []);
      const by = async (sortBy: string, more: Parameters = {}) =>
        names(await searchAll(directory, { sortBy, ...more }));
      assert.deepEqual(await by("displayName"), ["anna", "x", "y"]);
      assert.deepEqual(await by("displayName", { sortOrder: "descending" }), ["y", "x", "anna"]);
      assert.deepEqual(await by("title"), ["x", "anna", "y"]);
      assert.deepEqual(await by("userName", { filter: 'meta.resourceType eq "User"' }), ["x", "y"]);
      assert.deepEqual(await by("nickName", { startIndex: 2, count: 1 }), ["anna"]);
      const unknown = /^sortBy: none of User, Group has an attribute "nothing"/;
      await assert.rejects(by("nothing"), refusal(400, "invalidValue", unknown));
      await assert.rejects(by("name"), refusal(400, "invalidValue", /name is complex/));
      await assert.rejects(found("nothing pr"), refusal(400, "invalidFilter", /none of User, Group has an attribute/));
    }),
  );

  test(
    "pages through all of them by cursor, one type or several",
    inDirectory(async (directory) => {
      await createUsers(directory, 3);
      for (const displayName of ["g0", "g1"]) await create(directory, GROUP, { displayName });
      const expected = ["user0", "user1", "user2", "g0", "g1"];
      const cases: [Parameters, unknown[]][] = [
        [{}, expected],
        [{ filter: 'meta.resourceType eq "User"' }, expected.slice(0, 3)],
        [{ sortBy: "displayName", sortOrder: "descending" }, ["user0", "user1", "user2", "g1", "g0"]],
        [{ filter: "userName pr and members pr" }, []],
      ];
      for (const [parameters, all] of cases) {
        const met: unknown[] = [];
        let cursor: string | undefined = "";
        while (cursor !== undefined) {
          const page: Page = await searchAll(directory, { ...parameters, count: 2, cursor });
          assert.equal(page.totalResults, all.length);
          met.push(...names(page));
          assert.ok(met.length <= 5, "a walk that does not end");
          cursor = cursorsOf(page).nextCursor;
        }
        assert.deepEqual(met, all, JSON.stringify(parameters));
      }
    }),
  );
});
