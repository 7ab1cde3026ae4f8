import type { FastifyInstance } from "fastify";
import { admitAdministrator } from "../auth/administrator.ts";
import { holdAnswers } from "../durability.ts";
import { nothingInApi } from "../not-found.ts";
import { beginRecording, NOWHERE, recordAnswer, recordAnswers } from "../recording.ts";
import type { ApiOptions } from "./administration.ts";
import { backupRoutes } from "./backup.ts";
import { credentialRoutes } from "./credentials.ts";
import { endpointRoutes } from "./endpoints.ts";
import { exchangeRoutes } from "./exchanges/exchanges.ts";
import { historyRoutes } from "./history/history.ts";
import { readJsonBodies } from "./json-bodies.ts";
import { openApiRoutes } from "./openapi/openapi.ts";
import { problem, refuseReported, sendProblem } from "./problem.ts";
import { refuseUnknownParameters } from "./query-of.ts";
import { noteAdministration } from "./recorded.ts";
import { sessionRoutes } from "./session/session.ts";
import { statisticsRoutes } from "./statistics.ts";
import { trustRoutes } from "./trusts.ts";
import { versionRoutes } from "./version.ts";

/** The schemas of an endpoint are the largest that is sent here. */
const MAX_BODY_BYTES = 1_024 * 1_024;

/** Administration by HTTP, to be registered below `/api`. Errors are problem details (RFC 9457). */
export async function api(server: FastifyInstance, { serving, backup, publicUrl }: ApiOptions): Promise<void> {
  // Named one by one: what this was registered with holds the prefix too, which would come twice.
  const options = { serving, backup, publicUrl };
  server.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  server.removeAllContentTypeParsers();
  server.decorateRequest("decision", null);
  refuseUnknownParameters(server);
  server.register(sessionRoutes, options);
  server.register(backupRoutes, options);
  server.register(versionRoutes, options);
  server.register(openApiRoutes);
  server.register(databaseRoutes, options);
  server.register(refuseOtherPaths, options);
}

/** What is about the database: let in first, and held until it is durable. */
async function databaseRoutes(server: FastifyInstance, options: ApiOptions): Promise<void> {
  const { serving, backup } = options;
  server.decorateRequest("served", null);
  noteAdministration(server, serving);
  server.addHook("onRequest", (request) => admitAdministrator(request, serving));
  if (backup !== undefined) holdAnswers(server, backup, problem);
  recordAnswers(server);
  readJsonBodies(server, MAX_BODY_BYTES);
  endpointRoutes(server, options);
  credentialRoutes(server, options);
  trustRoutes(server, options);
  exchangeRoutes(server, options);
  historyRoutes(server, options);
  statisticsRoutes(server);
}

/** Answers requests that match no route, and records them among those of no endpoint. */
async function refuseOtherPaths(server: FastifyInstance, { serving }: ApiOptions): Promise<void> {
  // Bodies are ignored.
  server.addContentTypeParser("*", (_request, _body, done) => done(null));
  server.setNotFoundHandler((request, reply) => {
    beginRecording(request, () => ({ ...NOWHERE, recorder: serving.current?.recorder }));
    const text = refuseReported(nothingInApi(request), request, reply);
    recordAnswer(request, reply, text);
    return reply.send(text);
  });
}
