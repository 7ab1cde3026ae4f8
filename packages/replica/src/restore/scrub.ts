import type { FileHandle } from "node:fs/promises";
import { DatabaseChecksum } from "../checksum.ts";
import { RestoreImpossible } from "../errors.ts";
import { addPages } from "../snapshot/snapshot.ts";
import type { Target } from "../target/target.ts";
import { fill } from "./apply.ts";
import { withOtherWays } from "./objects.ts";
import { lastingDoubts, type Plan, planAvoiding } from "./plan.ts";

export type Scrubbed = Pick<Plan, "point" | "objects" | "bytes" | "warnings"> & { readonly durationMs: number };

/**
 * Reads everything that a restore would read, computes the checksum, and compares it with the primary's. Proves that the target
 * returns every page unchanged, without room for a second database and without delaying anybody.
 * @throws RestoreImpossible with what was found
 * @throws TargetError when the target does not answer
 */
export async function scrub(target: Target, signal?: AbortSignal): Promise<Scrubbed> {
  const startedMs = performance.now();
  return withOtherWays(target, async (avoid, packReader) => {
    const plan = await planAvoiding(target, {}, avoid, packReader);
    if (plan === undefined) throw new RestoreImpossible("empty", `${target.name} holds no database.`);
    const { point, objects, bytes, warnings } = plan;
    const [doubt] = await lastingDoubts(target, plan);
    if (doubt !== undefined) throw new RestoreImpossible("damaged", doubt);
    const sheet = new ChecksumSheet(point.pageSize);
    await fill(sheet as unknown as FileHandle, plan, { target, packReader, done: () => {}, signal });
    if (sheet.value !== point.checksum) {
      const message = `The content of ${target.name} has the checksum ${sheet.value}, not ${point.checksum}.`;
      throw new RestoreImpossible("damaged", message);
    }
    return { point, objects, bytes, warnings, durationMs: performance.now() - startedMs };
  });
}

/** Takes pages as a file does, but keeps only their checksum. */
class ChecksumSheet {
  readonly #checksum: DatabaseChecksum;
  readonly #pageSize: number;

  constructor(pageSize: number) {
    this.#pageSize = pageSize;
    this.#checksum = new DatabaseChecksum(pageSize);
  }

  get value(): string {
    return this.#checksum.value;
  }

  async writev(buffers: readonly Uint8Array[], position: number): Promise<{ bytesWritten: number }> {
    let bytesWritten = 0;
    for (const { buffer, byteOffset, byteLength } of buffers) {
      const images = Buffer.from(buffer, byteOffset, byteLength);
      const firstPage = (position + bytesWritten) / this.#pageSize + 1;
      await addPages(this.#checksum, firstPage, images, this.#pageSize);
      bytesWritten += byteLength;
    }
    return { bytesWritten };
  }

  async truncate(bytes: number): Promise<void> {
    this.#checksum.resize(bytes / this.#pageSize);
  }
}
