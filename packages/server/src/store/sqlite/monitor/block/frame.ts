import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { MonitoredMessage, RecordedExchange } from "../../../monitor.ts";

// Exchanges as they are kept. What neighbours have in common, which is most, zstd writes once; so they are compressed
// some dozens together, and bodies stay the bytes that they were.

/** Exchanges in a frame, and bytes before compression, at most. To read one, all of its frame is decompressed. */
export const MAX_FRAME_EXCHANGES = 128;
const MAX_FRAME_BYTES = 256 * 1_024;

/** zstd's fast level: a higher one makes it 5 % smaller and takes twice the time. */
const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Behind the number of exchanges, for each of them: how long its parts are. Then all parts. */
const PARTS = 5;
const NUMBER_BYTES = 4;

export type Frame = { readonly count: number; readonly content: Uint8Array };

type Parts = readonly [summary: Buffer, requestHeaders: Buffer, Uint8Array, responseHeaders: Buffer, Uint8Array];

/** Everything of an exchange but headers and bodies. */
type Summary = Omit<RecordedExchange, "request" | "response"> & {
  readonly requestBytes: number;
  readonly responseBytes: number;
};

/** Some frames with all of the exchanges, in order. */
export function encodeFrames(exchanges: readonly RecordedExchange[]): Frame[] {
  const frames: Frame[] = [];
  let [parts, bytes]: [Parts[], number] = [[], 0];
  const close = () => {
    if (parts.length > 0) frames.push({ count: parts.length, content: compress(parts) });
    [parts, bytes] = [[], 0];
  };
  for (const exchange of exchanges) {
    const own = partsOf(exchange);
    const ownBytes = own.reduce((sum, { length }) => sum + length, 0);
    if (parts.length >= MAX_FRAME_EXCHANGES || bytes + ownBytes > MAX_FRAME_BYTES) close();
    parts.push(own);
    bytes += ownBytes;
  }
  close();
  return frames;
}

/** A frame, decompressed; its exchanges are read one by one. */
export class OpenFrame {
  readonly #bytes: Buffer;
  readonly #starts: number[] = [];

  constructor(content: Uint8Array) {
    this.#bytes = zstdDecompressSync(content);
    const count = this.#bytes.readUInt32LE(0);
    let start = NUMBER_BYTES * (1 + PARTS * count);
    for (let part = 0; part < PARTS * count; part++) {
      this.#starts.push(start);
      start += this.#bytes.readUInt32LE(NUMBER_BYTES * (1 + part));
    }
    this.#starts.push(start);
  }

  get count(): number {
    return (this.#starts.length - 1) / PARTS;
  }

  /** @param at index of the exchange in the frame */
  summary(at: number): Omit<RecordedExchange, "request" | "response"> {
    const { requestBytes: _, responseBytes: __, ...summary } = this.#summary(at);
    return summary;
  }

  exchange(at: number): RecordedExchange {
    const { requestBytes, responseBytes, ...summary } = this.#summary(at);
    const message = (part: number, bodyBytes: number): MonitoredMessage => ({
      headers: splitHeaders(this.#part(at, part).toString()),
      body: new Uint8Array(this.#part(at, part + 1)),
      bodyBytes,
    });
    return { ...summary, request: message(1, requestBytes), response: message(3, responseBytes) };
  }

  #summary(at: number): Summary {
    const { endpoint, credential, ...summary } = JSON.parse(this.#part(at, 0).toString()) as Summary;
    // JSON has no undefined.
    return { ...summary, endpoint: endpoint ?? undefined, credential: credential ?? undefined };
  }

  #part(at: number, part: number): Buffer {
    const index = at * PARTS + part;
    return this.#bytes.subarray(this.#starts[index], this.#starts[index + 1]);
  }
}

function partsOf({ request, response, ...exchange }: RecordedExchange): Parts {
  const summary: Summary = {
    ...exchange,
    requestBytes: request.bodyBytes,
    responseBytes: response.bodyBytes,
  };
  return [
    Buffer.from(JSON.stringify(summary)),
    Buffer.from(request.headers.join("\n")),
    request.body,
    Buffer.from(response.headers.join("\n")),
    response.body,
  ];
}

/** Neither names nor values of headers have line feeds (RFC 9110 §5.5). */
function splitHeaders(text: string): string[] {
  return text === "" ? [] : text.split("\n");
}

function compress(parts: readonly Parts[]): Uint8Array {
  const lengths = Buffer.allocUnsafe(NUMBER_BYTES * (1 + PARTS * parts.length));
  lengths.writeUInt32LE(parts.length, 0);
  for (const [at, { length }] of parts.flat().entries()) lengths.writeUInt32LE(length, NUMBER_BYTES * (1 + at));
  return zstdCompressSync(Buffer.concat([lengths, ...parts.flat()]), COMPRESSION);
}
