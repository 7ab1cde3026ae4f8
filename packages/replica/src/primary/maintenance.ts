import type { SteadyClock } from "../clock.ts";
import {
  type Compaction,
  dropNumbered,
  expired,
  isWorthRemoving,
  nextCompaction,
  restorePath,
  type TailLink,
  takeRemovable,
} from "../compaction/compaction.ts";
import { mergePacks, packLinks } from "../compaction/packing.ts";
import { Fenced, RestoreImpossible } from "../errors.ts";
import type { Lease } from "../lease/lease.ts";
import { LOG } from "../log/log.ts";
import type { BaseEntry, Manifest } from "../manifest/manifest.ts";
import { checkLive } from "../restore/check.ts";
import { scrub } from "../restore/scrub.ts";
import { snapshotKey, snapshotStream } from "../snapshot/snapshot.ts";
import type { Target } from "../target/target.ts";
import { counted, type FreezeOptions, freezeAtHead, HeldFile, plainStream } from "./base.ts";
import type { DatabaseFile } from "./checkpointer.ts";
import type { Manifests } from "./manifests.ts";
import type { Failures } from "./primary.ts";
import type { HeldHead } from "./shipper.ts";

const PERIOD_MS = 1_000;

/** The pause after a failure. */
const PAUSE_AFTER_FAILURE_MS = 5_000;

/** Bases that are due because much has changed take at most this fraction of the time. */
const BASE_PACE = 50;

/** When everything that a restore would read is checked first after a start, and how often from then on. */
const FIRST_SCRUB_MS = 5 * 60_000;
const SCRUB_PERIOD_MS = 86_400_000;

/** Fences and void slots outlive every frozen primary that might resume and write into their slots. */
const FENCE_LIFE_MS = 30 * 86_400_000;

/** What to do about a database that is damaged here. */
const REPAIR =
  "Stop the server. Then restore an earlier time (scimtool restore --at), or repair the file with sqlite3's .recover, and start with the result and --init.";

const REMOVED_AT_ONCE = 32;

export type MaintenanceOptions = FreezeOptions & {
  /** The local database. */
  readonly file: string;
  readonly target: Target;
  readonly lease: Lease;
  readonly databaseFile: DatabaseFile;
  readonly manifests: Manifests;
  /** Key of the plain copy. */
  readonly plainKey: string;
  readonly plainIntervalMs: number;
  readonly retentionMs: number;
  readonly clock: SteadyClock;
  readonly log: (level: "info" | "warn" | "error", line: string) => void;
  readonly failures: Failures;
};

/** One task, and its name for people. */
type Job = { readonly what: string; readonly run: () => Promise<void> };

/** The result of the last check of everything that a restore would read. */
export type ScrubFacts = { readonly timeMs: number; readonly durationMs: number; readonly verdict: string };

export type SnapshotFacts = { readonly timeMs: number; readonly bytes: number; readonly durationMs: number };

/** What the primary does besides shipping, one thing at a time: packs links, makes bases and plain copies, removes old objects. */
export class Maintenance {
  readonly #options: MaintenanceOptions;
  readonly #tail: TailLink[];
  readonly #timer: NodeJS.Timeout;
  readonly #copying: Job = { what: "plain copy", run: () => this.#copyPlainly() };
  #work: Promise<void> = Promise.resolve();
  #queued = 0;
  #notBeforeMs = 0;
  #plainDueMs: number;
  #baseNotBeforeMs: number;
  #scrubDueMs = performance.now() + FIRST_SCRUB_MS;
  #held: HeldFile | undefined;
  readonly #stopping = new AbortController();
  #stopped = false;
  lastSnapshot: SnapshotFacts | undefined;
  lastPlain: { readonly timeMs: number; readonly succeeded: boolean } | undefined;
  lastScrub: ScrubFacts | undefined;

  /**
   * @param tail the links of the log that are in no pack
   * @param baseTookMs how long the first base took; 0 if none was needed
   */
  constructor(options: MaintenanceOptions, tail: readonly TailLink[], baseTookMs: number) {
    this.#options = options;
    this.#tail = [...tail];
    this.#baseNotBeforeMs = performance.now() + BASE_PACE * baseTookMs;
    this.#plainDueMs = performance.now() + options.plainIntervalMs;
    const plain = options.manifests.current?.plain;
    if (plain !== undefined) this.lastPlain = { timeMs: plain.timeMs, succeeded: true };
    const base = options.manifests.current?.bases.at(-1);
    if (base !== undefined) this.lastSnapshot = { timeMs: base.timeMs, bytes: base.bytes, durationMs: 0 };
    this.#timer = setInterval(() => this.#consider(), PERIOD_MS);
    this.#timer.unref();
  }

