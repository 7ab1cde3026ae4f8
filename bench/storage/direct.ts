/** The database itself on the target, as before hybrid storage. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import sqlite from "node-sqlite3-wasm";
import type { Places } from "./arrangements.ts";
import { databaseName, insertSql } from "./rows.ts";
import type { Store } from "./service.ts";

/**
 * SQLite compiled to WebAssembly, because its file access uses `node:fs`, which can be slowed down, unlike Node's
 * built-in SQLite. With a rollback journal, because WAL needs shared memory between processes, which a network share
 * does not provide.
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

/** @returns the database itself; SQLite rolls back the interrupted transaction */
export async function recoverDirect(targetFolder: string): Promise<string> {
  const file = join(targetFolder, databaseName);
  // The WebAssembly build locks with this folder, which outlives a killed process, unlike a real lock.
  rmSync(`${file}.lock`, { recursive: true, force: true });
  return file;
}
