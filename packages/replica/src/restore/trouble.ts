/** What stands in the way of a restore. */
export type Obstacle =
  /** The target holds no database. */
  | "empty"
  /** Somebody has begun to use the target, and stopped before anything was durable there: nothing can have been lost. */
  | "not-begun"
  /** A newer version of this program has written there. */
  | "newer-version"
  /** There is a history, but no whole database that it could begin with. */
  | "no-base"
  /** An object is damaged or missing, and nothing else leads to the same state. */
  | "damaged"
  /** The time, epoch or orphan asked for is not to be had. */
  | "out-of-range"
  /** The disk to restore to refused. */
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

/** An object on the way is not there, or not what was written. Another way may be found. */
export class ObjectTrouble extends Error {
  override readonly name = "ObjectTrouble";
  readonly fault: "missing" | "corrupt";
  readonly key: string;
  /** "it is not there", "its hash does not fit its content" */
  readonly what: string;
  /** Whether there may be a way without it: not when it is a slot of the log. */
  readonly avoidable: boolean;

  constructor(fault: "missing" | "corrupt", key: string, what: string, avoidable: boolean, cause?: unknown) {
    super(`${key}: ${what}`, { cause });
    this.fault = fault;
    this.key = key;
    this.what = what;
    this.avoidable = avoidable;
  }
}

/** A time for people; labels come from what was read and may be no dates. */
export function timeText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString();
}
