import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { Exchange, MonitoredMessage } from "../../../exchange.ts";
import type { FormedExchange } from "../../../exchange-form.ts";
import { ByteWriter } from "./byte-writer.ts";
import { Commons, type Head, ownText, ownTextOfFormed, readCommons, readHead } from "./summary.ts";

// Exchanges as they are kept. What neighbours have in common is written once, and compressed with zstd together; bodies
// stay the bytes that they were.

/** Exchanges in a frame, and bytes before compression, at most. To read one, all of its frame is decompressed. */
const MAX_FRAME_EXCHANGES = 512;
const MAX_FRAME_BYTES = 256 * 1_024;
const FIRST_BYTES = 16 * 1_024;

/** zstd's fast level: higher ones take more time than they save bytes. */
const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Of an exchange: what it has of its own, but bodies; body of the request; body of the answer. */
const PARTS = 3;
const NUMBER_BYTES = 4;

/**
 * Some exchanges. Their parts, behind them what they have in common, how long each of all these is, and how many
 * exchanges there are; compressed.
 */
export type Frame = { readonly count: number; readonly content: Uint8Array };

/** Gathers exchanges in frames, in their order. */
export class FrameWriter {
  #frames: Frame[] = [];
  readonly #writer = new ByteWriter(FIRST_BYTES);
  #lengths: number[] = [];
  #commons = new Commons();

  add(exchange: Exchange): void {
    this.#makeRoom(exchange);
    this.#write(ownText(exchange, this.#commons.numberOf(exchange)), exchange);
  }

  addFormed(exchange: FormedExchange): void {
    const { form } = exchange;
    this.#makeRoom(form.model);
    this.#write(ownTextOfFormed(exchange, this.#commons.numberOfForm(form)), form.model);
  }

  #makeRoom({ request, response }: Exchange): void {
    const bytes = this.#writer.length + this.#commons.length + request.body.length + response.body.length;
    const isFull = bytes > MAX_FRAME_BYTES;
    if (isFull || this.#lengths.length >= PARTS * MAX_FRAME_EXCHANGES) this.#close();
  }

  #write(own: string, { request, response }: Exchange): void {
    this.#lengths.push(this.#writer.text(own), this.#writer.bytes(request.body), this.#writer.bytes(response.body));
  }

  /** All frames. Nothing is to be added afterwards. */
  written(): readonly Frame[] {
    this.#close();
    return this.#frames;
  }

  /** Begins anew. */
  clear(): void {
    this.#frames = [];
    this.#lengths = [];
    this.#commons = new Commons();
    this.#writer.clear();
  }

  #close(): void {
    const count = this.#lengths.length / PARTS;
    if (count === 0) return;
    const writer = this.#writer;
    this.#lengths.push(writer.text(this.#commons.text()));
    for (const length of this.#lengths) writer.number(length);
    writer.number(count);
    const content = zstdCompressSync(writer.written(), COMPRESSION);
    this.#frames.push({ count, content });
    this.#lengths = [];
    this.#commons = new Commons();
    writer.clear();
  }
}

/** A frame, decompressed; its exchanges are read one by one. */
export class OpenFrame {
  readonly #bytes: Buffer;
  readonly #starts: number[] = [0];
  readonly #commons: ReturnType<typeof readCommons>;

  constructor(content: Uint8Array) {
    this.#bytes = zstdDecompressSync(content);
    const end = this.#bytes.length - NUMBER_BYTES;
    const parts = PARTS * this.#bytes.readUInt32LE(end) + 1;
    const lengths = end - NUMBER_BYTES * parts;
    for (let part = 0; part < parts; part++) {
      this.#starts.push((this.#starts[part] ?? 0) + this.#bytes.readUInt32LE(lengths + NUMBER_BYTES * part));
    }
    this.#commons = readCommons(this.#part(parts - 1).toString());
  }

  /** @param at index of the exchange in the frame */
  summary(at: number): Head["shown"] {
    return this.#head(at).shown;
  }

  exchange(at: number): Exchange {
    const { shown, requestHeaders, requestBytes, responseHeaders, responseBytes } = this.#head(at);
    const message = (headers: readonly string[], part: number, bodyBytes: number): MonitoredMessage => ({
      headers,
      body: new Uint8Array(this.#part(at * PARTS + part)),
      bodyBytes,
    });
    return {
      ...shown,
      request: message(requestHeaders, 1, requestBytes),
      response: message(responseHeaders, 2, responseBytes),
    };
  }

  #head(at: number): Head {
    return readHead(this.#part(at * PARTS).toString(), this.#commons);
  }

  #part(index: number): Buffer {
    return this.#bytes.subarray(this.#starts[index], this.#starts[index + 1]);
  }
}
