import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Endpoints, loadEndpoints } from "../../endpoint/endpoints.ts";
import { type Exchange, exchangeIdAt } from "../../store/exchange.ts";
import type { HistoryEntry, RetentionStep } from "../../store/monitor.ts";
import { connectionOf } from "../../store/sqlite/connection.ts";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import { type Key, StoreUnavailable, type Transaction } from "../../store/store.ts";
import { databasePlace } from "../../testing/database.ts";
import { type RetentionParts, type RetentionTimes, startRetention } from "./retention.ts";

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 5, 1);

/** Enough for what is under way to come to its end here. */
const SOON_MS = 20_000;

const NEVER_MS = 1_000_000;
const AT_ONCE: RetentionTimes = {
  firstMs: 0,
  everyMs: NEVER_MS,
  exchanges: NEVER_MS,
  pauses: { quiet: { timesWork: 0, leastMs: 1 }, busy: { timesWork: 0, leastMs: 1 } },
};

let made = 0;

function exchange(endpoint: Key | undefined, ageDays: number, body = new Uint8Array()): Exchange {
  const message = { headers: [], body, bodyBytes: body.length };
  return {
    ...{
      id: exchangeIdAt(NOW_MS - ageDays * DAY_MS) + made++,
      endpoint,
      method: "GET",
      path: "/Users",
      query: "",
      status: 200,
    },
    ...{ durationUs: 1, split: { queueUs: 0, databaseUs: 0, durableUs: 0 }, clientAddress: "", userAgent: "" },
    ...{ requestId: "", request: message, response: message, credential: undefined, dialect: "entra" },
    ...{ severity: "info", isProbe: false, sentences: [], findings: [], resources: [], details: {} },
  };
}

function version(ageDays: number): HistoryEntry {
  return {
    resource: { type: "User", id: `user-${ageDays}`, label: "Ada" },
    ...{
      revision: 1,
      action: "modify",
      atMs: NOW_MS - ageDays * DAY_MS,
      exchange: undefined,
      changes: [],
      concerns: [],
    },
    actor: { credential: undefined, dialect: "entra" },
  };
}

/** A database with the default endpoint and another one, and what retention is told of it. */
async function open(t: TestContext, settings: object = {}, other: object = {}) {
  const place = databasePlace();
  const store = openSqliteStore(place.file);
  const stops: (() => Promise<void>)[] = [];
  t.after(async () => {
    for (const stop of stops) await stop();
    await store.close();
    place.remove();
  });
  const [first, second] = await store.transaction(async (transaction) => [
    await store.endpoints.insert(transaction, { name: "default", settings: { retention: settings } as never }, 0),
    await store.endpoints.insert(transaction, { name: "other", settings: { retention: other } as never }, 0),
  ]);
  const keys = [first?.key ?? 0, second?.key ?? 0] as const;
  const endpoints = new Endpoints(await loadEndpoints(store));
  const listeners = new Set<() => void>();
  const lines: string[] = [];
  const parts: RetentionParts = {
    store,
    endpoints,
    recorder: {
      subscribe: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    now: () => NOW_MS,
    log: (level, line) => void lines.push(`${level}: ${line}`),
  };
  return {
    store,
    keys,
    endpoints,
    parts,
    lines,
    listeners,
    record: async (...exchanges: readonly Exchange[]) => {
      const batch = exchanges;
      await store.inBackground((transaction) => store.monitor.exchanges.record(transaction, batch));
      for (const listener of listeners) listener();
    },
    append: (endpoint: Key, ...ages: readonly number[]) =>
      store.transaction(async (transaction) => {
        for (const age of ages) await store.monitor.history.append(transaction, endpoint, version(age));
      }),
    start: (own: Partial<RetentionParts> = {}, times: Partial<RetentionTimes> = {}) => {
      const retention = startRetention({ ...parts, ...own }, { ...AT_ONCE, ...times });
      stops.push(retention.stop);
      return retention;
    },
    /** Exchanges and entries of history by endpoint: of none, of the first, of the second. */
    sizes: async () => {
      const sizes = await store.monitor.sizes(store.committed);
      return [undefined, ...keys].map((key) => {
        const size = sizes.find(({ endpoint }) => endpoint === key);
        return [size?.exchanges ?? 0, size?.historyEntries ?? 0];
      });
    },
  };
}

type Opened = Awaited<ReturnType<typeof open>>;

async function until(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + SOON_MS; !(await look()); await delay(5)) {
    assert.ok(performance.now() < endMs, `not within ${SOON_MS} ms: ${what}`);
  }
}

async function untilSizesAre({ sizes }: Opened, expected: number[][]): Promise<void> {
  let last: number[][] = [];
  await until("the sizes", async () => {
    last = await sizes();
    return JSON.stringify(last) === JSON.stringify(expected);
  }).catch(() => assert.deepEqual(last, expected));
}

