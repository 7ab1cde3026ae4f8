import { promisify } from "node:util";
import { zstdDecompress, zstdDecompressSync } from "node:zlib";

/** Output up to this size is made at once, which takes less time than the way to another thread. */
const AT_ONCE_BYTES = 64 * 1_024;

/** Output that fills its buffer to the last byte gets another one, just to see whether there is more. */
const SPARE_BYTES = 64;

const decompressElsewhere = promisify(zstdDecompress);

/**
 * The content of a zstd frame, in one buffer of just that size: in pieces it would be twice in memory, and each piece
 * would go the way to the other thread and back.
 * @param bytes how many there must be
 * @throws Error when the frame is none, or does not hold so many bytes
 */
export async function decompress(frame: Buffer, bytes: number): Promise<Buffer> {
  const options = { maxOutputLength: Math.max(1, bytes), chunkSize: bytes + SPARE_BYTES };
  const content =
    bytes <= AT_ONCE_BYTES ? zstdDecompressSync(frame, options) : await decompressElsewhere(frame, options);
  if (content.length !== bytes) throw new Error(`${content.length} bytes instead of ${bytes}`);
  return content;
}
