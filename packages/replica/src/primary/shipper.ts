import { setTimeout as sleep } from "node:timers/promises";
import type { DatabaseChecksum } from "../checksum.ts";
import { releaseMemory } from "../encoding.ts";
import { Fenced } from "../errors.ts";
import type { Lease } from "../lease/lease.ts";
import type { SlotAndHash } from "../local/sidecar.ts";
import { type Base, encodeRecord, type LogRecord, recordHash, type Segment } from "../log/record.ts";
import type { WalChange, WalReader } from "../wal/wal.ts";
import type { Gate } from "./gate.ts";
import type { Guard, Pin } from "./guard.ts";

/** Pages in one flight; a larger transaction goes as a whole all the same. */
const MAX_FLIGHT_BYTES = 8 * 1_024 * 1_024;

/**
 * In mode async a commit waits so long for more to join its flight: pages that change all the time are shipped, and packed,
 * so much less often. With a flight of the same length that is less than a second; where flights take longer, it is they
 * that commits wait for.
 */
const ASYNC_DELAY_MS = 400;

/** How often to look for commits that nobody told us of. */
const POLL_MS = 250;

/** After so long without contact the log may have gone on, and what lay behind its head may be gone. */
const STALE_AFTER_MS = 60_000;

/** Pauses between attempts while the target is away. */
const RETRY_MS = { first: 100, last: 2_000 };

/** The link that the log ends with, and what the database is after it. */
export type Head = {
  readonly slot: number;
  readonly hash: string;
  readonly timeMs: number;
  readonly epoch: number;
  readonly lastCommit: number;
  readonly pageSize: number;
  readonly databasePages: number;
  readonly checksum: string;
};

export type ShipperOptions = {
  readonly lease: Lease;
  /** Positioned behind the commit that `head` ends with. */
  readonly wal: WalReader;
  readonly checksum: DatabaseChecksum;
  readonly head: Head;
  readonly nextSlot: number;
  /** Holds the database at the head, if something does already. */
  readonly pin: Pin | undefined;
  readonly gate: Gate;
  /** The clock, ms since 1970. */
  readonly nowMs: () => number;
  readonly guard: Guard;
  /** A flight has arrived. */
  readonly shipped: (record: Segment, bytes: number) => void;
  /** No flight is under way any more. */
  readonly settled: () => void;
  readonly failed: (error: Error) => void;
  /** Asked before the first write after a long time without contact: whether this is still the owner. */
  readonly isStillOwner: () => Promise<boolean>;
  /** Whether a slot holds exactly these bytes. */
  readonly holds: (slot: number, bytes: Buffer) => Promise<boolean>;
  /** Nothing will be shipped any more: another one is the writer, or the log here cannot be read. */
  readonly ended: (reason: Error) => void;
};

/** The head, with the database file kept from going beyond it. */
export type HeldHead = {
  readonly head: Head;
  readonly pin: Pin;
  /** Where in the log it is: the database file is at the head once so many frames of this generation are in it. */
  readonly walGeneration: number | undefined;
  readonly walFrames: number;
};

/** Takes what is committed to the target, one flight after the other: what comes while one is under way goes with the next. */
export class Shipper {
  readonly #options: ShipperOptions;
  readonly latency = new Latency();
  readonly totals = { segments: 0, bytes: 0, commits: 0 };
  #head: Head;
  #checksum: DatabaseChecksum;
  #nextSlot: number;
  /** Holds the database at the head, but for a transaction so large that it takes several flights. */
  #pin: Pin | undefined;
  #pinIsAtHead = false;
  #pinnedAt: WalReader["position"];
  /** Of the flight under way. */
  #flightPin: Pin | undefined;
  /** The log here has gone on unread: nothing but a new base can follow on the head. */
  #isAdrift = false;
  #flight: Promise<void> | undefined;
  #start: NodeJS.Immediate | NodeJS.Timeout | undefined;
  #inFlight: Segment | undefined;
  #attempted: SlotAndHash | undefined;
  #lastContactMs = Date.now();
  #tookSomething = false;
  #halts = 0;
  #stopped = false;
  readonly #poll: NodeJS.Timeout;

  constructor(options: ShipperOptions) {
    this.#options = options;
    this.#head = options.head;
    this.#checksum = options.checksum;
    this.#nextSlot = options.nextSlot;
    this.#pin = options.pin;
    this.#pinIsAtHead = options.pin !== undefined;
    this.#pinnedAt = options.wal.position;
    this.#poll = setInterval(() => this.#look(), POLL_MS);
    this.#poll.unref();
  }

  get head(): Head {
    return this.#head;
  }

  /** Of the pages up to the last commit that was read from the log. */
  get checksum(): DatabaseChecksum {
    return this.#checksum;
  }

  /** The slot that would be written next. */
  get nextSlot(): number {
    return this.#nextSlot;
  }

