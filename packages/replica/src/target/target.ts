import { createHash } from "node:crypto";

/** A part of an object, in bytes. */
export type ByteRange = { readonly offset: number; readonly length: number };

/**
 * What an object is to hold. A stream is consumed once, in constant memory; a chunk may be used again by whoever gave it
 * as soon as the next one is asked for. What a stream throws reaches the caller as it is, and leaves no object.
 */
export type Content = Uint8Array | AsyncIterable<Uint8Array>;

/**
 * Durable storage for objects. Adapters, one folder each, pass the same tests (`conformance.ts`).
 * Keys are relative paths with slashes, such as `replica/log/0000000000000001`; see `checkKey`.
 *
 * Everything that returns a promise rejects with a `TargetError` when storage refuses or does not answer. What was asked
 * may then have been done nonetheless, or in part, or be done a little later: only reading tells.
 */
export type Target = {
  /** For people: where it is. Holds no secret. */
  readonly name: string;
  readonly kind: "directory" | "azure-blob";
  /**
   * Creates an object unless there is one of that key: of any number of callers, one at most is told "created". Resolves
   * when the object would survive a power failure. A caller that dies on the way may leave an object that is cut off.
   */
  readonly create: (key: string, content: Content) => Promise<"created" | "exists">;
  /** Writes an object whether or not there is one; a reader sees the old or the new one, never a mixture. Durable. */
  readonly replace: (key: string, content: Content) => Promise<void>;
  /**
   * @param range a range that reaches beyond the end gives what there is, if need be nothing
   * @returns bytes that are the caller's own; undefined when there is no such object
   */
  readonly read: (key: string, range?: ByteRange) => Promise<Buffer | undefined>;
  /** Removes an object; none there is as good. */
  readonly remove: (key: string) => Promise<void>;
  /** Keys that begin with the prefix, in ascending order. May lag behind what others have just created or removed. */
  readonly list: (prefix: string) => Promise<string[]>;
  /** Writes the numbered slots below a prefix; one for each writer. Does nothing by itself. */
  readonly openSlots: (prefix: string) => SlotWriter;
  /** The storage's own clock, ms since 1970, as exactly as it tells it (Azure: to the second). */
  readonly clockMs: () => Promise<number>;
};

/** Writes numbered slots, of which each belongs to one writer for good. A call waits for the one before it. */
export type SlotWriter = {
  /**
   * Writes a slot unless another writer has it. "written" means that it is durable, and that whoever claims any later slot
   * afterwards and then reads this one sees it whole. "taken" means that it must not be relied on: another writer has this
   * slot, or has claimed the one behind it and may have seen this one unfinished.
   *
   * After a TargetError the same call may be made again, and settles what became of the first: a slot that already holds
   * exactly these bytes is ours.
   * @throws Error when a call that failed is repeated with other bytes: others may have read the first ones already
   */
  readonly write: (slot: number, bytes: Uint8Array) => Promise<"written" | "taken">;
  /**
   * Having written `slot` last, the first slot that only another writer would create: looking there tells whether there is
   * one.
   */
  readonly firstForeign: (slot: number) => number;
  /**
   * Lets go of what is open; every writer has to be closed, or Node ends the process when it finds its file unused. Leaves a
   * slot that is claimed and empty as it is: void, and nobody's.
   */
  readonly close: () => Promise<void>;
};

const SLOT_DIGITS = 16;

/** The key of a slot: its number has 16 digits, so that keys sort as numbers do. */
export function slotKey(prefix: string, slot: number): string {
  if (!Number.isSafeInteger(slot) || slot < 0) throw new RangeError(`${slot} is no slot number.`);
  return `${prefix}${String(slot).padStart(SLOT_DIGITS, "0")}`;
}

/**
 * Keys come from what was read too, and must not lead out of the target.
 * @throws Error when a key is empty, or has an empty part, `.`, `..`, a backslash, a NUL, or the name of an unfinished file
 */
export function checkKey(key: string): void {
  const strays = key.split("/").some((part) => part === "" || part === "." || part === "..");
  if (strays || /[\\\0]/.test(key) || key.endsWith(UNFINISHED)) throw new Error(`${JSON.stringify(key)} is no key.`);
}

/** Ends the name of a file that is still being written; no key ends so. */
export const UNFINISHED = ".part";

/** A stream failed, not the storage it was meant for: whoever gave the stream gets its error as it was. */
export class ContentFailed extends Error {
  override readonly name = "ContentFailed";

  constructor(cause: unknown) {
    super("The content could not be read.", { cause });
  }
}

/**
 * The chunks of a content in order.
 * @throws ContentFailed around what a stream throws
 */
export async function* chunksOf(content: Content): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) {
    yield content;
    return;
  }
  try {
    yield* content;
  } catch (error) {
    // A consumer that fails does not throw into here: only the stream does.
    throw new ContentFailed(error);
  }
}

/**
 * What every writer of slots needs around its way to write one: calls come one after the other, so that one given up by
 * whoever waited for it cannot meet the next; and a call that failed is repeated with the same bytes only.
 */
export function slotWrites(settle: SlotWriter["write"]): SlotWriter["write"] {
  let before: Promise<unknown> = Promise.resolve();
  let failed: { readonly slot: number; readonly hash: string } | undefined;

  const write = async (slot: number, bytes: Uint8Array): Promise<"written" | "taken"> => {
    if (failed?.slot === slot && failed.hash !== hashOf(bytes)) {
      throw new Error(`Slot ${slot} has been tried with other bytes, which others may have read.`);
    }
    try {
      const result = await settle(slot, bytes);
      failed = undefined;
      return result;
    } catch (error) {
      failed = { slot, hash: hashOf(bytes) };
      throw error;
    }
  };

  return (slot, bytes) => {
    const result = before.then(() => write(slot, bytes));
    before = result.catch(() => undefined);
    return result;
  };
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
