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

/** The log is copied into the database file from this size on. */
const CHECKPOINT_BYTES = 4 * 1_024 * 1_024;

/** A log that finds no quiet moment to begin anew is given one from this size on, by holding writes for one flight. */
const RESTART_BYTES = 32 * 1_024 * 1_024;

/**
 * With the target away, the log is followed up to this size; then a new base will have to do. Its file is cut off beyond
 * it: up to there it is kept, as writing over it costs less than making it longer.
 */
const OUTGROWN_BYTES = 64 * 1_024 * 1_024;

/** Where the disk is tight, the log begins anew, and its file is cut off, from this size on. */
const TIGHT_BYTES = 1_024 * 1_024;

/** Where the disk is full, a log of this size is given up: that makes room. */
const OUTGROWN_ON_FULL_DISK_BYTES = 8 * 1_024 * 1_024;

/**
 * A target that has taken nothing of a copy of the database for so long hangs: what it is busy with may take some time, as
 * a share does that writes to its disks what it has taken. Where the disk here is full, it is waited for less.
 */
const STALLED_MS = 60_000;
const STALLED_ON_FULL_DISK_MS = 15_000;

/** Before writes are held, the log is copied until so much is left, or so many times. */
const SHORT_TAIL_BYTES = 2 * 1_024 * 1_024;
const COPIES_BEFORE_PAUSE = 3;

/** While writes are held, what still reads an older state is waited for so many times, and for so long each. */
const CUT_OFF_ATTEMPTS = 10;
const CUT_OFF_PAUSE_MS = 5;

/** Where that was not enough, it is not tried again for so long. */
const CUT_OFF_AGAIN_MS = 1_000;

/** Writes are held so long at most for the target to have everything: a flight or two, also where those take long. */
const MAX_PAUSE_MS = 1_000;

/** Where that was not enough, it is not tried again for so long. */
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
  /** What else holds the database file at a moment, to copy it to the target. */
  readonly copying: () => HeldFile | undefined;
  readonly failures: Failures;
  /** Whether this writer is stepping back, or about to. */
  readonly isEnding: () => boolean;
};

/**
 * The log beside the database, kept short: it is copied into the database file as it grows, and let begin anew. With the
 * target away for too long it is given up; then the target is given the database as a whole.
 */
