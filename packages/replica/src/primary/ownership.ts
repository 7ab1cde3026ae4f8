import { setTimeout as sleep } from "node:timers/promises";
import { Fenced } from "../errors.ts";
import type { Lease } from "../lease/lease.ts";
import { readSlot, readTail } from "../log/log.ts";
import type { LogRecord } from "../log/record.ts";
import { newestManifest } from "../manifest/manifest.ts";
import type { Target } from "../target/target.ts";
import type { Manifests } from "./manifests.ts";
import { afterRunning } from "./running-time.ts";
import type { Shipper } from "./shipper.ts";

/** The target has this long to show who owns the log. */
const PROOF_MS = 500;

/** An answer that took longer says too little about now: this process may have been stopped meanwhile. */
const FRESH_MS = 500;

/** A process that did not run for this long may have been replaced. Others wait four seconds before they take over. */
const STALLED_MS = 1_000;

/** Another instance is filling its slot: look again after this time. */
const UNFINISHED_MS = 20;

export type Proof = "owner" | "fenced" | "no-answer";

/** Finds out whether this instance still owns the log. */
export class Ownership {
  readonly #target: Target;
  readonly #lease: Lease;
  readonly #manifests: Manifests;
  readonly #shipper: () => Shipper;
  readonly #lost: (reason: Error) => void;
  #ranMs = performance.now();
  #proof: Promise<Proof> | undefined;
  #doubt: Promise<Proof> | undefined;

  constructor(options: {
    readonly target: Target;
    readonly lease: Lease;
    readonly manifests: Manifests;
    readonly shipper: () => Shipper;
    /** Another instance has taken over. */
    readonly lost: (reason: Error) => void;
  }) {
    this.#target = options.target;
    this.#lease = options.lease;
    this.#manifests = options.manifests;
    this.#shipper = options.shipper;
    this.#lost = options.lost;
  }

  /**
   * Asks the target who owns the log. Calls at the same time share one question, which waits until the target answers
   * promptly, or has not for half a second in which this process ran.
   */
  prove(): Promise<Proof> {
    this.#proof ??= this.#prove().finally(() => {
      this.#proof = undefined;
    });
    return this.#proof;
  }

  /** To be called a few times each second. After a time in which this process did not run, it asks the target. */
  ticked(): void {
    this.doubt();
    this.#ranMs = performance.now();
  }

  /**
   * @returns undefined if there is no doubt; otherwise what responses must wait for after a time in which this process
   * did not run: another instance may have taken over
   */
  doubt(): Promise<Proof> | undefined {
    if (this.#doubt === undefined && performance.now() - this.#ranMs >= STALLED_MS) {
      this.#ranMs = performance.now();
      this.#doubt = this.prove().finally(() => {
        this.#doubt = undefined;
      });
    }
    return this.#doubt;
  }

  /**
   * Looks once, and ends this instance if another one has taken over, or the target was set back to an earlier state.
   * @throws TargetError when the target does not answer
   */
  async look(): Promise<void> {
    const lastSlot = this.#shipper().nextSlot - 1;
    const isGone =
      (await this.#isOwner()) === false ||
      ((await readSlot(this.#target, lastSlot)).state !== "whole" && (await this.isTargetSetBack()));
    if (isGone) this.#lost(new Fenced());
  }

  /** @returns undefined while the slot that another instance would have is unfinished */
  async #isOwner(): Promise<boolean | undefined> {
    const { nextSlot, isStale } = this.#shipper();
    const content = await readSlot(this.#target, this.#lease.slots.firstForeign(nextSlot - 1));
    if (content.state === "torn") return undefined;
    if (content.state === "whole") return content.record.writer === this.#lease.writer;
    // The slots of another instance may have been packed and removed since.
    return isStale ? this.#manifests.isNewest(nextSlot) : true;
  }

  /**
   * Whether the target was set back to an earlier state: the last slot that this instance wrote is gone, and nobody else
   * has written since. False when the target does not answer.
   */
  async isTargetSetBack(): Promise<boolean> {
    const lastSlot = this.#shipper().nextSlot - 1;
    try {
      const { manifest } = await newestManifest(this.#target);
      if (manifest !== undefined && (manifest.epoch > this.#lease.epoch || manifest.tailSlot > lastSlot)) return false;
      const tail = await readTail(this.#target, manifest?.tailSlot ?? 1);
      const records = tail.flatMap((content) => (content.state === "whole" ? [content.record] : []));
      const { epoch, writer } = this.#lease;
      const isOurs = (record: LogRecord) => record.writer === writer;
      return !records.some((record) => (isOurs(record) ? record.slot === lastSlot : record.epoch >= epoch));
    } catch {
      return false;
    }
  }

  async #prove(): Promise<Proof> {
    let isOver = false;
    const limit = Promise.withResolvers<"no-answer">();
    const cancel = afterRunning(PROOF_MS, () => {
      isOver = true;
      limit.resolve("no-answer");
    });
    try {
      while (!isOver) {
        const askedMs = performance.now();
        const proof = await Promise.race([this.#ask(), limit.promise]);
        if (proof === "fenced") this.#lost(new Fenced());
        if (proof === "fenced" || (proof !== "unfinished" && performance.now() - askedMs <= FRESH_MS)) return proof;
        if (proof === "unfinished") await sleep(UNFINISHED_MS);
      }
      return "no-answer";
    } finally {
      cancel();
    }
  }

  async #ask(): Promise<Proof | "unfinished"> {
    try {
      const isOwner = await this.#isOwner();
      if (isOwner === undefined) return "unfinished";
      return isOwner ? "owner" : "fenced";
    } catch {
      return "no-answer";
    }
  }
}
