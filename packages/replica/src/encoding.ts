import { createHash, hash } from "node:crypto";
import { promisify } from "node:util";
import { constants, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from "node:zlib";
import { yieldToEventLoop } from "./async.ts";

export const SHA256_BYTES = 32;

/** Bytes copied or hashed before other work gets its turn: 1 ms, or 3 ms on processors without SHA instructions. */
const STEP_BYTES = 1_024 * 1_024;

/** SHA-256 of the bytes. Yields to the event loop between steps. */
export async function sha256(bytes: Uint8Array): Promise<Buffer> {
  if (bytes.length <= STEP_BYTES) return hash("sha256", bytes, "buffer");
  const sum = createHash("sha256");
  for await (const step of steps([bytes])) sum.update(step);
  return sum.digest();
}

/** Joins the pieces and appends their SHA-256. Yields to the event loop between steps. */
export async function sealed(pieces: readonly Uint8Array[]): Promise<Buffer> {
  const length = pieces.reduce((total, piece) => total + piece.length, 0);
  const seal = Buffer.allocUnsafeSlow(length + SHA256_BYTES);
  const sum = createHash("sha256");
  let at = 0;
  for await (const step of steps(pieces)) {
    seal.set(step, at);
    sum.update(step);
    at += step.length;
  }
  sum.digest().copy(seal, length);
  return seal;
}

async function* steps(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  let sinceYield = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += STEP_BYTES) {
      const step = piece.subarray(at, at + STEP_BYTES);
      sinceYield += step.length;
      if (sinceYield > STEP_BYTES) {
        await yieldToEventLoop();
        sinceYield = step.length;
      }
      yield step;
    }
  }
}

/**
 * Level 1, because commits wait for it. A window of 128 KiB, a quarter of the level's default, compresses less than 1 %
 * worse and fits into the processor's cache.
 */
const COMPRESSION = { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_windowLog]: 17 };

/** Up to this size, compressing on this thread is faster than sending the work to another one. */
const SYNC_BYTES = 64 * 1_024;

/** A decompressed frame that fills its buffer to the last byte makes Node allocate a second one. */
const SPARE_BYTES = 64;

const compressInThread = promisify(zstdCompress);
const decompressInThread = promisify(zstdDecompress);

/** Compresses the parts, joined, into one zstd frame. */
export async function compress(parts: readonly Uint8Array[]): Promise<Buffer> {
  const bytes = parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
  if (bytes.length <= SYNC_BYTES) return zstdCompressSync(bytes, { params: COMPRESSION });
  // Half of the input is enough for most frames, so Node rarely has to join pieces.
  const frame = await compressInThread(bytes, { params: COMPRESSION, chunkSize: Math.ceil(bytes.length / 2) });
  if (parts.length > 1) releaseMemory(bytes);
  return frame;
}

/**
 * The content of a zstd frame.
 * @param bytes its expected length
 * @throws Error if this is not a zstd frame or the length differs
 */
export async function decompress(frame: Buffer, bytes: number): Promise<Buffer> {
  const options = { maxOutputLength: Math.max(1, bytes), chunkSize: bytes + SPARE_BYTES };
  const content = bytes <= SYNC_BYTES ? zstdDecompressSync(frame, options) : await decompressInThread(frame, options);
  if (content.length !== bytes) throw new Error(`${content.length} bytes instead of ${bytes}`);
  return content;
}

/** Smaller buffers may be slices of Node's shared pool. */
const MIN_RELEASED_BYTES = 128 * 1_024;

/**
 * Frees the memory of a large buffer at once. The garbage collector would free it much later, because it does not count
 * that memory as its own.
 * @param bytes a buffer or a slice of one; every slice of the same memory is empty afterwards
 */
export function releaseMemory({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength >= MIN_RELEASED_BYTES) buffer.transfer(0);
}
