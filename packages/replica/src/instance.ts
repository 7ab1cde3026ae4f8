import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { SteadyClock } from "./clock.ts";
import { Fenced, hasCode, notDurable, notPrimary, TargetError, type WriteRefusal } from "./errors.ts";
import { fence, INTENT_REPEAT_MS, isOwnerAlive, OWNER_ANSWERS_WITHIN_MS, writeIntent } from "./lease/lease.ts";
import { lockFile } from "./local/lock.ts";
import { noteClaim, noteCopy } from "./local/sidecar.ts";
import { ChainBroken, readTail, type SlotContent } from "./log/log.ts";
import type { Beginning } from "./primary/begin.ts";
import { Primary } from "./primary/primary.ts";
import type { Replica, ReplicaOptions } from "./replica.ts";
import { CopyOutdated, Standby } from "./standby/standby.ts";
import { type Beginnings, findBeginnings, isOutdated, type LogEnd, restored } from "./start/begin.ts";
import { CLOCK_TOLERANCE_MS, ensureDatabaseId, selfTest } from "./start/target-setup.ts";
import { type BackupStatus, type Role, statusOf } from "./status.ts";
import { withRetriedReads } from "./target/open-target.ts";
import { WalReader } from "./wal/wal.ts";

/** How often a standby looks for new records. */
const FOLLOW_MS = 1_000;

/** How often an instance that waits for a hand-over looks. */
const HAND_OVER_POLL_MS = 100;

/**
 * After a hand-over, the database is not taken back at once. Otherwise the last requests to the old instance would make
 * it go back and forth.
 */
const COOL_DOWN_MS = 15_000;

/** Unless nobody took it within this time. */
const NOBODY_CAME_MS = 6_000;

const RETRY_MS = 2_000;

/** Time for a clean stop; container platforms kill after 30 s. */
const CLOSE_MS = 20_000;

/** Maximum number of restores if the log is always too far ahead of the restored copy. */
const MAX_RESTORES = 3;

/** The state of this instance, by role. */
type State =
  | { readonly role: "standby"; readonly standby: Standby; readonly log: LogEnd }
  /** Starts with the local file, which must not be read as a copy of the target. */
  | { readonly role: "standby"; readonly beginnings: Exclude<Beginnings, { kind: "copy" }>; readonly log: LogEnd }
  | { readonly role: "primary"; readonly primary: Primary }
  /** Another instance has taken over; the copy is being restored. */
  | { readonly role: "fenced"; readonly reason: string };

/** See {@link Replica}. */
export class Instance implements Replica {
  readonly #options: ReplicaOptions;
  readonly #plainKey: string;
  readonly #clock: SteadyClock;
  readonly #startedMs = Date.now();
  readonly #unlock: () => void;
  readonly #stopping = new AbortController();
  readonly #follow: NodeJS.Timeout;
  readonly restoredFrom: NonNullable<BackupStatus["restoredFrom"]>;
  readonly promotable: Replica["promotable"];
  readonly ownerless: Promise<void>;
  #state: State;
  #promotion: Promise<void> | undefined;
  /** A failed attempt to become the primary may have changed the file and its companions. */
  #hasTried = false;
  /** Only one caller updates the copy at a time. */
  #advanced: Promise<unknown> = Promise.resolve();
  #followed: Promise<void> | undefined;
  #restoring: Promise<void> | undefined;
  /** Primaries up to this epoch are known to be gone. */
  #goneEpoch = 0;
  /** The database is not taken back before this time (performance.now()); see COOL_DOWN_MS. */
  #handedOver: { readonly atMs: number; readonly epoch: number } | undefined;
  #lastPrimary: Primary | undefined;

  static async start(given: ReplicaOptions): Promise<Instance> {
    const options = { ...given, target: withRetriedReads(given.target) };
    const unlock = lockFile(options.file);
    try {
      const clockSkewMs = await selfTest(options.target);
      tellSkew(options, clockSkewMs);
      const beginnings = await findBeginnings(options, options.plainKey ?? "scim.db");
      return new Instance(options, unlock, clockSkewMs, beginnings);
    } catch (error) {
      unlock();
      throw error;
    }
  }

  private constructor(options: ReplicaOptions, unlock: () => void, clockSkewMs: number, beginnings: Beginnings) {
    this.#options = options;
    this.#plainKey = options.plainKey ?? "scim.db";
    this.#clock = new SteadyClock(clockSkewMs);
    this.#unlock = unlock;
    this.#state = standingBy(options, beginnings);
    this.restoredFrom = beginnings.from;
    this.promotable = beginnings.log.isOwnerless ? "at-once" : "when-needed";
    if (beginnings.log.isOwnerless) this.#goneEpoch = beginnings.log.maxEpoch;
    this.ownerless = beginnings.log.isOwnerless ? Promise.resolve() : this.#waitUntilOwnerless();
    this.#follow = setInterval(() => this.#followLog(), FOLLOW_MS);
    this.#follow.unref();
    options.log(
      "info",
      this.promotable === "at-once"
        ? "Init complete: no other instance is the primary."
        : "Init complete: standing by while another instance may be the primary.",
    );
  }

