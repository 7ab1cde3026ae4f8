import { BoundedMap } from "../bounded-map.ts";
import type { Credential, IssuerTrust, Key, Origin, Store, Transaction } from "../store/store.ts";
import type { CredentialDatabase } from "./authenticator.ts";
import { RateLimit } from "./rate-limit.ts";

/** The credentials and trusts of a database, without access tokens. */
export type AccessRecords = { readonly credentials: readonly Credential[]; readonly trusts: readonly IssuerTrust[] };

/** Access tokens in memory; any number may be valid. */
const MAX_RECENT = 10_000;

/** The credentials in memory: all except access tokens, and the access tokens of recent requests. */
export class CredentialCache {
  readonly #byHash: ReadonlyMap<string, readonly Credential[]>;
  readonly #byKey: ReadonlyMap<Key, Credential>;
  readonly #trusts: readonly IssuerTrust[];
  /** The records that it was made from. */
  readonly known: AccessRecords;
  readonly #recent = new BoundedMap<string, readonly Credential[]>(MAX_RECENT);

  constructor(known: AccessRecords) {
    const { credentials, trusts } = known;
    this.known = known;
    this.#byHash = Map.groupBy(credentials, ({ secretHash }) => secretHash);
    this.#byKey = new Map(credentials.map((credential) => [credential.key, credential]));
    this.#trusts = trusts;
  }

  /** The credentials with a secret. It compares hashes, so the time it takes reveals nothing about a secret. */
  byHash(secretHash: string): readonly Credential[] | undefined {
    return this.#byHash.get(secretHash) ?? this.#recent.get(secretHash);
  }

  remember(secretHash: string, credentials: readonly Credential[]): void {
    this.#recent.set(secretHash, credentials);
  }

  /** The credential for which an access token or session was issued, unless another instance has just created it. */
  originOf({ origin }: Credential): Credential | IssuerTrust | undefined {
    if (origin?.kind === "trust") return this.#trusts.find(({ key }) => key === origin.key);
    return origin && this.#byKey.get(origin.key);
  }

  /** The secrets of a client, of every endpoint, valid or expired. */
  secretsOf(clientId: string): Credential[] {
    return [...this.#byKey.values()].filter(({ kind, clientId: own }) => kind === "client" && own === clientId);
  }

  trustsOf(endpoint: Key): IssuerTrust[] {
    return this.#trusts.filter((trust) => trust.endpoint === endpoint);
  }
}

/** An unknown secret is not looked up again for this time. */
const UNKNOWN_MS = 10_000;

const MAX_UNKNOWN = 5_000;

/**
 * Look-ups of unknown secrets: one takes about 20 µs, so guesses cost a percent of a processor at most. A valid secret
 * needs one look-up after a start.
 */
const LIMIT = { burst: 1_000, perSecond: 500 };

/** `too-many`: not now; `no-database`: no database is open here. */
export type LookupResult = readonly Credential[] | "too-many" | "no-database";

/** Looks up secrets that are not cached. Limits this, so that guesses do not occupy the database. */
export class CredentialLookup {
  readonly #database: Pick<Store, "committed" | "credentials"> | undefined;
  readonly #limit = new RateLimit(LIMIT);
  /** When a secret was looked up, by its hash. */
  readonly #unknown = new BoundedMap<string, number>(MAX_UNKNOWN);

  constructor(database: Pick<Store, "committed" | "credentials"> | undefined) {
    this.#database = database;
  }

  async find(secretHash: string, nowMs: number): Promise<LookupResult> {
    if (this.#database === undefined) return "no-database";
    const unknownMs = this.#unknown.get(secretHash);
    if (unknownMs !== undefined && nowMs - unknownMs < UNKNOWN_MS) return [];
    if (!this.#limit.take(nowMs)) return "too-many";
    const found = await this.#database.credentials.byHash(this.#database.committed, secretHash);
    if (found.length === 0) this.#unknown.set(secretHash, nowMs);
    return found;
  }
}

const USED = ["credentials", "issuerTrusts"] as const;

type UsesDatabase = Pick<Store, "transaction" | (typeof USED)[number]>;

function noUses(): Record<(typeof USED)[number], Map<Key, number>> {
  return { credentials: new Map(), issuerTrusts: new Map() };
}

function tableOf({ kind }: Origin): (typeof USED)[number] {
  return kind === "trust" ? "issuerTrusts" : "credentials";
}

/** How often uses are written: one commit per minute costs a replicated database almost nothing. */
const WRITE_EVERY_MS = 60_000;

/** When credentials and trusts were last used: in memory at once, in the database every minute. No request waits for it. */
export class LastUses {
  readonly #database: UsesDatabase | undefined;
  readonly #everyMs: number;
  #pending = noUses();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** @param database undefined: uses are not noted */
  constructor(database: UsesDatabase | undefined, everyMs = WRITE_EVERY_MS) {
    this.#database = database;
    this.#everyMs = everyMs;
  }

  note(used: Origin, nowMs: number): void {
    if (this.#database === undefined) return;
    this.#pending[tableOf(used)].set(used.key, nowMs);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#write();
    }, this.#everyMs).unref();
  }

  /** When a credential or trust was last used, if that is not written yet. */
  pendingOf(used: Origin): number | undefined {
    return this.#pending[tableOf(used)].get(used.key);
  }

  /** Writes the remaining uses, if the database still accepts them. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#write();
    await this.#writing;
  }

  #write(): void {
    const database = this.#database;
    const uses = this.#pending;
    if (database === undefined || uses.credentials.size + uses.issuerTrusts.size === 0) return;
    this.#pending = noUses();
    this.#writing = database
      .transaction(async (transaction) => {
        for (const table of USED) await database[table].noteUses(transaction, uses[table]);
      })
      // Not worth an error: these uses are written with the next ones.
      .catch(() => {
        for (const table of USED) {
          this.#pending[table] = new Map([...uses[table], ...this.#pending[table]]);
        }
      });
  }
}

/** Expired rows are kept for this time, so that a refusal can say that they expired. */
const KEEP_EXPIRED_MS = 3_600_000;

/** Rows to remove with each new one: more than one, so that their number shrinks. */
const REMOVED_EACH_TIME = 20;

/** Removes some expired access tokens, sessions and used assertions. Call it when one is added. */
export async function removeExpired(
  { credentials, issuerTrusts }: CredentialDatabase,
  transaction: Transaction,
  nowMs: number,
): Promise<void> {
  await credentials.removeExpired(transaction, nowMs - KEEP_EXPIRED_MS, REMOVED_EACH_TIME);
  await issuerTrusts.removeExpired(transaction, nowMs, REMOVED_EACH_TIME);
}
