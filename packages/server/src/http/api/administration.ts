import type { Backup } from "../../backup/backup.ts";
import type { Serving } from "../serving.ts";

export type ApiOptions = {
  readonly serving: Serving;
  /** undefined without a backup target. */
  readonly backup: Backup | undefined;
  readonly publicUrl: string | undefined;
};
