import { zstdCompressSync } from "node:zlib";
import { COMPRESSION, Compressor, letGoOfPiece } from "./compressor.ts";

/** Input up to this size is compressed at once, which takes less time than the way to another thread. */
const AT_ONCE_BYTES = 64 * 1_024;

/**
 * Compresses some parts, one behind the other, into one zstd frame.
 * @param use is given the pieces of the frame, which are not valid any more once it has resolved
 */
export async function compressed<Result>(
  parts: readonly Uint8Array[],
  use: (pieces: readonly Buffer[]) => Promise<Result>,
): Promise<Result> {
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  if (bytes <= AT_ONCE_BYTES) return use([zstdCompressSync(Buffer.concat(parts), { params: COMPRESSION })]);
  const compressor = Compressor.borrow();
  try {
    await compressor.addAll(parts);
    await compressor.endFrame();
    const pieces = compressor.takePieces();
    const result = await use(pieces);
    for (const piece of pieces) letGoOfPiece(piece);
    return result;
  } finally {
    compressor.giveBack();
  }
}
