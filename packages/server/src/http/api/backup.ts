import { ScimError } from "@scimtool/scim";
import type { FastifyInstance } from "fastify";
import { NO_BACKUP } from "../../backup/backup.ts";
import { checkAdministrator } from "../auth/administrator.ts";
import { sessionSecretOf } from "../auth/browser-session.ts";
import type { ApiOptions } from "./api.ts";
import { sendJson } from "./request.ts";
import {
  BOOLEAN,
  described,
  INTEGER,
  NUMBER,
  named,
  nullable,
  object,
  oneOf,
  optional,
  type RouteSchema,
  type Static,
  TEXT,
  TIME,
} from "./schema.ts";

const DURABILITY = oneOf("async", "semi-sync", "sync");
const VERDICT = described("`ok`, or the problem found.", TEXT);

const PUBLIC_MEMBERS = {
  backupCount: described("Complete copies made at the target: snapshots and plain copies.", INTEGER),
  lastBackupTime: described("When the newest data at the target was written.", nullable(TIME)),
};
const PUBLIC_STATUS = object(PUBLIC_MEMBERS);

const STATUS = named(
  "BackupStatus",
  "The state of the database's backup.",
  object({
    ...PUBLIC_MEMBERS,
    lastBackupSucceeded: described(
      "False while the target does not take changes, or if the last plain copy failed.",
      nullable(BOOLEAN),
    ),
    lastError: nullable(TEXT),
    mode: oneOf("none", "directory", "azure-blob"),
    target: described("Where, for people.", nullable(TEXT)),
    durability: nullable(object({ configured: DURABILITY, inForce: DURABILITY })),
    role: oneOf("standby", "primary", "fenced"),
    epoch: INTEGER,
    lag: described(
      "Committed data that is not at the target yet.",
      object({
        ms: NUMBER,
        commits: INTEGER,
        bytes: INTEGER,
        exceedsLossWindow: optional({ ...BOOLEAN, const: true }),
      }),
    ),
    targetLatencyMs: described("Of writes to the target.", nullable(object({ p50: NUMBER, p99: NUMBER }))),
    errors: described("Failed operations on the target since the start.", INTEGER),
    walBytes: INTEGER,
    lastPlainCopy: described(
      "The database as one file, for any SQLite tool.",
      nullable(object({ time: nullable(TIME), succeeded: BOOLEAN })),
    ),
    lastSnapshot: nullable(object({ time: TIME, ageMs: NUMBER, bytes: INTEGER, durationMs: NUMBER })),
    restorePathObjects: described("Objects that a restore would read now.", INTEGER),
    lastRestore: nullable(
      object({ time: TIME, durationMs: NUMBER, verdict: VERDICT, objects: INTEGER, bytes: INTEGER }),
    ),
    lastScrub: nullable(object({ time: TIME, durationMs: NUMBER, verdict: VERDICT })),
    restorable: described(
      "Any point in time of this range can be restored.",
      nullable(object({ oldest: TIME, newest: TIME })),
    ),
    restoredFrom: described(
      "What this process started from.",
      nullable(
        object({
          kind: oneOf("empty", "target", "local", "plain-copy"),
          slot: INTEGER,
          time: nullable(TIME),
          objects: INTEGER,
          bytes: INTEGER,
          durationMs: NUMBER,
        }),
      ),
    ),
    clock: described(
      "The server's clock, against the target's and against the time since boot. While it is not trusted, no restore point is removed.",
      nullable(object({ aheadOfTargetMs: INTEGER, jumpedMs: INTEGER, isTrusted: BOOLEAN })),
    ),
    shipped: described("Since the start.", object({ segments: INTEGER, bytes: INTEGER, commits: INTEGER })),
  }),
);
export type ShownBackupStatus = Static<typeof STATUS>;

const BACKUP_STATUS: RouteSchema = {
  summary: "Read the state of the backup",
  description:
    "Without a secret, the answer has only the number of complete copies and the time of the newest data. A standby answers too.",
  tags: ["Server"],
  response: { 200: { anyOf: [STATUS, PUBLIC_STATUS] } },
};

const TRIGGER_BACKUP: RouteSchema = {
  summary: "Make a backup now",
  description: "Sends pending data to the target and makes a plain copy there. The body is ignored.",
  tags: ["Server"],
  response: { 200: STATUS },
  problems: { 409: "The server has no backup target." },
};

/** Bodies are ignored. */
const MAX_BODY_BYTES = 64 * 1_024;

/** `/api/backup`. A standby answers too. */
export async function backupRoutes(server: FastifyInstance, { serving, backup }: ApiOptions): Promise<void> {
  server.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: MAX_BODY_BYTES }, async () => undefined);
  server.get("/backup/status", { schema: BACKUP_STATUS }, async (request, reply) => {
    const status = backup?.status() ?? NO_BACKUP;
    if (request.headers.authorization === undefined && sessionSecretOf(request) === undefined) {
      const { backupCount, lastBackupTime } = status;
      return sendJson<Static<typeof PUBLIC_STATUS>>(reply, { backupCount, lastBackupTime });
    }
    await checkAdministrator(request, serving);
    return sendJson<ShownBackupStatus>(reply, status);
  });

  server.post("/backup/trigger", { schema: TRIGGER_BACKUP }, async (request, reply) => {
    await checkAdministrator(request, serving);
    if (backup === undefined) {
      const detail = "This server has no backup target. Start it with --backup-target (BACKUP_TARGET).";
      throw new ScimError(409, detail);
    }
    return sendJson<ShownBackupStatus>(reply, await backup.trigger());
  });
}
