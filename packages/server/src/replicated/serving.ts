import type { Role } from "@scimtool/replica";
import { Unavailable } from "../backup/backup.ts";
import type { Access, Readiness, Served, Serving } from "../http/serving.ts";
import type { Store } from "../store/store.ts";

/** How long a request waits at most for this instance to become the writer. */
const MAX_PROMOTION_WAIT_MS = 5_000;

/** When to come again after that. */
const PROMOTING_RETRY_MS = 2_000;

/** After another instance has become the writer, how long it is left alone at least; the replica may want it longer. */
const AFTER_DEMOTION_MS = 5_000;

/** A database that could not be opened is hardly better at once. */
const AFTER_FAILURE_MS = 30_000;

export type PausableStore = Store & { readonly pauseWrites: () => Promise<() => void> };

export type ServingParts = {
  /** Becomes the one writer. @throws Unavailable when another instance is */
  readonly promote: () => Promise<void>;
  /** Whether it could: the copy of a writer that was fenced has to be restored first. */
  readonly role: () => Role;
  /** Before the database is opened, as its writer. */
  readonly prepare: () => Promise<void>;
  readonly openStore: () => PausableStore;
  /** Makes sure of what the store must hold, and finds who may come in. */
  readonly serve: (store: Store) => Promise<Served>;
  /** Is told each time that serving begins. */
  readonly onServing: () => void;
  readonly log: (level: "warn" | "error", line: string) => void;
};

type Pause = { release: () => void };

/** Serves a database as long as this instance is its one writer, and becomes that when it is needed. */
export class ReplicatedServing implements Serving {
  current: Served | undefined;
  readonly #parts: ServingParts;
  /** The last known. */
  #access: Access | undefined;
  #phase: "starting" | "standby" | "fenced" | "shutting down" = "starting";
  #store: PausableStore | undefined;
  #promotion: Promise<Served> | undefined;
  #opening: Promise<Served> | undefined;
  /** Counts demotions, so that whoever waited meanwhile can tell. */
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

  /** Who may come in as long as the database has not been opened. */
  expect(access: Access): void {
    this.#access = access;
  }

  /** From now on requests may come. */
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
   * Becomes the one writer and opens the database; calls made at the same time share one attempt.
   * @throws Unavailable when another instance is the writer; Error when the database cannot be opened
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

  /** Remembers how long to leave it at that. At start the caller tells of a failure, afterwards only the log can. */
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

  /** See ReplicaHost; also while the database is being opened. */
  async pauseWrites(): Promise<() => void> {
    const pause: Pause = { release: () => undefined };
    this.#pauses.add(pause);
    if (this.#store !== undefined) pause.release = await this.#store.pauseWrites();
    return () => {
      this.#pauses.delete(pause);
      pause.release();
    };
  }

  /** Another instance is the writer: closes the database. Requests under way find it closed. */
  async demoted(why: "fenced" | "handed-over"): Promise<void> {
    this.#demotions++;
    this.current?.abandon();
    this.current = undefined;
    if (this.#access !== undefined) {
      const { endpoints, authenticator } = this.#access;
      this.#access = { endpoints, authenticator: authenticator.withoutDatabase() };
    }
    // They were for the writer that this instance is no more.
    this.#pauses.clear();
    if (this.#phase !== "shutting down") this.#phase = why === "fenced" ? "fenced" : "standby";
    this.#refuse("Another instance of this server has taken over. Send the request again.", AFTER_DEMOTION_MS);
    await this.#opening?.catch(() => undefined);
    const store = this.#store;
    this.#store = undefined;
    // What still waits for a commit is refused: it would be written where nobody looks any more.
    await store?.pauseWrites();
    await store?.close();
  }

  /** From now on the server is not ready, and does not become the writer. */
  drain(): void {
    this.#phase = "shutting down";
  }

  /** Closes the database, after what is under way. */
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
