import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const RUN_BYTES = 997;
const MEASURE_BYTES = 2 * 1024 * 1024;

/**
 * A stream of so many bytes, in chunks of one size that all come in the same memory, as from a reader that uses its
 * buffer again. The byte at offset n is n / 997, rounded down, plus the seed, modulo 256.
 */
export async function* streamOf(bytes: number, chunkBytes: number, seed = 0): AsyncGenerator<Uint8Array> {
  const chunk = new Uint8Array(chunkBytes);
  for (let offset = 0; offset < bytes; offset += chunkBytes) {
    const length = Math.min(chunkBytes, bytes - offset);
    for (let at = 0; at < length; ) {
      const run = Math.floor((offset + at) / RUN_BYTES);
      const end = Math.min(length, (run + 1) * RUN_BYTES - offset);
      chunk.fill((run + seed) % 256, at, end);
      at = end;
    }
    yield chunk.subarray(0, length);
    chunk.fill(0);
  }
}

/** What a stream of the same parameters holds. */
export async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks);
}

/**
 * Passes a stream on and looks, every 2 MiB, how much memory outside V8's heap is in use; `peakBytes` is the most that this
 * grew from the least before.
 */
export function measured(stream: AsyncIterable<Uint8Array>): {
  stream: AsyncIterable<Uint8Array>;
  peakBytes: () => number;
} {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  let least = Number.POSITIVE_INFINITY;
  let peak = 0;
  const look = () => {
    collect();
    const used = process.memoryUsage().arrayBuffers;
    least = Math.min(least, used);
    peak = Math.max(peak, used - least);
  };
  async function* passing() {
    look();
    let passed = 0;
    for await (const chunk of stream) {
      yield chunk;
      const before = passed;
      passed += chunk.byteLength;
      if (Math.floor(passed / MEASURE_BYTES) > Math.floor(before / MEASURE_BYTES)) look();
    }
  }
  return { stream: passing(), peakBytes: () => peak };
}
