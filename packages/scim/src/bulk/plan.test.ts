import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Json, JsonObject } from "../json.ts";
import type { BulkOperation } from "./message.ts";
import { planBulk } from "./plan.ts";
import { collectBulkIds, dependenciesOf } from "./references.ts";
import { operationsOf, post } from "./test-support.ts";

function referring(...bulkIds: string[]): JsonObject {
  return { members: bulkIds.map((bulkId) => ({ value: `bulkId:${bulkId}` })) };
}

function put(path: string, ...bulkIds: string[]): JsonObject {
  return { method: "PUT", path, data: referring(...bulkIds) };
}

/** The positions in the message, in the planned order. */
function plan(...operations: Json[]): number[][] {
  return planBulk(operationsOf(...operations)).map((group) => group.map(({ index }) => index));
}

test("without references the order is that of the message", () => {
  assert.deepEqual(plan(post("a"), put("/Users/1"), post("b"), { method: "DELETE", path: "/Users/2" }), [
    [0],
    [1],
    [2],
    [3],
  ]);
  assert.deepEqual(planBulk([]), []);
});

test("[RFC 7644 §3.7.2] a referenced resource is created first, wherever it is in the message", () => {
  assert.deepEqual(plan(post("a"), post("g", referring("a"))), [[0], [1]]);
  assert.deepEqual(plan(post("g", referring("a")), post("a")), [[1], [0]]);
  assert.deepEqual(plan(post("a", referring("b")), post("b", referring("c")), post("c")), [[2], [1], [0]]);
});

test("a dependent operation waits, the others keep their order", () => {
  const free = { method: "DELETE", path: "/Users/5" };
  assert.deepEqual(plan(post("g", referring("a")), free, post("a"), post("b")), [[1], [2], [0], [3]]);
  assert.deepEqual(plan(post("g", referring("a")), post("h", referring("a")), post("a")), [[2], [0], [1]]);
});

test("operations on one resource keep their order, even if one has to wait", () => {
  const change = { method: "PATCH", path: "/groups/1", data: {} };
  assert.deepEqual(plan(put("/Groups/1", "a"), change, post("a")), [[2], [0], [1]]);
  assert.deepEqual(plan(put("/Groups/bulkId:g", "a"), { ...change, path: "/Groups/bulkId:g" }, post("g"), post("a")), [
    [2],
    [3],
    [0],
    [1],
  ]);
  assert.deepEqual(plan(put("/Groups/1", "a"), { ...change, path: "/Groups/2" }, post("a")), [[1], [2], [0]]);
});

describe("[RFC 7644 §3.7.1] operations that refer to each other are one group", () => {
  test("of two, as in the example", () => {
    assert.deepEqual(plan(post("qwerty", referring("ytrewq")), post("ytrewq", referring("qwerty"))), [[0, 1]]);
  });

  test("of more, with others before and after it", () => {
    const circle = [post("a", referring("b")), post("b", referring("c")), post("c", referring("a", "x"))];
    assert.deepEqual(plan(put("/Groups/1", "b"), ...circle, post("x"), post("y")), [[4], [1, 2, 3], [0], [5]]);
  });

  test("which runs at the position of its last one", () => {
    const free = { method: "DELETE", path: "/Users/5" };
    assert.deepEqual(plan(post("a", referring("b")), free, post("b", referring("a"))), [[1], [0, 2]]);
  });

  test("of one that refers to itself", () => {
    assert.deepEqual(plan(post("a", referring("a")), post("b")), [[0], [1]]);
  });
});

test("an unresolved reference changes nothing", () => {
  assert.deepEqual(plan(post("g", referring("nothing")), post("a")), [[0], [1]]);
});

test("10,000 operations in a chain, backwards, and in a circle are planned in time and without a deep stack", () => {
  const chain = (count: number, next: (index: number) => number): BulkOperation[] =>
    Array.from({ length: count }, (_, index) => ({
      kind: "operation",
      index,
      method: "POST",
      bulkId: `${index}`,
      path: { endpoint: "/Groups" },
      data: referring(`${next(index)}`),
    }));
  const started = performance.now();
  const backwards = planBulk(chain(10_000, (index) => index + 1));
  assert.deepEqual(
    backwards.map(([operation]) => operation?.index),
    Array.from({ length: 10_000 }, (_, at) => 9_999 - at),
  );
  const circle = planBulk(chain(10_000, (index) => (index + 1) % 10_000));
  assert.equal(circle[0]?.length, 10_000);
  assert.ok(performance.now() - started < 2_000);
});

describe("of any operations", () => {
  const names = ["a", "b", "c", "d", "e", "f", "g"];
  const references = fc.array(fc.constantFrom(...names, "nothing"), { maxLength: 3 });
  const creating = fc
    .subarray(names, { minLength: 0 })
    .chain((bulkIds) =>
      fc.tuple(...bulkIds.map((bulkId) => references.map((each) => post(bulkId, referring(...each))))),
    );
  const changing = fc.array(
    fc
      .tuple(fc.constantFrom("/Groups/1", "/Groups/2", "/Groups/bulkId:a", "/Groups/bulkId:b"), references)
      .map(([path, each]) => put(path, ...each)),
    { maxLength: 5 },
  );
  const operations = fc
    .tuple(creating, changing)
    .chain(([some, others]) => fc.shuffledSubarray([...some, ...others], { minLength: some.length + others.length }))
    .map((each) => (each.length === 0 ? [] : operationsOf(...each)));

  /** Whether one operation depends on another, directly or indirectly. */
  const needs = (all: readonly BulkOperation[], from: BulkOperation): Set<BulkOperation> => {
    const creators = collectBulkIds(all);
    const found = new Set<BulkOperation>();
    const look = (operation: BulkOperation): void => {
      for (const bulkId of dependenciesOf(operation)) {
        const creator = creators.get(bulkId);
        if (creator === undefined || found.has(creator)) continue;
        found.add(creator);
        look(creator);
      }
    };
    look(from);
    return found;
  };

  test("each appears once", () => {
    fc.assert(
      fc.property(operations, (all) => {
        const planned = planBulk(all).flat();
        assert.equal(planned.length, all.length);
        assert.deepEqual(new Set(planned), new Set(all));
      }),
    );
  });

  test("dependencies are in an earlier group, or in the same one if they are mutual", () => {
    fc.assert(
      fc.property(operations, (all) => {
        const groups = planBulk(all);
        const groupOf = new Map(groups.flatMap((group, at) => group.map((operation) => [operation, at] as const)));
        for (const operation of all) {
          for (const needed of needs(all, operation)) {
            const isCircle = needs(all, needed).has(operation);
            const [own = -1, other = -1] = [groupOf.get(operation), groupOf.get(needed)];
            assert.ok(isCircle ? own === other : other < own);
          }
        }
        for (const group of groups) {
          for (const operation of group) {
            for (const other of group) assert.ok(operation === other || needs(all, operation).has(other));
          }
          assert.deepEqual(
            group.map(({ index }) => index),
            group.map(({ index }) => index).sort((a, b) => a - b),
          );
        }
      }),
      { numRuns: 500 },
    );
  });

  test("those on one resource keep their order", () => {
    fc.assert(
      fc.property(operations, (all) => {
        const last = new Map<string, number>();
        for (const { path, index, method } of planBulk(all).flat()) {
          if (method === "POST") continue;
          const resource = JSON.stringify(path);
          assert.ok((last.get(resource) ?? -1) < index);
          last.set(resource, index);
        }
      }),
    );
  });
});
