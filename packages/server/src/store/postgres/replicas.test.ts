import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { contentOf, GROUP, insertGroup, insertUser, START_MS, USER, type World } from "../conformance/world.ts";
import { attributesOf } from "../resource-body.ts";
import { UniquenessConflict, UnknownMembers } from "../store.ts";
import { openPostgresStore } from "./store.ts";
import { type Cluster, startCluster } from "./testing/cluster.ts";

let cluster: Cluster;
before(async () => {
  cluster = await startCluster();
});
after(() => cluster.stop());

/** Two stores on one database, as two replicas have them. */
async function withReplicas(work: (one: World, other: World) => Promise<void>): Promise<void> {
  const url = await cluster.createDatabase();
  // Both migrate at the same time.
  const [first, second] = await Promise.all([openPostgresStore(url), openPostgresStore(url)]);
  try {
    const made = await first.transaction(async (transaction) => [
      await first.endpoints.insert(transaction, { name: "default", settings: {} }, 0),
      await first.endpoints.insert(transaction, { name: "other", settings: {} }, 0),
    ]);
    const [endpoint = 0, otherEndpoint = 0] = made.map(({ key }) => key);
    await work({ store: first, endpoint, otherEndpoint }, { store: second, endpoint, otherEndpoint });
  } finally {
    await Promise.all([first.close(), second.close()]);
    await cluster.dropDatabase(url);
  }
}

function title({ store, endpoint }: World, id: string, next: (title: string) => string): Promise<unknown> {
  return store.transaction(async (transaction) => {
    const stored = await store.resources.get(transaction, endpoint, USER, id, { groups: false, members: false });
    assert.ok(stored);
    const resource = attributesOf(stored);
    const content = contentOf({ ...resource, title: next(String(resource["title"])) }, id, START_MS);
    await store.resources.update(transaction, endpoint, USER, { ...stored, resource }, content);
  });
}

describe("two replicas on one PostgreSQL database", () => {
  test("lose no update of a resource that both write", () =>
    withReplicas(async (one, other) => {
      const { id } = await insertUser(one, { userName: "anna", title: "0" });
      const count = (world: World) => title(world, id, (last) => String(Number(last) + 1));
      await Promise.all(Array.from({ length: 100 }, (_, at) => count(at % 2 === 0 ? one : other)));
      const { store, endpoint } = one;
      const anna = await store.resources.get(store.committed, endpoint, USER, id, { groups: false, members: false });
      assert.equal(anna?.revision, 101);
      assert.equal(anna && attributesOf(anna)["title"], "100");
    }));

  test("give a unique name to one of many, and tell the others who has it", () =>
    withReplicas(async (one, other) => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 40 }, (_, at) => insertUser(at % 2 === 0 ? one : other, { userName: "Anna" })),
      );
      const refused = outcomes.filter((outcome) => outcome.status === "rejected");
      assert.equal(refused.length, 39);
      for (const { reason } of refused) assert.ok(reason instanceof UniquenessConflict, String(reason));
      const { store, endpoint } = one;
      assert.equal((await store.endpoints.population(store.committed, endpoint)).get("User"), 1);
    }));

  test("never keep a membership of a deleted user, whoever comes first", () =>
    withReplicas(async (one, other) => {
      const { store, endpoint } = one;
      for (let round = 0; round < 20; round++) {
        const user = await insertUser(one, { userName: `u${round}` });
        const group = await insertGroup(one, `g${round}`);
        const outcomes = await Promise.allSettled([
          other.store.transaction(async (transaction) => {
            const locked = await other.store.resources.get(transaction, endpoint, GROUP, group.id, {
              groups: false,
              members: false,
            });
            assert.ok(locked);
            await other.store.members.add(transaction, endpoint, GROUP, group.key, [user.id], "refuse");
          }),
          store.transaction((transaction) => store.resources.remove(transaction, endpoint, USER, user.key, START_MS)),
        ]);
        for (const outcome of outcomes) {
          if (outcome.status === "rejected")
            assert.ok(outcome.reason instanceof UnknownMembers, String(outcome.reason));
        }
        assert.deepEqual(await store.members.list(store.committed, endpoint, group.key), []);
        assert.equal(await store.members.count(store.committed, endpoint, group.key), 0);
      }
    }));

  test("leave background work to one of them, until it closes", () =>
    withReplicas(async (one, other) => {
      assert.notEqual(one.store.replicas.slot, other.store.replicas.slot);
      assert.equal(await one.store.replicas.lead(), true);
      assert.equal(await other.store.replicas.lead(), false);
      assert.equal(await one.store.replicas.lead(), true);
      await one.store.close();
      // The database may notice a moment later.
      for (let attempt = 1; !(await other.store.replicas.lead()); attempt++) {
        assert.ok(attempt < 100, "nobody leads");
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }));

  test("remove and count a resource once, although both remove it", () =>
    withReplicas(async (one, other) => {
      const { key } = await insertUser(one, { userName: "anna" });
      await Promise.all(
        [one, other].map(({ store, endpoint }) =>
          store.transaction((transaction) => store.resources.remove(transaction, endpoint, USER, key, START_MS)),
        ),
      );
      const { store, endpoint } = one;
      assert.equal((await store.endpoints.population(store.committed, endpoint)).get("User") ?? 0, 0);
    }));

  test("never write by settings that another replica has changed", () =>
    withReplicas(async (one, other) => {
      const { store, endpoint } = one;
      const seen: number[] = [];
      const writing = store.transaction(async (transaction) => {
        const revision = await store.endpoints.revisionOf(transaction, endpoint);
        await new Promise((resolve) => setTimeout(resolve, 100));
        assert.equal(await store.endpoints.revisionOf(transaction, endpoint), revision);
        seen.push(1);
      });
      await new Promise((resolve) => setTimeout(resolve, 30));
      await other.store.transaction(async (transaction) => {
        const [found] = await other.store.endpoints.list(transaction);
        assert.ok(found);
        await other.store.endpoints.update(transaction, { ...found, settings: { profile: "strict" } });
        seen.push(2);
      });
      await writing;
      assert.deepEqual(seen, [1, 2]);
    }));
});
