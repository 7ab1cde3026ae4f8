import { ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { OpenAccess } from "../../../auth/authenticator.ts";
import type { Refused } from "../../../auth/decision.ts";
import { type SignedIn, signIn, signOut } from "../../../auth/sessions.ts";
import { accessOf, administratorOf, checkAdministrator, roleOf } from "../../auth/administrator.ts";
import { addressOf, refusalOf } from "../../auth/authenticate.ts";
import { forgeryRefusal, otherSiteRefusal, sessionCookie, sessionSecretOf } from "../../auth/browser-session.ts";
import { holdAnswers, writeHooks } from "../../durability.ts";
import { recordAnswers, reportRefusal } from "../../recording.ts";
import { recordAdministration } from "../administered.ts";
import type { ApiOptions } from "../api.ts";
import { problem } from "../problem.ts";
import { bodyOf, readJsonBodies, sendJson, shownTime } from "../request.ts";
import {
  described,
  NO_CONTENT,
  named,
  nullable,
  object,
  oneOf,
  type RouteSchema,
  type Static,
  TEXT,
  TIME,
} from "../schema.ts";

const SESSION = named(
  "Session",
  "The role of the sender, and when it expires.",
  object({
    role: described("`admin` may do everything, `viewer` may read everything.", oneOf("admin", "viewer")),
    expires: described("null: never, as for a secret sent as a bearer token.", nullable(TIME)),
  }),
);
type Session = Static<typeof SESSION>;

const CREDENTIALS = object({ secret: described("The admin secret or the viewer secret.", TEXT) });

const SIGN_IN: RouteSchema = {
  summary: "Sign in with a secret",
  description:
    "Starts a session of 12 hours, in the cookie `scimtool_session`. Requests with it that change something need the header `X-SCIMTool-Request: 1`.",
  tags: ["Session"],
  security: [],
  body: CREDENTIALS,
  response: { 200: SESSION },
  problems: {
    401: "The secret is unknown.",
    403: "The secret belongs to an endpoint, or the request comes from another site.",
    429: "Too many wrong secrets; `Retry-After` says when to try again.",
    503: "The server cannot check the secret now; `Retry-After` says when to try again.",
  },
};

const READ_SESSION: RouteSchema = {
  summary: "Read the role of the sender",
  tags: ["Session"],
  response: { 200: SESSION },
};

const SIGN_OUT: RouteSchema = {
  summary: "Sign out",
  description: "Ends the session of the cookie. Without one, nothing happens.",
  tags: ["Session"],
  security: [],
  response: { 204: NO_CONTENT },
  problems: { 403: "The request comes from another site.", 503: "No database is open; try again." },
};

const MAX_BODY_BYTES = 16 * 1_024;

/** `/api/session`: signing in with a secret, for browsers. */
export async function sessionRoutes(server: FastifyInstance, options: ApiOptions): Promise<void> {
  const { serving, backup, publicUrl } = options;
  server.decorateRequest("served", null);
  recordAdministration(server, serving);
  if (backup !== undefined) holdAnswers(server, backup, problem);
  recordAnswers(server);
  readJsonBodies(server, MAX_BODY_BYTES);

  /** Opens the database for an authenticated administrator. The answer then waits until it is durable. */
  const open = async (request: FastifyRequest): Promise<OpenAccess> => {
    const served = serving.current ?? (await serving.admit(async () => undefined));
    request.served = served;
    return { authenticator: served.authenticator, database: served.directory.store };
  };

  const trySecret = async (request: FastifyRequest, secret: string, nowMs: number): Promise<SignedIn> => {
    const { authenticator } = accessOf(serving);
    const begin = () => signIn(secret, authenticator, () => open(request), nowMs);
    const outcome = await authenticator.guessLimiter.limit<SignedIn>(addressOf(request), secret, nowMs, begin);
    if (outcome.accepted) return outcome;
    throw refusal(request, outcome);
  };

  server.post("/session", { ...writeHooks(backup), schema: SIGN_IN }, async (request, reply) => {
    const forged = otherSiteRefusal(request);
    if (forged !== undefined) throw refusal(request, forged);
    const secret = (await bodyOf(request, CREDENTIALS)).secret.trim();
    if (secret === "") throw new ScimError(400, '"secret" is empty. Send the admin secret, or the viewer\'s.');
    const nowMs = Date.now();
    const { session, secret: sessionSecret } = await trySecret(request, secret, nowMs);
    const { scopes, expiresMs } = session;
    reply.header("set-cookie", sessionCookie(request, publicUrl, sessionSecret, expiresMs - nowMs));
    return sendJson<Session>(reply, { role: roleOf(scopes), expires: shownTime(expiresMs) });
  });

  server.get("/session", { schema: READ_SESSION }, async (request, reply) => {
    await checkAdministrator(request, serving);
    const { role, expiresMs } = administratorOf(request);
    return sendJson<Session>(reply, { role, expires: shownTime(expiresMs) });
  });

  server.delete("/session", { schema: SIGN_OUT }, async (request, reply) => {
    const secret = sessionSecretOf(request);
    if (secret === undefined) return reply.code(204).send();
    const forged = forgeryRefusal(request);
    if (forged !== undefined) throw refusal(request, forged);
    const decision = await accessOf(serving).authenticator.authenticateSession(secret, "read", Date.now());
    if (decision.accepted) await signOut(await open(request), secret);
    else if (decision.status === 503) throw refusal(request, decision);
    return reply
      .code(204)
      .header("set-cookie", sessionCookie(request, publicUrl, "", 0))
      .send();
  });
}

/** Logs the reason, which the answer withholds in part. */
function refusal(request: FastifyRequest, refused: Refused): ScimError {
  const { failed } = refused;
  request.log.info({ reqId: request.id, address: request.ip, failed }, "not signed in");
  const answer = refusalOf(refused, "administration");
  reportRefusal(request, { status: answer.status, message: answer.message, failed });
  return answer;
}
