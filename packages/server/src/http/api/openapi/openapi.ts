import type { FastifyInstance } from "fastify";
import { acceptsGzip, compressDocument, SharedDocument, sendDocument } from "../../shared-document.ts";
import { JSON_OBJECT, type RouteSchema, TEXT } from "../schema.ts";
import { DOCS_PAGE, DOCS_POLICY, readViewerFile, VIEWER_FILES } from "./docs.ts";

export type ListedRoute = {
  readonly method: string;
  /** In Fastify's syntax, with parameters as `:name`. */
  readonly url: string;
  /** undefined: not documented. */
  readonly schema: RouteSchema | undefined;
};

declare module "fastify" {
  interface FastifyInstance {
    /** Every route of administration. */
    administrationRoutes: readonly ListedRoute[];
  }
}

/** Collects the routes of administration. Call it before the first of them is registered. */
export function listRoutes(server: FastifyInstance): void {
  const routes: ListedRoute[] = [];
  server.decorate("administrationRoutes", routes);
  server.addHook("onRoute", ({ method, url, schema }) => {
    if (!url.startsWith("/api/")) return;
    for (const each of [method].flat()) {
      // Fastify adds HEAD to GET.
      if (each !== "HEAD") routes.push({ method: each, url, schema: schema as RouteSchema | undefined });
    }
  });
}

const READ_OPENAPI: RouteSchema = {
  summary: "Read this OpenAPI document",
  tags: ["Server"],
  security: [],
  response: { 200: { ...JSON_OBJECT, description: "OpenAPI 3.1." } },
};

const READ_DOCS: RouteSchema = {
  summary: "Show this document as a page",
  tags: ["Server"],
  security: [],
  response: {
    200: { description: "A page to read and try the API.", content: { "text/html": { schema: TEXT } } },
  },
};

/** How long browsers cache the files of the viewer. */
const VIEWER_MAX_AGE_S = 3_600;

/** `/api/openapi.json`, `/api/docs`: public, as they contain no data. */
export async function openApiRoutes(server: FastifyInstance): Promise<void> {
  let document: SharedDocument | undefined;
  // The generator is loaded with the first request.
  server.get("/openapi.json", { schema: READ_OPENAPI, onSend: compressDocument }, async (request, reply) => {
    const { openApiDocument } = await import("./document.ts");
    document ??= new SharedDocument(JSON.stringify(openApiDocument(server.administrationRoutes)));
    return sendDocument(request, reply.header("cache-control", "no-cache").type("application/json"), document);
  });

  server.get("/docs", { schema: READ_DOCS }, async (_request, reply) => {
    return reply
      .headers({
        "content-security-policy": DOCS_POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
      })
      .type("text/html; charset=utf-8")
      .send(DOCS_PAGE);
  });

  for (const file of VIEWER_FILES) {
    server.get(`/docs/${file}`, async (request, reply) => {
      const { mediaType, plain, gzipped } = await readViewerFile(file);
      const isGzipped = acceptsGzip(request);
      if (isGzipped) reply.header("content-encoding", "gzip");
      return reply
        .headers({
          "cache-control": `public, max-age=${VIEWER_MAX_AGE_S}`,
          vary: "accept-encoding",
          "x-content-type-options": "nosniff",
        })
        .type(mediaType)
        .send(isGzipped ? gzipped : plain);
    });
  }
}