  get manifest(): Manifest {
    return this.#options.manifests.current as Manifest;
  }

  get restorePathObjects(): number {
    return restorePath(this.manifest, this.#tail);
  }

  linked(link: TailLink): void {
    this.#tail.push(link);
    this.#consider();
  }

  /** Refreshes the plain copy now. @throws when that fails */
  plainCopy(): Promise<void> {
    return this.#enqueue(this.#copying);
  }

  async plainCopyIfChanged(): Promise<void> {
    if (this.manifest.plain?.slot !== this.#options.shipper.head.slot) await this.plainCopy();
  }

  /** Makes a base now, if something changed since the last. */
  base(): Promise<void> {
    const isCurrent = this.manifest.bases.at(-1)?.slot === this.#options.shipper.head.slot;
    return isCurrent ? Promise.resolve() : this.#enqueue({ what: "base", run: () => this.#makeBase() });
  }

  /** The database file while a copy of it is being uploaded. */
  get held(): HeldFile | undefined {
    return this.#held;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopping.abort();
    clearInterval(this.#timer);
    await this.#work;
  }

  #consider(): void {
    if (this.#queued > 0 || this.#stopped || performance.now() < this.#notBeforeMs) return;
    const due = this.#due();
    if (due !== undefined) this.#enqueue(due).catch(() => {});
  }

  #due(): Job | undefined {
    const compaction = nextCompaction(this.manifest, this.#tail, this.#options.clock.nowMs());
    if (compaction !== undefined && !this.#isTooSoon(compaction)) {
      return { what: compaction.kind, run: () => this.#compact(compaction) };
    }
    if (performance.now() >= this.#plainDueMs) {
      this.#plainDueMs = performance.now() + this.#options.plainIntervalMs;
      if (this.manifest.plain?.slot !== this.#options.shipper.head.slot) return this.#copying;
    }
    if (performance.now() >= this.#scrubDueMs) return { what: "scrub", run: () => this.#scrubInTime() };
    if (isWorthRemoving(this.manifest.dropped, this.#options.clock.nowMs()))
      return { what: "removing", run: () => this.#remove() };
    return undefined;
  }

  /** Under heavy load a base would be due again at once. That would cost more than it saves a restore. */
  #isTooSoon(compaction: Compaction): boolean {
    return compaction.kind === "base" && compaction.because === "size" && performance.now() < this.#baseNotBeforeMs;
  }

  #enqueue({ what, run: job }: Job): Promise<void> {
    const { failures } = this.#options;
    this.#queued++;
    const attempt = async () => {
      await job();
      failures.succeeded(what);
    };
    const run = this.#work.then(attempt).catch((error: Error) => {
      this.#notBeforeMs = performance.now() + PAUSE_AFTER_FAILURE_MS;
      if (!(error instanceof Fenced) && !this.#stopped) failures.failed(what, error);
      throw error;
    });
    this.#work = run
      .catch(() => {})
      .finally(() => {
        this.#queued--;
        // Something may have become due meanwhile.
        setImmediate(() => this.#consider());
      });
    return run;
  }

  async #compact(compaction: Compaction): Promise<void> {
    const { target } = this.#options;
    switch (compaction.kind) {
      case "enter-base": {
        const { link } = compaction;
        await this.#publishWithout([link], ({ bases, backupCount }) => ({
          bases: [...bases, link.base],
          backupCount: backupCount + 1,
        }));
        return;
      }
      case "pack": {
        const pack = await packLinks(target, compaction.links);
        const isNew = await this.#publishWithout(compaction.links, (manifest) => ({
          packs: [...manifest.packs, pack],
        }));
        if (!isNew) await target.remove(pack.key);
        return;
      }
      case "merge": {
        const merged = await mergePacks(target, compaction.packs);
        const keys = compaction.packs.map(({ key }) => key);
        const isNew = await this.#publish((manifest) => {
          const rest = manifest.packs.filter(({ key }) => !keys.includes(key));
          if (rest.length + keys.length !== manifest.packs.length) return undefined;
          const packs = [...rest, merged].sort((left, right) => left.fromSlot - right.fromSlot);
          return { packs, dropped: drop(manifest, keys, this.#options.clock.nowMs()) };
        });
        if (!isNew) await target.remove(merged.key);
        return;
      }
      case "base":
        await this.#makeBase();
    }
  }

