import { packParts } from "../compaction/pack.ts";
import { sha256 } from "../encoding.ts";
import { CorruptObject, NewerVersion, ObjectError, RestoreImpossible } from "../errors.ts";
import type { Segment } from "../log/record.ts";
import type { PackEntry } from "../manifest/manifest.ts";
import type { Target } from "../target/target.ts";

/** A segment of a pack, and the hash that the next link refers to. */
export type Part = Segment & { readonly linkHash: string };

/** Reads packs. Keeps the last one, because the pack that a plan ends in is read again at once. */
export class PackReader {
  readonly #target: Target;
  #kept: { readonly key: string; readonly bytes: Buffer } | undefined;

  constructor(target: Target) {
    this.#target = target;
  }

  /** @throws ObjectError, TargetError */
  async read(entry: PackEntry): Promise<Buffer> {
    if (this.#kept?.key === entry.key) return this.#kept.bytes;
    const bytes = await this.#target.read(entry.key);
    if (bytes === undefined) throw new ObjectError("missing", entry.key, "it is not there", true);
    if (bytes.length !== entry.bytes) {
      throw new ObjectError("corrupt", entry.key, `it has ${bytes.length} bytes instead of ${entry.bytes}`, true);
    }
    if ((await sha256(bytes)).toString("hex") !== entry.sha256) {
      throw new ObjectError("corrupt", entry.key, "its hash does not match its content", true);
    }
    this.#kept = { key: entry.key, bytes };
    return bytes;
  }

  /** @throws ObjectError, NewerVersion */
  async *parts(entry: PackEntry, bytes: Buffer): AsyncGenerator<Part> {
    let last: Part | undefined;
    try {
      for await (const part of packParts(bytes)) {
        yield part;
        last = part;
      }
    } catch (error) {
      if (!(error instanceof CorruptObject)) throw error;
      throw new ObjectError("corrupt", entry.key, error.message, true, error);
    }
    if (last?.slot === entry.toSlot && last.linkHash === entry.toHash) return;
    throw new ObjectError("corrupt", entry.key, `it does not end with slot ${entry.toSlot} of the log`, true);
  }
}

/** How often to look again if something is missing: it may have been compacted since the manifest was read. */
const LOOKS_ANEW = 3;

/** Keys of objects that cannot be used, and what is wrong with them. */
export type Avoided = ReadonlyMap<string, string>;

/**
 * Runs work on a target's objects. Repeats it if one of them is missing, or without it if it is damaged.
 * @throws RestoreImpossible when there is no other way
 */
export async function withOtherWays<Result>(
  target: Target,
  attempt: (avoid: Avoided, packs: PackReader) => Promise<Result>,
): Promise<Result> {
  const avoid = new Map<string, string>();
  const packs = new PackReader(target);
  for (let looks = 0; ; ) {
    try {
      return await attempt(avoid, packs);
    } catch (error) {
      if (error instanceof NewerVersion || error instanceof NewerVersion || error instanceof NewerVersion) {
        throw new RestoreImpossible("newer-version", `${target.name}: ${error.message}.`, error);
      }
      if (!(error instanceof ObjectError)) throw error;
      if (error.fault === "missing" && looks < LOOKS_ANEW) {
        looks++;
        continue;
      }
      if (!error.avoidable || avoid.has(error.key)) {
        throw new RestoreImpossible("damaged", `${target.name} is damaged: ${error.message}.`, error);
      }
      avoid.set(error.key, error.what);
    }
  }
}
