import { DatabaseSync, type StatementSync } from "node:sqlite";

/** A moment of the database that is held: no checkpoint goes past it. */
export type Pin = {
  /** One more holder; the moment is let go when the last one releases. */
  readonly share: () => Pin;
  readonly release: () => void;
};

type PinConnection = { readonly database: DatabaseSync; readonly begin: StatementSync; readonly end: StatementSync };

/**
 * Keeps every checkpoint, whoever runs it, from copying into the database file what is not at the target yet, by
 * holding read transactions open: a checkpoint stops at the oldest one, and the log does not begin anew before it ends.
 */
export class Guard {
  readonly #file: string;
  readonly #idle: PinConnection[] = [];
  readonly #all: PinConnection[] = [];

  /** @param file the database */
  constructor(file: string) {
    this.#file = file;
  }

  /** Pins what is committed by now. */
  pin(): Pin {
    const connection = this.#idle.pop() ?? this.#connect();
    connection.database.exec("BEGIN");
    // A transaction begins with its first read.
    connection.begin.get();
    let holders = 0;
    const share = (): Pin => {
      let isHeld = true;
      holders++;
      const release = () => {
        if (!isHeld) return;
        isHeld = false;
        if (--holders > 0) return;
        connection.end.run();
        this.#idle.push(connection);
      };
      return { share, release };
    };
    return share();
  }

  /** The last connection of a process to close a database checkpoints it whole; see where this is called. */
  close(): void {
    for (const { database } of this.#all.splice(0)) database.close();
    this.#idle.length = 0;
  }

  #connect(): PinConnection {
    const database = new DatabaseSync(this.#file, { readOnly: true, timeout: 5_000 });
    database.exec("PRAGMA cache_size = -64");
    const connection = {
      database,
      begin: database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1"),
      end: database.prepare("COMMIT"),
    };
    this.#all.push(connection);
    return connection;
  }
}
