import type { Role } from "@scimtool/replica";
import { Unavailable } from "../backup/backup.ts";
import type { Access, Readiness, Served, Serving } from "../http/serving.ts";
import type { Store } from "../store/store.ts";

/** Maximum time that a request waits for this instance to become the primary. */
const MAX_PROMOTION_WAIT_MS = 5_000;

/** When to retry after that. */
const PROMOTING_RETRY_MS = 2_000;

/** Minimum time before taking the database back from another instance; the replica may require more. */
const AFTER_DEMOTION_MS = 5_000;

/** A database that could not be opened is not tried again at once. */
const AFTER_FAILURE_MS = 30_000;

export type PausableStore = Store & { readonly pauseWrites: () => Promise<() => void> };

export type ServingParts = {
  /** Becomes the primary. @throws Unavailable if another instance is the primary */
  readonly promote: () => Promise<void>;
  /** A fenced instance must restore its copy before it can become the primary. */
  readonly role: () => Role;
  /** Called before the database is opened. */
  readonly prepare: () => Promise<void>;
  readonly openStore: () => PausableStore;
  /** Ensures what the store must contain, and reads the credentials. */
  readonly serve: (store: Store) => Promise<Served>;
  /** Called each time when serving begins. */
  readonly onServing: () => void;
  readonly log: (level: "warn" | "error", line: string) => void;
};

type Pause = { release: () => void };

/** Serves a database while this instance is the primary, and becomes the primary when needed. */
export class ReplicatedServing implements Serving {
  current: Served | undefined;
  readonly #parts: ServingParts;
  #access: Access | undefined;
  #phase: "starting" | "standby" | "fenced" | "shutting down" = "starting";
  #store: PausableStore | undefined;
  #promotion: Promise<Served> | undefined;
  #opening: Promise<Served> | undefined;
  /** Counts demotions, so that waiting calls can notice one. */
  #demotions = 0;
  #refused = { untilMs: 0, reason: "" };
  readonly #pauses = new Set<Pause>();

  constructor(parts: ServingParts) {
    this.#parts = parts;
  }

  get access(): Access | undefined {
    return this.#access;
  }

