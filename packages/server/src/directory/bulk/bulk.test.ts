import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { BULK_REQUEST_SCHEMA, type Json, newReading, type ResourceModel, readBulk } from "@scimtool/scim";
import { changeEndpoint } from "../../endpoint/administration.ts";
import { Endpoints, withCurrentEndpoint } from "../../endpoint/endpoints.ts";
import { type ResourceStore, type Store, StoreFull, StoreUnavailable } from "../../store/store.ts";
import { GROUP, inDirectory, type TestDirectory, USER } from "../../testing/directory.ts";
import { search } from "../../testing/directory-actions.ts";
import type { RunAtEndpoint } from "./bulk.ts";
import { type BulkAnswer, oneAtATime, runBulk } from "./bulk.ts";

const LIMITS = { maxOperations: 10_000, maxPayloadSize: 8_000_000 };

function post(bulkId: string, endpoint: string, attributes: object): Json {
  const schemas = [`urn:ietf:params:scim:schemas:core:2.0:${endpoint === "/Users" ? "User" : "Group"}`];
  return { method: "POST", path: endpoint, bulkId, data: { schemas, ...attributes } };
}

function newUser(userName: string): Json {
  return post(userName, "/Users", { userName });
}

function newGroup(displayName: string, ...ids: string[]): Json {
  return post(displayName, "/Groups", { displayName, members: ids.map((value) => ({ value })) });
}

type Options = { readonly store?: Store; readonly runAtEndpoint?: RunAtEndpoint; readonly failOnErrors?: number };

function run(directory: TestDirectory, operations: Json[], options: Options = {}): Promise<BulkAnswer[]> {
  const { store = directory.store, runAtEndpoint = (work) => work(directory.about(USER)), failOnErrors } = options;
  const body = { schemas: [BULK_REQUEST_SCHEMA], Operations: operations, ...(failOnErrors && { failOnErrors }) };
  const request = readBulk(body, LIMITS, newReading("tolerant"));
  return runBulk({ ...directory, store }, runAtEndpoint, request);
}

/** Statuses of successful operations, messages of the others. */
function outcomes(answers: readonly BulkAnswer[]): (number | string)[] {
  return answers.map(({ outcome }) => (outcome.kind === "done" ? outcome.status : (outcome.error as Error).message));
}

async function totalOf(directory: TestDirectory, model: ResourceModel): Promise<number> {
  return (await search(directory, model, {})).totalResults;
}

/** Counts transactions, and makes one of them fail. */
function countingTransactions(store: Store, fail: (count: number) => Error | undefined) {
  let count = 0;
  const transaction: Store["transaction"] = (work) => {
    const error = fail(++count);
    return error === undefined ? store.transaction(work) : Promise.reject(error);
  };
  return { store: { ...store, transaction }, count: () => count };
}

function insertingBy(store: Store, insert: (inserted: ResourceStore["insert"]) => ResourceStore["insert"]): Store {
  return { ...store, resources: { ...store.resources, insert: insert(store.resources.insert) } };
}

const refusing = { danglingReferences: "refuse" };
const nobody = /no User or Group has the id "nobody"/;

