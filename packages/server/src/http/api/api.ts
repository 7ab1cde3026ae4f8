import type { FastifyInstance } from "fastify";
import type { Backup, DatabaseServer } from "../../backup/backup.ts";
import { VERSION } from "../../version.ts";
import { admitAdministrator, checkAdministrator } from "../auth/administrator.ts";
import { holdAnswers } from "../durability.ts";
import { nothingInApi } from "../not-found.ts";
import { beginRecording, NOWHERE, recordAnswer, recordAnswers } from "../recording.ts";
import type { Serving } from "../serving.ts";
import { recordAdministration } from "./administered.ts";
import { backupRoutes } from "./backup.ts";
import { credentialRoutes } from "./credentials.ts";
import { endpointRoutes } from "./endpoints.ts";
import { clientRoutes } from "./exchanges/clients.ts";
import { exchangeRoutes } from "./exchanges/exchanges.ts";
import { exportRoute } from "./exchanges/export.ts";
import { liveRoute } from "./exchanges/live.ts";
import { replayRoute } from "./exchanges/replay.ts";
import { statisticsRoutes } from "./exchanges/statistics.ts";
import { testsRoute } from "./exchanges/tests.ts";
import { historyRoutes } from "./history/history.ts";
import { stateRoutes } from "./history/state.ts";
import { memberRoutes } from "./members.ts";
import { openApiRoutes } from "./openapi/openapi.ts";
import { problem, refuseReported, sendProblem } from "./problem.ts";
import { readJsonBodies, refuseUnknownParameters, sendJson } from "./request.ts";
import { BOOLEAN, described, INTEGER, nullable, object, type RouteSchema, type Static, TEXT } from "./schema.ts";
import { type ServerRoutesOptions, serverRoutes, sessionListRoutes } from "./server.ts";
import { sessionRoutes } from "./session/session.ts";
import { trustRoutes } from "./trusts.ts";

/** The schemas in an endpoint's settings are the largest bodies. */
const MAX_BODY_BYTES = 1_024 * 1_024;

export type ApiOptions = {
  readonly serving: Serving;
  /** undefined without a backup target. */
  readonly backup: Backup | undefined;
  /** undefined with a SQLite file. */
  readonly databaseServer: DatabaseServer | undefined;
  readonly publicUrl: string | undefined;
  /** The newer version of this program; undefined if the check is off. */
  readonly newerVersion?: (() => Promise<string | null>) | undefined;
};

/** Administration by HTTP, to be registered below `/api`. Errors are problem details (RFC 9457). */
export async function api(
  server: FastifyInstance,
  { serving, backup, databaseServer, publicUrl, newerVersion, settings, load }: ApiOptions & ServerRoutesOptions,
): Promise<void> {
  // Without the `prefix` that Fastify adds to the options, because it would be added twice.
  const options = { serving, backup, databaseServer, publicUrl, newerVersion };
  server.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  server.removeAllContentTypeParsers();
  server.decorateRequest("decision", null);
  refuseUnknownParameters(server);
  server.register(sessionRoutes, options);
  server.register(backupRoutes, options);
  server.register(versionRoutes, options);
  server.register(serverRoutes, { serving, settings, load });
  server.register(openApiRoutes);
  server.register(databaseRoutes, options);
  server.register(otherPaths, options);
}

/** Routes that need the database: they authenticate first, and their answers wait until changes are durable. */
async function databaseRoutes(server: FastifyInstance, options: ApiOptions): Promise<void> {
  const { serving, backup } = options;
  server.decorateRequest("served", null);
  recordAdministration(server, serving);
  server.addHook("onRequest", (request) => admitAdministrator(request, serving));
  if (backup !== undefined) holdAnswers(server, backup, problem);
  recordAnswers(server);
  readJsonBodies(server, MAX_BODY_BYTES);
  endpointRoutes(server, options);
  credentialRoutes(server, options);
  trustRoutes(server, options);
  exchangeRoutes(server, options);
  replayRoute(server);
  liveRoute(server, options);
  exportRoute(server, options);
  testsRoute(server);
  historyRoutes(server);
  memberRoutes(server);
  stateRoutes(server, options);
  statisticsRoutes(server);
  clientRoutes(server);
  sessionListRoutes(server, options);
}

const SERVER_VERSION = object({
  version: described("Of SCIMTool.", TEXT),
  newerVersion: nullable(
    described("A newer version of SCIMTool; null if there is none, or the check is off (`UPDATE_CHECK`).", TEXT),
  ),
  node: described("Of Node.js.", TEXT),
  sqlite: nullable(described("Of SQLite; null with PostgreSQL.", TEXT)),
  postgres: nullable(described("Of the PostgreSQL server; null with SQLite.", TEXT)),
  recording: nullable(
    described("Whether exchanges are recorded; null while another instance owns the database.", BOOLEAN),
  ),
  uptimeMs: described("Uptime of the process in milliseconds.", INTEGER),
});
type ServerVersion = Static<typeof SERVER_VERSION>;

const READ_VERSION: RouteSchema = {
  summary: "Read the version of the server",
  tags: ["Server"],
  response: { 200: SERVER_VERSION },
};

/** `/api/version`. A standby answers too. */
async function versionRoutes(
  server: FastifyInstance,
  { serving, databaseServer, newerVersion }: ApiOptions,
): Promise<void> {
  server.get("/version", { schema: READ_VERSION }, async (request, reply) => {
    await checkAdministrator(request, serving);
    const { node, sqlite = "" } = process.versions;
    return sendJson<ServerVersion>(reply, {
      version: VERSION,
      newerVersion: (await newerVersion?.()) ?? null,
      node,
      sqlite: databaseServer === undefined ? sqlite : null,
      postgres: databaseServer?.version ?? null,
      recording: serving.current?.recorder.isOn ?? null,
      uptimeMs: Math.round(process.uptime() * 1_000),
    });
  });
}

/** Answers requests that match no route, and records them among those of no endpoint. */
async function otherPaths(server: FastifyInstance, { serving }: ApiOptions): Promise<void> {
  // Bodies are ignored.
  server.addContentTypeParser("*", (_request, _body, done) => done(null));
  server.setNotFoundHandler((request, reply) => {
    beginRecording(request, () => ({ ...NOWHERE, recorder: serving.current?.recorder }));
    const text = refuseReported(nothingInApi(request), request, reply);
    recordAnswer(request, reply, text);
    return reply.send(text);
  });
}
