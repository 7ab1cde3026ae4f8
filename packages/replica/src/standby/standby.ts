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

/** The copy cannot be brought up to date link by link; it has to be restored anew. */
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

  /** Looks whether the log has grown, at the cost of a read or two. */
  async hasNews(): Promise<boolean> {
    // A folder's owner holds the slot behind the last open, empty, and who dies leaves some so: look behind those too.
    for (let slot = this.#head.slot + 1; ; slot++) {
      const { state } = await readSlot(this.#target, slot);
      if (state !== "torn") return state === "whole";
    }
  }

  /**
   * Applies everything that the log has behind the copy.
   * @param mostBehind so many slots behind, it had better be restored anew
   * @returns what the log says of its owners
   * @throws CopyOutdated, ChainBroken when the copy has to be restored anew
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
    // What has been merged is removed some time after; then the log seems to end where it does not.
    if (slots.length < behind) throw new CopyOutdated("the log behind it has been merged and is gone");
    const chain = chainFrom(this.#head, slots);
    if (chain.links.length > 0) await this.#apply(chain.links);
    return { maxEpoch: chain.maxEpoch, released: chain.released, nextSlot: this.#head.slot + 1 };
  }

  async #apply(links: readonly ChainLink[]): Promise<void> {
    const handle = await open(this.#file, "r+");
    try {
      for (const { record, hash } of links) {
        if (record.kind === "base") throw new CopyOutdated("the log begins anew with a base");
        await this.#write(handle, record);
        this.#head = headOf(record, hash);
        if (this.#checksum.value !== record.checksum) {
          throw new CopyOutdated(`after slot ${record.slot} the pages have another checksum than they should`);
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
