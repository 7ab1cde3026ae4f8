import { createHash } from "node:crypto";

/** Part of an object, in bytes. */
export type ByteRange = { readonly offset: number; readonly length: number };

/**
 * The content of an object. A stream is consumed once in constant memory; its producer may reuse a chunk as soon as the
 * next one is requested. Errors of the stream reach the caller unchanged, and no object is created.
 */
export type Content = Uint8Array | AsyncIterable<Uint8Array>;

/**
 * Durable storage for objects. Every backend is one file and passes `testing/conformance.ts`.
 * Keys are relative paths with slashes, such as `replica/log/0000000000000001`; see `checkKey`.
 *
 * Every promise rejects with a `TargetError` when storage refuses or does not answer. The operation may have happened all
 * the same, completely or in part, or may still happen later: only reading tells.
 */
export type Target = {
  /** Where it is, for people. Contains no secret. */
  readonly name: string;
  readonly kind: "directory" | "azure-blob";
  /** Whether a slot is whole or absent, also if its writer dies: then one that is no whole record was damaged later. */
  readonly writesWholeSlots: boolean;
  /**
   * Creates an object if the key is free. Of any number of callers, at most one gets "created". Resolves when the object
   * would survive a power failure. A caller that dies meanwhile may leave a truncated object.
   */
  readonly create: (key: string, content: Content) => Promise<"created" | "exists">;
  /** Creates or replaces an object durably. A reader sees the old or the new one, never a mixture. */
  readonly replace: (key: string, content: Content) => Promise<void>;
  /**
   * @param range may reach beyond the end: then the result is shorter, or empty
   * @returns bytes that belong to the caller; undefined if the object does not exist
   */
  readonly read: (key: string, range?: ByteRange) => Promise<Buffer | undefined>;
  /** Removes an object if it exists. */
  readonly remove: (key: string) => Promise<void>;
  /** Keys with this prefix, in ascending order. May not yet show what others have just created or removed. */
  readonly list: (prefix: string) => Promise<string[]>;
  /** Opens a writer for the numbered slots below a prefix. Makes no request. */
  readonly openSlots: (prefix: string) => SlotWriter;
  /** The clock of the storage, ms since 1970, as precise as it tells (Azure: seconds). */
  readonly clockMs: () => Promise<number>;
};

/** Writes numbered slots. Each slot belongs to one writer forever. A call waits for the one before it. */
export type SlotWriter = {
  /**
   * Writes a slot unless another writer has it. "written": it is durable, and a writer that claims a later slot and then
   * reads this one sees it whole. "taken": do not rely on it, because another writer has this slot, or has claimed the
   * next one and may have seen this one unfinished.
   *
   * After a TargetError, repeat the same call to settle the first: a slot that already contains exactly these bytes is ours.
   * @throws Error when a failed call is repeated with other bytes: others may have read the first ones
   */
  readonly write: (slot: number, bytes: Uint8Array) => Promise<"written" | "taken">;
  /** After this writer wrote `slot`, the first slot that only another writer would create. */
  readonly firstForeign: (slot: number) => number;
  /**
   * Closes open files. Every writer must be closed, because Node ends the process when it finds an unused open file. An
   * empty claimed slot stays: it is void and belongs to nobody.
   */
  readonly close: () => Promise<void>;
};

const SLOT_DIGITS = 16;

/** The key of a slot. Its number has 16 digits, so keys sort like numbers. */
export function slotKey(prefix: string, slot: number): string {
  if (!Number.isSafeInteger(slot) || slot < 0) throw new RangeError(`${slot} is not a slot number.`);
  return `${prefix}${String(slot).padStart(SLOT_DIGITS, "0")}`;
}

/**
 * Keys may come from stored data and must not lead out of the target.
 * @throws Error for an empty key, or a key with an empty part, `.`, `..`, a backslash, a NUL, or the suffix of unfinished files
 */
export function checkKey(key: string): void {
  const strays = key.split("/").some((part) => part === "" || part === "." || part === "..");
  if (strays || /[\\\0]/.test(key) || key.endsWith(UNFINISHED)) throw new Error(`${JSON.stringify(key)} is not a key.`);
}

/** Suffix of files that are still being written. No key ends with it. */
export const UNFINISHED = ".part";

/** A content stream failed, not the storage. The caller gets the stream's own error. */
export class ContentFailed extends Error {
  override readonly name = "ContentFailed";

  constructor(cause: unknown) {
    super("The content could not be read.", { cause });
  }
}

/**
 * The chunks of a content in order.
 * @throws ContentFailed around an error of the stream
 */
export async function* chunksOf(content: Content): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) {
    yield content;
    return;
  }
  try {
    yield* content;
  } catch (error) {
    // Only errors of the stream arrive here, not errors of the consumer.
    throw new ContentFailed(error);
  }
}

/**
 * Common to all slot writers: calls run one after the other, so that an abandoned call cannot meet the next one. A failed
 * call may only be repeated with the same bytes.
 */
export function slotWrites(settle: SlotWriter["write"]): SlotWriter["write"] {
  let before: Promise<unknown> = Promise.resolve();
  let failed: { readonly slot: number; readonly hash: string } | undefined;

  const write = async (slot: number, bytes: Uint8Array): Promise<"written" | "taken"> => {
    if (failed?.slot === slot && failed.hash !== hashOf(bytes)) {
      throw new Error(`Slot ${slot} was already tried with other bytes, which others may have read.`);
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
