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

/** Of an exchange: its summary and headers, a line each; body of the request; body of the answer. */
const PARTS = 3;
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
    // One text: a write costs more than the bytes.
    lengths.push(writer.text(headOf(placed)), writer.bytes(request.body), writer.bytes(response.body));
  }
  close();
  return frames;
}

/** Neither JSON nor names nor values of headers (RFC 9110 §5.5) have line feeds. */
function headOf(placed: Placed): string {
  const { request, response } = placed.exchange;
  return [summaryText(placed), ...request.headers, ...response.headers].join("\n");
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
    const head = this.#part(at, 0);
    const end = head.indexOf("\n");
    return readSummary(head.toString("utf8", 0, end < 0 ? head.length : end)).shown;
  }

  exchange(at: number): RecordedExchange {
    const [summary = "", ...headers] = this.#part(at, 0).toString().split("\n");
    const { shown, requestHeaders, requestBytes, responseBytes } = readSummary(summary);
    const message = (own: string[], part: number, bodyBytes: number): MonitoredMessage => ({
      headers: own,
      body: new Uint8Array(this.#part(at, part)),
      bodyBytes,
    });
    return {
      ...shown,
      request: message(headers.slice(0, requestHeaders), 1, requestBytes),
      response: message(headers.slice(requestHeaders), 2, responseBytes),
    };
  }

  #part(at: number, part: number): Buffer {
    const index = at * PARTS + part;
    return this.#bytes.subarray(this.#starts[index], this.#starts[index + 1]);
  }
}
