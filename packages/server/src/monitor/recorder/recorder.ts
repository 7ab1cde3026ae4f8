import { turnsOf, yieldToEventLoop } from "../../event-loop.ts";
import { type Exchange, exchangeIds, isRejected } from "../../store/exchange.ts";
import { type Store, StoreFull, StoreUnavailable } from "../../store/store.ts";
import { Memory } from "../finding/memory.ts";
import { counted } from "../words/values.ts";
import { Actors } from "./actors.ts";
import type { Answered } from "./answered.ts";
import { exchangeOf, exchangeWithoutBodies, type SecretNamesOf, secretNamesByEndpoint } from "./exchange.ts";
import { Room } from "./room.ts";
import { type Counted, Totals } from "./totals.ts";

/** A killed process may lose the records of this time. It loses no history, which is in the write's own transaction. */
const FLUSH_MS = 100;

/** Exchanges that share a transaction, and that are prepared before requests have their turn: both hold the event loop. */
const BATCH_EXCHANGES = 128;
const PREPARED_PER_TURN = 32;

/** Exchanges, and bytes of them as they were sent, that may wait for the database. Beyond that the newest are lost. */
const MAX_WAITING = { count: 20_000, bytes: 64 * 1_024 * 1_024 };

/** Rejected requests wait apart, so that a flood of them does not push out others. */
const MAX_REJECTED_WAITING = { count: 2_000, bytes: 8 * 1_024 * 1_024 };

/** When the database does not accept records. */
const RETRY_MS = 1_000;

type RecorderParts = {
  readonly store: Store;
  /** The highest exchange id in the database. */
  readonly lastId: number;
  /** Off: exchanges are only counted. */
  readonly recording: "on" | "off";
  /** Secrets of this server, which are recorded nowhere. */
  readonly knownSecrets: readonly string[];
  /** Whether the disk has room for records. Its last space is reserved for changes. */
  readonly hasRoom: () => boolean;
  readonly log: (level: "warn", line: string) => void;
};

type Waiting = {
  readonly answered: Answered;
  readonly room: Room;
  readonly bytes: number;
  /** Kept for the next attempt when the database does not accept it. */
  exchange: Exchange | undefined;
};

