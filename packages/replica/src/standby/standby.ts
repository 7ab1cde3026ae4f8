import { type FileHandle, open } from "node:fs/promises";
import type { DatabaseChecksum } from "../checksum.ts";
import { type Chain, type ChainLink, chainFrom, readSlot, readTail } from "../log/log.ts";
import type { Segment } from "../log/record.ts";
import { type Manifest, newestManifest } from "../manifest/manifest.ts";
import { type Head, headOf } from "../primary/shipper.ts";
import type { Target } from "../target/target.ts";

/** A copy that is further behind is restored faster than it catches up. */
const MAX_SLOTS_BEHIND = 256;

/** A complete copy of the database as it was after one link of the log. */
export type Copy = {
  readonly head: Head;
  readonly checksum: DatabaseChecksum;
  /** See {@link Manifest}. */
  readonly backupCount: number;
};

/** The copy cannot follow the log; it must be restored again. */
export class CopyOutdated extends Error {
  override readonly name = "CopyOutdated";
}

/** Keeps a copy up to date by following the log. No SQLite connection to the file may be open in this process. */
export class Standby {
  readonly #target: Target;
  readonly #file: string;
  #head: Head;
  readonly #checksum: DatabaseChecksum;
  #backupCount: number;

  constructor(target: Target, file: string, { head, checksum, backupCount }: Copy) {
    this.#target = target;
    this.#file = file;
    this.#head = head;
    this.#checksum = checksum;
    this.#backupCount = backupCount;
  }

  get head(): Head {
    return this.#head;
  }

  get copy(): Copy {
    return { head: this.#head, checksum: this.#checksum, backupCount: this.#backupCount };
  }

  /** Whether the log has grown; costs one or two reads. */
  async hasNews(): Promise<boolean> {
    // In a folder, the primary has claimed the next slot, and dead writers leave such slots: look after those too.
    for (let slot = this.#head.slot + 1; ; slot++) {
      const { state } = await readSlot(this.#target, slot);
      if (state !== "torn") return state === "whole";
    }
  }

  /**
   * Applies all new records of the log to the copy.
   * @param mostBehind if more slots are missing, restore instead
   * @returns what the log says about its primaries
   * @throws CopyOutdated, ChainBroken if the copy must be restored again
   * @throws TargetError
   */
  async advance(
    mostBehind = MAX_SLOTS_BEHIND,
  ): Promise<Pick<Chain, "maxEpoch" | "released"> & { readonly nextSlot: number }> {
    const { manifest } = await newestManifest(this.#target);
    this.#backupCount = manifest?.backupCount ?? this.#backupCount;
    const firstSlot = this.#head.slot + 1;
    const behind = (manifest?.tailSlot ?? 0) - firstSlot;
    if (behind > mostBehind) throw new CopyOutdated(`it is ${behind} slots behind`);
    const slots = await readTail(this.#target, firstSlot);
    // Packed slots are removed later; then the log seems to end too early.
    if (slots.length < behind) throw new CopyOutdated("the log behind it has been merged and is gone");
    const chain = chainFrom(this.#head, slots);
    if (chain.links.length > 0) await this.#apply(chain.links);
    return { maxEpoch: chain.maxEpoch, released: chain.released, nextSlot: this.#head.slot + 1 };
  }

  async #apply(links: readonly ChainLink[]): Promise<void> {
    const handle = await open(this.#file, "r+");
    try {
      for (const { record, hash } of links) {
        if (record.kind === "base") throw new CopyOutdated("the log restarts with a base");
        await this.#write(handle, record);
        this.#head = headOf(record, hash);
        if (this.#checksum.value !== record.checksum) {
          throw new CopyOutdated(`after slot ${record.slot} the pages have the wrong checksum`);
        }
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async #write(handle: FileHandle, { pages, pageSize, databasePages }: Segment): Promise<void> {
    for (const [page, image] of pages) {
      await handle.write(image, 0, image.length, (page - 1) * pageSize);
      this.#checksum.set(page, image);
    }
    await handle.truncate(databasePages * pageSize);
    this.#checksum.resize(databasePages);
  }
}
