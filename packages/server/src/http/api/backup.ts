import { ScimError } from "@scimtool/scim";
import type { FastifyInstance } from "fastify";
import { NO_BACKUP } from "../../backup/backup.ts";
import { checkAdministrator } from "../auth/administrator.ts";
import { sessionSecretOf } from "../auth/browser-session.ts";
import type { ApiOptions } from "./administration.ts";
import { BACKUP_STATUS, TRIGGER_BACKUP } from "./backup-schema.ts";
import { sendJson } from "./send-json.ts";

/** Everything that these routes read of a body is nothing. */
const MAX_BODY_BYTES = 64 * 1_024;

/** `/api/backup`: how the backup is, and one at once. Answered by a standby as well. */
export async function backupRoutes(server: FastifyInstance, { serving, backup }: ApiOptions): Promise<void> {
  server.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: MAX_BODY_BYTES }, async () => undefined);
  server.get("/backup/status", { schema: BACKUP_STATUS }, async (request, reply) => {
    const status = backup?.status() ?? NO_BACKUP;
    if (request.headers.authorization === undefined && sessionSecretOf(request) === undefined) {
      const { backupCount, lastBackupTime } = status;
      return sendJson(reply, { backupCount, lastBackupTime });
    }
    await checkAdministrator(request, serving);
    return sendJson(reply, status);
  });

  server.post("/backup/trigger", { schema: TRIGGER_BACKUP }, async (request, reply) => {
    await checkAdministrator(request, serving);
    if (backup === undefined) {
      const detail = "This server has no backup target. Start it with --backup-target (BACKUP_TARGET).";
      throw new ScimError(409, detail);
    }
    return sendJson(reply, await backup.trigger());
  });
}
