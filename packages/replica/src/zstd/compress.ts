import { zstdCompressSync } from "node:zlib";
import { COMPRESSION, Compressor } from "./compressor.ts";

/** Input up to this size is compressed at once, which takes less time than the way to another thread. */
const AT_ONCE_BYTES = 64 * 1_024;

/** Compresses some parts, one behind the other, into one zstd frame. @returns the pieces of the frame */
export async function compress(parts: readonly Uint8Array[]): Promise<Buffer[]> {
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  if (bytes <= AT_ONCE_BYTES) return [zstdCompressSync(Buffer.concat(parts), { params: COMPRESSION })];
  const compressor = Compressor.borrow();
  try {
    await compressor.addAll(parts);
    await compressor.endFrame();
    return compressor.takePieces();
  } finally {
    compressor.giveBack();
  }
}
