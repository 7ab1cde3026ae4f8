import type { Store } from "../store.ts";
import { Connection, scopeOf } from "./connection.ts";
import { credentials } from "./credentials.ts";
import { endpoints } from "./endpoints.ts";
import { members } from "./members.ts";
import { migrate } from "./migrations.ts";
import { Reader } from "./reader.ts";
import { resources } from "./resources.ts";
import { Writer } from "./writer.ts";

/**
 * Pages in the write-ahead log at which SQLite copies it into the database: 32 MiB. A page that changes often is
 * then copied once where the default of 1,000 pages copies it many times.
 */
const CHECKPOINT_PAGES = 8_192;

/** Page caches. Look-ups jump all over the database; writes mostly stay where the last ones were. */
const READER_CACHE_KIBIBYTES = 32_768;
const WRITER_CACHE_KIBIBYTES = 16_384;

/**
 * Opens the database file, creating it and bringing its schema up to date.
 * @throws Error when the file is no SQLite database, another program's, or of a newer version
 */
export function openSqliteStore(file: string): Store {
  const writing = new Connection(file, { readOnly: false, cacheKibibytes: WRITER_CACHE_KIBIBYTES });
  try {
    // First, as it refuses other programs' databases, which are to stay as they are.
    migrate(writing.database);
    // NORMAL in WAL mode: a commit survives the end of this process; only a power failure may take the last ones.
    writing.database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};`,
    );
  } catch (error) {
    writing.close();
    throw error;
  }
  const reader = new Reader(new Connection(file, { readOnly: true, cacheKibibytes: READER_CACHE_KIBIBYTES }));
  const writer = new Writer(writing, () => reader.release());
  return {
    committed: scopeOf(reader),
    transaction: (work) => writer.transaction(work),
    endpoints,
    credentials,
    resources,
    members,
    close: async () => {
      await writer.close();
      reader.close();
      writing.close();
    },
  };
}
