import { ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Backup, NO_BACKUP } from "../../backup/backup.ts";
import { authenticateAdministration } from "../auth/bearer.ts";
import type { Serving } from "../serving.ts";
import { sendProblem } from "./problem.ts";

/** Everything that these routes read of a body is nothing. */
const MAX_BODY_BYTES = 64 * 1_024;

export type ApiOptions = { readonly serving: Serving; readonly backup: Backup | undefined };

/** Administration by HTTP, to be registered below `/api`. Errors are problem details (RFC 9457). */
export async function api(server: FastifyInstance, { serving, backup }: ApiOptions): Promise<void> {
  server.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: MAX_BODY_BYTES }, async () => undefined);
  const checkAdministrator = ({ headers }: FastifyRequest) =>
    authenticateAdministration(headers.authorization, serving.authenticate);

  server.get("/backup/status", async (request, reply) => {
    const status = backup?.status() ?? NO_BACKUP;
    if (request.headers.authorization === undefined) {
      const { backupCount, lastBackupTime } = status;
      return sendFresh(reply, { backupCount, lastBackupTime });
    }
    checkAdministrator(request);
    return sendFresh(reply, status);
  });

  server.post("/backup/trigger", async (request, reply) => {
    checkAdministrator(request);
    if (backup === undefined) {
      const detail = "This server has no backup target. Start it with --backup-target (BACKUP_TARGET).";
      throw new ScimError(409, detail);
    }
    return sendFresh(reply, await backup.trigger());
  });
}

function sendFresh(reply: FastifyReply, value: object): FastifyReply {
  return reply.header("cache-control", "no-store").type("application/json").send(JSON.stringify(value));
}