  /**
   * Publishes a manifest that covers these links, so that their slots are not needed. Does nothing if a newer manifest covers
   * some of them already: no link may count twice.
   * @returns whether it was published
   */
  async #publishWithout(
    links: readonly TailLink[],
    change: (manifest: Manifest) => Partial<Manifest>,
  ): Promise<boolean> {
    const first = links[0] as TailLink;
    const last = links.at(-1) as TailLink;
    const linkSlots = new Set(links.map(({ slot }) => slot));
    const nowMs = this.#options.clock.nowMs();
    const isNew = await this.#publish((manifest) => {
      const { tailSlot } = manifest;
      if (tailSlot > first.slot) return undefined;
      let { dropped } = manifest;
      for (let slot = tailSlot; slot <= last.slot; slot++) {
        const atMs = linkSlots.has(slot) ? nowMs : nowMs + FENCE_LIFE_MS;
        dropped = dropNumbered(dropped, LOG, slot, slot, atMs);
      }
      return {
        ...change(manifest),
        tailSlot: last.slot + 1,
        headBeforeTail: { slot: last.slot, hash: last.hash },
        dropped,
      };
    });
    const { tailSlot } = this.manifest;
    this.#tail.splice(0, this.#tail.filter(({ slot }) => slot < tailSlot).length);
    return isNew;
  }

  /** @returns whether there was something to change */
  async #publish(change: (manifest: Manifest) => Partial<Manifest> | undefined): Promise<boolean> {
    const { manifests, shipper } = this.#options;
    return manifests.publish(Math.max(this.#options.clock.nowMs(), shipper.head.timeMs), (current) => {
      const manifest = current as Manifest;
      const changed = change(manifest);
      if (changed === undefined) return undefined;
      const { bases, packs, tailSlot, headBeforeTail, plain, backupCount, dropped } = manifest;
      const kept = { bases, packs, tailSlot, headBeforeTail, backupCount, dropped };
      return { ...kept, ...(plain === undefined ? {} : { plain }), ...changed };
    });
  }

  /** @param anew even if there is a base of this state, which is dropped then */
  async #makeBase(anew = false): Promise<void> {
    const { target, lease, clock } = this.#options;
    const startedMs = performance.now();
    const oldestMs = await this.#oldestMs();
    await this.#whileHeld(async (file, held) => {
      const { slot, hash, epoch, timeMs, pageSize, databasePages, checksum } = held;
      const key = snapshotKey(slot, lease.epoch);
      const head = { databaseId: lease.databaseId, slot, hash, timeMs, pageSize, databasePages, checksum };
      const snapshot = counted(snapshotStream(head, (first, into) => file.readPages(first, into, pageSize)));
      await target.create(key, snapshot.chunks);
      const { bytes } = snapshot;
      const base: BaseEntry = { slot, hash, epoch, timeMs, key, bytes, pageSize, databasePages, checksum };
      const isNew = await this.#publish((manifest) => {
        const isThere = manifest.bases.some((known) => known.slot === slot);
        return isThere && !anew ? undefined : withBase(manifest, base, oldestMs, clock.nowMs());
      });
      if (!isNew) await target.remove(key);
      const durationMs = performance.now() - startedMs;
      this.#baseNotBeforeMs = performance.now() + BASE_PACE * durationMs;
      this.lastSnapshot = { timeMs: this.#options.clock.nowMs(), bytes, durationMs };
    });
  }

  async #copyPlainly(): Promise<void> {
    const { target, plainKey } = this.#options;
    try {
      await this.#whileHeld(async (file, { slot, hash, timeMs, pageSize, databasePages }) => {
        const bytes = pageSize * databasePages;
        const pages = plainStream({ pageSize, databasePages }, (first, into) => file.readPages(first, into, pageSize));
        await target.replace(plainKey, pages);
        const plain = { slot, hash, timeMs: Math.max(this.#options.clock.nowMs(), timeMs), bytes };
        await this.#publish((manifest) => ({ plain, backupCount: manifest.backupCount + 1 }));
        this.lastPlain = { timeMs: plain.timeMs, succeeded: true };
      });
    } catch (error) {
      this.lastPlain = { timeMs: this.lastPlain?.timeMs ?? 0, succeeded: false };
      throw error;
    }
  }

  /** Runs work while the database file is held at the head. */
  async #whileHeld(work: (file: HeldFile, head: HeldHead["head"]) => Promise<void>): Promise<void> {
    const { head, pin } = await freezeAtHead(this.#options);
    const file = new HeldFile(this.#options.databaseFile, pin);
    this.#held = file;
    try {
      await work(file, head);
    } finally {
      this.#held = undefined;
      file.release();
    }
  }

  /** If the target is unreachable, tries again after some minutes, neither at once nor the next day. */
  async #scrubInTime(): Promise<void> {
    try {
      await this.#scrub();
    } catch (error) {
      this.#scrubDueMs = performance.now() + FIRST_SCRUB_MS;
      throw error;
    }
  }

  /** Replaces what is damaged at the target by a new base, if the local database is whole. */
  async #scrub(): Promise<void> {
    const { target, log, file } = this.#options;
    const startedMs = performance.now();
    const note = (verdict: string) => {
      this.lastScrub = { timeMs: this.#options.clock.nowMs(), durationMs: performance.now() - startedMs, verdict };
      this.#scrubDueMs = startedMs + SCRUB_PERIOD_MS;
    };
    const damage = await this.#damageHere();
    if (damage !== undefined) {
      note(`The local database is damaged: ${damage}.`);
      log("error", `${file} is damaged, and so is its copy at ${target.name}: ${damage}. ${REPAIR}`);
      return;
    }
    try {
      const { warnings } = await scrub(target);
      if (warnings.length === 0) return note("ok");
      note(warnings.join(" "));
    } catch (error) {
      if (!(error instanceof RestoreImpossible)) throw error;
      note(error.message);
    }
    log("error", `The backup at ${target.name} is damaged; a new base is being made. ${this.lastScrub?.verdict}`);
    this.#scrubDueMs = performance.now() + FIRST_SCRUB_MS;
    await this.#makeBase(true);
  }

  /** @returns what is wrong with the local database; undefined if nothing is, or it could not be checked */
  async #damageHere(): Promise<string | undefined> {
    const { file, log } = this.#options;
    try {
      return await checkLive(file, this.#stopping.signal);
    } catch (error) {
      if (!(error instanceof RestoreImpossible)) throw error;
      log("error", error.message);
      return undefined;
    }
  }

  /** Removes some objects at a time, because packing must not wait for long. */
  async #remove(): Promise<void> {
    const nowMs = this.#options.clock.nowMs();
    const { keys } = takeRemovable(this.manifest.dropped, nowMs, REMOVED_AT_ONCE);
    await Promise.all(keys.map((key) => this.#options.target.remove(key)));
    await this.#publish(({ dropped }) => ({ dropped: takeRemovable(dropped, nowMs, REMOVED_AT_ONCE).rest }));
  }

  /**
   * The time before which restore points may be removed: none while the clock may be wrong.
   * @throws TargetError when the target does not answer
   */
  async #oldestMs(): Promise<number> {
    const { clock, retentionMs, target, log } = this.#options;
    const { isTrusted, aheadOfTargetMs, jumpedMs } = await clock.compare(target);
    if (isTrusted) return clock.nowMs() - retentionMs;
    const minutes = (ms: number) => `${Math.round(ms / 60_000)} min`;
    const offBy =
      jumpedMs === 0
        ? `differs from that of ${target.name} by ${minutes(aheadOfTargetMs)}`
        : `was set by ${minutes(jumpedMs)}`;
    log("warn", `The clock ${offBy}: no restore point is removed until it is right. Set it, then restart the server.`);
    return 0;
  }
}

function withBase(manifest: Manifest, base: BaseEntry, oldestMs: number, nowMs: number): Partial<Manifest> {
  const replaced = manifest.bases.filter(({ slot }) => slot === base.slot);
  const others = manifest.bases.filter(({ slot }) => slot !== base.slot);
  const bases = [...others, base].sort((left, right) => left.slot - right.slot);
  const gone = expired({ ...manifest, bases }, oldestMs);
  return {
    backupCount: manifest.backupCount + 1,
    bases: bases.filter((known) => !gone.bases.includes(known)),
    packs: manifest.packs.filter((known) => !gone.packs.includes(known)),
    dropped: drop(
      manifest,
      [...replaced, ...gone.bases, ...gone.packs].map(({ key }) => key),
      nowMs,
    ),
  };
}

function drop(manifest: Manifest, keys: readonly string[], atMs: number): Manifest["dropped"] {
  return [...manifest.dropped, ...keys.map((key) => ({ key, atMs }))];
}