/** Records answered exchanges behind the responses, many in one transaction. */
export class Recorder {
  readonly actors = new Actors();
  readonly #memory = new Memory();
  readonly totals = new Totals();
  /** Makes the id of an exchange that begins now. */
  readonly nextId: (nowMs: number) => number;
  readonly secretNamesOf: SecretNamesOf;
  readonly #parts: RecorderParts;
  readonly #listeners = new Set<() => void>();
  readonly #usual = new Room(MAX_WAITING);
  readonly #rejected = new Room(MAX_REJECTED_WAITING);
  #queue: Waiting[] = [];
  #lost = 0;
  #lostUnreported = 0;
  #failedUnreported = 0;
  #failure = "";
  #timer: NodeJS.Timeout | undefined;
  #draining: Promise<void> | undefined;
  #isClosed = false;
  #isAbandoned = false;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    this.nextId = exchangeIds(parts.lastId, parts.store.replicas);
    this.secretNamesOf = secretNamesByEndpoint(parts.knownSecrets);
  }

  /** Exchanges that are not written yet. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Exchanges that were not recorded and never will be. */
  get lost(): number {
    return this.#lost;
  }

  /** Whether exchanges are recorded; otherwise they are only counted. */
  get isOn(): boolean {
    return this.#parts.recording === "on";
  }

  /**
   * Counts an answered exchange, and queues it if recording is on.
   * @param whole makes all of it, which costs more
   */
  record(facts: Counted, whole: () => Answered): void {
    if (!this.isOn) {
      this.totals.add(facts);
      return;
    }
    if (this.#isClosed) {
      this.#lost++;
      return;
    }
    const answered = whole();
    const room = isRejected({ credential: facts.place.credential, status: facts.status })
      ? this.#rejected
      : this.#usual;
    const bytes = bytesOf(answered);
    if (!room.take(bytes)) {
      this.#lose(1);
      return;
    }
    this.totals.add(facts);
    this.#queue.push({ answered, room, bytes, exchange: undefined });
    this.#schedule();
  }

  /** Calls a listener each time exchanges were written, here or by another process. @returns unsubscribes */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Calls the listeners. */
  announce(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Resolves when everything recorded by now is written, or the database did not accept it. */
  async flush(): Promise<void> {
    // A drain under way may not include the newest.
    await this.#draining;
    await this.#drain();
  }

  /** Writes what waits, and accepts no more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.flush();
    this.#lose(this.waiting);
    this.#stop();
    this.#reportLosses();
  }

  /** Writes nothing of what waits, and accepts no more. */
  abandon(): void {
    this.#isClosed = true;
    this.#isAbandoned = true;
    this.#stop();
  }

  #stop(): void {
    this.#queue = [];
    this.#usual.clear();
    this.#rejected.clear();
    clearTimeout(this.#timer);
    this.#listeners.clear();
  }

  /** A full batch is written at once, a few exchanges soon. */
  #schedule(): void {
    if (this.#draining !== undefined || this.#isClosed || this.#queue.length === 0) return;
    if (this.#queue.length >= BATCH_EXCHANGES) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      void this.#drain();
    } else this.#scheduleIn(FLUSH_MS);
  }

  #scheduleIn(ms: number): void {
    this.#timer ??= setTimeout(() => void this.#drain(), ms).unref();
  }

  #drain(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#draining ??= this.#writeQueue().then((isAccepted) => {
      this.#draining = undefined;
      if (isAccepted) this.#schedule();
      else if (!this.#isClosed) this.#scheduleIn(RETRY_MS);
    });
    return this.#draining;
  }

  /**
   * Writes what waits now. What comes meanwhile waits for more to come: a transaction for a few costs many times as much
   * for each.
   * @returns whether the database accepts records
   */
  async #writeQueue(): Promise<boolean> {
    await yieldToEventLoop();
    for (let left = this.#queue.length; left > 0; ) {
      const batch = this.#queue.slice(0, Math.min(left, BATCH_EXCHANGES));
      const exchanges = await this.#prepare(batch);
      if (this.#isAbandoned) return false;
      const isAccepted = await this.#write(exchanges);
      if (this.#isAbandoned) return false;
      if (!isAccepted) {
        this.#reportLosses();
        return false;
      }
      this.#queue.splice(0, batch.length);
      left -= batch.length;
      for (const { room, bytes } of batch) room.give(bytes);
      this.#reportLosses();
      if (exchanges.length > 0) this.announce();
      await yieldToEventLoop();
    }
    return true;
  }

  async #prepare(batch: readonly Waiting[]): Promise<Exchange[]> {
    const exchanges: Exchange[] = [];
    const endTurn = turnsOf();
    for (const [at, waiting] of batch.entries()) {
      // Some take much longer than others.
      const ending = at > 0 && at % PREPARED_PER_TURN === 0 ? yieldToEventLoop() : endTurn();
      if (ending !== undefined) await ending;
      if (this.#isAbandoned) break;
      waiting.exchange ??= await this.#exchangeOf(waiting.answered);
      if (waiting.exchange !== undefined) exchanges.push(waiting.exchange);
    }
    return exchanges;
  }

  /** @returns undefined for an exchange that cannot be recorded at all */
  async #exchangeOf(answered: Answered): Promise<Exchange | undefined> {
    const parts = { ...this.#parts, actors: this.actors, secretNamesOf: this.secretNamesOf, memory: this.#memory };
    try {
      return await exchangeOf(answered, parts);
    } catch {
      try {
        return await exchangeWithoutBodies(answered, parts);
      } catch (error) {
        this.#fail(1, error as Error);
        return undefined;
      }
    }
  }

  /** @returns whether the database accepts records now */
  async #write(exchanges: readonly Exchange[]): Promise<boolean> {
    const { store, hasRoom } = this.#parts;
    if (exchanges.length === 0) return true;
    if (!hasRoom()) return false;
    try {
      await store.inBackground((transaction) => store.monitor.exchanges.record(transaction, exchanges));
    } catch (error) {
      if (error instanceof StoreUnavailable || error instanceof StoreFull) return false;
      // Retrying these forever would lose all others.
      this.#fail(exchanges.length, error as Error);
    }
    return true;
  }

  #fail(count: number, { message }: Error): void {
    if (this.#isAbandoned) return;
    this.#lost += count;
    this.#failedUnreported += count;
    this.#failure = message;
  }

  #lose(count: number): void {
    this.#lost += count;
    this.#lostUnreported += count;
  }

  #reportLosses(): void {
    const { log } = this.#parts;
    if (this.#lostUnreported > 0) {
      log("warn", `${counted(this.#lostUnreported, "exchange")} could not be recorded: the database is too slow.`);
    }
    if (this.#failedUnreported > 0) {
      log("warn", `${counted(this.#failedUnreported, "exchange")} could not be recorded: ${this.#failure}`);
    }
    this.#lostUnreported = 0;
    this.#failedUnreported = 0;
  }
}

function bytesOf({ url, requestHeaders, requestBody, responseBody }: Answered): number {
  let bytes = url.length + (requestBody?.length ?? 0) + responseBody.length;
  for (const text of requestHeaders ?? []) bytes += text.length;
  return bytes;
}

/** A recorder for an open database. */
export async function openRecorder(parts: Omit<RecorderParts, "lastId">): Promise<Recorder> {
  const { store } = parts;
  const { exchanges } = await store.monitor.exchanges.search(store.committed, {}, { limit: 1, counted: false });
  return new Recorder({ ...parts, lastId: exchanges[0]?.id ?? 0 });
}
