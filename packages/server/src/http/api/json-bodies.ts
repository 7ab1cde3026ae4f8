import type { FastifyInstance, FastifyRequest } from "fastify";
import { checkBodyEncoding, parseJsonBody } from "../request-body.ts";

/** Has a scope read bodies as strict JSON, up to some size; no body at all is undefined. */
export function readJsonBodies(server: FastifyInstance, maxBodyBytes: number): void {
  server.addContentTypeParser(
    /^application\/(?:[a-z0-9.-]+\+)?json(?:;|$)/i,
    { parseAs: "buffer", bodyLimit: maxBodyBytes },
    async ({ headers }: FastifyRequest, bytes: Buffer) => {
      checkBodyEncoding(headers);
      return bytes.length === 0 ? undefined : parseJsonBody(bytes);
    },
  );
}
