/** The database itself on the target, as before there was hybrid storage. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import sqlite from "node-sqlite3-wasm";
import type { Places } from "./arrangements.ts";
import { databaseName, insertSql } from "./rows.ts";
import type { Store } from "./service.ts";

/**
 * SQLite compiled to WebAssembly: its file access is plain calls of `node:fs`, which can be slowed down, while the one
 * inside Node goes to the operating system past everything. The journal is the rollback journal: WAL needs memory that
 * is shared between processes, which a network share does not give.
 */
export async function openDirect({ targetFolder }: Places): Promise<Store> {
  const database = new sqlite.Database(join(targetFolder, databaseName));
  database.exec("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL");
  const insert = database.prepare(insertSql);
  return {
    insert: (row) => {
      insert.run(row);
    },
    durable: () => undefined,
    close: async () => {
      insert.finalize();
      database.close();
    },
  };
}

/** @returns the file to open: the database where it is. SQLite rolls back what was under way. */
export async function recoverDirect(targetFolder: string): Promise<string> {
  const file = join(targetFolder, databaseName);
  // The WebAssembly build locks by making this folder, which outlives a killed process; a real lock would not.
  rmSync(`${file}.lock`, { recursive: true, force: true });
  return file;
}
