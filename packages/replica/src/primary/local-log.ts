import { setTimeout as sleep } from "node:timers/promises";
import { waitUntil } from "../async.ts";
import type { SteadyClock } from "../clock.ts";
import { type TailLink, tailLink } from "../compaction/compaction.ts";
import type { ReplicaOptions } from "../replica.ts";
import { baseOf, freezeWhole, type Handles, HeldFile, type NewBase } from "./base.ts";
import { noteAheadOf } from "./begin.ts";
import type { Disk } from "./disk.ts";
import type { Gate } from "./gate.ts";
import type { Failures } from "./primary.ts";
import type { Head, Shipper } from "./shipper.ts";

/** The WAL is copied into the database file from this size on. */
const CHECKPOINT_BYTES = 4 * 1_024 * 1_024;

/** From this size on, writes are held for one flight so that the WAL can restart. */
const RESTART_BYTES = 32 * 1_024 * 1_024;

/**
 * While the target is unreachable, the WAL is kept up to this size; after that the target needs a new base. Beyond this size
 * its file is truncated. Up to it the file keeps its length, because overwriting costs less than extending.
 */
const OUTGROWN_BYTES = 64 * 1_024 * 1_024;

/** On a tight disk, the WAL restarts, and its file is truncated, from this size on. */
const TIGHT_BYTES = 1_024 * 1_024;

/** On a full disk, a WAL of this size is given up to make room. */
const OUTGROWN_ON_FULL_DISK_BYTES = 8 * 1_024 * 1_024;

/**
 * A target that accepts no data of a copy for this long hangs. A share that flushes to its disks may take some time. With a
 * full local disk the wait is shorter.
 */
const STALLED_MS = 60_000;
const STALLED_ON_FULL_DISK_MS = 15_000;

/** Before writes are held, the WAL is copied until this much is left, or this many times. */
const SHORT_TAIL_BYTES = 2 * 1_024 * 1_024;
const COPIES_BEFORE_PAUSE = 3;

/** While writes are held, readers of an older state are awaited this many times, and this long each. */
const CUT_OFF_ATTEMPTS = 10;
const CUT_OFF_PAUSE_MS = 5;

/** The pause before the next attempt if that was not enough. */
const CUT_OFF_AGAIN_MS = 1_000;

/** How long writes are held at most until the target has everything: a slow flight or two. */
const MAX_PAUSE_MS = 1_000;

/** The pause before the next attempt if that was not enough. */
const PAUSE_AGAIN_MS = 5_000;

/** Unshipped bytes are counted up to here. */
const MAX_COUNTED_BYTES = 8 * 1_024 * 1_024;

export type LocalLogOptions = Pick<ReplicaOptions, "file" | "target" | "host" | "log"> & {
  readonly parts: Handles;
  readonly gate: Gate;
  readonly clock: SteadyClock;
  readonly shipper: Shipper;
  readonly disk: Disk;
  /** There is one more link in the log at the target. */
  readonly linked: (link: TailLink) => void;
  /** A copy that currently holds the database file, if any. */
  readonly copying: () => HeldFile | undefined;
  readonly failures: Failures;
  /** Whether this primary is stepping back, or about to. */
  readonly isEnding: () => boolean;
};

/**
 * Keeps the WAL short: copies it into the database file as it grows, and lets it restart. If the target is unreachable for
 * too long, the WAL is given up, and the target gets a new base.
 */
