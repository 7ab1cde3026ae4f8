import type { FastifyRequest } from "fastify";
import { bearerToken } from "../../auth/bearer-token.ts";
import type { Decision } from "../../auth/decision.ts";
import { includesScope } from "../../auth/scope.ts";
import { reportRefusal } from "../recording.ts";
import type { Access } from "../serving.ts";
import { addressOf, refusalOf, scopeOf } from "./admission.ts";
import { forgeryRefusal } from "./same-origin.ts";
import { sessionSecretOf } from "./session-cookie.ts";

/** Viewers may look at everything, and change nothing. */
export type Role = "admin" | "viewer";

export type Administrator = {
  readonly role: Role;
  /** Of the secret that was shown, or that the session was begun with. */
  readonly label: string;
  /** When that ends, in milliseconds since 1970; undefined: never. */
  readonly expiresMs: number | undefined;
};

/** Decides whether a request opens administration, by its secret or else by its session. */
export function decideAdministrator({ authority }: Access, request: FastifyRequest): Decision | Promise<Decision> {
  const nowMs = Date.now();
  const scope = scopeOf(request);
  const session = sessionSecretOf(request);
  if (session !== undefined) return forgeryRefusal(request) ?? authority.decideSession(session, scope, nowMs);
  const { authorization } = request.headers;
  const secret = bearerToken(authorization);
  if (typeof secret !== "string") return secret;
  const decide = () => authority.decide(authorization, "administration", scope, nowMs);
  return authority.guesses.limit(addressOf(request), secret, nowMs, decide);
}

/** As {@link decideAdministrator}; the decision stays with the request. @throws ScimError 401, 403, 429, 503 */
export async function admitAdministration(access: Access, request: FastifyRequest): Promise<void> {
  const decision = await decideAdministrator(access, request);
  request.decision = decision;
  if (decision.accepted) return;
  // What the caller is not told, for whoever looks for the reason.
  request.log.info({ reqId: request.id, url: request.routeOptions.url, failed: decision.failed }, "not let in");
  const refusal = refusalOf(decision, "administration");
  reportRefusal(request, { status: refusal.status, message: refusal.message, failed: decision.failed });
  throw refusal;
}

/** Whose a request is that was let in to administration. */
export function administratorOf({ decision }: FastifyRequest): Administrator {
  if (decision === null || !decision.accepted) throw new Error("the request was not let in");
  const { scopes, label, expiresMs } = decision.credential;
  return { role: roleOf(scopes), label, expiresMs };
}

export function roleOf(scopes: Parameters<typeof includesScope>[0]): Role {
  return includesScope(scopes, "write") ? "admin" : "viewer";
}
