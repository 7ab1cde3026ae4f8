import type { Credential, Store } from "../store/store.ts";
import { BoundedMap } from "./bounded-map.ts";
import { RateLimit } from "./rate-limit.ts";

/** For so long a secret that nobody has is not looked up again. */
const UNKNOWN_MS = 10_000;

/** Of secrets that nobody has. */
const MAX_UNKNOWN = 5_000;

/**
 * Look-ups of secrets that are not known: one takes some 20 µs, so that guesses cost a percent of a processor at most.
 * Who has a valid one needs one look-up after a start.
 */
const LIMIT = { burst: 1_000, perSecond: 500 };

/** `too-many`: not now; `no-database`: there is none open here to ask. */
export type LookedUp = readonly Credential[] | "too-many" | "no-database";

/** Asks the database for secrets that are not in memory, and does not let guesses occupy it. */
export class LookUps {
  readonly #database: Pick<Store, "committed" | "credentials"> | undefined;
  readonly #limit = new RateLimit(LIMIT);
  /** By hash of the secret, when it was looked up. */
  readonly #unknown = new BoundedMap<string, number>(MAX_UNKNOWN);

  constructor(database: Pick<Store, "committed" | "credentials"> | undefined) {
    this.#database = database;
  }

  async find(secretHash: string, nowMs: number): Promise<LookedUp> {
    if (this.#database === undefined) return "no-database";
    const unknownMs = this.#unknown.get(secretHash);
    if (unknownMs !== undefined && nowMs - unknownMs < UNKNOWN_MS) return [];
    if (!this.#limit.take(nowMs)) return "too-many";
    const found = await this.#database.credentials.byHash(this.#database.committed, secretHash);
    if (found.length === 0) this.#unknown.set(secretHash, nowMs);
    return found;
  }
}