  /** What was under way when it ended: it may or may not stand at the target. */
  get inFlight(): Segment | undefined {
    return this.#inFlight;
  }

  /** The links that the log may end with now: an attempt that failed may have succeeded. */
  get possibleHeads(): readonly SlotAndHash[] {
    const { slot, hash } = this.#head;
    return this.#attempted === undefined ? [{ slot, hash }] : [{ slot, hash }, this.#attempted];
  }

  /** Whether something is on its way to the target, or tries to be; or nothing may be for the moment. */
  get isBusy(): boolean {
    return this.#flight !== undefined || this.#halts > 0;
  }

  /** Bytes of the log that have been read; the target has them but for those in flight. */
  get shippedWalBytes(): number {
    return this.#options.wal.position.bytes;
  }

  /** There was a commit. @param isAwaited whether answers rest on it */
  changed(isAwaited = true): void {
    this.#options.gate.commit(isAwaited);
    this.#schedule();
  }

  /** Somebody waits for what is committed: do not let it wait for more. */
  hurry(): void {
    this.#begin();
  }

  /** Resolves when everything committed by now is at the target, or nothing more will be. */
  async flush(): Promise<void> {
    const { gate } = this.#options;
    const until = gate.committed;
    do {
      this.#begin();
      await this.#flight;
    } while (!this.#stopped && !this.#isAdrift && this.#halts === 0 && gate.committed - gate.unshippedCommits < until);
  }

  /** Waits for the flight under way, and lets no other begin before as many calls of {@link resume}. */
  async halt(): Promise<void> {
    this.#halts++;
    await this.#flight;
  }

  resume(): void {
    this.#halts--;
    this.#begin();
  }

  /** Nothing more is shipped; an attempt under way is not repeated. Lets go of the database. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#poll);
    this.#unschedule();
    await this.#flight;
    this.#unpin();
  }

  /** @returns undefined when the database cannot be held at the head right now */
  holdHead(): HeldHead | undefined {
    if (this.#pin === undefined || !this.#pinIsAtHead) return undefined;
    const { generation, frames } = this.#pinnedAt;
    return { head: this.#head, pin: this.#pin.share(), walGeneration: generation, walFrames: frames };
  }

  /** Whether the target has not answered for so long that others may have written and packed their slots. */
  get isStale(): boolean {
    return Date.now() - this.#lastContactMs > STALE_AFTER_MS;
  }

  /** The target has answered, and nobody else was the owner. */
  touch(): void {
    this.#lastContactMs = Date.now();
  }

  /** Lets checkpoints go where they like: the log is not followed any longer, up to the next base. */
  castOff(): void {
    this.#isAdrift = true;
    this.#flightPin?.release();
    this.#unpin();
  }

  #unpin(): void {
    this.#pin?.release();
    this.#pin = undefined;
  }

  /** Goes on behind a new base, at which `pin` holds the database and the log's reader stands. */
  rebased(head: Head, checksum: DatabaseChecksum, pin: Pin): void {
    this.#head = head;
    this.#checksum = checksum;
    this.#isAdrift = false;
    this.#hold(pin, this.#options.wal.position);
  }

  /**
   * Writes a record into the slot it names, as often as it takes.
   * @returns how many attempts that took; 0 when it does not stand: another writer has taken over, or this one was stopped
   */
  async write(record: LogRecord, bytes: Buffer): Promise<number> {
    this.#attempted = { slot: record.slot, hash: recordHash(bytes) };
    let pauseMs = RETRY_MS.first;
    for (let attempts = 1; !this.#stopped; attempts++) {
      const startedMs = performance.now();
      try {
        if (this.isStale && !(await this.#options.isStillOwner())) {
          this.#end(new Fenced());
          return 0;
        }
        const { lease, holds } = this.#options;
        const isTaken = (await lease.slots.write(record.slot, bytes)) === "taken";
        // Whoever reads that the log is free takes it at once, maybe before we have learned that this was written.
        const isRead = record.kind === "released" && isTaken && (await holds(record.slot, bytes));
        if (isTaken && !isRead) {
          this.#end(new Fenced());
          return 0;
        }
        this.latency.add(performance.now() - startedMs);
        this.#nextSlot = record.slot + 1;
        this.#attempted = undefined;
        this.touch();
        return attempts;
      } catch (error) {
        this.#options.failed(error as Error);
      }
      await sleep(pauseMs);
      pauseMs = Math.min(pauseMs * 2, RETRY_MS.last);
    }
    return 0;
  }

  /** A flight that has a time to leave at takes what nobody told us of as well, and is not to leave before that. */
  #look(): void {
    if (this.#start === undefined) this.#begin();
  }

  #schedule(): void {
    if (this.#flight !== undefined || this.#start !== undefined || this.#stopped) return;
    const { inForce, lagMs } = this.#options.gate;
    // What came while a flight was under way has waited for that already.
    const delayMs = inForce === "async" ? ASYNC_DELAY_MS - lagMs : 0;
    if (delayMs > 0) this.#start = setTimeout(() => this.#begin(), delayMs);
    else this.#start = setImmediate(() => this.#begin());
  }

  #unschedule(): void {
    clearTimeout(this.#start as NodeJS.Timeout | undefined);
    clearImmediate(this.#start as NodeJS.Immediate | undefined);
    this.#start = undefined;
  }

  #begin(): void {
    this.#unschedule();
    if (this.#flight !== undefined || this.#halts > 0 || this.#isAdrift || this.#stopped) return;
    this.#flight = this.#fly()
      .catch((error: Error) => this.#end(error))
      .finally(() => {
        this.#flight = undefined;
        if (this.#stopped) return;
        if (this.#options.gate.unshippedCommits > 0) this.#schedule();
        // Once more with nothing to take: where the log has been copied whole, that lets it begin anew.
        else if (this.#tookSomething) this.#begin();
        this.#options.settled();
      });
  }

  async #fly(): Promise<void> {
    const { gate, guard, wal, shipped } = this.#options;
    let more: boolean;
    do {
      // In one turn of the event loop: what the pin holds is what the reader reads up to.
      const pin = guard.pin();
      this.#flightPin = pin;
      const change = wal.next(MAX_FLIGHT_BYTES);
      const readTo = wal.position;
      this.#tookSomething = change !== undefined;
      if (change === undefined) {
        // Where the log has been copied whole, this pin lets it begin anew, which the one before did not.
        this.#hold(pin, readTo);
        gate.arrived(gate.committed);
        return;
      }
      more = change.more;
      if (more) pin.release();
      if (gate.unshippedCommits === 0) gate.commit();
      const commit = more ? gate.committed - gate.unshippedCommits : gate.committed;
      const record = this.#segment(change);
      this.#inFlight = record;
      gate.departed();
      const bytes = await encodeRecord(record);
      const attempts = await this.write(record, bytes);
      if (attempts === 0) {
        pin.release();
        return;
      }
      this.#inFlight = undefined;
      this.#head = headOf(record, recordHash(bytes));
      if (more || this.#isAdrift) this.#pinIsAtHead = false;
      else this.#hold(pin, readTo);
      this.totals.segments++;
      this.totals.bytes += bytes.length;
      this.totals.commits += change.commits;
      gate.arrived(commit);
      shipped(record, bytes.length);
      // An attempt that was given up may still be on its way with them.
      if (attempts === 1) releaseMemory(bytes);
    } while (more && this.#halts === 0 && !this.#isAdrift && !this.#stopped);
  }

  #hold(pin: Pin, at: WalReader["position"]): void {
    this.#pin?.release();
    this.#pin = pin;
    this.#pinnedAt = at;
    this.#pinIsAtHead = true;
  }

  #segment(change: WalChange): Segment {
    const { lease } = this.#options;
    const { databasePages } = change;
    let cutOff = false;
    change.pages.forEach((image, page) => {
      this.#checksum.set(page, image);
      cutOff ||= page > databasePages;
    });
    this.#checksum.resize(databasePages);
    const before = this.#head;
    return {
      kind: "segment",
      databaseId: lease.databaseId,
      epoch: lease.epoch,
      slot: this.#nextSlot,
      writer: lease.writer,
      timeMs: Math.max(this.#options.nowMs(), before.timeMs),
      previousSlot: before.slot,
      previousHash: before.hash,
      pageSize: change.pageSize,
      databasePages,
      firstCommit: before.lastCommit + 1,
      lastCommit: before.lastCommit + change.commits,
      checksum: this.#checksum.value,
      // A page above the end was cut off by a later transaction of the same flight.
      pages: cutOff ? new Map([...change.pages].filter(([page]) => page <= databasePages)) : change.pages,
    };
  }

  #end(reason: Error): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#poll);
    this.#options.ended(reason);
  }
}

export function headOf(link: Segment | Base, hash: string): Head {
  const { slot, timeMs, epoch, lastCommit, pageSize, databasePages, checksum } = link;
  return { slot, hash, timeMs, epoch, lastCommit, pageSize, databasePages, checksum };
}

/** How many of the last durations count. */
const KEPT = 512;

/** The last durations of something, for its quantiles. */
export class Latency {
  readonly #kept: number[] = [];
  #at = 0;

  add(durationMs: number): void {
    this.#kept[this.#at] = durationMs;
    this.#at = (this.#at + 1) % KEPT;
  }

  /** @returns null before anything was measured */
  quantiles(): { p50: number; p99: number } | null {
    if (this.#kept.length === 0) return null;
    const sorted = [...this.#kept].sort((left, right) => left - right);
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return { p50: round(at(0.5)), p99: round(at(0.99)) };
  }
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
