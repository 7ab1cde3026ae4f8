import type { FastifyInstance } from "fastify";
import { VERSION } from "../../version.ts";
import { checkAdministrator } from "../auth/administrator.ts";
import type { ApiOptions } from "./administration.ts";
import { BOOLEAN, described, INTEGER, nullable, object, type RouteSchema, TEXT } from "./route-schema.ts";
import { sendJson } from "./send-json.ts";

const READ_VERSION: RouteSchema = {
  summary: "Read which version this server is",
  tags: ["Server"],
  response: {
    200: object({
      version: described("Of SCIMTool.", TEXT),
      node: described("Of Node.js.", TEXT),
      sqlite: described("Of SQLite.", TEXT),
      recording: nullable(
        described("Whether what is answered is recorded; null while the database is another instance's.", BOOLEAN),
      ),
      uptimeMs: described("How long the process has been there, in milliseconds.", INTEGER),
    }),
  },
};

/** `/api/version`: answered by a standby as well. */
export async function versionRoutes(server: FastifyInstance, { serving }: ApiOptions): Promise<void> {
  server.get("/version", { schema: READ_VERSION }, async (request, reply) => {
    await checkAdministrator(request, serving);
    const { node, sqlite = "" } = process.versions;
    const recording = serving.current?.recorder.isOn ?? null;
    return sendJson(reply, {
      version: VERSION,
      node,
      sqlite,
      recording,
      uptimeMs: Math.round(process.uptime() * 1_000),
    });
  });
}
