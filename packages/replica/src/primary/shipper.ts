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

/** Pages in one flight. A larger transaction still goes as a whole. */
const MAX_FLIGHT_BYTES = 8 * 1_024 * 1_024;

/**
 * In mode async, a flight waits this long for more commits, so that pages that change all the time are shipped and packed less
 * often. With a flight of the same length, a commit is at the target in less than a second.
 */
const ASYNC_DELAY_MS = 400;

/** How often to look for commits that the host did not report. */
const POLL_MS = 250;

/** After this time without contact, others may have continued the log, and the slots behind its head may be gone. */
const STALE_AFTER_MS = 60_000;

/** Pauses between attempts while the target is unreachable. */
const RETRY_MS = { first: 100, last: 2_000 };

/** The last link of the log, and the state of the database after it. */
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
  /** Positioned behind the last commit of `head`. */
  readonly wal: WalReader;
  readonly checksum: DatabaseChecksum;
  readonly head: Head;
  readonly nextSlot: number;
  /** Holds the database at the head, if it is held already. */
  readonly pin: Pin | undefined;
  readonly gate: Gate;
  /** The clock, ms since 1970. */
  readonly nowMs: () => number;
  readonly guard: Guard;
  /** A flight has arrived. */
  readonly shipped: (record: Segment, bytes: number) => void;
  /** No flight is pending any more. */
  readonly settled: () => void;
  readonly failed: (error: Error) => void;
  /** Whether this is still the primary. Asked before the first write after a long time without contact. */
  readonly isStillOwner: () => Promise<boolean>;
  /** Whether a slot holds exactly these bytes. */
  readonly holds: (slot: number, bytes: Buffer) => Promise<boolean>;
  /** Nothing more will be shipped: another instance is the primary, or the WAL cannot be read. */
  readonly ended: (reason: Error) => void;
};

export type HeldHead = {
  readonly head: Head;
  readonly pin: Pin;
  /** The database file is at the head once this many frames of this generation of the WAL are in it. */
  readonly walGeneration: number | undefined;
  readonly walFrames: number;
};

/** Ships commits to the target, one flight at a time. Commits made meanwhile go with the next flight. */
export class Shipper {
  readonly #options: ShipperOptions;
  readonly latency = new Latency();
  readonly totals = { segments: 0, bytes: 0, commits: 0 };
  #head: Head;
  #checksum: DatabaseChecksum;
  #nextSlot: number;
  /** Holds the database at the head, except during a transaction that takes several flights. */
  #pin: Pin | undefined;
  #pinIsAtHead = false;
  #pinnedAt: WalReader["position"];
  /** Of the current flight. */
  #flightPin: Pin | undefined;
  /** The WAL continued unread: only a new base can follow the head. */
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

  /** Of the pages up to the last commit that was read from the WAL. */
  get checksum(): DatabaseChecksum {
    return this.#checksum;
  }

  get nextSlot(): number {
    return this.#nextSlot;
  }

  /** The flight that was pending when shipping ended: it may or may not be at the target. */
  get inFlight(): Segment | undefined {
    return this.#inFlight;
  }

  /** The links that the log may end with: an attempt that seemed to fail may have succeeded. */
  get possibleHeads(): readonly SlotAndHash[] {
    const { slot, hash } = this.#head;
    return this.#attempted === undefined ? [{ slot, hash }] : [{ slot, hash }, this.#attempted];
  }

  /** Whether a flight is pending or retried, or shipping is paused. */
  get isBusy(): boolean {
    return this.#flight !== undefined || this.#halts > 0;
  }

  /** Bytes of the WAL that have been read. The target has them, except those in flight. */
  get shippedWalBytes(): number {
    return this.#options.wal.position.bytes;
  }

  /** Notes a commit. @param isAwaited whether responses depend on it */
  changed(isAwaited = true): void {
    this.#options.gate.commit(isAwaited);
    this.#schedule();
  }

  /** Ships at once, without waiting for more commits. */
  hurry(): void {
    this.#begin();
  }

  /** Resolves when everything committed so far is at the target, or shipping has ended. */
  async flush(): Promise<void> {
    const { gate } = this.#options;
    const until = gate.committed;
    do {
      this.#begin();
      await this.#flight;
    } while (!this.#stopped && !this.#isAdrift && this.#halts === 0 && gate.committed - gate.unshippedCommits < until);
  }

  /** Waits for the current flight. No other begins before as many calls of {@link resume}. */
  async halt(): Promise<void> {
    this.#halts++;
    await this.#flight;
  }

  resume(): void {
    this.#halts--;
    this.#begin();
  }

  /** Ships nothing more, does not repeat the current attempt, and releases the database. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#poll);
    this.#unschedule();
    await this.#flight;
    this.#unpin();
  }

  /** @returns undefined if the database cannot be held at the head now */
  holdHead(): HeldHead | undefined {
    if (this.#pin === undefined || !this.#pinIsAtHead) return undefined;
    const { generation, frames } = this.#pinnedAt;
    return { head: this.#head, pin: this.#pin.share(), walGeneration: generation, walFrames: frames };
  }

  /** Whether the target has been silent for so long that others may have written and packed slots. */
  get isStale(): boolean {
    return Date.now() - this.#lastContactMs > STALE_AFTER_MS;
  }

  /** The target has answered, and this is still the primary. */
  touch(): void {
    this.#lastContactMs = Date.now();
  }

  /** Stops following the WAL until the next base, so checkpoints may pass the head. */
  detach(): void {
    this.#isAdrift = true;
    this.#flightPin?.release();
    this.#unpin();
  }

  #unpin(): void {
    this.#pin?.release();
    this.#pin = undefined;
  }

  /** Continues behind a new base, at which `pin` holds the database and the WAL reader is positioned. */
  rebased(head: Head, checksum: DatabaseChecksum, pin: Pin): void {
    this.#head = head;
    this.#checksum = checksum;
    this.#isAdrift = false;
    this.#hold(pin, this.#options.wal.position);
  }

  /**
   * Writes a record into its slot, and retries until that is settled.
   * @returns the number of attempts; 0 if it was not written, because another instance took over or shipping was stopped
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
        // Another instance may read this and take the log before we learn that it was written.
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

  /** A scheduled flight also takes unreported commits, and must not leave earlier. */
  #look(): void {
    if (this.#start === undefined) this.#begin();
  }

  #schedule(): void {
    if (this.#flight !== undefined || this.#start !== undefined || this.#stopped) return;
    const { inForce, lagMs } = this.#options.gate;
    // Commits that came during a flight have waited long enough.
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
        // Once more with nothing to take: if the WAL has been copied completely, that lets it restart.
        else if (this.#tookSomething) this.#begin();
        this.#options.settled();
      });
  }

  async #fly(): Promise<void> {
    const { gate, guard, wal, shipped } = this.#options;
    let more: boolean;
    do {
      // In the same tick, so that the reader reads exactly up to the pin.
      const pin = guard.pin();
      this.#flightPin = pin;
      const change = wal.next(MAX_FLIGHT_BYTES);
      const readTo = wal.position;
      this.#tookSomething = change !== undefined;
      if (change === undefined) {
        // If the WAL has been copied completely, this pin lets it restart; the previous one did not.
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
      // An abandoned attempt may still be sending them.
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
      // A later transaction of the same flight removed this page from the end.
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

/** How many durations are kept. */
const KEPT = 512;

export class Latency {
  readonly #kept: number[] = [];
  #at = 0;

  add(durationMs: number): void {
    this.#kept[this.#at] = durationMs;
    this.#at = (this.#at + 1) % KEPT;
  }

  /** @returns null before the first measurement */
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