describe("operations share a transaction", () => {
  test(
    "also with rejected ones that have written nothing",
    inDirectory(async (directory) => {
      const { store, count } = countingTransactions(directory.store, () => undefined);
      const one = (at: number): Json => {
        if (at % 2 === 0) return newUser(`u${at}`);
        return at % 4 === 1 ? { method: "DELETE", path: "/Users/x" } : post(`again${at}`, "/Users", { userName: "u0" });
      };
      const answers = await run(directory, [...Array(80).keys()].map(one), { store });
      for (const [at, outcome] of outcomes(answers).entries()) {
        if (at % 2 === 0) assert.equal(outcome, 201);
        else assert.match(String(outcome), at % 4 === 1 ? /no User with the id "x"/ : /userName "u0" is taken/);
      }
      // One transaction for everything on an idle machine; one per operation, or an extra one per rejected operation,
      // would be more.
      assert.ok(count() <= 35, `${count()} transactions`);
    }),
  );

  test(
    "until one fails after a partial write: it leaves nothing, and the others stay",
    inDirectory(async (directory) => {
      const operations = [newUser("a"), newUser("b"), newGroup("G", "nobody"), newUser("c"), newGroup("H", "nobody")];
      const answers = await run(directory, operations);
      const [a, b, group, c, last] = outcomes(answers);
      assert.deepEqual([a, b, c], [201, 201, 201]);
      for (const each of [group, last]) assert.match(String(each), nobody);
      assert.deepEqual([await totalOf(directory, USER), await totalOf(directory, GROUP)], [3, 0]);
    }, refusing),
  );

  test(
    "for a short time: others wait for it",
    inDirectory(async (directory) => {
      const { store, count } = countingTransactions(directory.store, () => undefined);
      const slow = insertingBy(store, (insert) => async (...parameters) => {
        const untilMs = performance.now() + 4;
        while (performance.now() < untilMs);
        return insert(...parameters);
      });
      const answers = await run(directory, ["a", "b", "c", "d", "e", "f"].map(newUser), { store: slow });
      assert.deepEqual(outcomes(answers), [201, 201, 201, 201, 201, 201]);
      assert.ok(count() >= 2 && count() <= 6, `${count()} transactions`);
    }),
  );
});

test(
  "if failOnErrors is reached in the middle of a transaction, the transaction ends there",
  inDirectory(async (directory) => {
    const operations = [
      newUser("a"),
      newGroup("G", "nobody"),
      newUser("b"),
      { method: "DELETE", path: "/Users/x" },
      newUser("c"),
    ];
    const answers = await run(directory, operations, { failOnErrors: 2 });
    assert.deepEqual(
      answers.map(({ entry, outcome }) => [entry.index, outcome.kind]),
      [
        [0, "done"],
        [1, "failed"],
        [2, "done"],
        [3, "failed"],
      ],
    );
    assert.equal(await totalOf(directory, USER), 2);
  }, refusing),
);

test(
  "the change set of a circle is that of its creations: complete, and nothing twice",
  inDirectory(async (directory) => {
    const answers = await run(directory, [newGroup("A", "bulkId:B"), newGroup("B", "bulkId:A")]);
    const [a, b] = answers.map(({ id }) => id);
    for (const [answer, other, label] of [
      [answers[0], b, "B"],
      [answers[1], a, "A"],
    ] as const) {
      assert.ok(answer?.outcome.kind === "done" && answer.outcome.written !== undefined);
      const { changes, stored } = answer.outcome.written;
      assert.equal(stored.revision, 1);
      const members = changes.filter(({ path }) => path === "members");
      assert.deepEqual(members, [
        { kind: "collection", path: "members", added: [{ value: other, type: "Group", display: label }], removed: [] },
      ]);
      assert.equal(changes.filter(({ path }) => path === "displayName").length, 1);
    }
  }),
);

test(
  "tolerances are noted with each operation, once, however often it runs",
  inDirectory(async (directory) => {
    const isOdd = (at: number) => post(`odd${at}`, "/Users", { userName: `odd${at}`, active: "True" });
    // A wrong type for a member: rejected after a write, so the operations before it are repeated.
    const [user] = await run(directory, [newUser("u")]);
    const answers = await run(directory, [
      isOdd(1),
      post("g", "/Groups", { displayName: "G", members: [{ value: "ghost" }, { value: "bulkId:g" }] }),
      isOdd(2),
    ]);
    assert.equal(user?.outcome.kind, "done");
    const notes = answers.map(({ outcome }) =>
      outcome.kind === "done" ? outcome.subject.reading.notes.map(({ code }) => code) : [],
    );
    assert.deepEqual(notes, [["string-boolean"], ["dangling-reference"], ["string-boolean"]]);
  }),
);

