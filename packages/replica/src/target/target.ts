/**
 * Durable storage for immutable objects. Adapters, one folder each, pass the same tests (`conformance.ts`).
 * Keys are relative paths with slashes, such as `replica/log/0000000000000001`.
 */
export type Target = {
  /** For people: where it is. */
  readonly name: string;
  /**
   * Creates an object unless there is one of that key: of any number of callers, one at most is told "created". Resolves
   * when the object would survive a power failure. A caller that dies on the way may leave an object that is cut off.
   */
  readonly create: (key: string, bytes: Uint8Array) => Promise<"created" | "exists">;
  /** Writes an object whether or not there is one; a reader sees the old or the new one, never a mixture. */
  readonly replace: (key: string, bytes: Uint8Array) => Promise<void>;
  /** @returns undefined when there is none */
  readonly read: (key: string) => Promise<Buffer | undefined>;
  /** Removes an object; none there is as good. */
  readonly remove: (key: string) => Promise<void>;
  /** Keys that begin with the prefix, in ascending order. May lag behind what others have just created or removed. */
  readonly list: (prefix: string) => Promise<string[]>;
};

/** Why storage refused, in terms of what can be done about it. */
export type TargetFault = "full" | "read-only" | "unreachable";

/** Storage did not do what it was asked. */
export class TargetError extends Error {
  override readonly name = "TargetError";
  readonly fault: TargetFault;

  constructor(fault: TargetFault, message: string, cause?: unknown) {
    super(message, { cause });
    this.fault = fault;
  }
}
