import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress, createZstdDecompress, zstdCompressSync, zstdDecompressSync } from "node:zlib";

/** Pages up to so many bytes in all are done at once, which takes less time than the way to another thread. */
const AT_ONCE_BYTES = 64 * 1_024;

/** Bytes handed to the other thread, or taken from it, in one go. */
const BATCH_BYTES = 512 * 1_024;

/** zstd's fast level: a commit waits for it. */
const PARAMS = { [constants.ZSTD_c_compressionLevel]: 1 };

/** Compresses images of pages, one behind the other, into one zstd frame. @returns the pieces of the frame */
export async function compressPages(images: readonly Uint8Array[]): Promise<Buffer[]> {
  const bytes = images.reduce((sum, image) => sum + image.length, 0);
  if (bytes <= AT_ONCE_BYTES) return [zstdCompressSync(Buffer.concat(images), { params: PARAMS })];
  const frame: Buffer[] = [];
  const compress = createZstdCompress({ params: PARAMS, chunkSize: BATCH_BYTES, pledgedSrcSize: bytes });
  await pipeline(batches(images), compress, async (pieces: AsyncIterable<Buffer>) => {
    for await (const piece of pieces) frame.push(piece);
  });
  return frame;
}

/**
 * The images in a zstd frame.
 * @param bytes how many there must be
 * @throws Error when the frame is none, or does not hold so many bytes
 */
export async function decompressPages(frame: Buffer, bytes: number): Promise<Buffer> {
  if (bytes <= AT_ONCE_BYTES) {
    const images = zstdDecompressSync(frame, { maxOutputLength: Math.max(1, bytes) });
    if (images.length !== bytes) throw new Error(`${images.length} bytes instead of ${bytes}`);
    return images;
  }
  const images = Buffer.allocUnsafeSlow(bytes);
  let length = 0;
  const decompress = createZstdDecompress({ chunkSize: BATCH_BYTES });
  await pipeline([frame], decompress, async (pieces: AsyncIterable<Buffer>) => {
    for await (const piece of pieces) {
      if (length + piece.length > bytes) throw new Error(`more than ${bytes} bytes`);
      length += piece.copy(images, length);
    }
  });
  if (length !== bytes) throw new Error(`${length} bytes instead of ${bytes}`);
  return images;
}

function* batches(images: readonly Uint8Array[]): Generator<Buffer> {
  let batch: Uint8Array[] = [];
  let bytes = 0;
  for (const image of images) {
    batch.push(image);
    bytes += image.length;
    if (bytes < BATCH_BYTES) continue;
    yield Buffer.concat(batch, bytes);
    batch = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(batch, bytes);
}
