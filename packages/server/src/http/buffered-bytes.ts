import type { ServerResponse } from "node:http";
import type { ScimError } from "@scimtool/scim";
import type { FastifyInstance } from "fastify";
import { MAX_BODY_BYTES } from "../endpoint/settings.ts";
import type { Connections } from "./connections.ts";
import { unavailable } from "./errors.ts";

/** Smaller bodies are not counted: the number of connections limits them. */
const LEAST_COUNTED_BYTES = 64 * 1_024;

const RETRY_MS = 1_000;

declare module "fastify" {
  interface FastifyInstance {
    buffered: BufferedBytes;
  }
}

/** Bodies of requests and answers in memory, until the answer is sent or the connection is closed. */
export class BufferedBytes {
  /** Requests refused or cut off because the limit was reached. */
  refused = 0;
  readonly #maxBytes: number;
  readonly #byResponse = new WeakMap<ServerResponse, number>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Sets what an exchange holds. @returns false if there is no room; one exchange alone may exceed the limit */
  hold(response: ServerResponse, bytes: number): boolean {
    if (response.closed) return true;
    const before = this.#byResponse.get(response);
    const own = before ?? 0;
    const others = this.#bytes - own;
    if (bytes > own && others > 0 && others + bytes > this.#maxBytes) {
      this.refused++;
      return false;
    }
    this.#byResponse.set(response, bytes);
    this.#bytes = others + bytes;
    if (before === undefined) {
      response.once("close", () => {
        this.#bytes -= this.#byResponse.get(response) ?? 0;
        this.#byResponse.delete(response);
      });
    }
    return true;
  }
}

/** Answers 503 instead of buffering more than the limit. */
export function limitBufferedBytes(server: FastifyInstance, buffered: BufferedBytes, connections: Connections): void {
  server.decorate("buffered", buffered);
  // After authentication: only clients with a credential reserve memory.
  server.addHook("preParsing", (request, reply, payload, done) => {
    const { "content-length": length, "transfer-encoding": coding } = request.headers;
    if (coding !== undefined) {
      let received = 0;
      payload.on("data", (chunk: Buffer) => {
        received += chunk.length;
        if (!buffered.hold(reply.raw, received)) connections.close(request.socket, "memory");
      });
    } else if (isCounted(Number(length)) && !buffered.hold(reply.raw, Number(length))) {
      done(full());
      return;
    }
    done(null, payload);
  });
  server.addHook("onSend", ({ served }, reply, payload, done) => {
    const bytes = typeof payload === "string" || Buffer.isBuffer(payload) ? payload.length : 0;
    // Without authentication there are only documents, which all answers share.
    if (bytes >= LEAST_COUNTED_BYTES && served && !buffered.hold(reply.raw, bytes)) done(full());
    else done(null, payload);
  });
}

/** Larger bodies are refused before they are read. */
function isCounted(bytes: number): boolean {
  return bytes >= LEAST_COUNTED_BYTES && bytes <= MAX_BODY_BYTES;
}

/** The error if memory for bodies is full. */
export function full(): ScimError {
  const detail = "This server is processing too many large requests. Send the request again later.";
  return unavailable({ code: "unavailable", cause: "memory" }, detail, RETRY_MS);
}
