import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import type { DatabaseChecksum } from "../checksum/database-checksum.ts";
import { type TailLink, tailLink } from "../compaction/compaction.ts";
import type { Lease } from "../lease/fence.ts";
import { INTENT_POLL_MS, readIntent, showPresence } from "../lease/hand-over.ts";
import { writeSidecar } from "../local/sidecar.ts";
import { BEFORE_FIRST, ChainBroken, chainFrom, LOG, readSlot, readTail } from "../log/log.ts";
import { encodeRecord } from "../log/record.ts";
import { NotDurable, type Refusal } from "../refusal.ts";
import type { ReplicaOptions } from "../replica.ts";
import type { Copy } from "../standby/standby.ts";
import type { Durability } from "../status.ts";
import type { Target } from "../target/target.ts";
import { slotKey } from "../target/target.ts";
import { WalReader } from "../wal/wal.ts";
import { Checkpointer } from "./checkpointer.ts";
import { DatabaseFile } from "./database-file.ts";
import { Disk } from "./disk.ts";
import { AWAY_RETRY_MS, Gate } from "./gate.ts";
import { Guard, type Pin } from "./guard.ts";
import { Maintenance } from "./maintenance.ts";
import { Manifests } from "./manifests.ts";
import { baseOf, type Frozen, freezeWhole, type RebaseOptions } from "./rebase.ts";
import { salvage } from "./salvage.ts";
import { Fenced, type Head, Shipper } from "./shipper.ts";

/** The log is copied into the database file from this size on. */
const CHECKPOINT_BYTES = 4 * 1_024 * 1_024;

/** A log that finds no quiet moment to begin anew is given one from this size on, by holding writes for one flight. */
const RESTART_BYTES = 32 * 1_024 * 1_024;

/** The same where the disk is tight. */
const TIGHT_BYTES = 1_024 * 1_024;

/** With the target away, the log is followed up to this size; then a new base will have to do. */
const OUTGROWN_BYTES = 64 * 1_024 * 1_024;

/** How long a hand-over may take; the newcomer fences by force after that. */
const HAND_OVER_MS = 3_000;

const RETRY_HANDED_OVER_MS = 2_000;

/** Writes are held so long at most for the target to have everything: a flight or two, also where those take long. */
const MAX_PAUSE_MS = 1_000;

/** Where that was not enough, it is not tried again for so long. */
const PAUSE_AGAIN_MS = 5_000;

/** A database up to this size is copied plainly once more at the end. */
const SMALL_BYTES = 32 * 1_024 * 1_024;

/** Every write finds out whether another one has taken over; without writes it is looked for once in so many looks. */
const LOOKS_PER_FOREIGN_SLOT = 5;

/** Unshipped bytes are counted up to here. */
const MAX_COUNTED_BYTES = 8 * 1_024 * 1_024;

/** What is under way is waited for so long at the end. */
const STOP_MS = 1_000;

/** Where a writer begins. */
export type Beginning =
  /** The file is as the target has it at `head`; `wal` stands there. */
  | {
      readonly kind: "behind-head";
      readonly head: Head;
      readonly checksum: DatabaseChecksum;
      readonly wal: WalReader;
    }
  /** The target has to be given the whole: it has no database, or one that cannot be followed on. */
  | { readonly kind: "base"; readonly previous: Head | undefined };

export type PrimaryOptions = ReplicaOptions & {
  readonly lease: Lease;
  readonly beginning: Beginning;
  readonly clockIsOff: boolean;
  readonly plainKey: string;
  /** The connections of the host are closed and the file is free. @param isKept whether the target has all that it holds */
  readonly ended: (why: "fenced" | "handed-over", isKept: boolean) => void;
};

