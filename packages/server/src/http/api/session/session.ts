import { ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { OpenAccess } from "../../../auth/authority.ts";
import type { Refused } from "../../../auth/decision.ts";
import { type SignedIn, signIn, signOut } from "../../../auth/session/sign-in.ts";
import { accessOf, administratorOf, checkAdministrator, roleOf } from "../../auth/administrator.ts";
import { addressOf, refusalOf } from "../../auth/authenticate.ts";
import { forgeryRefusal, otherSiteRefusal, sessionCookie, sessionSecretOf } from "../../auth/browser-session.ts";
import { holdAnswers, writeHooks } from "../../durability.ts";
import { recordAnswers, reportRefusal } from "../../recording.ts";
import { shownTime } from "../access-members.ts";
import type { ApiOptions } from "../administration.ts";
import { readJsonBodies } from "../json-bodies.ts";
import { membersOf, textOf } from "../members-of.ts";
import { problem } from "../problem.ts";
import { noteAdministration } from "../recorded.ts";
import { sendJson } from "../send-json.ts";
import { READ_SESSION, SIGN_IN, SIGN_OUT } from "./session-schema.ts";

const MAX_BODY_BYTES = 16 * 1_024;

/** `/api/session`: signing in with a secret, for browsers. */
export async function sessionRoutes(server: FastifyInstance, options: ApiOptions): Promise<void> {
  const { serving, backup, publicUrl } = options;
  server.decorateRequest("served", null);
  noteAdministration(server, serving);
  if (backup !== undefined) holdAnswers(server, backup, problem);
  recordAnswers(server);
  readJsonBodies(server, MAX_BODY_BYTES);

  /** Has the database opened, for who has been found to be an administrator; from then on the answer waits for it. */
  const open = async (request: FastifyRequest): Promise<OpenAccess> => {
    const served = serving.current ?? (await serving.admit(async () => undefined));
    request.served = served;
    return { authority: served.authority, database: served.directory.store };
  };

  const trySecret = async (request: FastifyRequest, secret: string, nowMs: number): Promise<SignedIn> => {
    const { authority } = accessOf(serving);
    const begin = () => signIn(secret, authority, () => open(request), nowMs);
    const outcome = await authority.guesses.limit<SignedIn>(addressOf(request), secret, nowMs, begin);
    if (outcome.accepted) return outcome;
    throw refusal(request, outcome);
  };

  server.post("/session", { ...writeHooks(backup), schema: SIGN_IN }, async (request, reply) => {
    const forged = otherSiteRefusal(request);
    if (forged !== undefined) throw refusal(request, forged);
    const secret = textOf("secret", membersOf(request.body, ["secret"])["secret"]).trim();
    if (secret === "") throw new ScimError(400, '"secret" is empty. Send the admin secret, or the viewer\'s.');
    const nowMs = Date.now();
    const { session, secret: sessionSecret } = await trySecret(request, secret, nowMs);
    const { scopes, expiresMs } = session;
    reply.header("set-cookie", sessionCookie(request, publicUrl, sessionSecret, expiresMs - nowMs));
    return sendJson(reply, { role: roleOf(scopes), expires: shownTime(expiresMs) });
  });

  server.get("/session", { schema: READ_SESSION }, async (request, reply) => {
    await checkAdministrator(request, serving);
    const { role, expiresMs } = administratorOf(request);
    return sendJson(reply, { role, expires: shownTime(expiresMs) });
  });

  server.delete("/session", { schema: SIGN_OUT }, async (request, reply) => {
    const secret = sessionSecretOf(request);
    if (secret === undefined) return reply.code(204).send();
    const forged = forgeryRefusal(request);
    if (forged !== undefined) throw refusal(request, forged);
    const decision = accessOf(serving).authority.decideSession(secret, "read", Date.now());
    if (decision.accepted) await signOut(await open(request), secret);
    else if (decision.status === 503) throw refusal(request, decision);
    return reply
      .code(204)
      .header("set-cookie", sessionCookie(request, publicUrl, "", 0))
      .send();
  });
}

/** Tells the log why, which the caller is told in part. */
function refusal(request: FastifyRequest, refused: Refused): ScimError {
  const { failed } = refused;
  request.log.info({ reqId: request.id, address: request.ip, failed }, "not signed in");
  const answer = refusalOf(refused, "administration");
  reportRefusal(request, { status: answer.status, message: answer.message, failed });
  return answer;
}
