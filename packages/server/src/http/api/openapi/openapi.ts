import type { FastifyInstance } from "fastify";
import { JSON_OBJECT, type RouteSchema, TEXT } from "../route-schema.ts";
import { sendJson } from "../send-json.ts";
import { readViewerFile, VIEWER_FILES } from "./viewer-files.ts";

const READ_OPENAPI: RouteSchema = {
  summary: "Read this description",
  tags: ["Server"],
  security: [],
  response: { 200: { ...JSON_OBJECT, description: "OpenAPI 3.1." } },
};

const READ_DOCS: RouteSchema = {
  summary: "Show this description to people",
  tags: ["Server"],
  security: [],
  response: {
    200: { description: "A page on which everything can be tried.", content: { "text/html": { schema: TEXT } } },
  },
};

/** For how long a browser keeps the files of the viewer. */
const VIEWER_MAX_AGE_S = 3_600;

/** `/api/openapi.json`, `/api/docs`: what the routes say of themselves. They tell nothing of what the server holds. */
export async function openApiRoutes(server: FastifyInstance): Promise<void> {
  let description: object | undefined;
  // Loaded and made when somebody asks for it, which most starts never see.
  server.get("/openapi.json", { schema: READ_OPENAPI }, async (_request, reply) => {
    const { openApiDocument } = await import("./document.ts");
    description ??= openApiDocument(server.administrationRoutes);
    return sendJson(reply, description);
  });

  server.get("/docs", { schema: READ_DOCS }, async (_request, reply) => {
    const { DOCS_PAGE, DOCS_POLICY } = await import("./docs-page.ts");
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
      const isGzipped = /\bgzip\b/.test(String(request.headers["accept-encoding"]));
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
