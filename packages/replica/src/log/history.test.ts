import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { tailOf, withDoubtfulEnd } from "../restore/inventory.ts";
import { BEFORE_FIRST, type ChainLink, chainFrom, type Head, type SlotContent } from "./log.ts";
import type { LogRecord } from "./record.ts";
import { base, fence, hashOf, released, segment } from "./test-support.ts";

/**
 * How a writer fills a slot, and when it acknowledges the record.
 * - two-step: a folder. The name appears before the content; acknowledged once the next slot is claimed too.
 * - atomic: an object store. Name, content and acknowledgement come at once.
 * - careless: a folder, but acknowledged as soon as the content exists. Loses writes; the control.
 */
type Storage = "two-step" | "atomic" | "careless";

/** The log, the writers that share it, and what they acknowledged. Every step is one access to storage. */
class World {
  readonly storage: Storage;
  readonly slots: (SlotContent & { readonly state: "torn" | "whole" })[] = [];
  readonly acknowledged: number[] = [];
  /** Slots that newcomers have claimed for their fences. */
  readonly begun = new Set<number>();
  #records = 0;

  constructor(storage: Storage) {
    this.storage = storage;
  }

  /** Creates an empty slot, unless it exists. */
  claim(slot: number): boolean {
    if (this.slots.length >= slot) return false;
    assert.equal(slot, this.slots.length + 1, "no slot is left out");
    this.slots.push({ slot, state: "torn", bytes: 0 });
    return true;
  }