export class LocalLog {
  readonly #options: LocalLogOptions;
  #checkpointed: { readonly generation: number | undefined; readonly bytes: number } = {
    generation: undefined,
    bytes: 0,
  };
  /** Whether the last checkpoint left frames in the WAL. */
  #isCheckpointPartial = false;
  #isOutgrown = false;
  /** The current one. */
  #job: Promise<void> | undefined;
  /** Holds the database at a base that is not yet in the target's log. */
  #baseOnItsWay: HeldFile | undefined;
  #restartNotBeforeMs = 0;
  #rebaseNotBeforeMs = 0;

  constructor(options: LocalLogOptions) {
    this.#options = options;
  }

  /** Whether the WAL has been given up: only a new base can bring the target up to date. */
  get isOutgrown(): boolean {
    return this.#isOutgrown;
  }

  get isWhole(): boolean {
    return this.#options.gate.unshippedCommits === 0 && !this.#isOutgrown;
  }

  get fileBytes(): number {
    return this.#options.parts.wal.fileBytes();
  }

  /** Bytes in the WAL that are not at the target. They are counted up to a limit, which keeps this quick. */
  get unshippedBytes(): number {
    if (this.isWhole) return 0;
    const behind = this.#options.parts.wal.bytesAhead(MAX_COUNTED_BYTES);
    return behind + (this.#options.shipper.inFlight?.pages.size ?? 0) * this.#options.shipper.head.pageSize;
  }

  /**
   * Notes that the file is ahead of the target, and that its WAL no longer shows how.
   * @param next a link that the target may end with soon
   */
  noteAhead(next?: Head): void {
    const { file, parts, shipper } = this.#options;
    noteAheadOf(file, parts.lease, next === undefined ? shipper.possibleHeads : [...shipper.possibleHeads, next]);
  }

  /** Copies the WAL into the database file as it grows, and lets it restart. */
  tidy(): void {
    if (this.#isOutgrown) this.#giveUpStalled();
    const job = this.#isOutgrown ? this.#shortening() : this.#tidying();
    if (job !== undefined) this.#alone(job);
  }

  /** The target answers: if the WAL has been given up, makes a new base. */
  targetAnswers(): void {
    // The current flight comes first. Until it arrives, the WAL is kept short.
    if (this.#isOutgrown && !this.#options.shipper.isBusy) this.#alone(() => this.#rebaseNow());
  }

  /** Runs one job at a time. A job that becomes due meanwhile is due again at the next check. */
  #alone(job: () => Promise<void>): void {
    const { failures, isEnding } = this.#options;
    if (this.#job !== undefined || isEnding()) return;
    this.#job = job()
      .then(() => failures.succeeded("local log"))
      .catch((error: Error) => failures.failed("local log", error))
      .finally(() => {
        this.#job = undefined;
      });
  }

  #tidying(): (() => Promise<void>) | undefined {
    const { generation } = this.#options.parts.wal.position;
    const bytes = this.#readBytes;
    // A truncated WAL may restart with the same generation.
    const isNew = generation !== this.#checkpointed.generation || bytes < this.#checkpointed.bytes;
    if (isNew) this.#checkpointed = { generation, bytes: 0 };
    // While the target is unreachable, holding writes would not help the WAL to restart.
    const isLong = bytes >= RESTART_BYTES || this.#isFileLong;
    if (isLong && !this.#options.gate.isAway) return () => this.#restartLog();
    return bytes - this.#checkpointed.bytes >= CHECKPOINT_BYTES ? () => this.#checkpoint() : undefined;
  }

  #shortening(): (() => Promise<void>) | undefined {
    if (this.#baseOnItsWay !== undefined) return undefined;
    const isLong = this.fileBytes >= RESTART_BYTES || this.#isFileLong;
    return isLong ? () => this.#shorten() : undefined;
  }

  /** How far the WAL has been read; 0 if it was truncated since. */
  get #readBytes(): number {
    return Math.min(this.#options.parts.wal.position.bytes, this.fileBytes);
  }

  /** Whether to truncate the file. It keeps its length when the WAL restarts. */
  get #isFileLong(): boolean {
    return this.fileBytes >= (this.#options.disk.isTight ? TIGHT_BYTES : OUTGROWN_BYTES);
  }

  async #checkpoint(): Promise<void> {
    this.#checkpointed = { ...this.#checkpointed, bytes: this.#readBytes };
    this.#isCheckpointPartial = !(await this.#options.parts.checkpointer.passive()).isWhole;
  }

  async #restartLog(): Promise<void> {
    if (performance.now() < this.#restartNotBeforeMs) return;
    await this.#checkpoint();
    await this.whileQuiet(async () => {
      if (!this.isWhole) this.#restartNotBeforeMs = performance.now() + PAUSE_AGAIN_MS;
      await this.#checkpoint();
      // A long read keeps an older state, so the WAL cannot restart before it ends. Writes are not held for that.
      if (this.isWhole && this.#isCheckpointPartial) this.#restartNotBeforeMs = performance.now() + CUT_OFF_AGAIN_MS;
      this.#options.shipper.hurry();
      if (this.isWhole && this.#isFileLong) await this.#cutOff();
    });
  }

  /** Copies all of a WAL that was given up into the database file. */
  async #shorten(): Promise<void> {
    if (performance.now() < this.#restartNotBeforeMs) return;
    await this.#copyMost();
    const resumeWrites = await this.#options.host.pauseWrites();
    await this.#cutOff().finally(resumeWrites);
  }

  /** Copies the WAL while writes continue, until little is left to copy while they are held. */
  async #copyMost(): Promise<void> {
    const { parts, shipper } = this.#options;
    for (let copies = 0; copies < COPIES_BEFORE_PAUSE; copies++) {
      const { walFrames, checkpointedFrames } = await parts.checkpointer.passive();
      if ((walFrames - checkpointedFrames) * shipper.head.pageSize <= SHORT_TAIL_BYTES) return;
    }
  }

  /** Truncates the WAL. Writes are held, and all of the WAL may be copied into the file. */
  async #cutOff(): Promise<void> {
    const { checkpointer } = this.#options.parts;
    for (let attempt = 1; attempt <= CUT_OFF_ATTEMPTS && !this.#options.isEnding(); attempt++) {
      if ((await checkpointer.passive()).isWhole && (await checkpointer.truncate())) return;
      await sleep(CUT_OFF_PAUSE_MS);
    }
    // Do not hold writes again and again for a long reader of an older state, such as a copy to the target.
    this.#restartNotBeforeMs = performance.now() + CUT_OFF_AGAIN_MS;
  }

  /** Under steady load the target never has everything. This holds writes for a flight or two until it does. */
  async whileQuiet<Result>(work: () => Promise<Result>): Promise<Result> {
    // While the target is unreachable, holding writes does not help.
    if (this.#options.gate.isAway) return work();
    const resumeWrites = await this.#options.host.pauseWrites();
    try {
      await waitUntil(performance.now() + MAX_PAUSE_MS, this.#options.shipper.flush());
      return await work();
    } finally {
      resumeWrites();
    }
  }

  /** The current attempt at the target failed. */
  failedToShip(): void {
    // A held base keeps the WAL from being copied.
    if (this.fileBytes >= this.#longBytes) this.#giveUpBase();
    this.considerOutgrown();
  }

  #giveUpBase(): void {
    this.#baseOnItsWay?.cancel();
    this.#baseOnItsWay = undefined;
  }

  /** Gives up a copy to a target that hangs without an error. */
  #giveUpStalled(): void {
    if (this.fileBytes < this.#longBytes) return;
    const { copying, disk } = this.#options;
    const isStalled = (file: HeldFile | undefined) =>
      file !== undefined && file.idleMs >= (disk.isFull ? STALLED_ON_FULL_DISK_MS : STALLED_MS);
    const other = copying();
    if (isStalled(other)) other?.cancel();
    if (isStalled(this.#baseOnItsWay)) this.#giveUpBase();
  }

  /** The target has been unreachable for so long that a longer WAL would fill the disk. */
  considerOutgrown(): void {
    if (this.#isOutgrown || !this.#options.gate.isAway || !this.#isLogLong) return;
    const { log, target, failures } = this.#options;
    try {
      this.noteAhead();
    } catch (error) {
      // Without the note, a start would trust the WAL to show how the file is ahead of the target.
      failures.failed("local log", error as Error);
      return;
    }
    log(
      "warn",
      `${target.name} has been unreachable for a long time; once it responds, it gets the whole database again.`,
    );
    this.#isOutgrown = true;
    this.#options.shipper.detach();
    this.tidy();
  }

  /** The size at which the WAL is given up while the target is unreachable. */
  get #longBytes(): number {
    return this.#options.disk.isFull ? Math.min(OUTGROWN_BYTES, OUTGROWN_ON_FULL_DISK_BYTES) : OUTGROWN_BYTES;
  }

  get #isLogLong(): boolean {
    const { parts } = this.#options;
    const limitBytes = this.#longBytes;
    // The file keeps its length when the WAL restarts.
    if (this.fileBytes < limitBytes) return false;
    const bytes = this.#readBytes;
    return bytes + parts.wal.bytesAhead(limitBytes - bytes) >= limitBytes;
  }

  /** Makes a new base behind what the target has. */
  async #rebaseNow(): Promise<void> {
    const { parts, shipper, host, gate, clock } = this.#options;
    if (performance.now() < this.#rebaseNotBeforeMs) return;
    this.#rebaseNotBeforeMs = performance.now() + PAUSE_AGAIN_MS;
    await shipper.halt();
    let held: HeldFile | undefined;
    try {
      await this.#copyMost();
      let commit = 0;
      const resumeWrites = await host.pauseWrites();
      const frozen = await freezeWhole(parts).finally(() => {
        commit = gate.committed;
        resumeWrites();
      });
      gate.departed();
      held = new HeldFile(parts.databaseFile, frozen.pin);
      this.#baseOnItsWay = held;
      const base = await held.orCancelled(
        baseOf({ ...parts, databaseFile: held }, frozen, shipper.head, shipper.nextSlot, clock.nowMs()),
      );
      // If this process ends just after the base is written, later commits are ahead of it too.
      this.noteAhead(base.head);
      // Not awaited: if the target is unreachable again, the WAL must be kept short meanwhile.
      this.#linkBase(base, held, commit).catch((error: Error) => this.#options.failures.failed("local log", error));
    } catch (error) {
      this.#baseOnItsWay = undefined;
      held?.release();
      shipper.resume();
      throw error;
    }
  }

  /**
   * Writes the link that makes a base part of the log; does nothing if this primary is stopped or replaced. If the WAL was
   * given up again meanwhile, the next base follows this one.
   */
  async #linkBase({ record, bytes, head, checksum }: NewBase, { pin }: HeldFile, commit: number): Promise<void> {
    const { file, parts, shipper, gate, log, target, linked } = this.#options;
    try {
      if (!(await shipper.write(record, bytes))) return pin.release();
      shipper.rebased(head, checksum, pin);
      linked(tailLink({ record, hash: head.hash }));
      gate.arrived(commit);
      if (this.#baseOnItsWay === undefined) return shipper.detach();
      noteAheadOf(file, parts.lease, []);
      this.#isOutgrown = false;
      log("info", `${target.name} has the whole database again.`);
    } catch (error) {
      shipper.detach();
      throw error;
    } finally {
      this.#baseOnItsWay = undefined;
      // Until there is a base, nothing in the WAL follows what the target has.
      shipper.resume();
    }
  }
}
