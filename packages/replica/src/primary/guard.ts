import { DatabaseSync, type StatementSync } from "node:sqlite";

/** Holds one state of the database: no checkpoint goes past it. */
export type Pin = {
  /** Adds a holder. The state is released with the last one. */
  readonly share: () => Pin;
  readonly release: () => void;
};

type PinConnection = { readonly database: DatabaseSync; readonly begin: StatementSync; readonly end: StatementSync };

/**
 * Keeps every checkpoint, from any connection or process, from copying unshipped changes into the database file, by holding read
 * transactions open: a checkpoint stops at the oldest one, and the WAL does not restart before it ends.
 */
export class Guard {
  readonly #file: string;
  readonly #idle: PinConnection[] = [];
  readonly #all: PinConnection[] = [];

  /** @param file the database */
  constructor(file: string) {
    this.#file = file;
  }

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

  /** When the last connection of a process closes, SQLite checkpoints everything; see the caller. */
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
