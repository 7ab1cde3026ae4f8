import type { FastifyRequest } from "fastify";

/** A host as it may stand in a URI: a name or address, with a port or without. */
const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/**
 * The origin under which the client reaches this server, without a slash at its end: the configured one, or else what
 * the request says. Behind a TLS-terminating proxy `X-Forwarded-Proto` tells the scheme. Whoever sends a request chooses
 * both, so it may shape the URIs in the answer to this same client, and nothing may be decided by it.
 */
export function originOf(request: FastifyRequest, publicUrl: string | undefined): string {
  if (publicUrl !== undefined) return publicUrl;
  const { host = "", "x-forwarded-proto": proto } = request.headers;
  // Most requests say the same as the one before.
  if (host !== last.host || proto !== last.proto) last = { host, proto, origin: originSaidBy(host, proto) };
  return last.origin;
}

type Said = string | readonly string[] | undefined;

function originSaidBy(host: string, proto: Said): string {
  // A chain of proxies writes a list; the first is the one that the client talks to.
  const scheme = /^https(?:\s*,|$)/i.test(String(proto)) ? "https" : "http";
  return `${scheme}://${HOST.test(host) ? host : "localhost"}`;
}

let last = { host: "", proto: undefined as Said, origin: originSaidBy("", undefined) };
