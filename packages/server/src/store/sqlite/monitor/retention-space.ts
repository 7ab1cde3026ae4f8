import type { DatabaseSync } from "node:sqlite";
import type { Connection } from "../connection.ts";

/** Given back in one step, some tenths of a millisecond: what is in use at the end of the file is moved to the front. */
const PAGES_PER_STEP = 32;

/** Free pages that stay, 4 MiB: what is recorded next needs them, or the file would shrink and grow by turns. */
const KEPT_FREE_PAGES = 1_024;

/** Of `PRAGMA auto_vacuum`: pages are given back when they are asked for. */
const INCREMENTAL = 2;

/** A database up to this size is written anew when it is opened, in about half a second. */
const MAX_REWRITTEN_BYTES = 32 * 1_024 * 1_024;

/**
 * Takes one small step towards giving free pages back to the file system.
 * @returns whether none are left to be given back, or the database is not made for it
 */
export function giveBackSpace(connection: Connection): boolean {
  const before = freePages(connection);
  if (before < KEPT_FREE_PAGES + PAGES_PER_STEP) return true;
  // A row for each page: all of them are to be read.
  connection.all(`PRAGMA incremental_vacuum(${PAGES_PER_STEP})`);
  const after = freePages(connection);
  return after === before || after < KEPT_FREE_PAGES + PAGES_PER_STEP;
}

/** Sets a database that is new to give pages back: before its first page is written that is to be had for nothing. */
export function setUpToGiveBack(database: DatabaseSync): void {
  // Setting it once more would write to a database that is set so already.
  if (pragma(database, "page_count") === 0) database.exec("PRAGMA auto_vacuum = INCREMENTAL");
}

/**
 * Sets a database to give pages back that was made without, by writing it anew, once. A large one stays as it is: it uses
 * again what is freed. No transaction may be open.
 */
export function rewriteToGiveBack(database: DatabaseSync): void {
  if (pragma(database, "auto_vacuum") === INCREMENTAL) return;
  if (pragma(database, "page_count") * pragma(database, "page_size") > MAX_REWRITTEN_BYTES) return;
  try {
    database.exec("PRAGMA auto_vacuum = INCREMENTAL; VACUUM;");
  } catch {
    // There is no room for it, or somebody else writes. It works as it is, and the next start tries again.
  }
}

function freePages(connection: Connection): number {
  return connection.get("PRAGMA freelist_count")?.[0] as number;
}

function pragma(database: DatabaseSync, name: "auto_vacuum" | "page_count" | "page_size"): number {
  return (database.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[name] ?? 0;
}
