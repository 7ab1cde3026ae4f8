import { totalmem } from "node:os";
import { ALONE } from "../replicas.ts";
import { isIndexed } from "../sql/columns.ts";
import { credentials } from "../sql/credentials.ts";
import { endpoints } from "../sql/endpoints.ts";
import { issuerTrusts } from "../sql/issuer-trusts.ts";
import type { Store } from "../store.ts";
import { Checkpoints, LAST_RESORT_PAGES } from "./checkpoints.ts";
import { Connection, scopeOf } from "./connection.ts";
import { members } from "./members.ts";
import { checkOwner, migrate } from "./migrations.ts";
import { monitor } from "./monitor/monitor.ts";
import { rewriteToGiveBack, setUpToGiveBack } from "./monitor/retention-space.ts";
import { Reader } from "./reader.ts";
import { ReaderThreads } from "./reader-threads.ts";
import { resources } from "./resources.ts";
import { type CommitHooks, Writer } from "./writer.ts";

/**
 * The page caches' share of the memory, and a maximum: the indexes of 1,000,000 users take about 300 MB, and the file
 * system caches the rest.
 */
const CACHE_SHARE = 1 / 8;
const MAX_CACHE_MB = 512;

/**
 * The writer's share of the page caches, and its maximum. While the database is smaller than 1 GiB, SQLite checks every
 * cached page in each commit that splits pages: with 8 or 32 MB an insert takes 24 µs, with 128 MB 44, with 512 MB 79.
 */
const WRITER_SHARE = 1 / 4;
const MAX_WRITER_CACHE_MB = 32;

/** Page cache of each thread for long reads, which last some seconds; the file system caches more. */
const THREAD_CACHE_KIBIBYTES = 16 * 1_024;

/** Maximum memory that a statement on a thread may hold for function calls, also as a share of the memory. */
const MAX_HELD_BYTES = 128 * 1_024 * 1_024;
const HELD_SHARE = 1 / 8;

/** For a connection that reads almost nothing. */
const LEAST_CACHE_KIBIBYTES = 64;

const DEFAULT_MAX_READ_MS = 10_000;

export type SqliteOptions = {
  /** Memory for the page caches; by default {@link defaultCacheMb} of the memory that this process may use. */
  readonly cacheMb?: number | undefined;
  /** How long a read may run on a thread, and wait for one before. */
  readonly maxReadMs?: number | undefined;
  /** A replica reads the write-ahead log; it alone checkpoints, and is notified of each commit. */
  readonly replicated?: { readonly onCommit: CommitHooks["after"] };
};

export type SqliteStore = Store & {
  /**
   * Pauses commits until the returned function is called. Transactions wait up to 5 s and are then refused. Resolves
   * when the current commit is done.
   */
  readonly pauseWrites: () => Promise<() => void>;
};

/**
 * Opens the database file, creating it and bringing its schema up to date.
 * @throws Error if the file is not a SQLite database, belongs to another program, or has a newer schema
 */
export function openSqliteStore(
  file: string,
  { cacheMb, maxReadMs = DEFAULT_MAX_READ_MS, replicated }: SqliteOptions = {},
): SqliteStore {
  const cacheKibibytes = 1024 * (cacheMb ?? defaultCacheMb(usableMemoryBytes()));
  const writerKibibytes = Math.floor(Math.min(cacheKibibytes * WRITER_SHARE, 1024 * MAX_WRITER_CACHE_MB));
  const writing = new Connection(file, { readOnly: false, cacheKibibytes: writerKibibytes });
  const close = replicated === undefined ? closeAll : closeWithoutCheckpoint;
  try {
    // First, so that another program's database is refused before anything changes.
    checkOwner(writing.database);
    setUpToGiveBack(writing.database);
    // The replica ships the log, which must include the migrations.
    if (replicated !== undefined) writing.database.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;");
    migrate(writing.database);
    rewriteToGiveBack(writing.database);
    // NORMAL in WAL mode: a commit survives the end of this process; only a power failure may lose the last ones.
    writing.database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;
       PRAGMA wal_autocheckpoint = ${replicated === undefined ? LAST_RESORT_PAGES : 0};`,
    );
  } catch (error) {
    close(file, writing);
    throw error;
  }
  const threads = new ReaderThreads({
    file,
    cacheKibibytes: THREAD_CACHE_KIBIBYTES,
    maxHeldBytes: Math.min(MAX_HELD_BYTES, usableMemoryBytes() * HELD_SHARE),
    maxMs: maxReadMs,
  });
  const readerKibibytes = cacheKibibytes - writerKibibytes;
  const reader = new Reader(new Connection(file, { readOnly: true, cacheKibibytes: readerKibibytes }), threads);
  const checkpoints = new Checkpoints(file, writing);
  const writer = new Writer(writing, {
    before: (weight) => reader.release(weight),
    after: replicated?.onCommit ?? (() => checkpoints.committed()),
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
    replicas: ALONE,
    isIndexed,
    pauseWrites: async () => {
      const resumeReads = threads.pause();
      const resumeWrites = await writer.pause();
      return () => {
        resumeReads();
        resumeWrites();
      };
    },
    close: async () => {
      await Promise.all([writer.close(), threads.close()]);
      await checkpoints.close();
      close(file, reader, writing);
    },
  };
}

/** Default memory for the page caches. They fill as they are used. */
export function defaultCacheMb(memoryBytes: number): number {
  return Math.min(Math.floor((memoryBytes * CACHE_SHARE) / 2 ** 20), MAX_CACHE_MB);
}

/** The limit of the container (cgroup), otherwise the memory of the machine. */
function usableMemoryBytes(): number {
  const limitBytes = process.constrainedMemory();
  return limitBytes > 0 ? Math.min(limitBytes, totalmem()) : totalmem();
}

type Closable = { readonly close: () => void };

function closeAll(_file: string, ...connections: readonly Closable[]): void {
  for (const connection of connections) connection.close();
}

/**
 * When the last writable connection closes, SQLite checkpoints and deletes the log; node:sqlite cannot turn this off
 * (SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE). A read-only connection does neither, so one closes last. Only the replica knows
 * which part of the log is backed up.
 */
function closeWithoutCheckpoint(file: string, ...connections: readonly Closable[]): void {
  let last: Connection | undefined;
  try {
    last = new Connection(file, { readOnly: true, cacheKibibytes: LEAST_CACHE_KIBIBYTES });
    last.get("SELECT 1 FROM sqlite_schema");
  } catch {
    // A database that cannot be read has no log to keep.
  }
  closeAll(file, ...connections);
  last?.close();
}
