import { type Exchange, exchangeIds } from "../../store/monitor.ts";
import { type Store, StoreFull, StoreUnavailable } from "../../store/store.ts";
import { counted } from "../words/time-text.ts";
import { Actors } from "./actors.ts";
import type { Answered } from "./answered.ts";
import { exchangeOf } from "./exchange.ts";
import { Totals } from "./totals.ts";

/** What a process that is killed may lose of its records. History loses nothing: it is in the write's transaction. */
const FLUSH_MS = 100;

/** Exchanges written at once, and made fit at once: what the event loop is held for. Many together cost least. */
const MAX_AT_ONCE = 1_024;
const MAX_MADE_AT_ONCE = 128;

/** So many do not wait longer: a block of their own (store/sqlite/monitor/record.ts). */
const ENOUGH = 1_024;

/** What waits at most, in exchanges and bytes of their bodies: the database takes none. Then the newest are not kept. */
const MAX_WAITING = 20_000;
const MAX_WAITING_BYTES = 64 * 1_024 * 1_024;

/** When the database does not take them. */
const RETRY_MS = 1_000;

export type RecorderParts = {
  readonly store: Store;
  /** The highest id of an exchange that there may be. */
  readonly lastId: number;
  /** A line for people. */
  readonly log: (level: "warn", line: string) => void;
};

/** Keeps what was answered: behind the answers, many at once. */
export class Recorder {
  readonly actors = new Actors();
  readonly totals = new Totals();
  /** Makes the id of an exchange that begins now. */
  readonly nextId: (nowMs: number) => number;
  readonly #parts: RecorderParts;
  readonly #listeners = new Set<() => void>();
  #waiting: Answered[] = [];
  #waitingBytes = 0;
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
    this.nextId = exchangeIds(parts.lastId);
  }

  /** Exchanges that are not written yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Exchanges that will not be. */
  get lost(): number {
    return this.#lost;
  }

  /** Takes an exchange that has been answered. */
  record(answered: Answered): void {
    if (this.#closed) {
      this.#lost++;
      return;
    }
    const bytes = this.#waitingBytes + bytesOf(answered);
    if (this.#waiting.length >= MAX_WAITING || bytes > MAX_WAITING_BYTES) {
      this.#lose(1);
      return;
    }
    this.#waiting.push(answered);
    this.#waitingBytes = bytes;
    if (this.#flushing !== undefined) return;
    if (this.#waiting.length === ENOUGH) this.#flushSoon();
    else this.#schedule(FLUSH_MS);
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
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // What comes while one is under way may be behind what that one takes.
    await this.#flushing;
    await this.#flush();
  }

  /** Writes what waits, and takes no more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
    clearTimeout(this.#timer);
    this.#listeners.clear();
    this.#lose(this.#waiting.splice(0).length);
    this.#tellOfLost();
  }

  /** Takes no more, and writes nothing of what waits. */
  abandon(): void {
    this.#closed = true;
    this.#abandoned = true;
    this.#waiting = [];
    clearTimeout(this.#timer);
    this.#listeners.clear();
  }

  #flushSoon(): void {
    setImmediate(() => {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#flush().catch(() => undefined);
    });
  }

  #schedule(inMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flush().catch(() => undefined);
    }, inMs).unref();
  }

  #flush(): Promise<void> {
    let isTaken = false;
    this.#flushing ??= this.#writeAll()
      .then((taken) => {
        isTaken = taken;
      })
      .finally(() => {
        this.#flushing = undefined;
        if (this.#waiting.length === 0 || this.#closed) return;
        if (isTaken && this.#waiting.length >= ENOUGH) this.#flushSoon();
        else this.#schedule(isTaken ? FLUSH_MS : RETRY_MS);
      });
    return this.#flushing;
  }

  /**
   * Writes what waits by now. What comes meanwhile waits for more to come with it: a few at a time cost many times as
   * much each.
   * @returns false when the database does not take them now
   */
  async #writeAll(): Promise<boolean> {
    for (let left = this.#waiting.length; left > 0; ) {
      const some = this.#waiting.slice(0, Math.min(left, MAX_AT_ONCE));
      if (!(await this.#write(some))) return false;
      this.#waiting.splice(0, some.length);
      left -= some.length;
      for (const answered of some) {
        this.#waitingBytes -= bytesOf(answered);
        this.totals.add(answered);
      }
      this.#tellOfLost();
      for (const listener of this.#listeners) listener();
      await breathe();
    }
    return true;
  }

  /** @returns false when the database does not take them now */
  async #write(some: readonly Answered[]): Promise<boolean> {
    const { store, log } = this.#parts;
    try {
      const exchanges: Exchange[] = [];
      for (const [at, answered] of some.entries()) {
        if (at > 0 && at % MAX_MADE_AT_ONCE === 0) await breathe();
        const exchange = await exchangeOf(answered, this.actors, store).catch((error: unknown) => this.#skip(error));
        if (exchange !== undefined) exchanges.push(exchange);
      }
      if (this.#abandoned) return false;
      await store.inBackground((transaction) => store.monitor.exchanges.record(transaction, exchanges));
      return true;
    } catch (error) {
      if (this.#abandoned || error instanceof StoreUnavailable || error instanceof StoreFull) return false;
      // Better without these than never again.
      this.#lost += some.length;
      log("warn", `${counted(some.length, "exchange")} could not be recorded: ${(error as Error).message}`);
      return true;
    }
  }

  /** Better without one than without all that come with it. */
  #skip(error: unknown): undefined {
    if (this.#abandoned || error instanceof StoreUnavailable) throw error;
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

/** Requests have their turn in between. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function bytesOf({ requestBody, responseBody }: Answered): number {
  return (requestBody?.length ?? 0) + responseBody.length;
}

/** A recorder for an open database. */
export async function openRecorder(store: Store, log: RecorderParts["log"]): Promise<Recorder> {
  const { exchanges } = await store.monitor.exchanges.search(store.committed, {}, { limit: 1, counted: false });
  return new Recorder({ store, lastId: exchanges[0]?.id ?? 0, log });
}