  fill(record: LogRecord): Head {
    const hash = hashOf(++this.#records);
    this.slots[record.slot - 1] = { slot: record.slot, state: "whole", record, hash };
    return { slot: record.slot, hash };
  }

  tear(slot: number): void {
    this.slots[slot - 1] = { slot, state: "torn", bytes: 99 };
  }
}

type Steps<T> = Generator<void, T>;

/** The decisions of a writer, made by the test. */
type Choices = () => number;

/** A writer: claims the log with a fence, reads what precedes it, and writes links until it meets another writer. */
function* run(world: World, choose: Choices): Steps<void> {
  let epoch = 1;
  for (;;) {
    const seen = yield* readLog(world, Number.POSITIVE_INFINITY);
    epoch = Math.max(epoch, chainFrom(BEFORE_FIRST, seen).maxEpoch + 1);
    const slot = seen.length + 1;
    if (!(yield* write(world, fence(slot, { epoch }), false))) continue;
    const before = chainFrom(BEFORE_FIRST, yield* readLog(world, slot - 1));
    if (before.maxEpoch < epoch) return yield* own(world, choose, slot + 1, epoch, before.links.at(-1));
  }
}

function* own(world: World, choose: Choices, first: number, epoch: number, last: ChainLink | undefined): Steps<void> {
  let previous: Head = last === undefined ? BEFORE_FIRST : { slot: last.record.slot, hash: last.hash };
  for (let slot = first; ; slot++) {
    const choice = choose() % 20;
    if (choice === 0) {
      yield* write(world, released(slot, { epoch }), true);
      return;
    }
    const terms = { epoch, previous: previous.slot, previousHash: previous.hash };
    const written = yield* write(world, choice === 1 ? base(slot, terms) : segment(slot, terms), true);
    if (written === undefined) return;
    previous = written;
  }
}

/** @param claimed whether the slot is already this writer's, in two-step storage */
function* write(world: World, record: LogRecord, claimed: boolean): Steps<Head | undefined> {
  const { slot, kind } = record;
  const twoStep = world.storage === "two-step";
  yield;
  if (!(claimed && twoStep) && !world.claim(slot)) return undefined;
  if (!claimed) world.begun.add(slot);
  if (world.storage !== "atomic") {
    yield;
    world.tear(slot);
    yield;
  }
  const head = world.fill(record);
  if (twoStep) {
    yield;
    if (!world.claim(slot + 1)) return undefined;
  }
  if (kind === "segment" || kind === "base") world.acknowledged.push(slot);
  return head;
}

/** Reads as `readTail` does: slot by slot, while others write, and torn ones twice. */
function* readLog(world: World, through: number): Steps<SlotContent[]> {
  const read: SlotContent[] = [];
  for (let slot = 1; slot <= Math.min(world.slots.length, through); slot++) {
    if (world.slots.length - slot < 4) yield;
    read.push(world.slots[slot - 1] as SlotContent);
  }
  const lastWhole = read.findLastIndex(({ state }) => state === "whole");
  for (let at = lastWhole - 1; at >= 0; at--) {
    if (read[at]?.state !== "torn") continue;
    yield;
    read[at] = world.slots[at] as SlotContent;
  }
  return read;
}

/** An event: one of three instances lets its writer continue for some steps, or replaces it. */
type Event = { readonly place: number; readonly steps: number; readonly dies: boolean; readonly choice: number };

const events: fc.Arbitrary<Event[]> = fc.array(
  fc.record({
    place: fc.nat(2),
    steps: fc.integer({ min: 1, max: 14 }),
    dies: fc.integer({ min: 0, max: 9 }).map((chance) => chance === 0),
    choice: fc.nat(19),
  }),
  { minLength: 1, maxLength: 120, size: "max" },
);

const slotsOf = (links: readonly ChainLink[]) => links.map(({ record }) => record.slot);

/** Plays the events, and checks after each step what can be read from the log. */
function play(storage: Storage, history: readonly Event[]) {
  const world = new World(storage);
  const heads = new Map<string, Head>();
  const writers: Steps<void>[] = [];
  let choice = 0;
  for (const event of history) {
    choice = event.choice;
    if (event.dies) delete writers[event.place];
    for (let step = 0; step < event.steps; step++) {
      writers[event.place] ??= run(world, () => choice++);
      const isReleased = chainFrom(BEFORE_FIRST, world.slots).released;
      const acknowledged = world.acknowledged.length;
      if (writers[event.place]?.next().done) delete writers[event.place];
      const head = checkHistory(world, world.slots);
      heads.set(head.hash, head);
      if (storage === "two-step") checkEnd(world);
      if (isReleased) assert.equal(world.acknowledged.length, acknowledged, "nobody writes to a log that is released");
    }
  }
  for (let length = 0; length <= world.slots.length; length++) checkHistory(world, world.slots.slice(0, length));
  for (const head of [BEFORE_FIRST, ...heads.values()]) checkContinuation(world, head);
  return world;
}

/** The chain contains everything acknowledged, complete and in order. */
function checkHistory(world: World, slots: readonly SlotContent[]): Head {
  const { links } = chainFrom(BEFORE_FIRST, slots);
  const inChain = new Set(slotsOf(links));
  const expected = world.acknowledged.filter((slot) => slot <= slots.length);
  assert.deepEqual(
    expected.filter((slot) => inChain.has(slot)),
    expected,
    "nothing that was acknowledged is lost",
  );
  let before = BEFORE_FIRST;
  for (const { record, hash } of links) {
    assert.ok(record.slot > before.slot && record.previousSlot === before.slot && record.previousHash === before.hash);
    before = { slot: record.slot, hash };
  }
  return before;
}

/** The end of the log counts as damaged only if it is. */
function checkEnd({ slots, begun, acknowledged }: World): void {
  const { broken, doubt, chain } = endOf(slots, begun);
  assert.deepEqual([broken, doubt], [undefined, undefined]);
  const last = acknowledged.at(-1) ?? 0;
  const behind = slots.slice(last).map((content) => (content.state === "whole" ? content.record.kind : content.state));
  if (last !== chain.links.at(-1)?.record.slot || behind.includes("fence")) return;
  const damaged = endOf(slots.with(last - 1, { slot: last, state: "torn", bytes: 0 }), begun);
  assert.ok(damaged.broken !== undefined || damaged.doubt !== undefined, `slot ${last} is lost, and nothing tells`);
}

/** @param claimed slots that newcomers intended to take */
function endOf(slots: readonly SlotContent[], claimed: Iterable<number>) {
  const tail = tailOf(BEFORE_FIRST, { slots, nextSlot: slots.length + 1 });
  return tail.broken === undefined
    ? withDoubtfulEnd(tail, tail.chain.links.at(-1)?.record.slot ?? 0, {
        claimed: [...claimed],
        writesWholeSlots: false,
      })
    : tail;
}

/** Reading on from a head gives the same as reading from the start, unless the head is void, which is reported. */
function checkContinuation(world: World, head: Head): void {
  const all = chainFrom(BEFORE_FIRST, world.slots).links;
  const behind = all.filter(({ record }) => record.slot > head.slot);
  const isInChain = head === BEFORE_FIRST || all.some(({ hash }) => hash === head.hash);
  const from = isInChain ? 0 : behind.findIndex(({ record }) => record.kind === "base");
  const readOn = () => slotsOf(chainFrom(head, world.slots.slice(head.slot)).links);
  if (from === -1) assert.throws(readOn, { name: "ChainBroken" });
  else assert.deepEqual(readOn(), slotsOf(behind.slice(from)));
}

test("in a folder, no history of writers that die, freeze and overlap loses acknowledged changes", () => {
  fc.assert(
    fc.property(events, (history) => void play("two-step", history)),
    { numRuns: 150 },
  );
});

test("in some histories, only the claims of newcomers show that the end of the log is not damaged", () => {
  let doubtful = 0;
  for (const history of fc.sample(events, { numRuns: 200, seed: 1 })) {
    const { slots } = play("two-step", history);
    if (endOf(slots, []).doubt !== undefined) doubtful++;
  }
  assert.ok(doubtful > 0 && doubtful < 100, `${doubtful}`);
});

test("nor does one in an object store", () => {
  fc.assert(
    fc.property(events, (history) => void play("atomic", history)),
    { numRuns: 150 },
  );
});

test("the histories do lose changes if they are acknowledged before the next slot is claimed", () => {
  const { failed, errorInstance } = fc.check(
    fc.property(events, (history) => void play("careless", history)),
    { numRuns: 1_000, seed: 1, endOnFailure: true },
  );
  assert.ok(failed);
  assert.match((errorInstance as Error).message, /nothing that was acknowledged is lost/);
});

test("the histories produce void links, void heads, and released logs", () => {
  const found = { links: 0, voidLinks: 0, bases: 0, torn: 0, released: 0 };
  for (const history of fc.sample(events, { numRuns: 200, seed: 1 })) {
    const { slots } = play("two-step", history);
    const { links } = chainFrom(BEFORE_FIRST, slots);
    const isLink = (slot: SlotContent) => slot.state === "whole" && ["segment", "base"].includes(slot.record.kind);
    found.links += links.length;
    found.voidLinks += slots.filter(isLink).length - links.length;
    found.bases += links.filter(({ record }) => record.kind === "base").length;
    found.torn += slots.filter(({ state }) => state === "torn").length;
    found.released += slots.filter((slot) => slot.state === "whole" && slot.record.kind === "released").length;
  }
  for (const [what, count] of Object.entries(found)) assert.ok(count >= 50, `${count} ${what}`);
});
