import { ERROR_SCHEMA, ScimError } from "@scimtool/scim";
import Fastify, { type FastifyInstance, LogController } from "fastify";
import type { Backup } from "../backup/backup.ts";
import { DEFAULT_BASE_PATH, DEFAULT_ENDPOINT } from "../endpoint/served-endpoint.ts";
import { api } from "./api/api.ts";
import { endConnectionsOnClose } from "./drain.ts";
import { healthRoutes } from "./health.ts";
import { metrics } from "./metrics/metrics.ts";
import { oauthRoutes } from "./oauth/routes.ts";
import { statusPage } from "./page/status-page.ts";
import { scimProtocol, sendError } from "./scim/scim.ts";
import type { Serving } from "./serving.ts";

/** Request line and headers at most: a filter may be 16 KiB, and longer when percent-encoded. */
const MAX_HEADER_BYTES = 64 * 1_024;

/** How long a client may take to send one request. */
const REQUEST_TIMEOUT_MS = 60_000;

/** Longer than the idle time of usual proxies, so that they close connections and never meet a closed one. */
const KEEP_ALIVE_MS = 75_000;

export type ServerOptions = {
  readonly serving: Serving;
  /** undefined without a backup target. */
  readonly backup: Backup | undefined;
  readonly publicUrl: string | undefined;
  readonly version: string;
  readonly logLevel: string;
};

/** Builds the HTTP server; the caller lets it listen. */
export function buildServer(options: ServerOptions): FastifyInstance {
  const server = Fastify({
    logger: { level: options.logLevel, stream: process.stderr, redact: ["req.headers.authorization"] },
    logController: new LogController({ disableRequestLogging: true }),
    http: { maxHeaderSize: MAX_HEADER_BYTES },
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: "idle",
    return503OnClosing: false,
    // Spares each request a child logger; errors name their request themselves.
    childLoggerFactory: (logger) => logger,
    routerOptions: {
      // Read by the handlers: what is thrown here, the router leaves to nobody.
      querystringParser: (query) => query as never,
      // Tenant URLs are typed by people: a slash too many must not make every request a 404.
      ignoreTrailingSlash: true,
      ignoreDuplicateSlashes: true,
      maxParamLength: 400,
    },
    frameworkErrors: (error, request, reply) => {
      sendError(error, request, reply as never);
    },
    clientErrorHandler: (error, socket) => refuseUnreadable(error, socket),
  });
  endConnectionsOnClose(server);
  server.setErrorHandler((error, request, reply) => sendError(error, request, reply));
  server.setNotFoundHandler((request, reply) =>
    sendError(
      new ScimError(404, `There is nothing at ${request.url.slice(0, 200)}. SCIM is served at ${DEFAULT_BASE_PATH}.`),
      request,
      reply,
    ),
  );
  const { serving, backup, publicUrl } = options;
  healthRoutes(server, () => serving.readiness());
  statusPage(server, options);
  server.register(api, { prefix: "/api", serving, backup, publicUrl });
  server.register(metrics, { serving, backup, publicUrl });
  oauthRoutes(server, { serving, backup, publicUrl });
  server.register(scimProtocol, { prefix: DEFAULT_BASE_PATH, endpoint: DEFAULT_ENDPOINT, serving, backup, publicUrl });
  const named = { prefix: "/scim/endpoints/:endpoint/v2", endpoint: undefined };
  server.register(scimProtocol, { ...named, serving, backup, publicUrl });
  return server;
}

/** A request that Node's parser gives up on is answered in SCIM form as well, on the bare socket. */
function refuseUnreadable(error: Error & { code?: string }, socket: import("node:net").Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
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
}