/** The one writer: ships what is committed, keeps the target in order, and steps back when another one takes over. */
export class Primary {
  readonly #options: PrimaryOptions;
  readonly #rebase: RebaseOptions;
  readonly #gate: Gate;
  readonly #shipper: Shipper;
  readonly #maintenance: Maintenance;
  readonly #disk: Disk;
  readonly #poll: NodeJS.Timeout;
  #checksum: DatabaseChecksum;
  #checkpointed: { readonly generation: number | undefined; readonly bytes: number } = {
    generation: undefined,
    bytes: 0,
  };
  #looking = false;
  #looks = 0;
  #knownIntent: string | undefined;
  #outgrown = false;
  #tidying: Promise<void> | undefined;
  #restartNotBeforeMs = 0;
  #handingOver = false;
  #ended: Promise<void> | undefined;
  lastError: string | undefined;
  #errors = 0;

  /** @throws TargetError when the target does not answer */
  static async start(options: PrimaryOptions): Promise<Primary> {
    const { file, lease, target, beginning } = options;
    // Before anything is written to the file: whose it is from now on.
    noteBeginning(options, beginning.kind === "base" ? beginning.previous : undefined);
    const database = new DatabaseSync(file, { timeout: 5_000 });
    database.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -64;");
    const databaseFile = await DatabaseFile.open(file);
    const checkpointer = new Checkpointer(file);
    const guard = new Guard(file);
    const wal = beginning.kind === "behind-head" ? beginning.wal : new WalReader(`${file}-wal`);
    const rebase: RebaseOptions = { target, lease, database, databaseFile, checkpointer, guard, wal };
    try {
      const manifests = await Manifests.read(target, lease);
      // An earlier owner was asked to hand over, not this one. Whether there is one at all is asked of whoever it is.
      const intent = await readIntent(target);
      const knownIntent = intent?.wants === "hand-over" ? intent.id : undefined;
      const links = await uncovered(target, manifests);
      // A restore that passed over damage: the log cannot be followed on from there, so the whole is given anew.
      const isAstray = beginning.kind === "behind-head" && links === undefined;
      const start: Beginning = isAstray ? { kind: "base", previous: beginning.head } : beginning;
      if (isAstray) noteBeginning(options, beginning.head);
      const begun = await begin(rebase, start, manifests, links ?? []);
      if (start.kind === "base") noteBeginning(options, undefined);
      return new Primary(options, rebase, manifests, begun, knownIntent);
    } catch (error) {
      // Closing copies all of the log into the file, also what the target does not have.
      if (beginning.kind === "behind-head" && wal.bytesAhead(1) > 0) noteBeginning(options, beginning.head);
      await closeAll(rebase);
      throw error;
    }
  }

  private constructor(
    options: PrimaryOptions,
    rebase: RebaseOptions,
    manifests: Manifests,
    { head, checksum, tail, pin, nextSlot }: Begun,
    knownIntent: string | undefined,
  ) {
    const { lease, target, log } = options;
    const { guard, wal, checkpointer, databaseFile } = rebase;
    this.#options = options;
    this.#rebase = rebase;
    this.#checksum = checksum;
    this.#disk = new Disk(options.file);
    this.#knownIntent = knownIntent;
    this.#gate = new Gate(options.durability, (inForce) => this.#tellMode(inForce));
    this.#shipper = new Shipper({
      lease,
      wal,
      checksum,
      head,
      nextSlot,
      pin,
      gate: this.#gate,
      guard,
      shipped: (record, bytes) =>
        this.#maintenance.linked({ slot: record.slot, hash: this.#shipper.head.hash, bytes, timeMs: record.timeMs }),
      settled: () => this.#tidy(),
      failed: (error) => {
        this.#failed(error);
        this.#considerOutgrown();
      },
      isStillOwner: () => this.#isStillOwner(manifests),
      holds: async (slot, bytes) => (await target.read(slotKey(LOG, slot)))?.equals(bytes) ?? false,
      ended: (reason) => this.#lost(reason),
    });
    const { plainKey, plainIntervalMs, retentionMs, clockIsOff } = options;
    this.#maintenance = new Maintenance(
      {
        target,
        lease,
        shipper: this.#shipper,
        checkpointer,
        databaseFile,
        manifests,
        plainKey,
        plainIntervalMs,
        retentionMs,
        clockIsOff,
        walGeneration: () => wal.generation(),
        whileQuiet: (work) => this.#whileQuiet(work),
        log,
        failed: (error) => this.#failed(error),
      },
      tail,
    );
    this.#shipper.hurry();
    this.#poll = setInterval(() => this.#look(), INTENT_POLL_MS);
    this.#poll.unref();
  }

  /** What the file is once this has ended by handing over. */
  get copy(): Copy {
    return { head: this.#shipper.head, checksum: this.#checksum };
  }

  get gate(): Gate {
    return this.#gate;
  }

  get shipper(): Shipper {
    return this.#shipper;
  }

  get maintenance(): Maintenance {
    return this.#maintenance;
  }

  get epoch(): number {
    return this.#options.lease.epoch;
  }

  get errors(): number {
    return this.#errors;
  }

  /** Bytes of the log's file. */
  get walBytes(): number {
    return this.#rebase.wal.fileBytes();
  }

  /** Bytes in the log that are not at the target; beyond a limit, which keeps the look short, at least so many. */
  get unshippedBytes(): number {
    if (this.#isWhole) return 0;
    const behind = this.#rebase.wal.bytesAhead(MAX_COUNTED_BYTES);
    return behind + (this.#shipper.inFlight?.pages.size ?? 0) * this.#shipper.head.pageSize;
  }

  changed(): void {
    this.#shipper.changed();
  }

  durable(remote: boolean): Promise<void> | undefined {
    const wait = this.#gate.wait(remote);
    // In mode async a flight would wait for more to join it.
    if (wait !== undefined && this.#gate.inForce === "async") this.#shipper.hurry();
    return wait;
  }

  refusal(): Refusal | undefined {
    if (this.#ended !== undefined || this.#handingOver) {
      return { reason: "Another instance is taking over.", retryAfterMs: RETRY_HANDED_OVER_MS, diskFull: false };
    }
    if (this.#gate.configured === "sync" && this.#gate.isAway) {
      const reason =
        "The backup target does not answer, and no change is accepted that it does not keep (durability sync).";
      return { reason, retryAfterMs: AWAY_RETRY_MS, diskFull: false };
    }
    return this.#disk.refusal();
  }

  /** @throws NotDurable when the target does not get there in time */
  async backupNow(): Promise<void> {
    this.#shipper.hurry();
    await this.#gate.wait(true);
    await this.#maintenance.plainCopy();
  }

  /**
   * Ships the tail, says that this writer is gone, then makes a base if time remains. The host has closed its
   * connections.
   * @param deadline on the clock of performance.now()
   */
  close(deadline: number): Promise<void> {
    this.#ended ??= this.#closeInOrder(deadline);
    return this.#ended;
  }

  async #closeInOrder(deadline: number): Promise<void> {
    clearInterval(this.#poll);
    await until(deadline, this.#shipper.flush());
    if (this.#isWhole) {
      if (this.#isSmall) await until(deadline, this.#maintenance.plainCopyIfChanged());
      await until(deadline, this.#release());
      await until(deadline, this.#maintenance.base());
    } else {
      const { target, file, log } = this.#options;
      const commits = this.#gate.unshippedCommits;
      log("error", `Stopping with ${commits} commits that are not at ${target.name}; they are only in ${file}.`);
    }
    this.#gate.close(new NotDurable("The server is stopping.", RETRY_HANDED_OVER_MS));
    await this.#closeFiles();
  }

  /** Whether the target has everything. */
  get #isWhole(): boolean {
    return this.#gate.unshippedCommits === 0 && !this.#outgrown;
  }

  get #isSmall(): boolean {
    const { pageSize, databasePages } = this.#shipper.head;
    return pageSize * databasePages <= SMALL_BYTES;
  }

  async #release(): Promise<void> {
    const { databaseId, epoch, writer } = this.#options.lease;
    await this.#shipper.halt();
    const slot = this.#shipper.nextSlot;
    const record = { kind: "released", databaseId, epoch, writer, slot, timeMs: Date.now() } as const;
    await this.#shipper.write(record, await encodeRecord(record));
  }

  async #closeFiles(): Promise<void> {
    // Closing the last connection copies all of the log into the file, also what was not shipped.
    if (!this.#isWhole) this.#noteAhead();
    await Promise.race([Promise.all([this.#maintenance.stop(), this.#shipper.stop()]), sleep(STOP_MS)]);
    await closeAll(this.#rebase);
    await this.#options.lease.slots.close().catch(() => {});
  }

  /** @param next a link that the target may end with soon */
  #noteAhead(next?: Head): void {
    const { file, lease } = this.#options;
    const { databaseId, epoch, writer } = lease;
    const heads = this.#shipper.possibleHeads;
    const aheadOf = next === undefined ? heads : [...heads, { slot: next.slot, hash: next.hash }];
    writeSidecar(file, { databaseId, epoch, writer, aheadOf });
  }

  #failed(error: Error): void {
    this.#errors++;
    this.lastError = error.message;
  }

  #tellMode(inForce: Durability): void {
    const { target, log, durability } = this.#options;
    if (!this.#gate.isAway) log("info", `${target.name} has everything again; durability is ${inForce}.`);
    else if (durability === "sync")
      log("error", `${target.name} does not answer: changes are refused until it does. ${this.lastError ?? ""}`.trim());
    else
      log(
        "warn",
        `${target.name} does not answer: going on without it, durability is ${inForce}. ${this.lastError ?? ""}`.trim(),
      );
  }

  /** Copies the log into the database file as it grows, and lets it begin anew. */
  #tidy(): void {
    if (this.#tidying !== undefined || this.#ended !== undefined || this.#handingOver) return;
    const { wal } = this.#rebase;
    const { generation, bytes } = wal.position;
    if (generation !== this.#checkpointed.generation) this.#checkpointed = { generation, bytes: 0 };
    const job = this.#outgrown
      ? () => this.#rebaseNow()
      : bytes >= RESTART_BYTES || (this.#disk.isTight && bytes - this.#checkpointed.bytes >= TIGHT_BYTES)
        ? () => this.#restartLog()
        : bytes - this.#checkpointed.bytes >= CHECKPOINT_BYTES
          ? () => this.#checkpoint()
          : undefined;
    if (job === undefined) return;
    this.#tidying = job()
      .catch((error: Error) => this.#failed(error))
      .finally(() => {
        this.#tidying = undefined;
      });
  }

  async #checkpoint(): Promise<void> {
    this.#checkpointed = { ...this.#checkpointed, bytes: this.#rebase.wal.position.bytes };
    await this.#rebase.checkpointer.passive();
  }

  async #restartLog(): Promise<void> {
    if (performance.now() < this.#restartNotBeforeMs) return;
    await this.#checkpoint();
    await this.#whileQuiet(async () => {
      if (!this.#isWhole) this.#restartNotBeforeMs = performance.now() + PAUSE_AGAIN_MS;
      await this.#checkpoint();
      this.#shipper.hurry();
    });
  }

  /** Under steady load there is never a moment at which the target has everything: make one, for a flight's time or two. */
  async #whileQuiet<Result>(work: () => Promise<Result>): Promise<Result> {
    const resumeWrites = await this.#options.host.pauseWrites();
    try {
      await until(performance.now() + MAX_PAUSE_MS, this.#shipper.flush());
      return await work();
    } finally {
      resumeWrites();
    }
  }

  /** The target has been away for so long that following the log further would fill the disk. */
  #considerOutgrown(): void {
    if (this.#outgrown || !this.#gate.isAway || !this.#isLogLong) return;
    const { log, target } = this.#options;
    log("warn", `${target.name} has been away for long; once it is back, it will be given the database as a whole.`);
    this.#outgrown = true;
    this.#noteAhead();
    this.#shipper.castOff();
    this.#keepCheckpointing();
  }

  get #isLogLong(): boolean {
    const { wal } = this.#rebase;
    // The file keeps its length when the log begins anew.
    if (wal.fileBytes() < OUTGROWN_BYTES) return false;
    const { bytes } = wal.position;
    return bytes + wal.bytesAhead(OUTGROWN_BYTES - bytes) >= OUTGROWN_BYTES;
  }

  #keepCheckpointing(): void {
    const timer = setInterval(() => {
      if (!this.#outgrown || this.#ended !== undefined) clearInterval(timer);
      else this.#rebase.checkpointer.passive().catch((error: Error) => this.#failed(error));
    }, INTENT_POLL_MS);
    timer.unref();
  }

  /** Gives the target the database as a whole, behind what it has. */
  async #rebaseNow(): Promise<void> {
    const { log, target } = this.#options;
    if (performance.now() < this.#restartNotBeforeMs) return;
    this.#restartNotBeforeMs = performance.now() + PAUSE_AGAIN_MS;
    await this.#shipper.halt();
    try {
      let commit = 0;
      const resumeWrites = await this.#options.host.pauseWrites();
      const frozen = await freezeWhole(this.#rebase).finally(() => {
        commit = this.#gate.committed;
        resumeWrites();
      });
      this.#gate.departed();
      if (!(await this.#rebaseTo(frozen))) return frozen.pin.release();
      this.#gate.arrived(commit);
      log("info", `${target.name} has been given the database as a whole.`);
    } finally {
      // Until there is a base, nothing that is read from the log can follow on what the target has.
      this.#shipper.resume();
    }
  }

  /** @returns whether the target has it; not when this writer was stopped, or another one has taken over */
  async #rebaseTo(frozen: Frozen): Promise<boolean> {
    const base = await baseOf(this.#rebase, frozen, this.#shipper.head, this.#shipper.nextSlot).catch((error) => {
      frozen.pin.release();
      throw error;
    });
    // What is committed from here on is ahead of the base too, should this process end just after it stands.
    this.#noteAhead(base.head);
    if (!(await this.#shipper.write(base.record, base.bytes))) return false;
    this.#shipper.rebased(base.head, base.checksum, frozen.pin);
    this.#checksum = base.checksum;
    this.#outgrown = false;
    const { databaseId, epoch, writer } = this.#options.lease;
    writeSidecar(this.#options.file, { databaseId, epoch, writer, aheadOf: [] });
    this.#maintenance.linked(tailLink({ record: base.record, hash: base.head.hash }));
    return true;
  }

  /** Every second: does somebody ask for something, has somebody taken over, is there room. */
  async #look(): Promise<void> {
    if (this.#looking || this.#ended !== undefined) return;
    this.#looking = true;
    try {
      this.#disk.look();
      if (this.#disk.isTight) this.#tidy();
      if (this.#looks++ % LOOKS_PER_FOREIGN_SLOT === 0) await this.#lookForOthers();
      await this.#lookForIntent();
      this.#shipper.touch();
      // The target is back.
      if (this.#outgrown) this.#tidy();
    } catch (error) {
      this.#failed(error as Error);
    } finally {
      this.#looking = false;
    }
  }

  async #lookForOthers(): Promise<void> {
    const { lease, target } = this.#options;
    const slot = lease.slots.firstForeign(this.#shipper.nextSlot - 1);
    const content = await readSlot(target, slot);
    if (content.state === "whole" && content.record.writer !== lease.writer) this.#lost(new Fenced());
  }

  async #lookForIntent(): Promise<void> {
    const { target } = this.#options;
    const intent = await readIntent(target);
    if (intent === undefined || intent.id === this.#knownIntent) return;
    this.#knownIntent = intent.id;
    if (intent.wants === "presence") await showPresence(target, intent.id);
    else await this.#handOver();
  }

  async #handOver(): Promise<void> {
    if (this.#ended !== undefined || this.#outgrown) return;
    const { log, host } = this.#options;
    log("info", "Another instance asks to take over: handing over.");
    this.#handingOver = true;
    const resumeWrites = await host.pauseWrites();
    await until(performance.now() + HAND_OVER_MS, this.#shipper.flush());
    if (!this.#isWhole) {
      // It will take over by force; what it cannot have then is not acknowledged.
      this.#handingOver = false;
      resumeWrites();
      return;
    }
    await this.#release();
    const isOvertaken = this.#ended !== undefined;
    await this.#end("handed-over", resumeWrites);
    if (isOvertaken) resumeWrites();
  }

  #lost(reason: Error): void {
    if (this.#ended !== undefined) return;
    const { log } = this.#options;
    if (reason instanceof Fenced) log("warn", "Another instance has taken over as the writer; stepping back.");
    else log("error", `Replication cannot go on, stepping back: ${reason.message}`);
    void this.#end("fenced", () => {});
  }

  #end(why: "fenced" | "handed-over", resumeWrites: () => void): Promise<void> {
    this.#ended ??= this.#stepBack(why, resumeWrites);
    return this.#ended;
  }

  async #stepBack(why: "fenced" | "handed-over", resumeWrites: () => void): Promise<void> {
    clearInterval(this.#poll);
    this.#gate.close(
      new NotDurable("Another instance has taken over; whether it has this change is not known.", RETRY_HANDED_OVER_MS),
    );
    const { host, log, file } = this.#options;
    const isKept = why === "handed-over" || (await this.#salvage());
    await host
      .demoted(why)
      .catch((error: Error) => log("error", `The connections to ${file} could not be closed: ${error.message}`));
    resumeWrites();
    await this.#closeFiles();
    this.#options.ended(why, isKept);
  }

  /** @returns whether nothing is left that only the local file has */
  async #salvage(): Promise<boolean> {
    const { target, lease, log, file } = this.#options;
    await this.#shipper.stop();
    // The log here does not tell any more what has happened since.
    if (this.#outgrown) return false;
    const { head, inFlight } = this.#shipper;
    try {
      const key = await salvage(target, lease, head, inFlight, this.#rebase.wal, this.#checksum);
      if (key !== undefined)
        log("warn", `What was committed here and not yet there is kept as ${key}; see scimtool restore --orphan.`);
      return true;
    } catch (error) {
      log(
        "error",
        `What was committed here and not yet there could not be salvaged from ${file}: ${(error as Error).message}`,
      );
      return false;
    }
  }

  async #isStillOwner(manifests: Manifests): Promise<boolean> {
    return manifests.isNewest(this.#shipper.nextSlot);
  }
}

/** @param aheadOf the link at the target that the file goes beyond, without the log beside it telling how */
function noteBeginning({ file, lease }: PrimaryOptions, aheadOf: Head | undefined): void {
  const { databaseId, epoch, writer } = lease;
  const heads = aheadOf === undefined ? [] : [{ slot: aheadOf.slot, hash: aheadOf.hash }];
  writeSidecar(file, { databaseId, epoch, writer, aheadOf: heads });
}

type Begun = {
  readonly head: Head;
  readonly checksum: DatabaseChecksum;
  readonly tail: readonly TailLink[];
  readonly pin: Pin | undefined;
  readonly nextSlot: number;
};

/** Makes the first base where the target needs one, and the first manifest. */
async function begin(
  rebase: RebaseOptions,
  beginning: Beginning,
  manifests: Manifests,
  links: readonly TailLink[],
): Promise<Begun> {
  const { lease } = rebase;
  const firstSlot = lease.fenceSlot + 1;
  if (beginning.kind === "behind-head") {
    const { head, checksum } = beginning;
    const tail = await firstManifest(manifests, links);
    return { head, checksum, tail, pin: undefined, nextSlot: firstSlot };
  }
  const frozen = await freezeWhole(rebase);
  const base = await baseOf(rebase, frozen, beginning.previous, firstSlot);
  if ((await lease.slots.write(firstSlot, base.bytes)) === "taken") throw new Fenced();
  const { head, checksum, record } = base;
  const link = tailLink({ record, hash: head.hash });
  // The states before the base stay restorable, if they are.
  const before = beginning.previous === undefined ? [] : links;
  const tail = await firstManifest(manifests, [...before, link]);
  return { head, checksum, tail, pin: frozen.pin, nextSlot: firstSlot + 1 };
}

/** The links of the log that the manifest does not cover; undefined when they do not hang together any more. */
async function uncovered(target: Target, manifests: Manifests): Promise<readonly TailLink[] | undefined> {
  const { tailSlot, headBeforeTail } = manifests.current ?? { tailSlot: 1, headBeforeTail: BEFORE_FIRST };
  try {
    return chainFrom(headBeforeTail, await readTail(target, tailSlot)).links.map(tailLink);
  } catch (error) {
    if (error instanceof ChainBroken) return undefined;
    throw error;
  }
}

/** Writes the first manifest, where there is none, with the first of the links, which is a base. @returns the others */
async function firstManifest(manifests: Manifests, links: readonly TailLink[]): Promise<readonly TailLink[]> {
  const first = links[0];
  if (manifests.current !== undefined || first?.base === undefined) return links;
  const { slot, hash, timeMs, base } = first;
  const rest = { packs: [], backupCount: 0, dropped: [] };
  await manifests.publish(timeMs, () => ({
    bases: [base],
    tailSlot: slot + 1,
    headBeforeTail: { slot, hash },
    ...rest,
  }));
  return links.slice(1);
}

async function closeAll({ database, databaseFile, checkpointer, guard, wal }: RebaseOptions): Promise<void> {
  wal.close();
  guard.close();
  await checkpointer.close();
  database.close();
  // Only now: it would drop the locks of the connections.
  databaseFile.close();
}

/** Waits for something, but not beyond a moment on the clock of performance.now(). */
async function until(deadline: number, work: Promise<unknown>): Promise<void> {
  const abort = new AbortController();
  const left = Math.max(0, deadline - performance.now());
  const limit = sleep(left, undefined, { signal: abort.signal, ref: true }).catch(() => {});
  await Promise.race([work.catch(() => {}), limit]);
  abort.abort();
}
