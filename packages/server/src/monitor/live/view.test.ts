import assert from "node:assert/strict";
import { test } from "node:test";
import { StoreUnavailable } from "../../store/store.ts";
import type { Batch, Feed } from "./feed.ts";
import { USUAL_PACE, View, type ViewParts } from "./view.ts";

const QUICK = { heartbeatMs: 30, checkMs: 5 };
/** What happens with it happens by itself. */
const SLOW = { heartbeatMs: 60_000, checkMs: 5_000 };

/** A feed in which positions come when the test says so. */
function newFeed(start: number) {
  let last = start;
  const watchers = new Set<() => void>();
  const feed = {
    position: async () => last,
    watch: (wake: () => void) => {
      watchers.add(wake);
      return () => watchers.delete(wake);
    },
    read: async (_filter: object, after: number): Promise<Batch> => {
      const positions = Array.from({ length: last - after }, (_, at) => after + 1 + at);
      return { events: Buffer.from(positions.map((id) => `${id};`).join("")), position: last, isMore: false };
    },
  } as unknown as Feed;
  const add = (count: number) => {
    last += count;
    for (const wake of watchers) wake();
  };
  return { feed, add, watchers };
}

function newView({ feed }: { readonly feed: Feed }, more: Partial<ViewParts> = {}): View {
  return new View({ feed, filter: {}, after: undefined, mayWatch: async () => true, pace: USUAL_PACE, ...more });
}

test("it begins with where it is, then tells of what comes", async () => {
  const world = newFeed(7);
  const events = newView(world).events();
  assert.equal(String((await events.next()).value), "retry: 2000\nid: 7\n\n");
  world.add(2);
  assert.equal(String((await events.next()).value), "8;9;");
  const next = events.next();
  world.add(1);
  assert.equal(String((await next).value), "10;");
});

test("it begins behind the position that is named, but not further on than there is", async () => {
  const world = newFeed(7);
  assert.equal(String((await newView(world, { after: 3 }).events().next()).value), "retry: 2000\nid: 3\n\n");
  assert.equal(String((await newView(world, { after: 0 }).events().next()).value), "retry: 2000\nid: 0\n\n");
  assert.equal(String((await newView(world, { after: 900 }).events().next()).value), "retry: 2000\nid: 7\n\n");
});

test("nothing is read until it is asked for", async () => {
  const world = newFeed(0);
  const events = newView(world).events();
  await events.next();
  for (let at = 0; at < 5; at++) world.add(1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(String((await events.next()).value), "1;2;3;4;5;");
});

test("what comes while it reads is told next, and not waited for", async () => {
  const world = newFeed(0);
  const { read } = world.feed;
  let isFirst = true;
  const feed = {
    ...world.feed,
    read: async (...args: Parameters<typeof read>) => {
      const batch = await read(...args);
      if (isFirst) world.add(1);
      isFirst = false;
      return batch;
    },
  } as unknown as Feed;
  const events = newView({ feed }, { pace: SLOW }).events();
  await events.next();
  const startMs = performance.now();
  assert.equal(String((await events.next()).value), "1;");
  assert.ok(performance.now() - startMs < SLOW.checkMs / 2);
});

test("while nothing comes, a heartbeat says where to go on", async () => {
  const world = newFeed(7);
  const events = newView(world, { pace: QUICK }).events();
  await events.next();
  const startMs = performance.now();
  assert.equal(String((await events.next()).value), ":\nid: 7\n\n");
  assert.ok(performance.now() - startMs >= QUICK.heartbeatMs - 1);
  assert.equal(String((await events.next()).value), ":\nid: 7\n\n");
});

test("it ends when it is ended, also while it waits", async () => {
  const world = newFeed(0);
  const view = newView(world, { pace: SLOW });
  const events = view.events();
  await events.next();
  const startMs = performance.now();
  const next = events.next();
  setTimeout(() => view.end(), 5);
  assert.equal((await next).done, true);
  assert.ok(performance.now() - startMs < SLOW.checkMs / 2);
  assert.equal(world.watchers.size, 0);
});

test("it ends when its watcher may not watch any more: nothing is told after that", async () => {
  const world = newFeed(0);
  let may = true;
  const events = newView(world, { mayWatch: async () => may, pace: QUICK }).events();
  await events.next();
  may = false;
  world.add(1);
  assert.equal((await events.next()).done, true);
  // Also without anything to tell.
  may = true;
  const idle = newView(world, { mayWatch: async () => may, pace: { heartbeatMs: 60_000, checkMs: 5 } }).events();
  await idle.next();
  const next = idle.next();
  may = false;
  assert.equal((await next).done, true);
});

test("it ends when the database is closed, and fails when it fails", async () => {
  const world = newFeed(0);
  for (const [error, isEnd] of [
    [new StoreUnavailable("closed"), true],
    [new Error("damaged"), false],
  ] as const) {
    const read = () => Promise.reject(error);
    const events = newView({ feed: { ...world.feed, read } as unknown as Feed }).events();
    await events.next();
    if (isEnd) assert.equal((await events.next()).done, true);
    else await assert.rejects(events.next(), /damaged/);
    assert.equal(world.watchers.size, 0);
  }
});
