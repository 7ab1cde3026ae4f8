import { setTimeout as sleep } from "node:timers/promises";
import { waitUntil } from "../async.ts";
import type { SteadyClock } from "../clock.ts";
import type { TailLink } from "../compaction/compaction.ts";
import { Fenced, notDurable, type WriteRefusal } from "../errors.ts";
import type { Lease } from "../lease/lease.ts";
import { LOG } from "../log/log.ts";
import { encodeRecord } from "../log/record.ts";
import type { ReplicaOptions } from "../replica.ts";
import { salvage } from "../restore/orphan.ts";
import type { Copy } from "../standby/standby.ts";
import type { Durability } from "../status.ts";
import { slotKey } from "../target/target.ts";
import { type Beginning, type Begun, begin, closeParts } from "./begin.ts";
import { Disk, growthOf } from "./disk.ts";
import { AWAY_RETRY_MS, Gate } from "./gate.ts";
import { LocalLog } from "./local-log.ts";
import { Maintenance } from "./maintenance.ts";
import { Ownership } from "./ownership.ts";
import { Shipper } from "./shipper.ts";
import { Watch } from "./watch.ts";

/** How long a hand-over may take. After that, the other instance takes over by force. */
const HAND_OVER_MS = 3_000;

const RETRY_HANDED_OVER_MS = 2_000;

/** A database up to this size gets a last plain copy at the end. */
const SMALL_BYTES = 32 * 1_024 * 1_024;

/** How long pending work is awaited at the end. */
const STOP_MS = 1_000;

export type PrimaryOptions = ReplicaOptions & {
  readonly lease: Lease;
  readonly beginning: Beginning;
  readonly clock: SteadyClock;
  readonly plainKey: string;
  /** The host's connections are closed. @param isKept whether the target has everything that is in the file */
  readonly ended: (why: "fenced" | "handed-over", isKept: boolean) => void;
};

/** The primary: ships commits, maintains the target, and steps back when another instance takes over. */
export class Primary {
  readonly #options: PrimaryOptions;
  readonly #begun: Begun;
  readonly #ownership: Ownership;
  readonly #gate: Gate;
  readonly #shipper: Shipper;
  readonly #maintenance: Maintenance;
  readonly #localLog: LocalLog;
  readonly #disk: Disk;
  readonly #watch: Watch;
  #handingOver = false;
  #ended: Promise<void> | undefined;
  readonly failures = new Failures();

  /** @throws TargetError when the target does not answer */
  static async start(options: PrimaryOptions): Promise<Primary> {
    return new Primary(options, await begin(options));
  }

