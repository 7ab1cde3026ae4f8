import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { insertUser } from "../store/conformance/world.ts";
import { type Exchange, exchangeIdAt } from "../store/exchange.ts";
import type { HistoryEntry } from "../store/monitor.ts";
import { connectionOf } from "../store/sqlite/connection.ts";
import { openSqliteStore } from "../store/sqlite/store.ts";
import { type Key, type Store, StoreUnavailable } from "../store/store.ts";
import { databasePlace } from "../testing/database.ts";
import {
  changeEndpoint,
  createEndpoint,
  deleteEndpoint,
  type EndpointAdmin,
  emptyEndpoint,
  finishDeletions,
  type RemoveOne,
} from "./administration.ts";
import { Endpoints, loadEndpoints } from "./endpoints.ts";

const NOW_MS = Date.UTC(2026, 5, 1);

/** Every table with rows of an endpoint. */
const TABLES = ["resource", "population", "exchange", "exchange_size", "population_by_hour", "history", "history_of"];

async function endpointAdminOf(store: Store): Promise<EndpointAdmin> {
  return { store, endpoints: new Endpoints(await loadEndpoints(store)), now: () => NOW_MS };
}

/** A database file with the default endpoint and "leaving"; both have users, exchanges and history. */
async function open(t: TestContext) {
  const place = databasePlace();
  const store = openSqliteStore(place.file);
  let last: Store = store;
  t.after(async () => {
    await last.close();
    place.remove();
  });
  /** After it is closed. */
  const reopen = (): Store => {
    last = openSqliteStore(place.file);
    return last;
  };
  await store.transaction((transaction) => store.endpoints.insert(transaction, { name: "default", settings: {} }, 0));
  const office = await endpointAdminOf(store);
  const { key } = await createEndpoint(office, "leaving", {});
  const [other] = await store.endpoints.list(store.committed);
  for (const endpoint of [other?.key ?? 0, key]) {
    for (const name of ["anna", "berta"]) await insertUser({ store, endpoint, otherEndpoint: 0 }, { userName: name });
    await store.transaction(async (transaction) => {
      const some = Array.from({ length: 30 }, (_, at) => exchange(endpoint, at));
      await store.monitor.exchanges.record(transaction, some);
      for (let at = 0; at < 1_500; at++) await store.monitor.history.append(transaction, endpoint, version(at));
    });
  }
  return { store, office, key, otherKey: other?.key ?? 0, reopen };
}

function exchange(endpoint: Key, at: number): Exchange {
  const message = { headers: [], body: new Uint8Array(), bodyBytes: 0 };
  return {
    ...{ id: exchangeIdAt(NOW_MS) + endpoint * 1_000 + at, endpoint, method: "POST", path: "/Users", query: "" },
    ...{ status: 201, durationUs: 1, split: { queueUs: 0, databaseUs: 0, durableUs: 0 }, clientAddress: "" },
    ...{ userAgent: "", requestId: "", request: message, response: message, credential: undefined, dialect: "entra" },
    ...{ severity: "info", isProbe: false, sentences: [], findings: [], resources: [], details: {} },
  };
}

function version(at: number): HistoryEntry {
  return {
    resource: { type: "User", id: `user-${at}`, label: "Ada" },
    ...{ revision: 1, action: "create", atMs: NOW_MS, exchange: undefined, changes: [], concerns: [] },
    actor: { credential: undefined, dialect: "entra" },
  };
}

function rowsOf(store: Store, endpoint: Key): Promise<number[]> {
  return store.transaction(async (transaction) =>
    TABLES.map(
      (table) =>
        connectionOf(transaction).get(`SELECT count(*) FROM ${table} WHERE endpoint = ?`, endpoint)?.[0] as number,
    ),
  );
}

const NOTHING = TABLES.map(() => 0);

async function keysOf(store: Store): Promise<Key[]> {
  return (await store.endpoints.list(store.committed)).map(({ key }) => key);
}

