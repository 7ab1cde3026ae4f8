import { dropNumbered } from "../compaction/compaction.ts";
import { Fenced } from "../errors.ts";
import type { Lease } from "../lease/lease.ts";
import { encodeManifest, MANIFESTS, type Manifest, manifestKey, newestManifest } from "../manifest/manifest.ts";
import type { Target } from "../target/target.ts";

/** The primary's manifest: read once, then only replaced by the next one. */
export class Manifests {
  readonly #target: Target;
  readonly #lease: Lease;
  #current: Manifest | undefined;
  #nextNumber: number;

  private constructor(target: Target, lease: Lease, current: Manifest | undefined, nextNumber: number) {
    this.#target = target;
    this.#lease = lease;
    this.#current = current;
    this.#nextNumber = nextNumber;
  }

  static async read(target: Target, lease: Lease): Promise<Manifests> {
    const { manifest, nextNumber } = await newestManifest(target);
    return new Manifests(target, lease, manifest, nextNumber);
  }

  get current(): Manifest | undefined {
    return this.#current;
  }

  /** Whether no manifest shows that another instance has written behind this slot. */
  async isNewest(nextSlot: number): Promise<boolean> {
    const { manifest } = await newestManifest(this.#target);
    return manifest === undefined || (manifest.epoch <= this.#lease.epoch && manifest.tailSlot <= nextSlot);
  }

  /**
   * Publishes the next manifest.
   * @param change how the next manifest differs; undefined if nothing has to change. Called again if a replaced primary, or an
   *   earlier attempt of this one, has published a manifest meanwhile
   * @returns whether something had to change
   * @throws Fenced if another instance is the primary
   */
  async publish(
    timeMs: number,
    change: (
      current: Manifest | undefined,
    ) => Omit<Manifest, "format" | "number" | "epoch" | "writer" | "timeMs" | "databaseId"> | undefined,
  ): Promise<boolean> {
    const { epoch, writer, databaseId } = this.#lease;
    for (;;) {
      const number = this.#nextNumber;
      const replaced = this.#current;
      const changed = change(replaced);
      if (changed === undefined) return false;
      const dropped =
        replaced === undefined
          ? changed.dropped
          : dropNumbered(changed.dropped, MANIFESTS, replaced.number, replaced.number, timeMs);
      const manifest: Manifest = { format: 1, databaseId, number, epoch, writer, timeMs, ...changed, dropped };
      if (await this.#create(manifest)) {
        this.#current = manifest;
        this.#nextNumber = number + 1;
        return true;
      }
      const newest = await newestManifest(this.#target);
      if (newest.manifest !== undefined && newest.manifest.epoch > epoch) throw new Fenced();
      this.#current = newest.manifest ?? this.#current;
      this.#nextNumber = newest.nextNumber;
    }
  }

  /** @returns whether it is published, even if by an earlier attempt that seemed to fail */
  async #create(manifest: Manifest): Promise<boolean> {
    const bytes = encodeManifest(manifest);
    const key = manifestKey(manifest.number);
    if ((await this.#target.create(key, bytes)) === "created") return true;
    return (await this.#target.read(key))?.equals(bytes) ?? false;
  }
}
