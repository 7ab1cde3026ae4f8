import { INTENT_POLL_MS, readIntent, showPresence } from "../lease/lease.ts";
import type { Target } from "../target/target.ts";
import type { Disk } from "./disk.ts";
import type { LocalLog } from "./local-log.ts";
import type { Ownership } from "./ownership.ts";
import type { Failures } from "./primary.ts";
import type { Shipper } from "./shipper.ts";

/** Every write finds out whether another one has taken over; without writes it is looked for once in so many looks. */
const LOOKS_PER_FOREIGN_SLOT = 5;

/** How often to see to the room that there is. */
const TIDY_MS = 250;

export type WatchOptions = {
  readonly target: Target;
  readonly shipper: Shipper;
  readonly localLog: LocalLog;
  readonly disk: Disk;
  /** One that was there before. */
  readonly knownIntent: string | undefined;
  /** Somebody asks for the database. */
  readonly handOver: () => Promise<void>;
  readonly ownership: Ownership;
  readonly failures: Failures;
};

/** Looks every second: does somebody ask for something, has somebody taken over. And more often: is there room. */
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

  /** Whether the target answers or not: one that is stuck is waited for elsewhere. */
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
