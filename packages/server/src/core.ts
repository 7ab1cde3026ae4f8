import type { Secrets } from "./access.ts";
import type { Backup } from "./backup/backup.ts";
import type { Serving } from "./http/serving.ts";

/** The part of the program that has the database: alone, or with a replica. */
export type Core = {
  readonly serving: Serving;
  /** undefined without a backup target. */
  readonly backup: Backup | undefined;
  /** Whether the database is open; as a standby it is not yet. */
  readonly isServing: () => boolean;
  /** Calls back when the database is open: at once when it is, and each time that it is opened again. */
  readonly onServing: (listener: (secrets: Secrets) => void) => void;
  /** From now on requests may come. */
  readonly listening: () => void;
  /** From now on the server is not ready. */
  readonly drain: () => void;
  /** Closes the database, and brings what is left to the backup target. */
  readonly close: (withinMs: number) => Promise<void>;
};