describe("retention", () => {
  test("removes what is past its time: of each endpoint by its settings, of none by the default one's", async (t) => {
    const world = await open(
      t,
      { exchanges: { maxAgeDays: 3 }, history: { maxAgeDays: 10 } },
      { exchanges: { maxCount: 0 } },
    );
    const [first, second] = world.keys;
    for (const age of [20, 5, 2]) {
      await world.record(exchange(first, age), exchange(second, age), exchange(undefined, age));
    }
    await world.append(first, 400, 20, 11, 9, 1);
    await world.append(second, 400, 20, 1);
    world.start();
    await untilSizesAre(world, [
      [1, 0],
      [1, 2],
      [0, 2],
    ]);
    assert.deepEqual(world.lines, []);
  });

  test("keeps as much as fits where there is more than may be", async (t) => {
    const world = await open(t, { exchanges: { maxBytes: 1_048_576 } });
    const [first] = world.keys;
    for (let batch = 0; batch < 6; batch++) {
      const bodies = Array.from({ length: 30 }, () => crypto.getRandomValues(new Uint8Array(16_384)));
      await world.record(...bodies.map((body) => exchange(first, 1, body)));
    }
    world.start();
    await until("the size", async () => {
      const [size] = await world.store.monitor.sizes(world.store.committed);
      const { exchangeBytes = 0, exchanges = 0 } = size ?? {};
      return exchangeBytes <= 1_048_576 && exchanges === 31;
    });
  });

  test("takes large exchanges away a MiB or so at a time, not a thousand of them", async (t) => {
    const maxBytes = 6 * 1_048_576;
    const world = await open(t, { exchanges: { maxBytes } });
    const [first] = world.keys;
    for (let batch = 0; batch < 70; batch++) {
      const bodies = Array.from({ length: 16 }, () => crypto.getRandomValues(new Uint8Array(8_192)));
      await world.record(...bodies.map((body) => exchange(first, 1, body)));
    }
    world.start();
    await until("the size", async () => {
      const [{ exchangeBytes = 0 } = {}] = await world.store.monitor.sizes(world.store.committed);
      return exchangeBytes <= maxBytes && exchangeBytes > maxBytes / 2;
    });
  });

  test("looks again after a while", async (t) => {
    const world = await open(t, { exchanges: { maxCount: 0 } });
    world.start({}, { everyMs: 50 });
    for (let round = 0; round < 2; round++) {
      await world.record(exchange(world.keys[0], 0));
      await untilSizesAre(world, Array(3).fill([0, 0]));
    }
  });

  test("looks at once when much has been recorded since the last time", async (t) => {
    const world = await open(t, { exchanges: { maxCount: 0 } });
    const [first] = world.keys;
    await world.record(exchange(first, 0));
    world.start({}, { exchanges: 100 });
    await untilSizesAre(world, Array(3).fill([0, 0]));
    await world.record(...Array.from({ length: 99 }, () => exchange(first, 0)));
    await delay(100);
    assert.deepEqual((await world.sizes())[1], [99, 0]);
    await world.record(exchange(first, 0));
    await untilSizesAre(world, Array(3).fill([0, 0]));
  });

  test("follows settings as they change, and endpoints as they come", async (t) => {
    const world = await open(t);
    const { store, endpoints, keys } = world;
    await world.record(exchange(keys[0], 20));
    world.start({}, { everyMs: 20 });
    await delay(100);
    assert.deepEqual((await world.sizes())[1], [1, 0]);
    await store.transaction(async (transaction) => {
      const [known] = await store.endpoints.list(transaction);
      if (known === undefined) return;
      await store.endpoints.update(transaction, {
        ...known,
        settings: { retention: { exchanges: { maxAgeDays: 1 } } },
      });
    });
    endpoints.replace(await loadEndpoints(store));
    await untilSizesAre(world, Array(3).fill([0, 0]));
  });

  for (const isBusy of [false, true]) {
    test(`pauses between steps, and ${isBusy ? "longer while others are" : "not long while nobody is"} at work`, async (t) => {
      const world = await open(t, { exchanges: { maxCount: 0 } });
      const { store, keys } = world;
      for (let batch = 0; batch < 40; batch++) {
        await world.record(...Array.from({ length: 256 }, () => exchange(keys[0], 0)));
      }
      const begins: number[] = [];
      const inBackground = async <T>(work: (transaction: Transaction) => Promise<T>) => {
        const beginMs = performance.now();
        const step = await store.inBackground(work);
        if ((step as RetentionStep).removed > 0) begins.push(beginMs);
        return step;
      };
      const others = isBusy ? setInterval(() => workFor(10), 12) : undefined;
      t.after(() => clearInterval(others));
      const pauses = { quiet: { timesWork: 0, leastMs: 30 }, busy: { timesWork: 0, leastMs: 1_500 } };
      world.start({ store: { ...world.parts.store, inBackground } }, { pauses });
      const pausesMs = () => begins.slice(1).map((ms, at) => ms - (begins[at] ?? 0));
      // The machine may have others to serve at times, and what then waits counts as work here.
      await until("pauses", () => (isBusy ? begins.length > 1 : pausesMs().some((ms) => ms < 1_500)));
      assert.ok(Math.min(...pausesMs()) >= (isBusy ? 1_500 : 30), `${pausesMs().join()} ms`);
    });
  }

  test("goes on where an earlier process ended", async (t) => {
    const world = await open(t, { exchanges: { maxCount: 0 }, history: { maxAgeDays: 1 } });
    const [first] = world.keys;
    for (let batch = 0; batch < 20; batch++) {
      await world.record(...Array.from({ length: 256 }, () => exchange(first, 0)));
    }
    await world.append(first, ...Array.from({ length: 600 }, () => 2));
    const { stop } = world.start(
      {},
      { pauses: { quiet: { timesWork: 0, leastMs: 30 }, busy: { timesWork: 0, leastMs: 30 } } },
    );
    await until("something is gone", async () => ((await world.sizes())[1]?.[0] ?? 0) < 20 * 256);
    await stop();
    const left = await world.sizes();
    assert.ok((left[1]?.[1] ?? 0) > 0);
    await delay(60);
    assert.deepEqual(await world.sizes(), left);
    world.start();
    await untilSizesAre(world, Array(3).fill([0, 0]));
  });

  test("stops at once, also while writes are paused, and then nothing more is done", async (t) => {
    const world = await open(t, { exchanges: { maxCount: 0 } });
    const { store, keys } = world;
    await world.record(exchange(keys[0], 0));
    const resume = await store.pauseWrites();
    let waits = 0;
    const inBackground = <T>(work: (transaction: Transaction) => Promise<T>) => {
      waits++;
      return store.inBackground(work);
    };
    const { stop } = world.start({ store: { ...world.parts.store, inBackground } });
    await until("a step waits", () => waits > 0);
    // A step that waits is given up by the store after 5 s.
    const first = await Promise.race([stop().then(() => "stopped"), delay(2_500, "late", { ref: false })]);
    assert.equal(first, "stopped");
    resume();
    await store.transaction(async () => undefined);
    await delay(20);
    assert.deepEqual((await world.sizes())[1], [1, 0]);
    assert.deepEqual([waits, world.listeners.size, world.lines.length], [1, 0, 0]);
  });

  test("waits at its stop for the step that has begun", async (t) => {
    const world = await open(t);
    const begun = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    let isOver = false;
    const monitor = {
      ...world.parts.store.monitor,
      giveBackSpace: async () => {
        begun.resolve();
        await end.promise;
        isOver = true;
        return { isDone: true };
      },
    };
    const { stop } = world.start({ store: { ...world.parts.store, monitor } });
    await begun.promise;
    setTimeout(end.resolve, 30);
    await stop();
    assert.ok(isOver);
  });

  test("says nothing when the database is closed, and each other trouble once, until it is over", async (t) => {
    const world = await open(t, { exchanges: { maxCount: 0 } });
    const troubles = [
      new StoreUnavailable("The store is closed."),
      new Error("The disk is full."),
      new Error("The disk is full."),
      undefined,
      new Error("The disk is full."),
      new Error("It is broken."),
      undefined,
    ];
    let attempts = 0;
    const inBackground = <T>(work: (transaction: Transaction) => Promise<T>) => {
      const trouble = troubles[0];
      if (trouble === undefined) return world.store.inBackground(work);
      attempts++;
      troubles.shift();
      return Promise.reject(trouble);
    };
    // Past an attempt that succeeds it goes with the second endpoint's step.
    const monitor = {
      ...world.parts.store.monitor,
      giveBackSpace: async () => {
        if (troubles.length > 1) troubles.shift();
        return { isDone: true };
      },
    };
    world.start({ store: { ...world.parts.store, monitor, inBackground } }, { everyMs: 5 });
    await until("all attempts", () => attempts === 5);
    const line = (what: string) =>
      `warn: Old exchanges or history could not be removed; the server will try again: ${what}`;
    assert.deepEqual(world.lines, [line("The disk is full."), line("The disk is full."), line("It is broken.")]);
    await world.record(exchange(world.keys[0], 0));
    await untilSizesAre(world, Array(3).fill([0, 0]));
  });

  test("gives the space back that was taken", async (t) => {
    const world = await open(t, { exchanges: { maxCount: 0 } });
    const [first] = world.keys;
    for (let batch = 0; batch < 8; batch++) {
      const bodies = Array.from({ length: 100 }, () => crypto.getRandomValues(new Uint8Array(16_384)));
      await world.record(...bodies.map((body) => exchange(first, 0, body)));
    }
    const pages = () =>
      world.store.transaction(async (transaction) => connectionOf(transaction).get("PRAGMA page_count")?.[0] as number);
    const before = await pages();
    world.start();
    assert.ok(before > 3_200);
    // 4 MiB stay for what comes next.
    await until("the file is smaller", async () => (await pages()) < 1_500);
  });
});

/** Holds the event loop. */
function workFor(ms: number): void {
  for (const endMs = performance.now() + ms; performance.now() < endMs; );
}
