import type { Replica } from "@scimtool/replica";
import { ReplicaError, TargetError } from "@scimtool/replica/errors";
import { type Backup, type Restores, Unavailable } from "../backup/backup.ts";

/** When clients should retry after the target failed. */
const TARGET_RETRY_MS = 5_000;

/** Replication as the rest of the server sees it. */
export function backupBy(replica: Replica, restores: Restores): Backup {
  return {
    durable: (remote) => replica.durable(remote)?.catch(rethrow),
    refusal: () => replica.refusal(),
    status: () => replica.status(),
    trigger: () => replica.backupNow().catch(rethrow),
    restores,
  };
}

function rethrow(error: unknown): never {
  throw translated(error);
}

/** Turns errors that a later attempt may not meet into {@link Unavailable}; other errors stay as they are. */
export function translated(error: unknown): unknown {
  if (error instanceof TargetError) return new Unavailable(error.message, TARGET_RETRY_MS, error);
  if (!(error instanceof ReplicaError)) return error;
  switch (error.code) {
    case "not-primary":
    case "not-durable":
    case "target-away":
      return new Unavailable(error.message, error.retryAfterMs ?? TARGET_RETRY_MS, error);
    case "start-failed":
      return error;
  }
}
