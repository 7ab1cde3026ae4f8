import { type TailLink, tailLink } from "../compaction/compaction.ts";
import { INTENT_POLL_MS } from "../lease/hand-over.ts";
import type { ReplicaOptions } from "../replica.ts";
import { noteAheadOf } from "./begin.ts";
import { waitUntil } from "./deadline.ts";
import type { Disk } from "./disk.ts";
import type { Gate } from "./gate.ts";
import { baseOf, type Frozen, freezeWhole, type RebaseOptions } from "./rebase.ts";
import type { Head, Shipper } from "./shipper.ts";

/** The log is copied into the database file from this size on. */
const CHECKPOINT_BYTES = 4 * 1_024 * 1_024;

/** A log that finds no quiet moment to begin anew is given one from this size on, by holding writes for one flight. */
const RESTART_BYTES = 32 * 1_024 * 1_024;

/** The same where the disk is tight. */
const TIGHT_BYTES = 1_024 * 1_024;

/** With the target away, the log is followed up to this size; then a new base will have to do. */
const OUTGROWN_BYTES = 64 * 1_024 * 1_024;

/** Writes are held so long at most for the target to have everything: a flight or two, also where those take long. */
const MAX_PAUSE_MS = 1_000;

/** Where that was not enough, it is not tried again for so long. */
const PAUSE_AGAIN_MS = 5_000;

/** Unshipped bytes are counted up to here. */
const MAX_COUNTED_BYTES = 8 * 1_024 * 1_024;

export type LocalLogOptions = Pick<ReplicaOptions, "file" | "target" | "host" | "log"> & {
  readonly parts: RebaseOptions;
  readonly gate: Gate;
  readonly shipper: Shipper;
  readonly disk: Disk;
  /** There is one more link in the log at the target. */
  readonly linked: (link: TailLink) => void;
  readonly failed: (error: Error) => void;
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
  #isOutgrown = false;
  #tidying: Promise<void> | undefined;
  #restartNotBeforeMs = 0;

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
    if (this.#tidying !== undefined || this.#options.isEnding()) return;
    const { wal } = this.#options.parts;
    const { generation, bytes } = wal.position;
    if (generation !== this.#checkpointed.generation) this.#checkpointed = { generation, bytes: 0 };
    const job = this.#isOutgrown
      ? () => this.#rebaseNow()
      : bytes >= RESTART_BYTES || (this.#options.disk.isTight && bytes - this.#checkpointed.bytes >= TIGHT_BYTES)
        ? () => this.#restartLog()
        : bytes - this.#checkpointed.bytes >= CHECKPOINT_BYTES
          ? () => this.#checkpoint()
          : undefined;
    if (job === undefined) return;
    this.#tidying = job()
      .catch((error: Error) => this.#options.failed(error))
      .finally(() => {
        this.#tidying = undefined;
      });
  }

  async #checkpoint(): Promise<void> {
    this.#checkpointed = { ...this.#checkpointed, bytes: this.#options.parts.wal.position.bytes };
    await this.#options.parts.checkpointer.passive();
  }

  async #restartLog(): Promise<void> {
    if (performance.now() < this.#restartNotBeforeMs) return;
    await this.#checkpoint();
    await this.whileQuiet(async () => {
      if (!this.isWhole) this.#restartNotBeforeMs = performance.now() + PAUSE_AGAIN_MS;
      await this.#checkpoint();
      this.#options.shipper.hurry();
    });
  }

  /** Under steady load there is never a moment at which the target has everything: make one, for a flight's time or two. */
  async whileQuiet<Result>(work: () => Promise<Result>): Promise<Result> {
    const resumeWrites = await this.#options.host.pauseWrites();
    try {
      await waitUntil(performance.now() + MAX_PAUSE_MS, this.#options.shipper.flush());
      return await work();
    } finally {
      resumeWrites();
    }
  }

  /** The target has been away for so long that following the log further would fill the disk. */
  considerOutgrown(): void {
    if (this.#isOutgrown || !this.#options.gate.isAway || !this.#isLogLong) return;
    const { log, target } = this.#options;
    log("warn", `${target.name} has been away for long; once it is back, it will be given the database as a whole.`);
    this.#isOutgrown = true;
    this.noteAhead();
    this.#options.shipper.castOff();
    this.#keepCheckpointing();
  }

  get #isLogLong(): boolean {
    const { wal } = this.#options.parts;
    // The file keeps its length when the log begins anew.
    if (wal.fileBytes() < OUTGROWN_BYTES) return false;
    const { bytes } = wal.position;
    return bytes + wal.bytesAhead(OUTGROWN_BYTES - bytes) >= OUTGROWN_BYTES;
  }

  #keepCheckpointing(): void {
    const timer = setInterval(() => {
      if (!this.#isOutgrown || this.#options.isEnding()) clearInterval(timer);
      else this.#options.parts.checkpointer.passive().catch((error: Error) => this.#options.failed(error));
    }, INTENT_POLL_MS);
    timer.unref();
  }

  /** Gives the target the database as a whole, behind what it has. */
  async #rebaseNow(): Promise<void> {
    const { log, target } = this.#options;
    if (performance.now() < this.#restartNotBeforeMs) return;
    this.#restartNotBeforeMs = performance.now() + PAUSE_AGAIN_MS;
    await this.#options.shipper.halt();
    try {
      let commit = 0;
      const resumeWrites = await this.#options.host.pauseWrites();
      const frozen = await freezeWhole(this.#options.parts).finally(() => {
        commit = this.#options.gate.committed;
        resumeWrites();
      });
      this.#options.gate.departed();
      if (!(await this.#rebaseTo(frozen))) return frozen.pin.release();
      this.#options.gate.arrived(commit);
      log("info", `${target.name} has been given the database as a whole.`);
    } finally {
      // Until there is a base, nothing that is read from the log can follow on what the target has.
      this.#options.shipper.resume();
    }
  }

  /** @returns whether the target has it; not when this writer was stopped, or another one has taken over */
  async #rebaseTo(frozen: Frozen): Promise<boolean> {
    const base = await baseOf(
      this.#options.parts,
      frozen,
      this.#options.shipper.head,
      this.#options.shipper.nextSlot,
    ).catch((error) => {
      frozen.pin.release();
      throw error;
    });
    // What is committed from here on is ahead of the base too, should this process end just after it stands.
    this.noteAhead(base.head);
    if (!(await this.#options.shipper.write(base.record, base.bytes))) return false;
    this.#options.shipper.rebased(base.head, base.checksum, frozen.pin);
    this.#isOutgrown = false;
    noteAheadOf(this.#options.file, this.#options.parts.lease, []);
    this.#options.linked(tailLink({ record: base.record, hash: base.head.hash }));
    return true;
  }
}
