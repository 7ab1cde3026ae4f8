import type { IncomingMessage } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";

/** What is read of a body that was refused, beyond what was taken of it; and for how long. */
const MAX_DISCARDED_BYTES = 64 * 1_024 * 1_024;
const MAX_DISCARD_MS = 20_000;

/**
 * Whether a refused request goes on sending its body on a connection that ends with the answer. The connection would be
 * reset where bytes of it are unread, and many clients send all of it before they look for an answer: they would
 * never see it (RFC 9112 §9.6).
 */
export function leavesBodyUnread({ raw, headers }: FastifyRequest, reply: FastifyReply): boolean {
  const isWorthWhile = Number(headers["content-length"] ?? 0) <= MAX_DISCARDED_BYTES;
  return reply.getHeader("connection") === "close" && !raw.readableEnded && !raw.destroyed && isWorthWhile;
}

/** Reads what is left of a body and keeps nothing of it, up to a number of bytes and for a while. */
export function discardBody(raw: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let bytes = 0;
    const count = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_DISCARDED_BYTES) finish();
    };
    const finish = () => {
      clearTimeout(timeout);
      raw.off("data", count).off("end", finish).off("close", finish).off("error", finish);
      // Else a flowing stream would be read on without end.
      if (!raw.readableEnded) raw.pause();
      resolve();
    };
    const timeout = setTimeout(finish, MAX_DISCARD_MS).unref();
    raw.on("data", count).once("end", finish).once("close", finish).once("error", finish).resume();
  });
}
