import { sha256 } from "../checksum/sha256.ts";
import type { Segment } from "../log/record.ts";
import type { PackEntry } from "../manifest/manifest.ts";
import { PackCorrupt, packParts } from "../pack/pack.ts";
import type { Target } from "../target/target.ts";
import { ObjectTrouble } from "./trouble.ts";

/** A segment out of a pack, and the hash that the link after it names. */
export type Part = Segment & { readonly linkHash: string };

/** Reads packs as a manifest names them. The one read last is kept: the one that a plan ends in is read again at once. */
export class PackReader {
  readonly #target: Target;
  #kept: { readonly key: string; readonly bytes: Buffer } | undefined;

  constructor(target: Target) {
    this.#target = target;
  }

  /** @throws ObjectTrouble, TargetError */
  async read(entry: PackEntry): Promise<Buffer> {
    if (this.#kept?.key === entry.key) return this.#kept.bytes;
    const bytes = await this.#target.read(entry.key);
    if (bytes === undefined) throw new ObjectTrouble("missing", entry.key, "it is not there", true);
    if (bytes.length !== entry.bytes) {
      throw new ObjectTrouble("corrupt", entry.key, `it has ${bytes.length} bytes instead of ${entry.bytes}`, true);
    }
    if ((await sha256(bytes)).toString("hex") !== entry.sha256) {
      throw new ObjectTrouble("corrupt", entry.key, "its hash does not fit its content", true);
    }
    this.#kept = { key: entry.key, bytes };
    return bytes;
  }

  /** @throws ObjectTrouble, RecordNewer */
  async *parts(entry: PackEntry, bytes: Buffer): AsyncGenerator<Part> {
    let last: Part | undefined;
    try {
      for await (const part of packParts(bytes)) {
        yield part;
        last = part;
      }
    } catch (error) {
      if (!(error instanceof PackCorrupt)) throw error;
      throw new ObjectTrouble("corrupt", entry.key, error.message, true, error);
    }
    if (last?.slot === entry.toSlot && last.linkHash === entry.toHash) return;
    throw new ObjectTrouble("corrupt", entry.key, `it does not end with slot ${entry.toSlot} of the log`, true);
  }
}
