import { INTENT_POLL_MS, readIntent, showPresence } from "../lease/lease.ts";
import type { Target } from "../target/target.ts";
import type { Disk } from "./disk.ts";
import type { LocalLog } from "./local-log.ts";
import type { Ownership } from "./ownership.ts";
import type { Failures } from "./primary.ts";
import type { Shipper } from "./shipper.ts";

/** Every write detects a take-over. Without writes, one look in this many checks for it. */
const LOOKS_PER_FOREIGN_SLOT = 5;

/** How often to check the disk and the WAL. */
const TIDY_MS = 250;

export type WatchOptions = {
  readonly target: Target;
  readonly shipper: Shipper;
  readonly localLog: LocalLog;
  readonly disk: Disk;
  /** An intent from before this primary. */
  readonly knownIntent: string | undefined;
  /** Somebody asks for the database. */
  readonly handOver: () => Promise<void>;
  readonly ownership: Ownership;
  readonly failures: Failures;
};

/** Looks every second for intents and take-overs, and more often at the disk. */
export class Watch {
  readonly #options: WatchOptions;
  readonly #poll: NodeJS.Timeout;
  readonly #tidy: NodeJS.Timeout;
  #looking = false;
  #looks = 0;
  #knownIntent: string | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#knownIntent = options.knownIntent;
    this.#poll = setInterval(() => this.#look(), INTENT_POLL_MS);
    this.#poll.unref();
    this.#tidy = setInterval(() => this.#seeToRoom(), TIDY_MS);
    this.#tidy.unref();
  }

  stop(): void {
    clearInterval(this.#poll);
    clearInterval(this.#tidy);
  }

  /** Independent of the target, which may hang. */
  #seeToRoom(): void {
    const { disk, localLog, failures, ownership } = this.#options;
    ownership.ticked();
    try {
      disk.look();
      localLog.considerOutgrown();
      localLog.tidy();
      failures.succeeded("room");
    } catch (error) {
      failures.failed("room", error as Error);
    }
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const { shipper, localLog, failures } = this.#options;
    try {
      if (this.#looks++ % LOOKS_PER_FOREIGN_SLOT === 0) await this.#options.ownership.look();
      await this.#lookForIntent();
      shipper.touch();
      localLog.targetAnswers();
      failures.succeeded("look around");
    } catch (error) {
      failures.failed("look around", error as Error);
    } finally {
      this.#looking = false;
    }
  }

  async #lookForIntent(): Promise<void> {
    const { target, handOver } = this.#options;
    const intent = await readIntent(target);
    if (intent === undefined || intent.id === this.#knownIntent) return;
    this.#knownIntent = intent.id;
    if (intent.wants === "presence") await showPresence(target, intent.id);
    else await handOver();
  }
}
