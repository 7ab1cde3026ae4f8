import { parseCookie, stringifySetCookie } from "cookie";
import type { FastifyRequest } from "fastify";
import { type FailedCheck, forbidden, type Refused } from "../../auth/decision.ts";
import { originOf } from "../urls.ts";

declare module "fastify" {
  interface FastifyInstance {
    /** The configured address of this server. */
    publicUrl: string | undefined;
  }
}

export const SESSION_COOKIE = "scimtool_session";

/** Administration only: SCIM requests carry no cookie. */
const PATH = "/api";

/** The secret of a request's session. An Authorization header takes precedence over the browser's cookie. */
export function sessionSecretOf({ headers }: FastifyRequest): string | undefined {
  const { authorization, cookie } = headers;
  if (authorization !== undefined || cookie === undefined) return undefined;
  return parseCookie(cookie)[SESSION_COOKIE];
}

/**
 * The value of Set-Cookie for a session. Scripts cannot read it, and other sites cannot send it.
 * @param lifetimeMs how long the browser keeps it; 0 deletes it
 */
export function sessionCookie(
  request: FastifyRequest,
  publicUrl: string | undefined,
  secret: string,
  lifetimeMs: number,
): string {
  return stringifySetCookie({
    name: SESSION_COOKIE,
    value: secret,
    path: PATH,
    httpOnly: true,
    sameSite: "strict",
    secure: originOf(request, publicUrl).startsWith("https:"),
    maxAge: Math.floor(lifetimeMs / 1_000),
  });
}

/** Forms and links cannot set it. Scripts of another origin could only with CORS, which this server never allows. */
const HEADER = "x-scimtool-request";

/**
 * Protects against cross-site request forgery.
 * @returns why a request by cookie is rejected; undefined if one of this server's own pages sent it
 */
export function forgeryRefusal(request: FastifyRequest): Refused | undefined {
  const { method, headers } = request;
  if (method === "GET" || method === "HEAD") return undefined;
  if (headers[HEADER] === "1") return otherSiteRefusal(request);
  const detail = "A request by cookie that changes something needs the header X-SCIMTool-Request: 1.";
  return refused(detail, "the header X-SCIMTool-Request: 1", "a request without it");
}

/** @returns why a request is rejected if the browser says that a page of another site caused it */
export function otherSiteRefusal({ headers, server }: FastifyRequest): Refused | undefined {
  const source = otherSite(headers, server.publicUrl);
  if (source === undefined) return undefined;
  return refused("This request was sent by a page of another site.", "a request of this server's own pages", source);
}

/** Prefers Fetch Metadata, which browsers send over https and to the local machine only. */
function otherSite(headers: FastifyRequest["headers"], publicUrl: string | undefined): string | undefined {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin" || site === "none" ? undefined : `Sec-Fetch-Site: ${site}`;
  const { origin } = headers;
  // A proxy may put its own name in Host.
  if (origin === undefined || origin === publicUrl) return undefined;
  const host = URL.parse(origin)?.host;
  const own = [headers.host, headers["x-forwarded-host"]];
  return host !== undefined && own.includes(host) ? undefined : `Origin: ${origin.slice(0, 200)}`;
}

function refused(detail: string, expected: string, received: string): Refused {
  const remedy = "Open the page of this server itself. Programs send the secret as a bearer token instead of a cookie.";
  const failed: FailedCheck = { check: "request", expected, received, remedy, remedyAt: "server" };
  return forbidden(detail, failed);
}
