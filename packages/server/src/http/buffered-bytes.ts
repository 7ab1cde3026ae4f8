import type { ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import { MAX_BODY_BYTES } from "../endpoint/settings.ts";
import type { Connections } from "./connections.ts";
import { unavailable } from "./errors.ts";

/** Smaller bodies are not counted: the number of connections limits them. */
const LEAST_COUNTED_BYTES = 64 * 1_024;

const RETRY_MS = 1_000;

/** Bodies of requests and answers in memory, until the answer is sent or the connection is closed. */
export class BufferedBytes {
  /** Requests refused or cut off because the limit was reached. */
  refused = 0;
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Counts bytes of an exchange.
   * @returns adds to them; false if there is no room. One exchange alone may exceed the limit.
   */
  of(response: ServerResponse): (bytes: number) => boolean {
    let own = 0;
    response.once("close", () => {
      this.#bytes -= own;
      own = 0;
    });
    return (bytes) => {
      if (this.#bytes > own && this.#bytes + bytes > this.#maxBytes) {
        this.refused++;
        return false;
      }
      if (response.closed) return true;
      own += bytes;
      this.#bytes += bytes;
      return true;
    };
  }
}

/** Answers 503 instead of buffering more than the limit. */
export function limitBufferedBytes(server: FastifyInstance, buffered: BufferedBytes, connections: Connections): void {
  // After authentication: only clients with a credential reserve memory.
  server.addHook("preParsing", (request, reply, payload, done) => {
    const { "content-length": length, "transfer-encoding": coding } = request.headers;
    if (coding !== undefined) {
      const add = buffered.of(reply.raw);
      payload.on("data", (chunk: Buffer) => {
        if (!add(chunk.length)) connections.close(request.socket, "memory");
      });
    } else if (isCounted(Number(length)) && !buffered.of(reply.raw)(Number(length))) {
      done(full());
      return;
    }
    done(null, payload);
  });
  server.addHook("onSend", ({ served }, reply, payload, done) => {
    const bytes = typeof payload === "string" || Buffer.isBuffer(payload) ? payload.length : 0;
    // Without authentication there are only documents, which all answers share.
    if (bytes >= LEAST_COUNTED_BYTES && served && !buffered.of(reply.raw)(bytes)) done(full());
    else done(null, payload);
  });
}

/** Larger bodies are refused before they are read. */
function isCounted(bytes: number): boolean {
  return bytes >= LEAST_COUNTED_BYTES && bytes <= MAX_BODY_BYTES;
}

function full(): Error {
  const detail = "This server holds as many large requests and answers as it may. Send the request again later.";
  return unavailable({ code: "unavailable", cause: "memory" }, detail, RETRY_MS);
}
