import { ReplicaError } from "../errors.ts";
import type { Durability } from "../status.ts";
import type { Proof } from "./ownership.ts";
import { afterRunning } from "./running-time.ts";

/** A target that has not answered for this long, while this process ran, counts as away. */
export const AWAY_AFTER_MS = 2_000;

/** Mode async promises that at most this much time of commits is lost with the local disk. */
export const LOSS_WINDOW_MS = 1_000;

/** How long a response that insists on the target waits for it. */
const MAX_REMOTE_WAIT_MS = 10_000;

/** When to retry while the target is unreachable. */
export const AWAY_RETRY_MS = 2_000;

type Waiter = {
  /** The commit that must be at the target. */
  readonly commit: number;
  /** Whether it also waits while the target is unreachable. */
  readonly insists: boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
};

/**
 * Holds responses until the commits they depend on are durable. Commits are counted; a flight to the target takes all that
 * came before it.
 */
export class Gate {
  readonly #configured: Durability;
  readonly #onModeChange: (inForce: Durability) => void;
  readonly #prove: () => Promise<Proof>;
  #committed = 0;
  /** Number of the last commit that responses depend on. */
  #awaited = 0;
  #shipped = 0;
  #waiters: Waiter[] = [];
  #away = false;
  /** Number of the last commit when the current flight left. */
  #committedAtDeparture = 0;
  /** Set while a flight may still arrive in time. */
  #cancelAway: (() => void) | undefined;
  #closed: Error | undefined;
  #oldestUnshippedMs: number | undefined;
  /** Of the oldest commit that came after the current flight left. */
  #oldestLeftBehindMs: number | undefined;

  /** @param prove asks the target who owns the log, and ends this primary if another instance does */
  constructor(configured: Durability, onModeChange: (inForce: Durability) => void, prove: () => Promise<Proof>) {
    this.#configured = configured;
    this.#onModeChange = onModeChange;
    this.#prove = prove;
  }

  get configured(): Durability {
    return this.#configured;
  }

  /** What responses wait for at present; semi-sync changes it while the target cannot be reached. */
  get inForce(): Durability {
    return this.#configured === "semi-sync" && this.#away ? "async" : this.#configured;
  }

  get isAway(): boolean {
    return this.#away;
  }

  get committed(): number {
    return this.#committed;
  }

  get unshippedCommits(): number {
    return this.#committed - this.#shipped;
  }

  /** How long the oldest commit that is not at the target has been waiting. */
  get lagMs(): number {
    return this.#oldestUnshippedMs === undefined ? 0 : performance.now() - this.#oldestUnshippedMs;
  }

  /** Whether mode async is in force and more could be lost now than it promises. */
  get exceedsLossWindow(): boolean {
    return this.inForce === "async" && this.lagMs > LOSS_WINDOW_MS;
  }

  /** Counts a commit. @param isAwaited whether responses depend on it */
  commit(isAwaited = true): void {
    this.#committed++;
    if (isAwaited) this.#awaited = this.#committed;
    this.#oldestUnshippedMs ??= performance.now();
    this.#oldestLeftBehindMs ??= performance.now();
  }

  /** A flight begins: the target now has {@link AWAY_AFTER_MS} to answer. */
  departed(): void {
    this.#oldestLeftBehindMs = undefined;
    this.#committedAtDeparture = this.#committed;
    this.#cancelAway ??= afterRunning(AWAY_AFTER_MS, () => void this.#givesUp());
  }

  /**
   * Continues without the target, unless another instance has taken over meanwhile: then the waiting changes are lost and
   * must not be acknowledged. A target that does not answer cannot tell; see docs/replication.md.
   */
  async #givesUp(): Promise<void> {
    const flight = this.#cancelAway;
    const proof = await this.#prove();
    if (proof === "fenced" || this.#closed !== undefined || this.#cancelAway !== flight) return;
    this.#cancelAway = undefined;
    this.#setAway(true);
  }

  /** Everything up to and including this commit is at the target. */
  arrived(commit: number): void {
    // Under steady load there are always newer commits. A flight that took all earlier ones in time is enough.
    const keptUp = this.#cancelAway !== undefined && commit >= this.#committedAtDeparture;
    this.#cancelAway?.();
    this.#cancelAway = undefined;
    this.#shipped = Math.max(this.#shipped, commit);
    const caughtUp = this.#shipped === this.#committed;
    this.#oldestUnshippedMs = caughtUp ? undefined : (this.#oldestLeftBehindMs ?? performance.now());
    if (caughtUp || keptUp) this.#setAway(false);
    const waiting = this.#waiters;
    this.#waiters = waiting.filter((waiter) => waiter.commit > this.#shipped);
    for (const waiter of waiting) if (waiter.commit <= this.#shipped) waiter.resolve();
  }

  /** See Replica.durable. */
  wait(remote: boolean): Promise<void> | undefined {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    const commit = remote ? this.#committed : this.#awaited;
    if (this.#shipped >= commit) return undefined;
    const insists = remote || this.#configured === "sync";
    if (!insists && this.inForce === "async") return undefined;
    if (this.#away && !remote) return Promise.reject(away());
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { commit, insists, resolve, reject };
      this.#waiters.push(waiter);
      if (remote) this.#limit(waiter);
    });
  }

  /** Nothing more will be shipped: rejects all that wait. */
  close(reason: Error): void {
    this.#cancelAway?.();
    this.#closed = reason;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(reason);
  }

  #limit(waiter: Waiter): void {
    const timer = setTimeout(() => {
      const at = this.#waiters.indexOf(waiter);
      if (at < 0) return;
      this.#waiters.splice(at, 1);
      waiter.reject(away());
    }, MAX_REMOTE_WAIT_MS);
    timer.unref();
  }

  #setAway(isAway: boolean): void {
    if (isAway === this.#away) return;
    this.#away = isAway;
    if (isAway) this.#releaseWaiters();
    this.#onModeChange(this.inForce);
  }

  /** The target is unreachable: resolves those that do not insist on it; in mode sync, rejects all. */
  #releaseWaiters(): void {
    const waiting = this.#waiters;
    this.#waiters = this.#configured === "sync" ? [] : waiting.filter(({ insists }) => insists);
    for (const waiter of waiting) {
      if (this.#configured === "sync") waiter.reject(away());
      else if (!waiter.insists) waiter.resolve();
    }
  }
}

function away(): ReplicaError {
  return new ReplicaError(
    "target-away",
    "The backup target accepts no data at the moment, so the change could not be made durable yet.",
    AWAY_RETRY_MS,
  );
}
