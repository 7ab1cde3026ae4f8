import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { attributesOf } from "../resource-body.ts";
import {
  contentOf,
  find,
  GROUP,
  get,
  idsOf,
  insert,
  insertGroup,
  insertUser,
  inWorld,
  membersOf,
  namesOf,
  type OpenStore,
  START_MS,
  USER,
  type World,
} from "./world.ts";

/** Reads a user and writes it back with an incremented title. */
function countUp({ store, endpoint }: World, id: string): Promise<void> {
  return store.transaction(async (transaction) => {
    const stored = await store.resources.get(transaction, endpoint, USER, id, { groups: false, members: false });
    assert.ok(stored);
    const resource = attributesOf(stored);
    const content = contentOf({ ...resource, title: String(Number(resource["title"]) + 1) }, id, START_MS);
    await store.resources.update(transaction, endpoint, USER, { ...stored, resource }, content);
  });
}

export function transactionConformance(openStore: OpenStore): void {
  describe("transactions", () => {
    test(
      "a transaction resolves and rejects like its work",
      inWorld(openStore, async ({ store }) => {
        assert.equal(await store.transaction(async () => 42), 42);
        const failure = new Error("no");
        await assert.rejects(
          store.transaction(async () => {
            throw failure;
          }),
          (error) => error === failure,
        );
      }),
    );

    test(
      "a transaction whose work throws leaves nothing",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        const anna = await insertUser(world, { userName: "anna", emails: [{ value: "a@example.com" }] });
        const berta = await insertUser(world, { userName: "berta" });
        const group = await insertGroup(world, "Guides", [anna]);
        const failing = store.transaction(async (transaction) => {
          await insert(world, transaction, USER, { userName: "carla", emails: [{ value: "c@example.com" }] });
          await store.members.add(transaction, endpoint, GROUP, group.key, [berta.id], "refuse");
          await store.resources.touch(transaction, endpoint, GROUP, group, START_MS + 1);
          await store.resources.remove(transaction, endpoint, USER, anna.key, START_MS + 2);
          await store.endpoints.insert(transaction, { name: "third", settings: { profile: "strict" } }, 0);
          throw new Error("no");
        });
        await assert.rejects(failing, /^Error: no$/);
        assert.deepEqual(namesOf(await find(world, USER)), ["anna", "berta"]);
        assert.equal((await find(world, USER, { limit: 0 })).total, 2);
        assert.equal((await find(world, USER, { filter: 'emails.value eq "a@example.com"' })).total, 1);
        assert.equal((await find(world, USER, { filter: 'emails.value eq "c@example.com"' })).total, 0);
        assert.deepEqual(idsOf(await membersOf(world, group)), [anna.id]);
        assert.deepEqual(await get(world, GROUP, group.id), { ...group, groups: [] });
        assert.equal((await store.endpoints.list(store.committed)).length, 2);
      }),
    );

    test(
      "a transaction sees its own writes; committed data does not show them yet",
      inWorld(openStore, async (world) => {
        const { store, endpoint } = world;
        const anna = await insertUser(world, { userName: "anna" });
        await store.transaction(async (transaction) => {
          const berta = await insert(world, transaction, USER, { userName: "berta" });
          const group = await insert(world, transaction, GROUP, { displayName: "Guides" });
          await store.members.add(transaction, endpoint, GROUP, group.key, [anna.id, berta.id], "refuse");

          const own = await find(world, USER, { scope: transaction, groups: true });
          assert.equal(own.total, 2);
          assert.deepEqual(idsOf(own.resources[0]?.groups ?? []), [group.id]);
          assert.equal((await store.members.list(transaction, endpoint, group.key)).length, 2);
          assert.ok(await store.resources.holderOf(transaction, endpoint, USER, "userName", "berta"));

          assert.deepEqual(namesOf(await find(world, USER)), ["anna"]);
          assert.equal((await find(world, USER, { limit: 0 })).total, 1);
          assert.equal(await get(world, USER, berta.id), undefined);
          assert.deepEqual((await get(world, USER, anna.id))?.groups, []);
          assert.deepEqual(await membersOf(world, group), []);
        });
        assert.equal((await find(world, USER)).total, 2);
      }),
    );

    test(
      "a transaction is committed when it resolves, for each of many at once",
      inWorld(openStore, async (world) => {
        const names = Array.from({ length: 100 }, (_, index) => `user-${index}`);
        await Promise.all(
          names.map(async (userName) => {
            // Reads before it writes, so that an outdated view of committed data would show.
            assert.equal((await find(world, USER, { filter: `userName eq "${userName}"` })).total, 0);
            const { id } = await insertUser(world, { userName });
            assert.ok(await get(world, USER, id));
          }),
        );
        assert.equal((await find(world, USER, { limit: 0 })).total, 100);
      }),
    );

    test(
      "200 transactions at once that read and update one resource lose no update",
      inWorld(openStore, async (world) => {
        const { id } = await insertUser(world, { userName: "anna", title: "0" });
        await Promise.all(Array.from({ length: 200 }, () => countUp(world, id)));
        const after = await get(world, USER, id);
        assert.equal(after?.revision, 201);
        assert.equal(JSON.parse(after?.body ?? "").title, "200");
      }),
    );

    test(
      "failing transactions do not affect their neighbours, and leave nothing themselves",
      inWorld(openStore, async (world) => {
        const { store } = world;
        const { id } = await insertUser(world, { userName: "anna", title: "0" });
        const outcomes = await Promise.allSettled(
          Array.from({ length: 150 }, async (_, index) => {
            if (index % 3 !== 0) return countUp(world, id);
            await store.transaction(async (transaction) => {
              await insert(world, transaction, USER, { userName: `failed-${index}` });
              throw new Error(`failure ${index}`);
            });
          }),
        );
        for (const [index, outcome] of outcomes.entries()) {
          if (index % 3 !== 0) assert.equal(outcome.status, "fulfilled");
          else assert.equal(outcome.status === "rejected" && outcome.reason.message, `failure ${index}`);
        }
        assert.equal(JSON.parse((await get(world, USER, id))?.body ?? "").title, "100");
        assert.deepEqual(namesOf(await find(world, USER)), ["anna"]);
      }),
    );

    test(
      "a long transaction is not mixed with others",
      inWorld(openStore, async (world) => {
        const { store } = world;
        const slow = store.transaction(async (transaction) => {
          await insert(world, transaction, USER, { userName: "slow" });
          for (let turn = 0; turn < 5; turn++) {
            await new Promise((resolve) => setImmediate(resolve));
            assert.ok(!namesOf(await find(world, USER)).includes("slow"));
          }
          throw new Error("given up");
        });
        const quick = Promise.all(
          Array.from({ length: 5 }, (_, index) => insertUser(world, { userName: `q${index}` })),
        );
        await assert.rejects(slow, /given up/);
        await quick;
        assert.deepEqual(namesOf(await find(world, USER, { sortBy: "userName" })), ["q0", "q1", "q2", "q3", "q4"]);
      }),
    );

    test(
      "a read does not mix data from before and after a commit",
      inWorld(openStore, async (world) => {
        const seen: number[] = [];
        for (let round = 0; round < 5; round++) {
          seen.push((await find(world, USER)).total);
          await insertUser(world, { userName: `user-${round}` });
        }
        assert.deepEqual(seen, [0, 1, 2, 3, 4]);
      }),
    );

    test("closing waits for running transactions, and later ones are rejected", async () => {
      const { store, dispose } = await openStore();
      const done: string[] = [];
      const underWay = store.transaction(async (transaction) => {
        await store.endpoints.insert(transaction, { name: "default", settings: { profile: "tolerant" } }, 0);
        await new Promise((resolve) => setImmediate(resolve));
        done.push("transaction");
      });
      const waiting = store.transaction(async (transaction) => {
        await store.endpoints.insert(transaction, { name: "other", settings: { profile: "tolerant" } }, 0);
        done.push("waiting");
      });
      const closing = store.close().then(() => done.push("close"));
      const late = store.transaction(async () => done.push("late"));
      await assert.rejects(late, /closed/);
      await Promise.all([underWay, waiting, closing]);
      assert.deepEqual([done.slice(0, 2).sort(), done[2]], [["transaction", "waiting"], "close"]);
      await assert.rejects(
        store.transaction(async () => 1),
        /closed/,
      );
      await dispose();
    });
  });
}
