import { ScimError } from "@scimtool/scim";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from "fastify";
import type { Backup, DatabaseServer } from "../backup/backup.ts";
import type { EffectiveSetting } from "../config.ts";
import { administrationPathOf, DEFAULT_BASE_PATH, DEFAULT_ENDPOINT } from "../endpoint/served-endpoint.ts";
import { api } from "./api/api.ts";
import { listRoutes } from "./api/openapi/openapi.ts";
import { refuseReported } from "./api/problem.ts";
import { UNCOMPILED_SCHEMAS } from "./api/schema.ts";
import { BufferedBytes, limitBufferedBytes } from "./buffered-bytes.ts";
import type { ConnectionLimits } from "./connection-limits.ts";
import { Connections, hasSecondHost, PROTECTION } from "./connections.ts";
import { metrics } from "./metrics/metrics.ts";
import { isOfAdministration, nothingHere } from "./not-found.ts";
import { oauthRoutes } from "./oauth/routes.ts";
import { webPage } from "./page/web-page.ts";
import { beginRecording, NOWHERE, recordAnswer, recordUnreadable, requestIdOn } from "./recording.ts";
import { REQUEST_ID_HEADER, requestIdOf } from "./request-id.ts";
import { refuse, sendError } from "./scim/response.ts";
import { scimProtocol } from "./scim/scim.ts";
import type { Readiness, Serving } from "./serving.ts";

export type ServerOptions = {
  readonly serving: Serving;
  /** undefined without a backup target. */
  readonly backup: Backup | undefined;
  /** undefined with a SQLite file. */
  readonly databaseServer?: DatabaseServer | undefined;
  readonly publicUrl: string | undefined;
  /** The newer version of this program; undefined if the check is off. */
  readonly newerVersion?: (() => Promise<string | null>) | undefined;
  readonly logLevel: string;
  /** As given by flags and environment. */
  readonly settings?: readonly EffectiveSetting[];
  readonly limits: ConnectionLimits;
};

export function buildServer(options: ServerOptions): FastifyInstance {
  const { serving, backup, databaseServer, publicUrl, newerVersion, limits, settings = [] } = options;
  const connections = new Connections(limits);
  const buffered = new BufferedBytes(limits.maxBufferedBytes);
  const load = { connections, buffered, limits };
  const server = newServer(options, connections);
  server.decorate("publicUrl", publicUrl);
  server.decorateRequest("recording", null);
  server.addHook("onRequest", (request, reply, done) => {
    reply.headers(PROTECTION).header(REQUEST_ID_HEADER, request.id);
    // Without a body (no length, no transfer coding: RFC 9112 §6.3) Fastify would wait for one.
    if (request.method !== "GET" && request.raw.readableEnded) request.headers["content-type"] = undefined;
    if (hasSecondHost(request.raw.rawHeaders))
      done(new ScimError(400, "Send one Host header, not several.", { reason: { code: "severalHosts" } }));
    else done();
  });
  listRoutes(server);
  connections.endOnClose(server);
  limitBufferedBytes(server, buffered, connections);
  server.setErrorHandler((error, request, reply) => sendError(error, request, reply));
  // Each scope that takes bodies has its own parsers; unknown paths ignore bodies of any type.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", (_request, _body, done) => done(null));
  server.setNotFoundHandler((request, reply) => sendRecorded(serving, nothingHere(request), request, reply));
  healthRoutes(server, () => serving.readiness());
  webPage(server);
  server.register(api, { prefix: "/api", serving, backup, databaseServer, publicUrl, newerVersion, settings, load });
  server.register(metrics, { serving, backup, databaseServer, connections, buffered });
  oauthRoutes(server, { serving, backup, publicUrl });
  const scim = { serving, backup, publicUrl, client: "identity provider", endpoint: undefined } as const;
  server.register(scimProtocol, { ...scim, prefix: DEFAULT_BASE_PATH, endpoint: DEFAULT_ENDPOINT });
  server.register(scimProtocol, { ...scim, prefix: "/scim/endpoints/:endpoint/v2" });
  server.register(scimProtocol, { ...scim, prefix: administrationPathOf(":endpoint"), client: "administrator" });
  return server;
}

function newServer({ serving, logLevel }: ServerOptions, connections: Connections): FastifyInstance {
  return Fastify({
    logger: { level: logLevel, stream: process.stderr, redact: ["req.headers.authorization"] },
    logController: new LogController({ disableRequestLogging: true }),
    serverFactory: (handle) => connections.createServer(handle),
    forceCloseConnections: "idle",
    return503OnClosing: false,
    // No child logger per request: errors contain the request's ID.
    childLoggerFactory: (logger) => logger,
    genReqId: requestIdOf,
    schemaController: UNCOMPILED_SCHEMAS,
    routerOptions: {
      // Handlers parse the query: the router would let an exception escape.
      querystringParser: (query) => query as never,
      // People type tenant URLs: a duplicate or trailing slash must not make every request a 404.
      ignoreTrailingSlash: true,
      ignoreDuplicateSlashes: true,
      maxParamLength: 400,
    },
    frameworkErrors: (error, request, reply) => {
      sendRecorded(serving, error, request, reply as never);
    },
    clientErrorHandler: (error, socket) => {
      const requestId = requestIdOn(socket);
      const refusal = connections.refuseUnreadable(error, socket, requestId);
      if (refusal !== undefined) recordUnreadable(serving.current?.recorder, error, socket, { refusal, requestId });
    },
  });
}

/** Answers a request that matches no route, and records it among those of no endpoint. */
function sendRecorded(serving: Serving, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  beginRecording(request, () => ({ ...NOWHERE, recorder: serving.current?.recorder }));
  reply.headers(PROTECTION).header(REQUEST_ID_HEADER, request.id);
  const refuseHere = isOfAdministration(request.url) ? refuseReported : refuse;
  const text = refuseHere(error, request, reply);
  recordAnswer(request, reply, text);
  return reply.send(text);
}

/**
 * Serves liveness and readiness while the program cannot start yet, and 503 for everything else.
 * @returns closes the server
 */
export async function listenWhileStarting(port: number, host: string): Promise<() => Promise<void>> {
  const server = Fastify({ forceCloseConnections: true });
  healthRoutes(server, () => "starting");
  server.setNotFoundHandler((_request, reply) =>
    reply.code(503).header("retry-after", "5").type("text/plain").send("SCIMTool is waiting for its backup target.\n"),
  );
  await server.listen({ port, host });
  return () => server.close();
}

/** For container platforms: liveness and readiness. */
export function healthRoutes(server: FastifyInstance, readiness: () => Readiness): void {
  server.get("/healthz", async (_request, reply) => reply.header("content-type", "text/plain").send("ok\n"));
  server.get("/readyz", async (_request, reply) => {
    const state = readiness();
    return reply
      .code(state.startsWith("ready") ? 200 : 503)
      .header("content-type", "text/plain")
      .send(`${state}\n`);
  });
}
