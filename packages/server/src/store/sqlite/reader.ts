import type { Connection } from "./connection.ts";

/**
 * Keeps one read transaction open for a turn of the event loop: taking and giving back SQLite's locks for
 * each statement costs a third of a look-up. {@link refresh} ends it early, after each commit.
 */
export class Reader {
  readonly #connection: Connection;
  #open = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The connection, with a snapshot of what is committed by now. */
  current(): Connection {
    if (!this.#open) {
      this.#connection.run("BEGIN");
      this.#open = true;
      setImmediate(() => this.refresh());
    }
    return this.#connection;
  }

  /** Lets the next read see what has been committed since. */
  refresh(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#connection.run("COMMIT");
  }

  close(): void {
    this.refresh();
    this.#connection.close();
  }
}