  get role(): Role {
    return this.#state.role;
  }

  changed(isAwaited = true): void {
    if (this.#state.role === "primary") this.#state.primary.changed(isAwaited);
  }

  durable(remote = false): Promise<void> | undefined {
    if (this.#state.role === "primary") return this.#state.primary.durable(remote);
    return Promise.reject(notDurable("This instance is no longer the primary.", RETRY_MS));
  }

  refusal(): WriteRefusal | undefined {
    if (this.#state.role === "primary") return this.#state.primary.refusal();
    return { reason: "This instance is not the primary.", retryAfterMs: RETRY_MS, diskFull: false };
  }

  async backupNow(): Promise<BackupStatus> {
    if (this.#state.role !== "primary")
      throw notPrimary("Only the primary makes backups, and this instance stands by.", RETRY_MS);
    const { primary } = this.#state;
    try {
      await primary.backupNow();
    } catch (error) {
      if (!hasCode(error, "target-away")) throw error;
      const { name } = this.#options.target;
      throw notDurable(`${name} does not have every change yet. ${primary.whyAway}`, RETRY_MS, error);
    }
    return this.status();
  }

  status(): BackupStatus {
    return statusOf({
      options: this.#options,
      role: this.role,
      primary: this.#lastPrimary,
      copy: "standby" in this.#state ? this.#state.standby.copy : undefined,
      restoredFrom: this.restoredFrom,
      startedMs: this.#startedMs,
      clock: this.#clock.status(),
    });
  }

  promote(): Promise<void> {
    if (this.#state.role === "primary") return Promise.resolve();
    this.#promotion ??= this.#promote().finally(() => {
      this.#promotion = undefined;
    });
    return this.#promotion;
  }

  async close(withinMs = CLOSE_MS): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#follow);
    await this.#promotion?.catch(() => {});
    if (this.#state.role === "primary") await this.#state.primary.close(performance.now() + withinMs);
    await Promise.all([this.#followed, this.#restoring]);
    if ("beginnings" in this.#state && this.#state.beginnings.kind === "resumed") {
      this.#state.beginnings.resumed.wal.close();
    }
    this.#unlock();
  }

  async #promote(): Promise<void> {
    try {
      await this.#becomePrimary();
    } catch (error) {
      if (hasCode(error, "not-primary")) throw error;
      if (error instanceof TargetError || error instanceof Fenced) {
        throw notPrimary(`This instance could not become the primary: ${(error as Error).message}`, RETRY_MS, error);
      }
      throw error;
    }
  }

  async #becomePrimary(): Promise<void> {
    const { target, log, file } = this.#options;
    const startedMs = performance.now();
    if (this.#state.role === "fenced") throw notPrimary("Another instance has taken over.", RETRY_MS);
    this.#checkCoolDown();
    await this.#renewBeginnings();
    const end = await this.#askForHandOver();
    const databaseId = await ensureDatabaseId(target);
    // Do not take the database when stopping: the primary would have to step back for nothing.
    if (this.#stopping.signal.aborted) throw notPrimary("This instance is stopping.", RETRY_MS);
    const claim = {
      databaseId,
      writer: noteClaim(file),
      fromSlot: end.nextSlot,
      minEpoch: end.maxEpoch,
      timeMs: this.#clock.nowMs(),
    };
    const lease = await fence(target, claim);
    let primary: Primary | undefined;
    try {
      // Includes everything that the previous primary wrote before the fence.
      const beginning = await this.#beginning();
      this.#hasTried = true;
      primary = await Primary.start({
        ...this.#options,
        lease,
        beginning,
        plainKey: this.#plainKey,
        clock: this.#clock,
        ended: (why, isKept) => this.#ended(why, isKept),
      });
    } finally {
      if (primary === undefined) {
        // The next attempt finds this fence, and no primary after it to ask.
        this.#goneEpoch = lease.epoch;
        await lease.slots.close();
      }
    }
    this.#hasTried = false;
    this.#lastPrimary = primary;
    this.#state = { role: "primary", primary };
    this.#handedOver = undefined;
    const tookMs = Math.round(performance.now() - startedMs);
    log("info", `This instance is now the primary for ${file} (epoch ${lease.epoch}, after ${tookMs} ms).`);
  }

  #checkCoolDown(): void {
    if (this.#handedOver === undefined) return;
    const sinceMs = performance.now() - this.#handedOver.atMs;
    const isTaken = this.#logEnd().maxEpoch > this.#handedOver.epoch;
    const leftMs = (isTaken ? COOL_DOWN_MS : NOBODY_CAME_MS) - sinceMs;
    if (leftMs > 0) throw notPrimary("This instance has just handed over to another one.", Math.min(leftMs, 5_000));
  }

  #logEnd(): LogEnd {
    return "log" in this.#state ? this.#state.log : { maxEpoch: 0, nextSlot: 1, isOwnerless: false };
  }

  async #end(): Promise<LogEnd> {
    if (!("standby" in this.#state)) {
      const log = this.#logEnd();
      // In a folder, the primary had claimed the last slot and has filled it since.
      const end = endOf(log, await readTail(this.#options.target, Math.max(1, log.nextSlot - 1)));
      // While waiting for the primary, do not read the same part again.
      if ("beginnings" in this.#state) this.#state = { ...this.#state, log: end };
      return end;
    }
    const { maxEpoch, nextSlot, released } = await this.#advance();
    // Another call may have read a part that this one was not told about.
    const end = { maxEpoch: Math.max(maxEpoch, this.#logEnd().maxEpoch), nextSlot, isOwnerless: released };
    if (this.#state.role === "standby" && "standby" in this.#state) this.#state = { ...this.#state, log: end };
    return end;
  }

  /** Asks the possible primary to hand over; fences it by force if it does not respond. @returns the end of the log */
  async #askForHandOver(): Promise<LogEnd> {
    const { target, log } = this.#options;
    const isGone = ({ isOwnerless, maxEpoch }: LogEnd) => isOwnerless || maxEpoch <= this.#goneEpoch;
    let end = await this.#end();
    if (isGone(end)) return end;
    log("info", "Asking the primary to hand over.");
    let writtenMs = Number.NEGATIVE_INFINITY;
    let deadline = performance.now() + OWNER_ANSWERS_WITHIN_MS;
    let isOver = false;
    while (!isOver) {
      isOver = performance.now() >= deadline || this.#stopping.signal.aborted;
      if (!isOver && performance.now() - writtenMs >= INTENT_REPEAT_MS) {
        // A new one each time: a new primary regards the one that it finds as addressed to its predecessor.
        await writeIntent(target, { id: randomUUID(), wants: "hand-over" });
        writtenMs = performance.now();
      }
      const { maxEpoch } = end;
      end = await this.#end();
      if (isGone(end)) return end;
      if (end.maxEpoch > maxEpoch) {
        // An instance that became the primary meanwhile gets as much time.
        deadline = performance.now() + OWNER_ANSWERS_WITHIN_MS;
        isOver = false;
      }
      if (!isOver) await sleep(HAND_OVER_POLL_MS);
    }
    if (!this.#stopping.signal.aborted) log("warn", "The primary did not respond; taking over by force.");
    return end;
  }

  /** After our own fence: nobody else can add to the log. */
  async #beginning(): Promise<Beginning> {
    if (this.#state.role !== "standby") throw notPrimary("Another instance has taken over.", RETRY_MS);
    await this.#renewBeginnings();
    if ("beginnings" in this.#state) {
      const { beginnings } = this.#state;
      if (beginnings.kind === "base") return { kind: "base", previous: beginnings.previous };
      const { head, resumed } = beginnings;
      return { kind: "behind-head", head, checksum: resumed.checksum, wal: resumed.wal };
    }
    await this.#advance();
    const { head, checksum } = this.#state.standby.copy;
    return { kind: "behind-head", head, checksum, wal: new WalReader(`${this.#options.file}-wal`) };
  }

  /** Looks again if the start cannot continue with the local file as it was found. */
  async #renewBeginnings(): Promise<void> {
    if (!("beginnings" in this.#state)) return;
    const { beginnings } = this.#state;
    if (!this.#hasTried && !(await isOutdated(this.#options.target, beginnings))) return;
    if (beginnings.kind === "resumed") beginnings.resumed.wal.close();
    // It was taken from the target, where it still is.
    if (beginnings.from.kind === "plain-copy" && !this.#hasTried) await rm(this.#options.file, { force: true });
    this.#state = standingBy(this.#options, await findBeginnings(this.#options, this.#plainKey));
    this.#hasTried = false;
  }

  /** Updates the copy; restores it again if it cannot follow. */
  #advance(): ReturnType<Standby["advance"]> {
    const advance = this.#advanced.then(() => {
      if (!("standby" in this.#state)) throw notPrimary("This instance has no copy now.", RETRY_MS);
      return this.#advanceOnce(this.#state.standby);
    });
    this.#advanced = advance.catch(() => {});
    return advance;
  }

  async #advanceOnce(standby: Standby, restores = 0): ReturnType<Standby["advance"]> {
    try {
      // While it was restored, a busy primary may have gone far ahead. Another restore would be as far behind.
      return await standby.advance(restores === 0 ? undefined : Number.POSITIVE_INFINITY);
    } catch (error) {
      if (!(error instanceof CopyOutdated || error instanceof ChainBroken) || restores === MAX_RESTORES) throw error;
      this.#options.log("info", `The copy must be restored again: ${error.message}.`);
      const beginnings = await restored(this.#options, this.#stopping.signal);
      this.#state = standingBy(this.#options, beginnings);
      if (!("standby" in this.#state)) throw error;
      return this.#advanceOnce(this.#state.standby, restores + 1);
    }
  }

  #followLog(): void {
    if (this.#promotion !== undefined) return;
    this.#followed ??= this.#lookForNews().finally(() => {
      this.#followed = undefined;
    });
  }

  async #lookForNews(): Promise<void> {
    if (!("standby" in this.#state)) return;
    try {
      const hasNews = await this.#state.standby.hasNews();
      // A promotion looks itself, and then the file is no longer a copy.
      if (hasNews && this.#promotion === undefined && !this.#stopping.signal.aborted) await this.#end();
    } catch (error) {
      if (!(error instanceof TargetError || this.#stopping.signal.aborted))
        this.#options.log("error", `Following the log failed: ${(error as Error).message}`);
    }
  }

  async #waitUntilOwnerless(): Promise<void> {
    const { target, log } = this.#options;
    const { maxEpoch: epoch } = this.#logEnd();
    const alive = await isOwnerAlive(target, randomUUID(), this.#stopping.signal).catch(() => true);
    const isSettled = this.#stopping.signal.aborted || this.#lastPrimary !== undefined;
    // An instance that became the primary meanwhile was not asked.
    if (alive || isSettled || this.#logEnd().maxEpoch > epoch) return new Promise(() => {});
    log("info", `The previous primary did not respond within ${OWNER_ANSWERS_WITHIN_MS / 1_000} s and counts as gone.`);
    this.#goneEpoch = epoch;
  }

  #ended(why: "fenced" | "handed-over", isKept: boolean): void {
    if (this.#state.role !== "primary" || this.#stopping.signal.aborted) return;
    const { primary } = this.#state;
    const { epoch } = primary;
    this.#handedOver = { atMs: performance.now(), epoch };
    if (why === "handed-over") {
      const { copy } = primary;
      const log = { maxEpoch: epoch, nextSlot: copy.head.slot + 1, isOwnerless: false };
      this.#state = { role: "standby", standby: new Standby(this.#options.target, this.#options.file, copy), log };
      noteCopy(this.#options.file, this.#options.target.name);
      return;
    }
    this.#state = { role: "fenced", reason: why };
    this.#restoring = this.#restoreWhenPossible(isKept);
  }

  /** @param isKept whether the target has everything in the local file; otherwise the file is set aside */
  async #restoreWhenPossible(isKept: boolean): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        const beginnings = isKept
          ? restored(this.#options, this.#stopping.signal)
          : findBeginnings(this.#options, this.#plainKey, this.#stopping.signal);
        this.#state = standingBy(this.#options, await beginnings);
        return;
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        this.#options.log("error", `The copy could not be restored, trying again: ${(error as Error).message}`);
        await sleep(FOLLOW_MS * 5, undefined, { ref: false, signal: this.#stopping.signal }).catch(() => {});
      }
    }
  }
}

function standingBy({ target, file }: ReplicaOptions, beginnings: Beginnings): State {
  const { log } = beginnings;
  if (beginnings.kind === "copy") return { role: "standby", standby: new Standby(target, file, beginnings.copy), log };
  return { role: "standby", beginnings, log };
}

/**
 * The end of a log that was known up to some slot. Slots without a record at the end are not passed, because they may
 * still be filled.
 */
function endOf(known: LogEnd, slots: readonly SlotContent[]): LogEnd {
  let { maxEpoch, nextSlot, isOwnerless } = known;
  for (const content of slots) {
    if (content.state !== "whole") continue;
    nextSlot = content.slot + 1;
    maxEpoch = Math.max(maxEpoch, content.record.epoch);
    isOwnerless = content.record.kind === "released" && content.record.epoch === maxEpoch;
  }
  return { maxEpoch, nextSlot, isOwnerless };
}

function tellSkew({ log, target }: ReplicaOptions, skewMs: number): void {
  if (Math.abs(skewMs) < CLOCK_TOLERANCE_MS) return;
  const minutes = Math.round(Math.abs(skewMs) / 60_000);
  log(
    "warn",
    `The clock here is ${minutes} min ${skewMs > 0 ? "ahead of" : "behind"} that of ${target.name}. No data is lost, but restore points have wrong times. Set the clock.`,
  );
}
