import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";

/**
 * Tells by how many bytes a database file will grow once everything that is in its log is copied into it.
 * @param database a connection to it
 */
export function growthOf(database: DatabaseSync, file: string): () => number {
  const pageSize = database.prepare("PRAGMA page_size");
  const pageCount = database.prepare("PRAGMA page_count");
  return () => {
    const { page_size: bytes } = pageSize.get() as { page_size: number };
    const { page_count: pages } = pageCount.get() as { page_count: number };
    return Math.max(0, bytes * pages - statSync(file).size);
  };
}
