import { yieldToEventLoop } from "../../event-loop.ts";
import { exchangeIds, isTurnedAway } from "../../store/exchange.ts";
import type { ExchangeBatch } from "../../store/monitor.ts";
import { type Store, StoreFull, StoreUnavailable } from "../../store/store.ts";
import { counted } from "../words/time-text.ts";
import { Actors } from "./actors.ts";
import type { Answered } from "./answered.ts";
import { exchangeOf, exchangeWithoutBodies } from "./exchange.ts";
import { Forms } from "./forms.ts";
import { Room } from "./room.ts";
import { type Counted, Totals } from "./totals.ts";

/** What a process that is killed may lose of its records. History loses nothing: it is in the write's transaction. */
const FLUSH_MS = 100;

/** Exchanges made fit at once, and written at once: what the event loop is held for. Many together cost least. */
const MAX_MADE_AT_ONCE = 128;
const MAX_AT_ONCE = 1_024;

/** Batches that share a commit: after each commit whoever reads finds the cache empty. */
const BATCHES_PER_COMMIT = 2;

/**
 * What waits at most, and bytes of it as it was sent: the database takes none. Then the newest are not kept. Those that
 * were turned away have a room of their own: a flood of them is not in the way of others.
 */
const MAX_WAITING = { count: 20_000, bytes: 64 * 1_024 * 1_024 };
const MAX_TURNED_AWAY = { count: 2_000, bytes: 8 * 1_024 * 1_024 };

/** When the database does not take them. */
const RETRY_MS = 1_000;

export type RecorderParts = {
  readonly store: Store;
  /** The highest id of an exchange that there may be. */
  readonly lastId: number;
  /** Off: exchanges are counted, and not kept. */
  readonly recording: "on" | "off";
  /** Whether the disk has room for what is not a change: the last of it is kept for those that are accepted. */
  readonly hasRoom: () => boolean;
  /** A line for people. */
  readonly log: (level: "warn", line: string) => void;
};

/**
 * So many exchanges may wait to be made fit before their URLs and headers count: usually they are made fit at once, and of
 * most reads no headers are left then.
 */
const MAX_NOT_COUNTED = 512;

/** An exchange that has a place in a room, and how much of it. */
type Waiting = { readonly answered: Answered; readonly room: Room; bytes: number; isHeadCounted: boolean };

/** What some exchanges have of a room. */
type Share = { count: number; bytes: number };

/** Exchanges made fit to be written together, and what they have of the rooms. */
type Batch = { readonly exchanges: ExchangeBatch; readonly usual: Share; readonly turnedAway: Share };

