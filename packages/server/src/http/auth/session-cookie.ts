import { parseCookie, stringifySetCookie } from "cookie";
import type { FastifyRequest } from "fastify";
import { originOf } from "../base-url.ts";

export const SESSION_COOKIE = "scimtool_session";

/** Administration alone: requests to SCIM carry no cookie. */
const PATH = "/api";

/**
 * The secret of the session that a request belongs to. Who sends an Authorization header means that, and nothing that
 * the browser has added.
 */
export function sessionSecretOf({ headers }: FastifyRequest): string | undefined {
  const { authorization, cookie } = headers;
  if (authorization !== undefined || cookie === undefined) return undefined;
  return parseCookie(cookie)[SESSION_COOKIE];
}

/**
 * The value of Set-Cookie for a session. No script can read it, and no other site has it sent.
 * @param lifetimeMs how long the browser keeps it; 0 takes it away
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
