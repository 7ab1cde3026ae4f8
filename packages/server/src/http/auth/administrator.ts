import type { FastifyRequest } from "fastify";
import { bearerToken } from "../../auth/authenticator.ts";
import { includesScope } from "../../auth/credentials.ts";
import type { Decision } from "../../auth/decision.ts";
import { unavailable } from "../errors.ts";
import { reportRefusal } from "../recording.ts";
import type { Access, Serving } from "../serving.ts";
import { addressOf, refusalOf, scopeOf } from "./authenticate.ts";
import { forgeryRefusal, sessionSecretOf } from "./browser-session.ts";

/** Until the first restore has ended. */
const STARTING_RETRY_MS = 2_000;

/** Viewers may read everything and change nothing. */
export type Role = "admin" | "viewer";

export type Administrator = {
  readonly role: Role;
  /** Of the secret, or of the secret that the session was started with. */
  readonly label: string;
  /** Milliseconds since 1970; undefined: never. */
  readonly expiresMs: number | undefined;
};

/** Checks the secret of a request, or its session. */
function decide({ authenticator }: Access, request: FastifyRequest): Decision | Promise<Decision> {
  const nowMs = Date.now();
  const scope = scopeOf(request);
  const session = sessionSecretOf(request);
  if (session !== undefined) return forgeryRefusal(request) ?? authenticator.authenticateSession(session, scope, nowMs);
  const { authorization } = request.headers;
  const secret = bearerToken(authorization);
  if (typeof secret !== "string") return secret;
  const check = () => authenticator.authenticate(authorization, "administration", scope, nowMs);
  return authenticator.guessLimiter.limit(addressOf(request), secret, nowMs, check);
}

/** Sets the request's decision. @throws ScimError 401, 403, 429, 503 */
async function authenticate(access: Access, request: FastifyRequest): Promise<void> {
  const decision = await decide(access, request);
  request.decision = decision;
  if (decision.accepted) return;
  // The log has the reason, which the answer withholds.
  request.log.info({ reqId: request.id, url: request.routeOptions.url, failed: decision.failed }, "not authenticated");
  const refusal = refusalOf(decision, "administration");
  reportRefusal(request, { status: refusal.status, message: refusal.message, failed: decision.failed });
  throw refusal;
}

/** Last known endpoints and credentials. @throws ScimError 503 before any are known */
export function accessOf({ access }: Serving): Access {
  if (access === undefined)
    throw unavailable({ code: "unavailable", cause: "starting" }, "This server is starting.", STARTING_RETRY_MS);
  return access;
}

/**
 * Authenticates an administrator, whether or not a database is open. Long answers call it again to see whether the
 * session still exists.
 * @throws ScimError 401, 403, 429, 503
 */
export async function checkAdministrator(request: FastifyRequest, serving: Serving): Promise<void> {
  await authenticate(accessOf(serving), request);
}

/**
 * Authenticates an administrator and sets the request's database, which is opened if necessary.
 * @throws ScimError 401, 403, 429, 503; Unavailable
 */
export async function admitAdministrator(request: FastifyRequest, serving: Serving): Promise<void> {
  const check = (access: Access): Promise<void> => authenticate(access, request);
  const served = serving.current ?? (await serving.admit(check));
  await check(served);
  request.served = served;
}

/** The administrator who sent an authenticated request. */
export function administratorOf({ decision }: FastifyRequest): Administrator {
  if (decision === null || !decision.accepted) throw new Error("the request is not authenticated");
  const { scopes, label, expiresMs } = decision.credential;
  return { role: roleOf(scopes), label, expiresMs };
}

export function roleOf(scopes: Parameters<typeof includesScope>[0]): Role {
  return includesScope(scopes, "write") ? "admin" : "viewer";
}