export class LocalLog {
  readonly #options: LocalLogOptions;
  #checkpointed: { readonly generation: number | undefined; readonly bytes: number } = {
    generation: undefined,
    bytes: 0,
  };
  /** Whether the last checkpoint left something in the log. */
  #isCheckpointPartial = false;
  #isOutgrown = false;
  /** Under way. */
  #job: Promise<void> | undefined;
  /** Holds the database at a base that is not yet part of the log at the target. */
  #baseOnItsWay: HeldFile | undefined;
  #restartNotBeforeMs = 0;
  #rebaseNotBeforeMs = 0;

  constructor(options: LocalLogOptions) {
    this.#options = options;
  }

  /** Whether it has been given up: only a new base can bring the target what is here. */
  get isOutgrown(): boolean {
    return this.#isOutgrown;
  }

  /** Whether the target has everything. */
  get isWhole(): boolean {
    return this.#options.gate.unshippedCommits === 0 && !this.#isOutgrown;
  }

  /** Bytes of its file. */
  get fileBytes(): number {
    return this.#options.parts.wal.fileBytes();
  }

  /** Bytes in the log that are not at the target; beyond a limit, which keeps the look short, at least so many. */
  get unshippedBytes(): number {
    if (this.isWhole) return 0;
    const behind = this.#options.parts.wal.bytesAhead(MAX_COUNTED_BYTES);
    return behind + (this.#options.shipper.inFlight?.pages.size ?? 0) * this.#options.shipper.head.pageSize;
  }

  /**
   * Notes that the file goes beyond what the target has, and the log beside it does not tell how.
   * @param next a link that the target may end with soon
   */
  noteAhead(next?: Head): void {
    const { file, parts, shipper } = this.#options;
    noteAheadOf(file, parts.lease, next === undefined ? shipper.possibleHeads : [...shipper.possibleHeads, next]);
  }

  /** Copies the log into the database file as it grows, and lets it begin anew. */
  tidy(): void {
    if (this.#isOutgrown) this.#giveUpStalled();
    const job = this.#isOutgrown ? this.#shortening() : this.#tidying();
    if (job !== undefined) this.#alone(job);
  }

  /** The target answers: where the log has been given up, it is given the database as a whole. */
  targetAnswers(): void {
    // What is on its way comes before that. As long as it does not arrive, the log goes on being kept short.
    if (this.#isOutgrown && !this.#options.shipper.isBusy) this.#alone(() => this.#rebaseNow());
  }

  /** One thing at a time: what is due meanwhile is due again at the next look. */
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
    // A log that was cut off may begin anew with the same number: its writer did not do that.
    const isNew = generation !== this.#checkpointed.generation || bytes < this.#checkpointed.bytes;
    if (isNew) this.#checkpointed = { generation, bytes: 0 };
    // While the target is away, holding writes would not bring there what keeps the log from beginning anew.
    const isLong = bytes >= RESTART_BYTES || this.#isFileLong;
    if (isLong && !this.#options.gate.isAway) return () => this.#restartLog();
    return bytes - this.#checkpointed.bytes >= CHECKPOINT_BYTES ? () => this.#checkpoint() : undefined;
  }

  #shortening(): (() => Promise<void>) | undefined {
    if (this.#baseOnItsWay !== undefined) return undefined;
    const isLong = this.fileBytes >= RESTART_BYTES || this.#isFileLong;
    return isLong ? () => this.#shorten() : undefined;
  }

  /** How far the log has been read; nothing of one that was cut off since. */
  get #readBytes(): number {
    return Math.min(this.#options.parts.wal.position.bytes, this.fileBytes);
  }

  /** Whether the file is to give back to the disk what it takes. It keeps its length when the log begins anew. */
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
      // A long read keeps an older state: the log cannot begin anew before it ends, and writes are not paused for that.
      if (this.isWhole && this.#isCheckpointPartial) this.#restartNotBeforeMs = performance.now() + CUT_OFF_AGAIN_MS;
      this.#options.shipper.hurry();
      if (this.isWhole && this.#isFileLong) await this.#cutOff();
    });
  }

  /** Of a log that is not followed any longer: all of it goes into the database file. */
  async #shorten(): Promise<void> {
    if (performance.now() < this.#restartNotBeforeMs) return;
    await this.#copyMost();
    const resumeWrites = await this.#options.host.pauseWrites();
    await this.#cutOff().finally(resumeWrites);
  }

  /** Copies the log while writes go on, until little is left to be copied while they are held. */
  async #copyMost(): Promise<void> {
    const { parts, shipper } = this.#options;
    for (let copies = 0; copies < COPIES_BEFORE_PAUSE; copies++) {
      const { walFrames, checkpointedFrames } = await parts.checkpointer.passive();
      if ((walFrames - checkpointedFrames) * shipper.head.pageSize <= SHORT_TAIL_BYTES) return;
    }
  }

  /** Gives the disk back what the log takes. Writes are held, and everything in the log may go into the file. */
  async #cutOff(): Promise<void> {
    const { checkpointer } = this.#options.parts;
    for (let attempt = 1; attempt <= CUT_OFF_ATTEMPTS && !this.#options.isEnding(); attempt++) {
      if ((await checkpointer.passive()).isWhole && (await checkpointer.truncate())) return;
      await sleep(CUT_OFF_PAUSE_MS);
    }
    // Who reads an older state for long, as a copy to the target may, is not to have writes held for it all the time.
    this.#restartNotBeforeMs = performance.now() + CUT_OFF_AGAIN_MS;
  }

  /** Under steady load there is never a moment at which the target has everything: make one, for a flight's time or two. */
  async whileQuiet<Result>(work: () => Promise<Result>): Promise<Result> {
    // While the target is away there is none to be had by holding writes.
    if (this.#options.gate.isAway) return work();
    const resumeWrites = await this.#options.host.pauseWrites();
    try {
      await waitUntil(performance.now() + MAX_PAUSE_MS, this.#options.shipper.flush());
      return await work();
    } finally {
      resumeWrites();
    }
  }

  /** Nothing comes of what was just tried at the target. */
  failedToShip(): void {
    // What keeps the database file at a base keeps the log from being copied.
    if (this.fileBytes >= this.#longBytes) this.#giveUpBase();
    this.considerOutgrown();
  }

  #giveUpBase(): void {
    this.#baseOnItsWay?.cancel();
    this.#baseOnItsWay = undefined;
  }

  /** So does what keeps it where it is for a target that hangs, and tells nobody that it does. */
  #giveUpStalled(): void {
    if (this.fileBytes < this.#longBytes) return;
    const { copying, disk } = this.#options;
    const isStalled = (file: HeldFile | undefined) =>
      file !== undefined && file.idleMs >= (disk.isFull ? STALLED_ON_FULL_DISK_MS : STALLED_MS);
    const other = copying();
    if (isStalled(other)) other?.cancel();
    if (isStalled(this.#baseOnItsWay)) this.#giveUpBase();
  }

  /** The target has been away for so long that following the log further would fill the disk. */
  considerOutgrown(): void {
    if (this.#isOutgrown || !this.#options.gate.isAway || !this.#isLogLong) return;
    const { log, target, failures } = this.#options;
    try {
      this.noteAhead();
    } catch (error) {
      // Without the note a start would take the file for what the log tells: it has to be followed on.
      failures.failed("local log", error as Error);
      return;
    }
    log("warn", `${target.name} has been away for long; once it is back, it will be given the database as a whole.`);
    this.#isOutgrown = true;
    this.#options.shipper.castOff();
    this.tidy();
  }

  /** A log of this size is not made longer for a target that is away. */
  get #longBytes(): number {
    return this.#options.disk.isFull ? Math.min(OUTGROWN_BYTES, OUTGROWN_ON_FULL_DISK_BYTES) : OUTGROWN_BYTES;
  }

  get #isLogLong(): boolean {
    const { parts } = this.#options;
    const limitBytes = this.#longBytes;
    // The file keeps its length when the log begins anew.
    if (this.fileBytes < limitBytes) return false;
    const bytes = this.#readBytes;
    return bytes + parts.wal.bytesAhead(limitBytes - bytes) >= limitBytes;
  }

  /** Gives the target the database as a whole, behind what it has. */
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
      // What is committed from here on is ahead of the base too, should this process end just after it stands.
      this.noteAhead(base.head);
      // Not waited for: should the target be away again by now, the log has to be kept short meanwhile.
      this.#linkBase(base, held, commit).catch((error: Error) => this.#options.failures.failed("local log", error));
    } catch (error) {
      this.#baseOnItsWay = undefined;
      held?.release();
      shipper.resume();
      throw error;
    }
  }

  /**
   * Writes the link that makes a base part of the log; nothing when this writer is stopped, or another one has taken over.
   * Where the log here has gone on without it meanwhile, the next base follows on this one.
   */
  async #linkBase({ record, bytes, head, checksum }: NewBase, { pin }: HeldFile, commit: number): Promise<void> {
    const { file, parts, shipper, gate, log, target, linked } = this.#options;
    try {
      if (!(await shipper.write(record, bytes))) return pin.release();
      shipper.rebased(head, checksum, pin);
      linked(tailLink({ record, hash: head.hash }));
      gate.arrived(commit);
      if (this.#baseOnItsWay === undefined) return shipper.castOff();
      noteAheadOf(file, parts.lease, []);
      this.#isOutgrown = false;
      log("info", `${target.name} has been given the database as a whole.`);
    } catch (error) {
      shipper.castOff();
      throw error;
    } finally {
      this.#baseOnItsWay = undefined;
      // Until there is a base, nothing that is read from the log can follow on what the target has.
      shipper.resume();
    }
  }
}
