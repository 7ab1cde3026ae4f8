/** What a caller does about a {@link ReplicaError}: send the request elsewhere or later, or ask a person. */
export type ReplicaErrorCode =
  /** This instance is not the primary now. */
  | "not-primary"
  /** A change is committed locally, but not as durable as the caller asked. */
  | "not-durable"
  /** The same, because the target accepts nothing at the moment. */
  | "target-away"
  /** The replica cannot start. The message says what was found and what to do. */
  | "start-failed";

/** An error of the replica that callers handle by its code. */
export class ReplicaError extends Error {
  override readonly name = "ReplicaError";
  readonly code: ReplicaErrorCode;
  /** When to try again; undefined where trying again does not help. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ReplicaErrorCode, message: string, retryAfterMs?: number, cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

export function notPrimary(message: string, retryAfterMs: number, cause?: unknown): ReplicaError {
  return new ReplicaError("not-primary", message, retryAfterMs, cause);
}

export function notDurable(message: string, retryAfterMs: number, cause?: unknown): ReplicaError {
  return new ReplicaError("not-durable", message, retryAfterMs, cause);
}

export function startFailed(message: string, cause?: unknown): ReplicaError {
  return new ReplicaError("start-failed", message, undefined, cause);
}

export function hasCode(error: unknown, code: ReplicaErrorCode): error is ReplicaError {
  return error instanceof ReplicaError && error.code === code;
}

/** Why a write should not even be tried now. */
export type WriteRefusal = { readonly reason: string; readonly retryAfterMs: number; readonly diskFull: boolean };

/** Another instance has the slot that this primary needs. */
export class Fenced extends Error {
  override readonly name = "Fenced";

  constructor() {
    super("another instance has taken over as the primary");
  }
}

/**
 * Why storage failed, by remedy: free space, allow writing, wait, grant the permission, or create the folder or
 * container.
 */
export type TargetFault = "full" | "read-only" | "unreachable" | "denied" | "missing";

/** Storage did not do what it was asked to do. The message says what to do. */
export class TargetError extends Error {
  override readonly name = "TargetError";
  readonly fault: TargetFault;

  constructor(fault: TargetFault, message: string, cause?: unknown) {
    super(message, { cause });
    this.fault = fault;
  }
}

export type Obstacle =
  /** The target holds no database. */
  | "empty"
  /** An instance started to use the target and stopped before anything was durable there: nothing can be lost. */
  | "not-begun"
  /** A newer version of this program has written there. */
  | "newer-version"
  | "no-base"
  /** An object is damaged or missing, and no other objects lead to the same state. */
  | "damaged"
  /** The requested time, epoch or orphan does not exist. */
  | "out-of-range"
  | "local";

/** The database cannot be restored. The message says what was found and what to do. */
export class RestoreImpossible extends Error {
  override readonly name = "RestoreImpossible";
  readonly obstacle: Obstacle;

  constructor(obstacle: Obstacle, message: string, cause?: unknown) {
    super(message, { cause });
    this.obstacle = obstacle;
  }
}

/** Bytes from the target are not what was written there. The message says what is wrong with them. */
export class CorruptObject extends Error {
  override readonly name = "CorruptObject";
}

/** An object is whole, but a newer version of this program wrote it. It must not be skipped. */
export class NewerVersion extends Error {
  override readonly name = "NewerVersion";

  constructor(what: string) {
    super(`${what}: it was written by a newer version of this program; upgrade this one`);
  }
}

/** An object that a restore needs is missing or corrupt. Other objects may lead to the same state. */
export class ObjectError extends Error {
  override readonly name = "ObjectError";
  readonly fault: "missing" | "corrupt";
  readonly key: string;
  /** For example "it is missing" or "its hash does not match its content". */
  readonly what: string;
  /** Whether other objects may replace it: never for a slot of the log. */
  readonly avoidable: boolean;

  constructor(fault: "missing" | "corrupt", key: string, what: string, avoidable: boolean, cause?: unknown) {
    super(`${key}: ${what}`, { cause });
    this.fault = fault;
    this.key = key;
    this.what = what;
    this.avoidable = avoidable;
  }
}

/** A time for people. Labels come from stored data and may be invalid dates. */
export function timeText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString();
}
