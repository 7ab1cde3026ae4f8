import type { FastifyRequest } from "fastify";
import { type Failed, forbidden, type Refused } from "../../auth/decision.ts";

declare module "fastify" {
  interface FastifyInstance {
    /** Where people reach this server, as it is configured. */
    publicUrl: string | undefined;
  }
}

/** No form and no link can send it, and a script of another origin only if this server said so, which it never does. */
const HEADER = "x-scimtool-request";

/**
 * Whether another site may have had a browser send a request by cookie that changes something.
 * @returns why it is refused; undefined: it comes from this server's own pages, or from no browser
 */
export function forgeryRefusal(request: FastifyRequest): Refused | undefined {
  const { method, headers } = request;
  if (method === "GET" || method === "HEAD") return undefined;
  if (headers[HEADER] === "1") return otherSiteRefusal(request);
  const detail = "A request by cookie that changes something needs the header X-SCIMTool-Request: 1.";
  return refused(detail, "the header X-SCIMTool-Request: 1", "a request without it");
}

/** Whether a browser says that a page of another site had it send the request. */
export function otherSiteRefusal({ headers, server }: FastifyRequest): Refused | undefined {
  const source = otherSite(headers, server.publicUrl);
  if (source === undefined) return undefined;
  return refused("This request was sent by a page of another site.", "a request of this server's own pages", source);
}

/** Fetch Metadata tells it best; browsers send that by https and to the local machine only. */
function otherSite(headers: FastifyRequest["headers"], publicUrl: string | undefined): string | undefined {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin" || site === "none" ? undefined : `Sec-Fetch-Site: ${site}`;
  const { origin } = headers;
  // A proxy in front may name itself in Host, and nobody else.
  if (origin === undefined || origin === publicUrl) return undefined;
  const host = URL.parse(origin)?.host;
  const own = [headers.host, headers["x-forwarded-host"]];
  return host !== undefined && own.includes(host) ? undefined : `Origin: ${origin.slice(0, 200)}`;
}

function refused(detail: string, expected: string, received: string): Refused {
  const remedy = "Open the page of this server itself. Programs send the secret as a bearer token instead of a cookie.";
  const failed: Failed = { check: "request", expected, received, remedy, remedyAt: "server" };
  return forbidden(detail, failed);
}