/** Keeps what was answered: behind the answers, many at once. */
export class Recorder {
  readonly actors = new Actors();
  readonly totals = new Totals();
  /** Makes the id of an exchange that begins now. */
  readonly nextId: (nowMs: number) => number;
  readonly #parts: RecorderParts;
  readonly #forms: Forms;
  readonly #listeners = new Set<() => void>();
  /** Made fit in the same turn of the event loop, while all that they consist of is at hand: later costs thrice that. */
  #answered: Waiting[] = [];
  #making: Promise<void> | undefined;
  /** Takes more. */
  #open: Batch | undefined;
  /** These do not. */
  #full: Batch[] = [];
  readonly #usual = new Room(MAX_WAITING);
  readonly #turnedAway = new Room(MAX_TURNED_AWAY);
  #lost = 0;
  #lostUntold = 0;
  /** Those of which something is wrong, and what with the last one. */
  #unfitUntold = 0;
  #unfitCause = "";
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #closed = false;
  #abandoned = false;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    this.#forms = new Forms(this.actors, parts.store);
    this.nextId = exchangeIds(parts.lastId);
  }

  /** Exchanges that are not written yet. */
  get waiting(): number {
    return this.#usual.count + this.#turnedAway.count;
  }

  /** Exchanges that will not be. */
  get lost(): number {
    return this.#lost;
  }

  /** Whether exchanges are kept; otherwise they are only counted. */
  get isOn(): boolean {
    return this.#parts.recording === "on";
  }

  /**
   * Counts an exchange that has been answered, and takes it where they are kept.
   * @param whole makes all of it, which costs more
   */
  record(counted: Counted, whole: () => Answered): void {
    if (!this.isOn) {
      this.totals.add(counted);
      return;
    }
    if (this.#closed) {
      this.#lost++;
      return;
    }
    const answered = whole();
    const room = isTurnedAway(counted.place.credential, counted.status) ? this.#turnedAway : this.#usual;
    const isHeadCounted = room === this.#turnedAway || this.#answered.length >= MAX_NOT_COUNTED;
    const bytes = bodyBytesOf(answered) + (isHeadCounted ? headBytesOf(answered) : 0);
    if (!room.take(bytes)) {
      this.#lose(1);
      return;
    }
    this.totals.add(counted);
    this.#answered.push({ answered, room, bytes, isHeadCounted });
    this.#making ??= this.#makeFit();
    if (this.#flushing === undefined) this.#schedule(FLUSH_MS);
  }

  /** Has a listener called after each time that exchanges were written. @returns ends that */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Resolves when everything recorded by now is written, or the database does not take it. */
  async flush(): Promise<void> {
    await this.#making;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // What comes while one is under way may be behind what that one takes.
    await this.#flushing;
    await this.#flush("all");
  }

  /** Writes what waits, and takes no more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
    clearTimeout(this.#timer);
    this.#listeners.clear();
    this.#lose(this.waiting);
    this.#forgetAll();
    this.#tellOfLost();
  }

  /** Takes no more, and writes nothing of what waits. */
  abandon(): void {
    this.#closed = true;
    this.#abandoned = true;
    this.#forgetAll();
    clearTimeout(this.#timer);
    this.#listeners.clear();
  }

  #forgetAll(): void {
    this.#answered = [];
    this.#open = undefined;
    this.#full = [];
    this.#usual.clear();
    this.#turnedAway.clear();
  }

  /** Makes fit what was answered, in its order and some at a time: requests have their turn in between. */
  async #makeFit(): Promise<void> {
    const { store } = this.#parts;
    for (await yieldToEventLoop(); this.#answered.length > 0; await yieldToEventLoop()) {
      for (const waiting of this.#answered.splice(0, MAX_MADE_AT_ONCE)) {
        const { answered } = waiting;
        try {
          const formed = this.#forms.fill(answered);
          if (formed !== undefined) {
            this.#add(waiting, (batch) => batch.addFormed(formed));
            continue;
          }
          countHead(waiting);
          const made = exchangeOf(answered, this.actors, store);
          const exchange = made instanceof Promise ? await made : made;
          if (this.#abandoned) return;
          this.#forms.learn(answered);
          this.#add(waiting, (batch) => batch.add(exchange));
        } catch {
          await this.#addInPart(waiting);
          if (this.#abandoned) return;
        }
      }
    }
    this.#making = undefined;
  }

  #add({ room, bytes }: Waiting, to: (batch: ExchangeBatch) => void): void {
    this.#open ??= this.#newBatch();
    const { exchanges, usual, turnedAway } = this.#open;
    to(exchanges);
    const share = room === this.#turnedAway ? turnedAway : usual;
    share.count++;
    share.bytes += bytes;
    if (exchanges.count < MAX_AT_ONCE) return;
    this.#closeBatch();
    if (this.#flushing === undefined && this.#full.length === BATCHES_PER_COMMIT) this.#flushSoon();
  }

  /** Better a part of one than nothing; better nothing of one than nothing of all that come with it. */
  async #addInPart(waiting: Waiting): Promise<void> {
    try {
      const exchange = await exchangeWithoutBodies(waiting.answered, this.actors, this.#parts.store);
      if (!this.#abandoned) this.#add(waiting, (batch) => batch.add(exchange));
    } catch (error) {
      this.#skip(waiting, error);
    }
  }

  #newBatch(): Batch {
    const exchanges = this.#parts.store.monitor.exchanges.batch();
    return { exchanges, usual: { count: 0, bytes: 0 }, turnedAway: { count: 0, bytes: 0 } };
  }

  #closeBatch(): void {
    if (this.#open !== undefined) this.#full.push(this.#open);
    this.#open = undefined;
  }

  #flushSoon(): void {
    setImmediate(() => {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#flush("full").catch(() => undefined);
    });
  }

  #schedule(inMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flush("all").catch(() => undefined);
    }, inMs).unref();
  }

  #flush(which: "all" | "full"): Promise<void> {
    let isTaken = false;
    this.#flushing ??= this.#writeAll(which)
      .then((taken) => {
        isTaken = taken;
      })
      .finally(() => {
        this.#flushing = undefined;
        if (this.waiting === 0 || this.#closed) return;
        if (isTaken && this.#full.length >= BATCHES_PER_COMMIT) this.#flushSoon();
        else this.#schedule(isTaken ? FLUSH_MS : RETRY_MS);
      });
    return this.#flushing;
  }

  /**
   * Writes what is made fit by now. What comes meanwhile waits for more to come with it: a few at a time cost many
   * times as much each.
   * @param which `full`: the batch that takes more may go on waiting, as it has just begun
   * @returns false when the database does not take them now
   */
  async #writeAll(which: "all" | "full"): Promise<boolean> {
    if (which === "all") this.#closeBatch();
    for (let left = this.#full.length; left > 0; left -= BATCHES_PER_COMMIT) {
      const batches = this.#full.slice(0, Math.min(left, BATCHES_PER_COMMIT));
      // What waits for the database at the same moment shares a commit.
      const taken = await Promise.all(batches.map(({ exchanges }) => this.#write(exchanges)));
      for (const batch of batches.filter((_, at) => taken[at])) this.#settle(batch);
      this.#tellOfLost();
      if (taken.includes(false)) return false;
      for (const listener of this.#listeners) listener();
      await yieldToEventLoop();
    }
    return true;
  }

  #settle(batch: Batch): void {
    this.#full.splice(this.#full.indexOf(batch), 1);
    this.#usual.give(batch.usual);
    this.#turnedAway.give(batch.turnedAway);
    batch.exchanges.release();
  }

  /** @returns false when the database does not take them now */
  async #write(exchanges: ExchangeBatch): Promise<boolean> {
    const { store, hasRoom, log } = this.#parts;
    if (!hasRoom()) return false;
    try {
      await store.inBackground(async (transaction) => {
        // Those that share a commit come one after the other.
        await yieldToEventLoop();
        await store.monitor.exchanges.record(transaction, exchanges);
      });
      return !this.#abandoned;
    } catch (error) {
      if (this.#abandoned || error instanceof StoreUnavailable || error instanceof StoreFull) return false;
      // Better without these than never again.
      this.#lost += exchanges.count;
      log("warn", `${counted(exchanges.count, "exchange")} could not be recorded: ${(error as Error).message}`);
      return true;
    }
  }

  #skip({ room, bytes }: Waiting, error: unknown): void {
    if (this.#abandoned) return;
    room.give({ count: 1, bytes });
    this.#lost++;
    this.#unfitUntold++;
    this.#unfitCause = (error as Error).message;
  }

  #lose(count: number): void {
    this.#lost += count;
    this.#lostUntold += count;
  }

  #tellOfLost(): void {
    const { log } = this.#parts;
    if (this.#lostUntold > 0) {
      log("warn", `${this.#lostUntold} exchanges were not recorded: more came than the database takes.`);
    }
    if (this.#unfitUntold > 0) {
      log("warn", `${counted(this.#unfitUntold, "exchange")} could not be recorded: ${this.#unfitCause}`);
    }
    this.#lostUntold = 0;
    this.#unfitUntold = 0;
  }
}

function countHead(waiting: Waiting): void {
  if (waiting.isHeadCounted) return;
  const bytes = headBytesOf(waiting.answered);
  waiting.room.grow(bytes);
  waiting.bytes += bytes;
  waiting.isHeadCounted = true;
}

function bodyBytesOf({ requestBody, responseBody }: Answered): number {
  return (requestBody?.length ?? 0) + responseBody.length;
}

function headBytesOf({ url, requestHeaders }: Answered): number {
  let bytes = url.length;
  for (let at = 0; at < requestHeaders.length; at++) bytes += (requestHeaders[at] as string).length;
  return bytes;
}

/** A recorder for an open database. */
export async function openRecorder(parts: Omit<RecorderParts, "lastId">): Promise<Recorder> {
  const { store } = parts;
  const { exchanges } = await store.monitor.exchanges.search(store.committed, {}, { limit: 1, counted: false });
  return new Recorder({ ...parts, lastId: exchanges[0]?.id ?? 0 });
}
