import type { Replica } from "@scimtool/replica";
import { type Backup, Unavailable } from "../backup/backup.ts";

/** When to come again after storage has failed. */
const TARGET_RETRY_MS = 5_000;

/** Replication as the rest of the server sees it. */
export function backupBy(replica: Replica): Backup {
  return {
    durable: (remote) => replica.durable(remote)?.catch(rethrow),
    refusal: () => replica.refusal(),
    status: () => replica.status(),
    trigger: () => replica.backupNow().catch(rethrow),
  };
}

function rethrow(error: unknown): never {
  throw translated(error);
}

/** Errors of the replica that say when to try again, in the server's own terms; others as they are. */
export function translated(error: unknown): unknown {
  const { name, message, retryAfterMs } = error as Error & { retryAfterMs?: number };
  switch (name) {
    case "NotPrimary":
    case "NotDurable":
      return new Unavailable(message, retryAfterMs ?? TARGET_RETRY_MS, error);
    case "TargetError":
      return new Unavailable(message, TARGET_RETRY_MS, error);
    default:
      return error;
  }
}
