import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { Random } from "./random.ts";

/** A client's request. Each instance changes only its own rows. */
export type Operation = {
  readonly op: "insert" | "update" | "delete";
  readonly id: number;
  /** Counts the changes of a row from 1, and determines its content. */
  readonly version: number;
};

export type Done = Operation & {
  /** Counts the operations of all primaries: each continues where the previous one stopped. */
  readonly seq: number;
};

/** Each instance numbers its rows from its own number times this. */
export const ROWS_PER_INSTANCE = 1_000_000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS counter (only INTEGER PRIMARY KEY CHECK (only = 1), value INTEGER NOT NULL);
  INSERT OR IGNORE INTO counter VALUES (1, 0);
  CREATE TABLE IF NOT EXISTS thing (
    id INTEGER PRIMARY KEY, version INTEGER NOT NULL, seq INTEGER NOT NULL UNIQUE, name TEXT NOT NULL, payload BLOB NOT NULL
  );
  CREATE INDEX IF NOT EXISTS thing_name ON thing (name, version);
  CREATE TABLE IF NOT EXISTS deed (seq INTEGER PRIMARY KEY, id INTEGER NOT NULL, op TEXT NOT NULL) WITHOUT ROWID;
`;

/** The content of a row, by its ID and version. Most are small, some span many pages. */
export function payloadOf(id: number, version: number): Buffer {
  const mixed = Math.imul(id ^ Math.imul(version, 0x9e3779b1), 0x85ebca6b) >>> 0;
  const share = mixed % 1_000;
  const outputLength =
    share < 850
      ? 20 + (mixed % 400)
      : share < 990
        ? 2_000 + (mixed % 20_000)
        : share < 999
          ? 100_000 + (mixed % 200_000)
          : 1_500_000;
  return createHash("shake256", { outputLength }).update(`${id}.${version}`).digest();
}

export function nameOf(id: number, version: number): string {
  return createHash("sha1").update(`${version}.${id}`).digest("hex");
}

/** The statements of a writer. */
export type Writing = { readonly run: (operations: readonly Operation[]) => Done[] };

/** Creates the tables, and prepares the statements. */
export function writingOf(database: DatabaseSync): Writing {
  database.exec(SCHEMA);
  const count = database.prepare("UPDATE counter SET value = value + 1 RETURNING value");
  const statements = {
    insert: database.prepare("INSERT INTO thing (version, seq, name, payload, id) VALUES (?, ?, ?, ?, ?)"),
    update: database.prepare("UPDATE thing SET version = ?, seq = ?, name = ?, payload = ? WHERE id = ?"),
  };
  const remove = database.prepare("DELETE FROM thing WHERE id = ?");
  const note = database.prepare("INSERT INTO deed (seq, id, op) VALUES (?, ?, ?)");
  const perform = ({ op, id, version }: Operation): Done => {
    const { value: seq } = count.get() as { value: number };
    if (op === "delete") remove.run(id);
    else statements[op].run(version, seq, nameOf(id, version), payloadOf(id, version), id);
    note.run(seq, id, op);
    return { op, id, version, seq };
  };
  return {
    run: (operations) => {
      database.exec("BEGIN IMMEDIATE");
      try {
        const done = operations.map(perform);
        database.exec("COMMIT");
        return done;
      } catch (error) {
        if (database.isTransaction) database.exec("ROLLBACK");
        throw error;
      }
    },
  };
}

/** Sometimes changes that move pages in other ways than rows do. */
export function churn(database: DatabaseSync, random: Random): boolean {
  const share = random.next();
  if (share < 0.003) database.exec("VACUUM");
  else if (share < 0.008) database.exec("CREATE INDEX IF NOT EXISTS thing_version ON thing (version, name)");
  else if (share < 0.013) database.exec("DROP INDEX IF EXISTS thing_version");
  else if (share < 0.015) database.exec("DELETE FROM deed WHERE seq < (SELECT value FROM counter) - 2000");
  else return false;
  return true;
}

/** Chooses the next request, and remembers the rows that can be changed. */
export class Client {
  readonly #random: Random;
  readonly #nextId: () => number;
  #own: { readonly id: number; readonly version: number }[] = [];

  constructor(random: Random, nextId: () => number) {
    this.#random = random;
    this.#nextId = nextId;
  }

  choose(): Operation {
    const share = this.#random.next();
    if (this.#own.length < 3 || share < 0.6) return { op: "insert", id: this.#nextId(), version: 1 };
    const [row] = this.#own.splice(this.#random.between(0, this.#own.length - 1), 1);
    const { id, version } = row as { id: number; version: number };
    return share < 0.85 ? { op: "update", id, version: version + 1 } : { op: "delete", id, version: version + 1 };
  }

  did({ op, id, version }: Operation): void {
    if (op !== "delete") this.#own.push({ id, version });
  }

  /** Another instance may have taken over from an earlier state. */
  forget(): void {
    this.#own = [];
  }
}
