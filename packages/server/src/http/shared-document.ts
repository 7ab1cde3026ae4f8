import { hash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { matchesEntityTag } from "@scimtool/scim";
import type { FastifyReply, FastifyRequest, onSendHookHandler } from "fastify";

/** A document that does not change. All answers share its bytes, so many slow clients hold it in memory only once. */
export class SharedDocument {
  readonly plain: Buffer;
  readonly etag: string;
  #gzipped: Buffer | undefined;

  constructor(text: string) {
    this.plain = Buffer.from(text);
    this.etag = `W/"${hash("sha256", this.plain).slice(0, 32)}"`;
    documents.set(this.plain, this);
  }

  get gzipped(): Buffer {
    this.#gzipped ??= gzipSync(this.plain);
    return this.#gzipped;
  }
}

/** By {@link SharedDocument.plain}. */
const documents = new WeakMap<object, SharedDocument>();

/** Sends a document, or 304 if the client has it (RFC 9110 §13.1.2). The route needs {@link compressDocument}. */
export function sendDocument(request: FastifyRequest, reply: FastifyReply, document: SharedDocument): FastifyReply {
  const { plain, etag } = document;
  reply.header("etag", etag).header("vary", "accept-encoding");
  const ifNoneMatch = request.headers["if-none-match"];
  if (ifNoneMatch !== undefined && matchesEntityTag(ifNoneMatch, etag)) return reply.code(304).send();
  return reply.send(plain);
}

/** Compresses a {@link SharedDocument} for clients that accept it. A hook of its route, so that records have the text. */
export const compressDocument: onSendHookHandler<unknown> = (request, reply, payload, done) => {
  const document = Buffer.isBuffer(payload) ? documents.get(payload) : undefined;
  if (document === undefined || !acceptsGzip(request)) {
    done(null, payload);
    return;
  }
  reply.header("content-encoding", "gzip");
  done(null, document.gzipped);
};

export function acceptsGzip({ headers }: FastifyRequest): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(String(headers["accept-encoding"]));
}
