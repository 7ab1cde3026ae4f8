import { StoreUnavailable } from "../store.ts";
import type { Connection } from "./connection.ts";
import type { Weight } from "./writer.ts";

/**
 * How long a snapshot is kept at most. Only writes of other processes could make it old, and only a checkpoint of
 * theirs would wait for it.
 */
const MAX_SNAPSHOT_MS = 20;

/**
 * Keeps one read transaction open from the first read after a commit to the next commit: taking and giving back
 * SQLite's locks for each statement costs more than half as much as a look-up.
 */
export class Reader {
  readonly #connection: Connection;
  #isOpen = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The connection, with a snapshot of what is committed by now. */
  current(): Connection {
    if (!this.#isOpen) {
      if (this.#isClosed) throw new StoreUnavailable("The store is closed.");
      this.#connection.run("BEGIN");
      this.#isOpen = true;
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.release();
      }, MAX_SNAPSHOT_MS);
    }
    return this.#connection;
  }

  /**
   * Ends the snapshot, so that the next read takes a new one. The writer calls this before each commit: the commit's
   * checkpoint then finds no reader, and the log can restart. What is known of pages holds across commits that write
   * no resources.
   */
  release(weight: Weight = "background"): void {
    if (weight === "answered") this.#connection.pages?.clear();
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#connection.run("COMMIT");
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.release();
    this.#connection.close();
  }
}