describe("when the store fails", () => {
  const many = Array.from({ length: 40 }, (_, at) => newUser(`u${at}`));
  const slowly = (store: Store) =>
    insertingBy(store, (insert) => async (...parameters) => {
      const untilMs = performance.now() + 1;
      while (performance.now() < untilMs);
      return insert(...parameters);
    });

  for (const error of [new StoreUnavailable("closed"), new StoreFull("full"), new Error("disk I/O error")]) {
    test(
      `with ${error.name}, the remaining operations get that outcome`,
      inDirectory(async (directory) => {
        const { store } = countingTransactions(directory.store, (count) => (count >= 2 ? error : undefined));
        const answers = await run(directory, many, { store: slowly(store) });
        const done = outcomes(answers).indexOf(error.message);
        assert.ok(done > 0 && answers.length === 40);
        assert.deepEqual(new Set(outcomes(answers).slice(0, done)), new Set([201]));
        assert.deepEqual(new Set(outcomes(answers).slice(done)), new Set([error.message]));
        assert.equal(await totalOf(directory, USER), done);
      }),
    );
  }

  test(
    "at a commit, nothing of that transaction remains",
    inDirectory(async (directory) => {
      let count = 0;
      const transaction: Store["transaction"] = (work) =>
        directory.store.transaction(async (transaction) => {
          const result = await work(transaction);
          if (++count >= 2) throw new Error("disk I/O error");
          return result;
        });
      const answers = await run(directory, many, { store: slowly({ ...directory.store, transaction }) });
      const done = outcomes(answers).indexOf("disk I/O error");
      assert.deepEqual(new Set(outcomes(answers).slice(done)), new Set(["disk I/O error"]));
      assert.ok(done > 0);
      assert.equal(await totalOf(directory, USER), done);
    }),
  );

  test(
    "for lack of space, nothing of that transaction is tried again",
    inDirectory(async (directory) => {
      const store = insertingBy(directory.store, (insert) => async (transaction, endpoint, model, id, content) => {
        if (content.label === "c") throw new StoreFull("full");
        return insert(transaction, endpoint, model, id, content);
      });
      await assert.rejects(run(directory, ["a", "b", "c", "d"].map(newUser), { store }), StoreFull);
      assert.equal(await totalOf(directory, USER), 0);
    }),
  );

  test(
    "failOnErrors skips the rest in that case too",
    inDirectory(async (directory) => {
      const { store } = countingTransactions(directory.store, (count) =>
        count >= 2 ? new StoreUnavailable("closed") : undefined,
      );
      const answers = await run(directory, many, { store: slowly(store), failOnErrors: 2 });
      assert.deepEqual(outcomes(answers).slice(-3), [201, "closed", "closed"]);
    }),
  );

  test(
    "before anything was done, the whole request fails",
    inDirectory(async (directory) => {
      const { store } = countingTransactions(directory.store, () => new StoreUnavailable("closed"));
      await assert.rejects(run(directory, many, { store }), StoreUnavailable);
    }),
  );

  test(
    "in one operation only, in any way, the others continue",
    inDirectory(async (directory) => {
      const store = insertingBy(directory.store, (insert) => async (transaction, endpoint, model, id, content) => {
        const stored = await insert(transaction, endpoint, model, id, content);
        if (content.label === "b") throw new Error("a fault of the program");
        return stored;
      });
      const answers = await run(directory, ["a", "b", "c"].map(newUser), { store });
      assert.deepEqual(outcomes(answers), [201, "a fault of the program", 201]);
      assert.equal(await totalOf(directory, USER), 2);
    }),
  );
});

