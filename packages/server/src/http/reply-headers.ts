import type { FastifyReply } from "fastify";

export type ReplyHeaders = Readonly<ReturnType<FastifyReply["getHeaders"]>>;

/** Where a reply keeps the headers set on it; undefined where no such place is known. */
let place: symbol | undefined;

/**
 * The headers set on a reply so far, as a copy of their own. `reply.getHeaders` would tell the same: by way of an object
 * without a prototype, whose properties the engine copies one by one, which is 4 % of what a recorded read costs.
 */
export function headersOf(reply: FastifyReply): ReplyHeaders {
  place ??= Object.getOwnPropertySymbols(reply).find(({ description }) => description === "fastify.reply.headers");
  const own = place === undefined ? undefined : (reply as unknown as Record<symbol, ReplyHeaders | undefined>)[place];
  return own === undefined || reply.raw.getHeaderNames().length > 0 ? reply.getHeaders() : { ...own };
}
