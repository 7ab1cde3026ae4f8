import type { DatabaseSync } from "node:sqlite";
import type { Connection } from "../connection.ts";

/** Pages to return in one step, some tenths of a millisecond: SQLite moves used pages from the end of the file. */
const PAGES_PER_STEP = 32;

/** Free pages that stay, 4 MiB, for the next records. Otherwise the file would shrink and grow all the time. */
const KEPT_FREE_PAGES = 1_024;

/** Of `PRAGMA auto_vacuum`: pages are returned on request. */
const INCREMENTAL = 2;

/** A database up to this size is rewritten when it is opened, which takes about half a second. */
const MAX_REWRITTEN_BYTES = 32 * 1_024 * 1_024;

/**
 * Takes one small step towards returning free pages to the file system.
 * @returns whether there are none left to return, or the database cannot return any
 */
export function giveBackSpace(connection: Connection): boolean {
  const before = freePages(connection);
  if (before < KEPT_FREE_PAGES + PAGES_PER_STEP) return true;
  // A row for each page; all must be read.
  connection.all(`PRAGMA incremental_vacuum(${PAGES_PER_STEP})`);
  const after = freePages(connection);
  return after === before || after < KEPT_FREE_PAGES + PAGES_PER_STEP;
}

/** Lets a new database return free pages. This costs nothing before its first page is written. */
export function setUpToGiveBack(database: DatabaseSync): void {
  // Setting it again would write to the database.
  if (pragma(database, "page_count") === 0) database.exec("PRAGMA auto_vacuum = INCREMENTAL");
}

/**
 * Lets an older database return free pages by rewriting it once. A large one stays as it is and reuses its free pages. No
 * transaction may be open.
 */
export function rewriteToGiveBack(database: DatabaseSync): void {
  if (pragma(database, "auto_vacuum") === INCREMENTAL) return;
  if (pragma(database, "page_count") * pragma(database, "page_size") > MAX_REWRITTEN_BYTES) return;
  try {
    database.exec("PRAGMA auto_vacuum = INCREMENTAL; VACUUM;");
  } catch {
    // There is not enough space, or another process writes. The next start tries again.
  }
}

function freePages(connection: Connection): number {
  return connection.get("PRAGMA freelist_count")?.[0] as number;
}

function pragma(database: DatabaseSync, name: "auto_vacuum" | "page_count" | "page_size"): number {
  return (database.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[name] ?? 0;
}
