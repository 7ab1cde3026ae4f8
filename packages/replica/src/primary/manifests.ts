import { dropNumbered } from "../compaction/compaction.ts";
import { Fenced } from "../errors.ts";
import type { Lease } from "../lease/lease.ts";
import { encodeManifest, MANIFESTS, type Manifest, manifestKey, newestManifest } from "../manifest/manifest.ts";
import type { Target } from "../target/target.ts";

/** The manifest of the owner: read once, then only replaced by the next. */
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

  /** Whether the log has not gone on behind a slot by somebody else's hand, as far as manifests tell. */
  async isNewest(nextSlot: number): Promise<boolean> {
    const { manifest } = await newestManifest(this.#target);
    return manifest === undefined || (manifest.epoch <= this.#lease.epoch && manifest.tailSlot <= nextSlot);
  }

  /**
   * Publishes the next manifest.
   * @param change what the next has other than the one before; called again when a writer that is no more the owner, or an
   *   earlier attempt of this one, has published one meanwhile, which is true as far as it goes. It gives undefined when
   *   there is nothing left to be changed
   * @returns whether there was something to change
   * @throws Fenced when the owner is another one
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

  /** @returns whether it stands, also when an earlier attempt had put it there unnoticed */
  async #create(manifest: Manifest): Promise<boolean> {
    const bytes = encodeManifest(manifest);
    const key = manifestKey(manifest.number);
    if ((await this.#target.create(key, bytes)) === "created") return true;
    return (await this.#target.read(key))?.equals(bytes) ?? false;
  }
}