test(
  "an attribute that became unique since the last batch is unique for the next one, even while the earlier settings are still served",
  inDirectory(async (directory) => {
    const about = directory.about(USER);
    const endpoints = new Endpoints([about.endpoint]);
    // Another process, so ours notices the change only by its writes.
    const elsewhere = { ...directory, endpoints: new Endpoints([]) };
    let count = 0;
    const transaction: Store["transaction"] = async (work) => {
      if (++count === 2) await changeEndpoint(elsewhere, "default", { settings: { unique: ["User:title"] } });
      return directory.store.transaction(work);
    };
    const store = insertingBy({ ...directory.store, transaction }, (insert) => async (...parameters) => {
      const untilMs = performance.now() + 4;
      while (performance.now() < untilMs);
      return insert(...parameters);
    });
    const runAtEndpoint: RunAtEndpoint = (work) =>
      withCurrentEndpoint({ store, endpoints }, endpoints.default, (endpoint) => work({ ...about, endpoint }));
    const titled = (name: string, title: string) => post(name, "/Users", { userName: name, title });
    const different = ["1", "2", "3", "4", "5", "6"].map((title) => titled(`u${title}`, title));
    const answers = await run(directory, [...different, titled("same", "1")], { store, runAtEndpoint });
    const [last, ...before] = outcomes(answers).toReversed();
    assert.deepEqual(new Set(before), new Set([201]));
    assert.match(String(last), /title "1" is taken/);
    const model = endpoints.default.modelAt.get("Users");
    for (const title of ["2", "6"]) {
      const { key } = about.endpoint;
      assert.ok(model && (await store.resources.holderOf(store.committed, key, model, "title", title)));
    }
  }),
);

test(
  "if the endpoint is gone, the remaining operations get that outcome",
  inDirectory(async (directory) => {
    let looks = 0;
    const runAtEndpoint: RunAtEndpoint = async (work) => {
      if (++looks > 1) throw new Error("gone");
      return work(directory.about(USER));
    };
    const store = insertingBy(directory.store, (insert) => async (...parameters) => {
      const untilMs = performance.now() + 4;
      while (performance.now() < untilMs);
      return insert(...parameters);
    });
    const answers = await run(directory, ["a", "b", "c", "d", "e", "f"].map(newUser), { store, runAtEndpoint });
    assert.deepEqual([outcomes(answers)[0], outcomes(answers)[5]], [201, "gone"]);
  }),
);

test(
  "other requests run while a large circle is created",
  inDirectory(async (directory) => {
    const turnsOf = async (size: number) => {
      let turns = 0;
      let next = setImmediate(function count() {
        turns++;
        next = setImmediate(count);
      });
      const name = (at: number) => `circle of ${size}: ${at % size}`;
      const ring = Array.from({ length: size }, (_, at) => newGroup(name(at), `bulkId:${name(at + 1)}`));
      assert.deepEqual(new Set(outcomes(await run(directory, ring))), new Set([201]));
      clearImmediate(next);
      return turns;
    };
    // Turns end by time, so their number depends on the machine.
    assert.ok((await turnsOf(400)) >= (await turnsOf(2)) + 2);
  }),
);

test(
  "parts run one after another in the order of their requests, also after a failing one",
  inDirectory(async ({ store }) => {
    const seen: string[] = [];
    const part = (name: string) => async () => {
      seen.push(`${name} begins`);
      await turn();
      seen.push(`${name} ends`);
      if (name === "a") throw new Error("a failed");
      return name;
    };
    const results = await Promise.allSettled(["a", "b", "c"].map((name) => oneAtATime(store, part(name))));
    assert.deepEqual(
      results.map((each) => (each.status === "fulfilled" ? each.value : "failed")),
      ["failed", "b", "c"],
    );
    assert.deepEqual(seen, ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  }),
);

test(
  "the event loop runs between two of them",
  inDirectory(async ({ store }) => {
    const seen: string[] = [];
    const part = (name: string) => async () => {
      seen.push(name);
      setImmediate(() => seen.push(`the loop after ${name}`));
    };
    await Promise.all([oneAtATime(store, part("a")), oneAtATime(store, part("b")), oneAtATime(store, part("c"))]);
    assert.deepEqual(seen, ["a", "the loop after a", "b", "the loop after b", "c"]);
  }),
);

test(
  "those of another store do not wait for them",
  inDirectory(async ({ store }) => {
    const other = { ...store };
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const waiting = oneAtATime(store, () => held);
    assert.equal(await oneAtATime(other, async () => "at once"), "at once");
    letGo();
    await waiting;
  }),
);
