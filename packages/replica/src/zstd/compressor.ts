import { constants, createZstdCompress } from "node:zlib";
import { letGo } from "../memory/let-go.ts";

/**
 * zstd's fast level: commits wait for it. It looks back 128 KiB, which is a quarter of what the level would: what it finds
 * further back is less than 1 %, and a smaller window takes less memory and stays in the processor's cache.
 */
export const COMPRESSION = { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_windowLog]: 17 };

/** What is compressed comes in pieces of at most this size. */
const PIECE_BYTES = 128 * 1_024;

/** What is handed over in small parts is gathered up to this size: each way to the other thread takes its time. */
const BATCH_BYTES = 256 * 1_024;

/** Compressors that are kept for the next who needs one: a flight to the target, and what maintenance does beside it. */
const MAX_IDLE = 2;

const idle: Compressor[] = [];

/**
 * Makes zstd frames, one after the other, on another thread. What it needs, it has once: a context, a buffer for its
 * input, and the piece that its output is written to. Fresh ones for each frame would pile up until they are collected.
 */
export class Compressor {
  readonly #stream = createZstdCompress({ params: COMPRESSION, chunkSize: PIECE_BYTES });
  readonly #batch = Buffer.allocUnsafeSlow(BATCH_BYTES);
  #batched = 0;
  #pieces: Buffer[] = [];
  #isWhole = true;

  /** One that nobody else uses, to be given back. */
  static borrow(): Compressor {
    return idle.pop() ?? new Compressor();
  }

  private constructor() {
    this.#stream.on("data", (piece: Buffer) => this.#pieces.push(piece));
    // Whoever waits for the call that failed is told.
    this.#stream.on("error", () => {});
  }

  /** In the middle of a frame, it is of no more use. */
  giveBack(): void {
    this.#pieces = [];
    if (this.#isWhole && idle.length < MAX_IDLE) idle.push(this);
    else this.#stream.destroy();
  }

  /** Compresses more of a frame. @param bytes may be used again once this has resolved */
  async add(bytes: Uint8Array): Promise<void> {
    this.#isWhole = false;
    await this.#write(bytes);
  }

  /** The same with many small parts. */
  async addAll(parts: Iterable<Uint8Array>): Promise<void> {
    for (const part of parts) {
      if (this.#batched + part.length > BATCH_BYTES) await this.#writeBatch();
      if (part.length > BATCH_BYTES) await this.add(part);
      else {
        this.#batch.set(part, this.#batched);
        this.#batched += part.length;
      }
    }
    await this.#writeBatch();
  }

  /** Ends the frame; the next call of {@link add} begins another one. */
  async endFrame(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#stream.once("error", reject);
      this.#stream.flush(constants.ZSTD_e_end, () => {
        this.#stream.off("error", reject);
        resolve();
      });
    });
    this.#isWhole = true;
  }

  /**
   * What has been compressed since the last call; after {@link endFrame} that is all of the frame. Pieces share memory with
   * those before and behind them: each is to be used before the compressor is given back, and before the next are let go of.
   */
  takePieces(): Buffer[] {
    // What has not been handed on yet.
    while (this.#stream.read() !== null);
    return this.#pieces.splice(0);
  }

  async #writeBatch(): Promise<void> {
    if (this.#batched === 0) return;
    const bytes = this.#batch.subarray(0, this.#batched);
    this.#batched = 0;
    await this.add(bytes);
  }

  #write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }
}

/**
 * Gives back the memory of a piece that is not used any more, and of those before it.
 * @param piece what lies behind it in the same memory, if anything, is still to be written by its compressor: then it stays
 */
export function letGoOfPiece(piece: Buffer): void {
  if (piece.byteOffset + piece.byteLength === piece.buffer.byteLength) letGo(piece);
}