  private constructor(options: PrimaryOptions, begun: Begun) {
    const { lease, target } = options;
    const { parts, manifests, knownIntent } = begun;
    const { guard, wal } = parts;
    const { failures } = this;
    this.#options = options;
    this.#begun = begun;
    this.#disk = new Disk(options.file, growthOf(parts.database, options.file));
    this.#ownership = new Ownership({
      target,
      lease,
      manifests,
      shipper: () => this.#shipper,
      lost: (reason) => this.#lost(reason),
    });
    this.#gate = new Gate(
      options.durability,
      (inForce) => this.#tellMode(inForce),
      () => this.#ownership.prove(),
    );
    this.#shipper = new Shipper({
      ...begun,
      lease,
      wal,
      guard,
      gate: this.#gate,
      nowMs: () => options.clock.nowMs(),
      shipped: (record, bytes) =>
        this.#linked({ slot: record.slot, hash: this.#shipper.head.hash, bytes, timeMs: record.timeMs }),
      settled: () => this.#localLog.tidy(),
      failed: (error) => {
        failures.failed("shipping", error);
        this.#localLog.failedToShip();
      },
      isStillOwner: () => manifests.isNewest(this.#shipper.nextSlot),
      holds: async (slot, bytes) => (await target.read(slotKey(LOG, slot)))?.equals(bytes) ?? false,
      ended: (reason) => this.#lost(reason),
    });
    const shared = { ...options, failures, parts, gate: this.#gate, shipper: this.#shipper, disk: this.#disk };
    this.#localLog = new LocalLog({
      ...shared,
      linked: (link) => this.#linked(link),
      copying: () => this.#maintenance.held,
      isEnding: () => this.#ended !== undefined || this.#handingOver,
    });
    this.#maintenance = new Maintenance(
      {
        ...options,
        ...parts,
        shipper: this.#shipper,
        manifests,
        walGeneration: () => wal.generation(),
        whileQuiet: (work) => this.#localLog.whileQuiet(work),
        failures,
      },
      begun.tail,
      begun.baseTookMs,
    );
    this.#shipper.hurry();
    this.#watch = new Watch({
      ...shared,
      localLog: this.#localLog,
      knownIntent,
      ownership: this.#ownership,
      handOver: () => this.#handOver(),
    });
  }

  /** The state of the file after a hand-over. */
  get copy(): Copy {
    const { head, checksum } = this.#shipper;
    return { head, checksum, backupCount: this.#maintenance.manifest.backupCount };
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

  get localLog(): LocalLog {
    return this.#localLog;
  }

  get epoch(): number {
    return this.#options.lease.epoch;
  }

  /** Why the target does not have everything. */
  get whyAway(): string {
    const error = this.failures.of("shipping");
    return error === undefined ? "It does not answer." : `Its last error: ${error}`;
  }

  /** Set while the local disk is full. */
  get diskError(): string | undefined {
    return this.#disk.refusal()?.reason;
  }

  changed(isAwaited: boolean): void {
    this.#shipper.changed(isAwaited);
  }

  durable(remote: boolean): Promise<void> | undefined {
    const doubt = this.#ownership.doubt();
    return doubt === undefined ? this.#wait(remote) : doubt.then(() => this.#wait(remote));
  }

  #wait(remote: boolean): Promise<void> | undefined {
    const wait = this.#gate.wait(remote);
    // In mode async, a flight would wait for more commits.
    if (wait !== undefined && this.#gate.inForce === "async") this.#shipper.hurry();
    return wait;
  }

  refusal(): WriteRefusal | undefined {
    if (this.#ended !== undefined || this.#handingOver) {
      return { reason: "Another instance is taking over.", retryAfterMs: RETRY_HANDED_OVER_MS, diskFull: false };
    }
    // First, because records are written too while no change is accepted.
    const ofDisk = this.#disk.refusal();
    if (ofDisk === undefined && this.#gate.configured === "sync" && this.#gate.isAway) {
      const reason =
        "The backup target accepts no data at the moment, and durability sync accepts no change without it.";
      return { reason, retryAfterMs: AWAY_RETRY_MS, diskFull: false };
    }
    return ofDisk;
  }

  /** @throws NotDurable when the target does not get there in time */
  async backupNow(): Promise<void> {
    this.#shipper.hurry();
    await this.#gate.wait(true);
    await this.#maintenance.plainCopy();
  }

  /**
   * Ships the rest, releases the log, then makes a base if time remains. The host has closed its connections.
   * @param deadline on the clock of performance.now()
   */
  close(deadline: number): Promise<void> {
    this.#ended ??= this.#closeInOrder(deadline);
    return this.#ended;
  }

  async #closeInOrder(deadline: number): Promise<void> {
    this.#watch.stop();
    await waitUntil(deadline, this.#shipper.flush());
    if (this.#localLog.isWhole) {
      if (this.#isSmall) await waitUntil(deadline, this.#maintenance.plainCopyIfChanged());
      await waitUntil(deadline, this.#release());
      await waitUntil(deadline, this.#maintenance.base());
    } else {
      const { target, file, log } = this.#options;
      const commits = this.#gate.unshippedCommits;
      log("error", `Stopping with ${commits} commits that are not at ${target.name}; they are only in ${file}.`);
    }
    this.#gate.close(notDurable("The server is stopping.", RETRY_HANDED_OVER_MS));
    await this.#closeFiles();
  }

  get #isSmall(): boolean {
    const { pageSize, databasePages } = this.#shipper.head;
    return pageSize * databasePages <= SMALL_BYTES;
  }

  async #release(): Promise<void> {
    const { lease, clock } = this.#options;
    const { databaseId, epoch, writer } = lease;
    await this.#shipper.halt();
    const slot = this.#shipper.nextSlot;
    const record = { kind: "released", databaseId, epoch, writer, slot, timeMs: clock.nowMs() } as const;
    await this.#shipper.write(record, await encodeRecord(record));
  }

  async #closeFiles(): Promise<void> {
    // Closing the last connection copies all of the WAL into the file, including unshipped changes.
    if (!this.#localLog.isWhole) this.#localLog.noteAhead();
    await Promise.race([Promise.all([this.#maintenance.stop(), this.#shipper.stop()]), sleep(STOP_MS)]);
    await closeParts(this.#begun.parts);
    await this.#options.lease.slots.close().catch(() => {});
  }

  #linked(link: TailLink): void {
    this.failures.succeeded("shipping");
    this.#maintenance.linked(link);
  }

  #tellMode(inForce: Durability): void {
    const { target, log, durability } = this.#options;
    const away = `${target.name} accepts no data at the moment`;
    if (!this.#gate.isAway) log("info", `${target.name} has everything again; durability is ${inForce}.`);
    else if (durability === "sync") log("error", `${away}: changes are rejected until it does. ${this.whyAway}`);
    else log("warn", `${away}: continuing without it, durability is ${inForce}. ${this.whyAway}`);
  }

  async #handOver(): Promise<void> {
    if (this.#ended !== undefined || this.#localLog.isOutgrown) return;
    const { log, host } = this.#options;
    log("info", "Another instance asks to take over: handing over.");
    this.#handingOver = true;
    const resumeWrites = await host.pauseWrites();
    await waitUntil(performance.now() + HAND_OVER_MS, this.#shipper.flush());
    if (!this.#localLog.isWhole) {
      // It will take over by force. What it cannot get is not acknowledged.
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
    void this.#end("fenced", () => {}, reason);
  }

  #end(why: "fenced" | "handed-over", resumeWrites: () => void, reason?: Error): Promise<void> {
    this.#ended ??= this.#stepBack(why, resumeWrites, reason);
    return this.#ended;
  }

  async #stepBack(why: "fenced" | "handed-over", resumeWrites: () => void, reason?: Error): Promise<void> {
    this.#watch.stop();
    this.#gate.close(
      notDurable("Another instance has taken over. It may or may not have this change.", RETRY_HANDED_OVER_MS),
    );
    const { host, log, file, target } = this.#options;
    const isSetBack = reason instanceof Fenced && (await this.#ownership.isTargetSetBack());
    if (isSetBack) {
      log("error", `${target.name} was set back to an earlier state while this server ran; ${file} is kept as it is.`);
    } else if (reason instanceof Fenced) log("warn", "Another instance has taken over as the primary; stepping back.");
    else if (reason !== undefined) log("error", `Replication cannot continue, stepping back: ${reason.message}`);
    const isKept = why === "handed-over" || (!isSetBack && (await this.#salvage()));
    await host
      .demoted(why)
      .catch((error: Error) => log("error", `The connections to ${file} could not be closed: ${error.message}`));
    resumeWrites();
    await this.#closeFiles();
    this.#options.ended(why, isKept);
  }

  /** @returns whether the target now has everything that is in the local file */
  async #salvage(): Promise<boolean> {
    const { target, lease, log, file } = this.#options;
    await this.#shipper.stop();
    // The WAL was given up, so it does not have all changes.
    if (this.#localLog.isOutgrown) return false;
    const { head, inFlight } = this.#shipper;
    try {
      const key = await salvage(target, lease, head, inFlight, this.#begun.parts.wal, this.#shipper.checksum);
      if (key !== undefined)
        log(
          "warn",
          `Changes that were committed here but not shipped are kept as ${key}; see scimtool restore --orphan.`,
        );
      return true;
    } catch (error) {
      log(
        "error",
        `Changes that were committed here but not shipped could not be salvaged from ${file}: ${(error as Error).message}`,
      );
      return false;
    }
  }
}

/** Failures of recurring tasks that have not succeeded since. */
export class Failures {
  readonly #lasting = new Map<string, string>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The message of the last one. */
  get last(): string | undefined {
    return [...this.#lasting.values()].at(-1);
  }

  /** Why a task fails at present. */
  of(what: string): string | undefined {
    return this.#lasting.get(what);
  }

  failed(what: string, error: Error): void {
    this.#count++;
    this.#lasting.delete(what);
    this.#lasting.set(what, error.message);
  }

  succeeded(what: string): void {
    this.#lasting.delete(what);
  }
}