  readiness(): Readiness {
    if (this.#phase === "shutting down") return "shutting down";
    if (this.current !== undefined) return "ready";
    if (this.#phase === "fenced" && this.#parts.role() === "standby") this.#phase = "standby";
    return this.#phase === "standby" ? "ready (standby)" : this.#phase;
  }

  /** Sets the expected credentials until the database is opened. */
  expect(access: Access): void {
    this.#access = access;
  }

  /** Requests may arrive from now on. */
  standBy(): void {
    if (this.#phase === "starting") this.#phase = "standby";
  }

  async admit(check: (access: Access) => Promise<void>): Promise<Served> {
    if (this.#access === undefined) throw new Unavailable("This server is starting.", PROMOTING_RETRY_MS);
    await check(this.#access);
    const waitMs = this.#refused.untilMs - performance.now();
    if (waitMs > 0) throw new Unavailable(this.#refused.reason, waitMs);
    return withPatience(this.promote());
  }

  /**
   * Becomes the primary and opens the database. Simultaneous calls share one attempt.
   * @throws Unavailable if another instance is the primary; Error if the database cannot be opened
   */
  promote(): Promise<Served> {
    if (this.current !== undefined) return Promise.resolve(this.current);
    this.#promotion ??= this.#tryPromote().finally(() => {
      this.#promotion = undefined;
    });
    return this.#promotion;
  }

  async #tryPromote(): Promise<Served> {
    try {
      this.#refuseWhenShuttingDown();
      await this.#parts.promote();
      this.#refuseWhenShuttingDown();
      const { promise, demotions } = this.#open();
      const served = await promise;
      if (demotions !== this.#demotions) throw new Unavailable(this.#refused.reason, AFTER_DEMOTION_MS);
      this.current = served;
      this.#parts.onServing();
      return served;
    } catch (error) {
      throw this.#noted(error);
    }
  }

  #open(): { promise: Promise<Served>; demotions: number } {
    const promise = this.#openStore().finally(() => {
      this.#opening = undefined;
    });
    this.#opening = promise;
    return { promise, demotions: this.#demotions };
  }

  async #openStore(): Promise<Served> {
    const demotions = this.#demotions;
    await this.#parts.prepare();
    if (demotions !== this.#demotions) throw new Unavailable(this.#refused.reason, AFTER_DEMOTION_MS);
    const store = this.#parts.openStore();
    this.#store = store;
    try {
      for (const pause of this.#pauses) pause.release = await store.pauseWrites();
      const served = await this.#parts.serve(store);
      this.#access = served;
      return served;
    } catch (error) {
      this.#store = undefined;
      await store.close();
      throw error;
    }
  }

  /**
   * Sets the pause before the next attempt. During the start, the caller reports a failure; later, only the log can.
   */
  #noted(error: unknown): unknown {
    if (error instanceof Unavailable) {
      this.#refuse(error.message, error.retryAfterMs);
      this.#parts.log("warn", `Not the primary: ${error.message}`);
      return error;
    }
    if (this.#phase === "starting") return error;
    this.#parts.log("error", `The database cannot be opened: ${(error as Error).message}`);
    const reason = "This server cannot open its database; its log has the cause.";
    this.#refuse(reason, AFTER_FAILURE_MS);
    return new Unavailable(reason, AFTER_FAILURE_MS, error);
  }

  #refuse(reason: string, forMs: number): void {
    this.#refused = { untilMs: performance.now() + forMs, reason };
  }

  #refuseWhenShuttingDown(): void {
    if (this.#phase === "shutting down") throw new Unavailable("This server is shutting down.", PROMOTING_RETRY_MS);
  }

  /** See ReplicaHost; also works while the database is being opened. */
  async pauseWrites(): Promise<() => void> {
    const pause: Pause = { release: () => undefined };
    this.#pauses.add(pause);
    if (this.#store !== undefined) pause.release = await this.#store.pauseWrites();
    return () => {
      this.#pauses.delete(pause);
      pause.release();
    };
  }

  /** Another instance is the primary: closes the database. Requests in progress find it closed. */
  async demoted(why: "fenced" | "handed-over"): Promise<void> {
    this.#demotions++;
    this.current?.abandon();
    this.current = undefined;
    if (this.#access !== undefined) {
      const { endpoints, authenticator } = this.#access;
      this.#access = { endpoints, authenticator: authenticator.withoutDatabase() };
    }
    // They were for the former primary.
    this.#pauses.clear();
    if (this.#phase !== "shutting down") this.#phase = why === "fenced" ? "fenced" : "standby";
    this.#refuse("Another instance of this server has taken over. Send the request again.", AFTER_DEMOTION_MS);
    await this.#opening?.catch(() => undefined);
    const store = this.#store;
    this.#store = undefined;
    // Pending writes fail: their commits would never be shipped.
    await store?.pauseWrites();
    await store?.close();
  }

  /** From now on the server is not ready, and does not become the primary. */
  drain(): void {
    this.#phase = "shutting down";
  }

  /** Closes the database after the requests in progress. */
  async close(): Promise<void> {
    this.drain();
    await this.#opening?.catch(() => undefined);
    await this.current?.close();
    this.current = undefined;
    const store = this.#store;
    this.#store = undefined;
    await store?.close();
  }
}

async function withPatience(promotion: Promise<Served>): Promise<Served> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Unavailable("This server is still taking over from another instance.", PROMOTING_RETRY_MS)),
    MAX_PROMOTION_WAIT_MS,
  );
  try {
    return await Promise.race([promotion, over]);
  } finally {
    clearTimeout(timer);
  }
}
