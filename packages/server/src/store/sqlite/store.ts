import type { Store } from "../store.ts";
import { Connection, scopeOf } from "./connection.ts";
import { credentials } from "./credentials.ts";
import { endpoints } from "./endpoints.ts";
import { issuerTrusts } from "./issuer-trusts.ts";
import { members } from "./members.ts";
import { checkOwner, migrate } from "./migrations.ts";
import { monitor } from "./monitor/monitor.ts";
import { rewriteToGiveBack, setUpToGiveBack } from "./monitor/retention-space.ts";
import { Reader } from "./reader.ts";
import { resources } from "./resources.ts";
import { type CommitHooks, Writer } from "./writer.ts";

/**
 * Pages in the write-ahead log at which SQLite copies it into the database: 64 MiB. A page that changes often is
 * then copied once where the default of 1,000 pages copies it many times.
 */
const CHECKPOINT_PAGES = 16_384;

/**
 * Page caches. Look-ups jump all over the database; writes mostly stay where the last ones were. A commit that split pages
 * goes through the whole index of its cache, which is as long as the cache is large.
 */
const READER_CACHE_KIBIBYTES = 32_768;
const WRITER_CACHE_KIBIBYTES = 8_192;
const LAST_CACHE_KIBIBYTES = 64;

export type SqliteOptions = {
  /**
   * The write-ahead log is followed by a replica, which alone copies it into the database, and is told of each commit.
   */
  readonly replicated?: { readonly onCommit: CommitHooks["after"] };
};

export type SqliteStore = Store & {
  /**
   * Lets no further transaction commit until the function returned is called; they wait, and are refused after 5 s.
   * Resolves when the commit under way is done.
   */
  readonly pauseWrites: () => Promise<() => void>;
};

/**
 * Opens the database file, creating it and bringing its schema up to date.
 * @throws Error when the file is no SQLite database, another program's, or of a newer version
 */
export function openSqliteStore(file: string, { replicated }: SqliteOptions = {}): SqliteStore {
  const writing = new Connection(file, { readOnly: false, cacheKibibytes: WRITER_CACHE_KIBIBYTES });
  const close = replicated === undefined ? closeAll : closeWithoutCheckpoint;
  try {
    // First, as it refuses other programs' databases, which are to stay as they are.
    checkOwner(writing.database);
    setUpToGiveBack(writing.database);
    // A replica finds in the log what it is to ship, the steps of the schema as well.
    if (replicated !== undefined) writing.database.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;");
    migrate(writing.database);
    rewriteToGiveBack(writing.database);
    // NORMAL in WAL mode: a commit survives the end of this process; only a power failure may take the last ones.
    writing.database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;
       PRAGMA wal_autocheckpoint = ${replicated === undefined ? CHECKPOINT_PAGES : 0};`,
    );
  } catch (error) {
    close(file, writing);
    throw error;
  }
  const reader = new Reader(new Connection(file, { readOnly: true, cacheKibibytes: READER_CACHE_KIBIBYTES }));
  const writer = new Writer(writing, {
    before: () => reader.release(),
    after: replicated?.onCommit ?? (() => undefined),
  });
  return {
    committed: scopeOf(reader),
    transaction: (work) => writer.transaction(work),
    inBackground: (work) => writer.transaction(work, "background"),
    endpoints,
    credentials,
    issuerTrusts,
    resources,
    members,
    monitor,
    pauseWrites: () => writer.pause(),
    close: async () => {
      await writer.close();
      close(file, reader, writing);
    },
  };
}

type Closable = { readonly close: () => void };

function closeAll(_file: string, ...connections: readonly Closable[]): void {
  for (const connection of connections) connection.close();
}

/**
 * SQLite copies the log into the database, and deletes it, when the last connection closes that may write; node:sqlite
 * cannot tell it not to (SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE). One that may only read, and has the log open, does neither,
 * so such a one closes last. Only the replica knows what of the log is safe elsewhere.
 */
function closeWithoutCheckpoint(file: string, ...connections: readonly Closable[]): void {
  let last: Connection | undefined;
  try {
    last = new Connection(file, { readOnly: true, cacheKibibytes: LAST_CACHE_KIBIBYTES });
    last.get("SELECT 1 FROM sqlite_schema");
  } catch {
    // What cannot be read any more has no log that anybody could use.
  }
  closeAll(file, ...connections);
  last?.close();
}