describe("a deleted endpoint", () => {
  test("loses its resources and records, and other endpoints lose nothing", async (t) => {
    const { store, office, key, otherKey } = await open(t);
    const before = await rowsOf(store, otherKey);
    assert.deepEqual(before, await rowsOf(store, key));
    const { removed } = await deleteEndpoint(office, "leaving");
    assert.equal(office.endpoints.get("leaving"), undefined);
    await removed;
    assert.deepEqual(await rowsOf(store, key), NOTHING);
    assert.deepEqual(await rowsOf(store, otherKey), before);
    assert.deepEqual(await keysOf(store), [otherKey]);
  });

  test("is deleted in steps, which the next start continues after a crash", async (t) => {
    const { store, office, key, otherKey, reopen } = await open(t);
    let steps = 0;
    const forget: Store["monitor"]["forget"] = async (...given) => {
      if (++steps === 3) void store.close();
      return store.monitor.forget(...given);
    };
    const dying = { ...store, monitor: { ...store.monitor, forget } };
    const { removed } = await deleteEndpoint({ ...office, store: dying }, "leaving");
    await assert.rejects(removed, StoreUnavailable);
    const again = reopen();
    const left = await rowsOf(again, key);
    const history = left[TABLES.indexOf("history")] ?? 0;
    assert.ok(left[0] === 0 && history > 0 && history < 1_500, left.join());
    assert.deepEqual(await keysOf(again), [otherKey, key]);
    await finishDeletions(await endpointAdminOf(again));
    assert.deepEqual(await rowsOf(again, key), NOTHING);
    assert.deepEqual(await keysOf(again), [otherKey]);
  });

  const late: Readonly<Record<string, (store: Store, endpoint: Key) => Promise<unknown>>> = {
    "a resource": (store, endpoint) => insertUser({ store, endpoint, otherEndpoint: 0 }, { userName: "late" }),
    "much history": (store, endpoint) =>
      store.transaction(async (transaction) => {
        for (let at = 0; at < 600; at++) await store.monitor.history.append(transaction, endpoint, version(at));
      }),
    "an exchange": (store, endpoint) =>
      store.inBackground((transaction) => store.monitor.exchanges.record(transaction, [exchange(endpoint, 99)])),
  };
  for (const [what, write] of Object.entries(late)) {
    test(`loses ${what} that a request in progress has written in the meantime`, async (t) => {
      const { store, office, key } = await open(t);
      let steps = 0;
      const forget: Store["monitor"]["forget"] = async (transaction, endpoint) => {
        const step = await store.monitor.forget(transaction, endpoint);
        // The last step before the endpoint itself is removed.
        if (step.isDone && steps++ === 0) void write(store, endpoint);
        return step;
      };
      const watched = { ...store, monitor: { ...store.monitor, forget } };
      const { removed } = await deleteEndpoint({ ...office, store: watched }, "leaving");
      await removed;
      assert.ok(steps > 1);
      assert.deepEqual(await rowsOf(store, key), NOTHING);
    });
  }
});

describe("an endpoint that is changed while it is emptied", () => {
  test("is emptied with its current settings", async (t) => {
    const { store, office, key } = await open(t);
    const revisions = new Set<number>();
    let changed: Promise<unknown> | undefined;
    const remove: RemoveOne = async (transaction, endpoint, model, resource) => {
      await store.resources.remove(transaction, endpoint.key, model, resource.key, NOW_MS);
      revisions.add(endpoint.revision);
      changed ??= changeEndpoint(office, "leaving", { settings: { unique: ["User:title"] } });
    };
    for (let at = 0; at < 60; at++) await insertUser({ store, endpoint: key, otherEndpoint: 0 }, { userName: `${at}` });
    let removed = 0;
    await emptyEndpoint(office, "leaving", remove, (some) => {
      removed += some;
    });
    assert.equal(removed, 62);
    await changed;
    assert.deepEqual([...revisions], [1, 2]);
    assert.equal((await store.endpoints.population(store.committed, key)).size, 0);
  });
});
