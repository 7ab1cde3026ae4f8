import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { MonitoredMessage, RecordedExchange } from "../../../monitor.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { Placed } from "./placed.ts";
import { readSummary, type Summary, summaryText } from "./summary.ts";

// Exchanges as they are kept. What neighbours have in common, which is most, zstd writes once; so they are compressed
// some dozens together, and bodies stay the bytes that they were.

/** Exchanges in a frame, and bytes before compression, at most. To read one, all of its frame is decompressed. */
const MAX_FRAME_EXCHANGES = 128;
const MAX_FRAME_BYTES = 256 * 1_024;

/** zstd's fast level: higher ones take more time than they save bytes. */
const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Of an exchange: its summary, headers and body of the request, headers and body of the answer. */
const PARTS = 5;
const NUMBER_BYTES = 4;

/** Some exchanges. Their parts, behind them how long each part is, behind that how many exchanges; compressed. */
export type Frame = { readonly count: number; readonly content: Uint8Array };

/** Some frames with all of the exchanges, in order. */
export function encodeFrames(exchanges: readonly Placed[]): Frame[] {
  const frames: Frame[] = [];
  const writer = new ByteWriter(MAX_FRAME_BYTES);
  const lengths: number[] = [];
  const close = () => {
    const count = lengths.length / PARTS;
    if (count === 0) return;
    for (const length of lengths) writer.number(length);
    writer.number(count);
    frames.push({ count, content: zstdCompressSync(writer.written(), COMPRESSION) });
    lengths.length = 0;
    writer.clear();
  };
  for (const placed of exchanges) {
    const { request, response } = placed.exchange;
    const isFull = writer.length + request.body.length + response.body.length > MAX_FRAME_BYTES;
    if (isFull || lengths.length >= PARTS * MAX_FRAME_EXCHANGES) close();
    lengths.push(
      writer.text(summaryText(placed)),
      writer.text(request.headers.join("\n")),
      writer.bytes(request.body),
      writer.text(response.headers.join("\n")),
      writer.bytes(response.body),
    );
  }
  close();
  return frames;
}

/** A frame, decompressed; its exchanges are read one by one. */
export class OpenFrame {
  readonly #bytes: Buffer;
  readonly #starts: number[] = [0];

  constructor(content: Uint8Array) {
    this.#bytes = zstdDecompressSync(content);
    const end = this.#bytes.length - NUMBER_BYTES;
    const parts = PARTS * this.#bytes.readUInt32LE(end);
    const lengths = end - NUMBER_BYTES * parts;
    for (let part = 0; part < parts; part++) {
      this.#starts.push((this.#starts[part] ?? 0) + this.#bytes.readUInt32LE(lengths + NUMBER_BYTES * part));
    }
  }

  /** @param at index of the exchange in the frame */
  summary(at: number): Summary["shown"] {
    return readSummary(this.#part(at, 0).toString()).shown;
  }

  exchange(at: number): RecordedExchange {
    const { shown, requestBytes, responseBytes } = readSummary(this.#part(at, 0).toString());
    const message = (part: number, bodyBytes: number): MonitoredMessage => ({
      headers: splitHeaders(this.#part(at, part).toString()),
      body: new Uint8Array(this.#part(at, part + 1)),
      bodyBytes,
    });
    return { ...shown, request: message(1, requestBytes), response: message(3, responseBytes) };
  }

  #part(at: number, part: number): Buffer {
    const index = at * PARTS + part;
    return this.#bytes.subarray(this.#starts[index], this.#starts[index + 1]);
  }
}

/** Neither names nor values of headers have line feeds (RFC 9110 §5.5). */
function splitHeaders(text: string): string[] {
  return text === "" ? [] : text.split("\n");
}
