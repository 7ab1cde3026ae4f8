import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExchangeSummary, RecordedExchange } from "../../store/exchange.ts";
import type { ExchangeFilter } from "../../store/monitor.ts";
import type { Scope } from "../../store/store.ts";
import { exchange } from "../export/testing/exchange.ts";
import { type Batch, Feed } from "./feed.ts";

/** Recorded exchanges, as far as they have come. */
class Recorded {
  readonly feed: Feed;
  exchanges: RecordedExchange[] = [];
  reads = 0;
  /** What happens while a read is under way. */
  meanwhile: () => void = () => undefined;
  readonly #listeners = new Set<() => void>();

  constructor() {
    this.feed = new Feed({
      recordings: {
        subscribe: (listener) => {
          this.#listeners.add(listener);
          return () => this.#listeners.delete(listener);
        },
      },
      exchanges: {
        lastPosition: async () => this.exchanges.at(-1)?.position ?? 0,
        since: (_scope, filter, position, limit) => this.#since(filter, position, limit),
      },
      scope: {} as Scope,
      names: () => (key) => (key === undefined ? null : `endpoint${key}`),
    });
  }

  add(...positions: readonly number[]): void {
    this.exchanges.push(...positions.map((position) => exchange({ position, endpoint: 1 + (position % 2) })));
    for (const listener of this.#listeners) listener();
  }

  /** One endpoint after the other, as the store does it. */
  async #since({ methods }: ExchangeFilter, position: number, limit: number): Promise<ExchangeSummary[]> {
    this.reads++;
    const found: ExchangeSummary[] = [];
    for (const endpoint of [1, 2]) {
      const own = this.exchanges.filter((each) => each.endpoint === endpoint && each.position > position);
      found.push(...own.filter(({ method }) => methods === undefined || methods.includes(method)));
      this.meanwhile();
    }
    return found.sort((a, b) => a.position - b.position).slice(0, limit);
  }
}

function idsIn(events: Buffer): number[] {
  return [...String(events).matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
}

function nothingUpTo(position: number): Batch {
  return { events: Buffer.alloc(0), position, isMore: false };
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at + 1);
}

test("a batch has what came behind a position, as events, and where to go on", async () => {
  const recorded = new Recorded();
  recorded.add(1, 2, 3);
  const { events, position, isMore } = await recorded.feed.read({}, 1);
  assert.deepEqual([idsIn(events), position, isMore], [[2, 3], 3, false]);
  assert.match(
    String(events),
    /^id: 2\nevent: exchange\ndata: \{"id":\d+,"position":2,.*"endpoint":"endpoint1".*\}\n\nid: 3\n/,
  );
  assert.deepEqual(await recorded.feed.read({}, 3), nothingUpTo(3));
});

test("what comes while endpoints are read one after the other is not passed over", async () => {
  const recorded = new Recorded();
  recorded.add(1, 2, 3);
  // 4 is of the endpoint that was read already, 5 of the one that is read next.
  recorded.meanwhile = () => {
    recorded.meanwhile = () => undefined;
    recorded.add(4, 5);
  };
  const seen: number[] = [];
  for (let position = 0, isMore = true; isMore; ) {
    const batch = await recorded.feed.read({}, position);
    seen.push(...idsIn(batch.events));
    ({ position, isMore } = batch);
  }
  assert.deepEqual(seen, [1, 2, 3, 4, 5]);
});

test("many are read a page at a time, and none twice", async () => {
  const recorded = new Recorded();
  recorded.add(...upTo(250));
  const pages: number[][] = [];
  for (let position = 0, isMore = true; isMore; ) {
    const batch = await recorded.feed.read({}, position);
    pages.push(idsIn(batch.events));
    ({ position, isMore } = batch);
  }
  assert.deepEqual(pages.flat(), upTo(250));
  assert.deepEqual(
    pages.map(({ length }) => length),
    [100, 100, 50],
  );
});

test("a filter that leaves everything out moves on all the same", async () => {
  const recorded = new Recorded();
  recorded.add(...upTo(120));
  assert.deepEqual(await recorded.feed.read({ methods: ["PUT"] }, 0), nothingUpTo(120));
});

test("those who watch the same share a read, until more is recorded", async () => {
  const recorded = new Recorded();
  recorded.add(1);
  await Promise.all(upTo(10).map(() => recorded.feed.read({}, 0)));
  await recorded.feed.read({}, 0);
  assert.equal(recorded.reads, 1);
  await recorded.feed.read({ methods: ["GET"] }, 0);
  assert.equal(recorded.reads, 2);
  recorded.add(2);
  assert.deepEqual(idsIn((await recorded.feed.read({}, 0)).events), [1, 2]);
  assert.equal(recorded.reads, 3);
});

test("between two reads the event loop comes round", async () => {
  const recorded = new Recorded();
  recorded.add(1, 2, 3);
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  count();
  const [first = 0, second = 0, third = 0] = await Promise.all(
    [0, 1, 2].map(async (after) => {
      await recorded.feed.read({}, after);
      return turns;
    }),
  );
  isOver = true;
  assert.ok(first < second && second < third, `${first} ${second} ${third}`);
});

test("a read that fails is not shared with who comes later", async () => {
  const recorded = new Recorded();
  recorded.add(1);
  recorded.meanwhile = () => {
    throw new Error("the disk does not answer");
  };
  await assert.rejects(recorded.feed.read({}, 0), /does not answer/);
  recorded.meanwhile = () => undefined;
  assert.deepEqual(idsIn((await recorded.feed.read({}, 0)).events), [1]);
});

test("who watches is told of recordings until it ends", () => {
  const recorded = new Recorded();
  let told = 0;
  const end = recorded.feed.watch(() => told++);
  recorded.add(1);
  end();
  recorded.add(2);
  assert.equal(told, 1);
});
