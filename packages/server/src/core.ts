import type { Secrets } from "./access.ts";
import type { Backup, DatabaseServer } from "./backup/backup.ts";
import type { Serving } from "./http/serving.ts";

/** The part of the program that owns the database, alone or with a replica. */
export type Core = {
  readonly serving: Serving;
  /** undefined without a backup target. */
  readonly backup: Backup | undefined;
  /** undefined with a SQLite file. */
  readonly databaseServer?: DatabaseServer;
  /** Whether the database is open. On a standby it is not. */
  readonly isServing: () => boolean;
  /** Calls back when the database is open: at once if it is, and each time it is reopened. */
  readonly onServing: (listener: (secrets: Secrets) => void) => void;
  /** Reports that requests may arrive from now on. */
  readonly listening: () => void;
  /** Makes the server report that it is not ready. */
  readonly drain: () => void;
  /** Closes the database and ships what is pending to the backup target. */
  readonly close: (withinMs: number) => Promise<void>;
};
