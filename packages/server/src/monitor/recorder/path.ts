/** Paths of the whole server. No path below a SCIM base URL begins so. */
export const WHOLE_PATH = /^\/(?:scim|oauth|api|\.well-known)\//;

/**
 * What precedes the path if a request line has the whole URL (RFC 9112 §3.2.2). It may contain a user and a password.
 */
const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i;

/** A host in a URI: a name or address, with or without a port. */
const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/**
 * The origin in the headers of a request, without a trailing slash. Behind a TLS-terminating proxy, `X-Forwarded-Proto`
 * gives the scheme. The client controls both headers, so never decide anything by the result.
 */
export function originIn(host = "", forwardedProto: string | undefined): string {
  // A chain of proxies sends a list; the first entry is the one that the client connects to.
  const scheme = forwardedProto !== undefined && /^https(?:\s*,|$)/i.test(forwardedProto) ? "https" : "http";
  return `${scheme}://${HOST.test(host) ? host : "localhost"}`;
}

export function withoutOrigin(url: string): string {
  return url.startsWith("/") ? url : url.replace(ORIGIN, "");
}

/** The path of a URL as it was sent. */
export function sentPathOf(url: string): string {
  return withoutOrigin(url).replace(/\?.*$/s, "");
}

/**
 * The path of a URL below a base path, with its slash, and its query without the question mark. Repeated slashes, which
 * the server ignores, are left out. The whole path if it is not below, or if the base URL was entered twice.
 */
export function pathBelow(asked: string, basePath: string): { path: string; query: string | undefined } {
  const url = withoutOrigin(asked);
  const mark = url.indexOf("?");
  const written = mark < 0 ? url : url.slice(0, mark);
  const path = written.includes("//") ? written.replaceAll(/\/{2,}/g, "/") : written;
  const isBelow = path.startsWith(basePath) && (path.length === basePath.length || path[basePath.length] === "/");
  const rest = isBelow ? path.slice(basePath.length) : path;
  const below = WHOLE_PATH.test(rest) && basePath.endsWith("/v2") ? path : rest;
  return { path: below === "" ? "/" : below, query: mark < 0 ? undefined : url.slice(mark + 1) };
}
