import type { ReadPages } from "../snapshot/snapshot.ts";
import type { Head } from "./shipper.ts";

/** Pages are copied in pieces of this size. */
const CHUNK_BYTES = 512 * 1_024;

/** Where the header says how the file is written: 2 is write-ahead log, 1 rollback journal. */
const FORMAT_VERSIONS = { offset: 18, length: 2, rollbackJournal: 1 };

/**
 * The database as a file that any SQLite tool opens. It says that it has no write-ahead log (which is true: everything
 * is in it), so that it can be opened on a share, where shared memory does not work, and read-only. Each chunk is valid
 * until the next is asked for.
 */
export async function* plainStream(
  { pageSize, databasePages }: Pick<Head, "pageSize" | "databasePages">,
  readPages: ReadPages,
): AsyncGenerator<Buffer> {
  const pagesAtOnce = Math.max(1, Math.floor(CHUNK_BYTES / pageSize));
  const buffer = Buffer.alloc(Math.min(pagesAtOnce, databasePages) * pageSize);
  for (let first = 1; first <= databasePages; first += pagesAtOnce) {
    const chunk = buffer.subarray(0, Math.min(pagesAtOnce, databasePages + 1 - first) * pageSize);
    await readPages(first, chunk);
    if (first === 1) {
      const { offset, length, rollbackJournal } = FORMAT_VERSIONS;
      chunk.fill(rollbackJournal, offset, offset + length);
    }
    yield chunk;
  }
}
