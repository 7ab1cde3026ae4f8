import type { Key, Store } from "../store/store.ts";

/** How often it is written down what was used: a commit in a minute costs a replicated database next to nothing. */
const WRITE_EVERY_MS = 60_000;

/** When credentials were used last: in memory at once, in the database now and then, and never on a request's way. */
export class Uses {
  readonly #database: Pick<Store, "transaction" | "credentials"> | undefined;
  readonly #everyMs: number;
  #pending = new Map<Key, number>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** @param database undefined: nothing is noted */
  constructor(database: Pick<Store, "transaction" | "credentials"> | undefined, everyMs = WRITE_EVERY_MS) {
    this.#database = database;
    this.#everyMs = everyMs;
  }

  note(credential: Key, nowMs: number): void {
    if (this.#database === undefined) return;
    this.#pending.set(credential, nowMs);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#write();
    }, this.#everyMs).unref();
  }

  /** When it was used last, where that is not written yet. */
  pendingOf(credential: Key): number | undefined {
    return this.#pending.get(credential);
  }

  /** Writes what is left, as far as the database still takes it. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#write();
    await this.#writing;
  }

  #write(): void {
    const database = this.#database;
    const uses = this.#pending;
    if (database === undefined || uses.size === 0) return;
    this.#pending = new Map();
    this.#writing = database
      .transaction((transaction) => database.credentials.noteUses(transaction, uses))
      // Not worth a failure: what could not be written is tried again with the next ones.
      .catch(() => {
        this.#pending = new Map([...uses, ...this.#pending]);
      });
  }
}
