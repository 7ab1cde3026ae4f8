import type { Socket } from "node:net";
import { ERROR_SCHEMA, ScimError } from "@scimtool/scim";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from "fastify";
import type { Backup } from "../backup/backup.ts";
import { DEFAULT_BASE_PATH, DEFAULT_ENDPOINT } from "../endpoint/served-endpoint.ts";
import type { Refusal } from "../monitor/recorder/answered.ts";
import { api } from "./api/api.ts";
import { listRoutes } from "./api/openapi/route-list.ts";
import { refuseReported } from "./api/problem.ts";
import { SCHEMAS_TO_READ } from "./api/route-schema.ts";
import { endConnectionsOnClose } from "./drain.ts";
import { healthRoutes } from "./health.ts";
import { metrics } from "./metrics/metrics.ts";
import { isOfAdministration, nothingHere } from "./nothing-here.ts";
import { oauthRoutes } from "./oauth/routes.ts";
import { statusPage } from "./page/status-page.ts";
import { beginRecording, NOWHERE, recordAnswer, recordUnreadable, type UnreadableError } from "./recording.ts";
import { administrationPathOf } from "./scim/doors.ts";
import { refuse, scimProtocol, sendError } from "./scim/scim.ts";
import type { Serving } from "./serving.ts";

/** Request line and headers at most: a filter may be 16 KiB, and longer when percent-encoded. */
const MAX_HEADER_BYTES = 64 * 1_024;

/** How long a client may take to send one request. */
const REQUEST_TIMEOUT_MS = 60_000;

/** Longer than the idle time of usual proxies, so that they close connections and never meet a closed one. */
const KEEP_ALIVE_MS = 75_000;

/**
 * How long a connection is still read after its last answer: to close it at once could take the answer away from a
 * client that is still sending (RFC 9112 §9.6).
 */
const LINGER_MS = 1_000;

export type ServerOptions = {
  readonly serving: Serving;
  /** undefined without a backup target. */
  readonly backup: Backup | undefined;
  readonly publicUrl: string | undefined;
  readonly version: string;
  readonly recording: "on" | "off";
  readonly logLevel: string;
};

/** Builds the HTTP server; the caller lets it listen. */
export function buildServer(options: ServerOptions): FastifyInstance {
  const server = Fastify({
    logger: { level: options.logLevel, stream: process.stderr, redact: ["req.headers.authorization"] },
    logController: new LogController({ disableRequestLogging: true }),
    // A stream for a body that does not come costs a read of one resource up to a twelfth of its time.
    http: { maxHeaderSize: MAX_HEADER_BYTES, optimizeEmptyRequests: true },
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: "idle",
    return503OnClosing: false,
    // Spares each request a child logger; errors name their request themselves.
    childLoggerFactory: (logger) => logger,
    schemaController: SCHEMAS_TO_READ,
    routerOptions: {
      // Read by the handlers: what is thrown here, the router leaves to nobody.
      querystringParser: (query) => query as never,
      // Tenant URLs are typed by people: a slash too many must not make every request a 404.
      ignoreTrailingSlash: true,
      ignoreDuplicateSlashes: true,
      maxParamLength: 400,
    },
    frameworkErrors: (error, request, reply) => {
      sendRecorded(error, request, reply as never);
    },
    clientErrorHandler: (error, socket) => {
      const refusal = refuseUnreadable(error, socket);
      if (refusal !== undefined) recordUnreadable(options.serving.current?.recorder, error, socket, refusal);
    },
  });
  server.decorate("publicUrl", options.publicUrl);
  server.decorateRequest("recording", null);
  server.addHook("onRequest", (request, _reply, done) => {
    // Of a body that there is not, with neither length nor transfer coding (RFC 9112 §6.3): it would be waited for.
    if (request.method !== "GET" && request.raw.readableEnded) request.headers["content-type"] = undefined;
    if (hasSecondHost(request.raw.rawHeaders)) done(new ScimError(400, "Send one Host header, not several."));
    else done();
  });
  listRoutes(server);
  endConnectionsOnClose(server);
  server.setErrorHandler((error, request, reply) => sendError(error, request, reply));
  /** For requests that lead nowhere: who looks for them finds them among those of no endpoint. */
  const sendRecorded = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    beginRecording(request, () => ({ ...NOWHERE, recorder: options.serving.current?.recorder }));
    const refuseHere = isOfAdministration(request.url) ? refuseReported : refuse;
    const text = refuseHere(error, request, reply);
    recordAnswer(request, reply, text);
    return reply.send(text);
  };
  // Each scope that takes bodies reads its own; where nothing is, nobody does, whatever they are.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", (_request, _body, done) => done(null));
  server.setNotFoundHandler((request, reply) => sendRecorded(nothingHere(request), request, reply));
  const { serving, backup, publicUrl } = options;
  healthRoutes(server, () => serving.readiness());
  statusPage(server, options);
  server.register(api, { prefix: "/api", serving, backup, publicUrl });
  server.register(metrics, { serving, backup, publicUrl });
  oauthRoutes(server, { serving, backup, publicUrl });
  const scim = { serving, backup, publicUrl, door: "provider", endpoint: undefined } as const;
  server.register(scimProtocol, { ...scim, prefix: DEFAULT_BASE_PATH, endpoint: DEFAULT_ENDPOINT });
  server.register(scimProtocol, { ...scim, prefix: "/scim/endpoints/:endpoint/v2" });
  server.register(scimProtocol, { ...scim, prefix: administrationPathOf(":endpoint"), door: "administrator" });
  return server;
}

/** RFC 9112 §3.2: what is in front may go by another one than this server. Node shows the first, and no others. */
function hasSecondHost(rawHeaders: readonly string[]): boolean {
  let isThere = false;
  // Names and values in turn; of each request, so nothing is made of them.
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    if (name.length !== 4 || name.toLowerCase() !== "host") continue;
    if (isThere) return true;
    isThere = true;
  }
  return false;
}

/** @returns what a request that Node's parser gives up on was answered, in SCIM form as well, on the bare socket */
function refuseUnreadable(error: UnreadableError, socket: Socket): Refusal | undefined {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return undefined;
  }
  const [status, reason, detail] =
    error.code === "HPE_HEADER_OVERFLOW"
      ? [
          431,
          "Request Header Fields Too Large",
          `The URL and headers are larger than ${MAX_HEADER_BYTES} bytes. Send a long filter in the body of POST …/.search.`,
        ]
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? [408, "Request Timeout", `The request was not complete after ${REQUEST_TIMEOUT_MS / 1_000} s.`]
        : [400, "Bad Request", "The request is not valid HTTP/1.1."];
  const body = JSON.stringify({ schemas: [ERROR_SCHEMA], detail, status: String(status) });
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/scim+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
  closeSoon(socket);
  return { status: Number(status), message: String(detail) };
}

/** Closes a connection that has ended on this side, whether or not its client ends it as well. */
function closeSoon(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once("close", () => clearTimeout(timer));
}
