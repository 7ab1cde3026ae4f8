import { ScimError } from "@scimtool/scim";
import type { FastifyInstance } from "fastify";
import {
  type Backup,
  type BackupStatus,
  type RestorePoints,
  statusWithoutTarget,
  Unavailable,
  type Verification,
} from "../../backup/backup.ts";
import { endOfMoment } from "../../duration.ts";
import { administratorOf, checkAdministrator } from "../auth/administrator.ts";
import { sessionSecretOf } from "../auth/browser-session.ts";
import { recordAdministered } from "./administered.ts";
import type { ApiOptions } from "./api.ts";
import { momentOf, queryOf, sendJson, shownTime } from "./request.ts";
import {
  BOOLEAN,
  described,
  INTEGER,
  list,
  NUMBER,
  named,
  nullable,
  object,
  oneOf,
  optional,
  partial,
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
      "False while the target does not accept changes, or if the last plain copy failed.",
      nullable(BOOLEAN),
    ),
    lastError: nullable(TEXT),
    mode: described(
      "`database-server`: PostgreSQL, whose server makes the backups. This program neither makes nor knows them.",
      oneOf("none", "directory", "azure-blob", "database-server"),
    ),
    databaseServer: optional(
      object({
        name: described("Host, port and database.", TEXT),
        version: described("Of PostgreSQL.", TEXT),
        warnings: described("What is wrong with the settings of this instance.", list(TEXT)),
      }),
    ),
    target: described("Its location, for display.", nullable(TEXT)),
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
    targetLatencyMs: described("Latency of writes to the target.", nullable(object({ p50: NUMBER, p99: NUMBER }))),
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
      "The state that this process started from.",
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
type ShownBackupStatus = Static<typeof STATUS>;

const RESTORE_POINTS = named(
  "RestorePoints",
  "The restore points at the backup target. Any time from `oldest` to `newest` can be restored.",
  object({
    oldest: TIME,
    newest: TIME,
    snapshots: list(object({ time: TIME, bytes: INTEGER })),
    objects: INTEGER,
    bytes: INTEGER,
    warnings: list(TEXT),
    orphans: described("Keys of changes that a replaced primary could not send.", list(TEXT)),
    schemaCopies: described("Names of copies from before a schema change.", list(TEXT)),
  }),
);
export type ShownRestorePoints = Static<typeof RESTORE_POINTS>;

const VERIFICATION = named(
  "Verification",
  "A restore into a temporary file, with a check of every page and index.",
  object({
    state: oneOf("running", "ok", "failed"),
    started: TIME,
    doneBytes: described("While it runs.", nullable(INTEGER)),
    totalBytes: described("While it runs.", nullable(INTEGER)),
    restored: described("The time that was restored.", nullable(TIME)),
    objects: nullable(INTEGER),
    bytes: nullable(INTEGER),
    durationMs: nullable(NUMBER),
    warnings: list(TEXT),
    detail: described("Why it failed, and what to do.", nullable(TEXT)),
  }),
);
export type ShownVerification = Static<typeof VERIFICATION>;

const VERIFICATION_ANSWER = object({
  verification: described("null if there was none since the start.", nullable(VERIFICATION)),
});

const NO_TARGET =
  "The server has no backup target, or it cannot be restored from; or the server of its PostgreSQL database makes the backups.";

const READ_RESTORE_POINTS: RouteSchema = {
  summary: "Read which points in time can be restored",
  tags: ["Server"],
  response: { 200: RESTORE_POINTS },
  problems: { 409: NO_TARGET },
};

const VERIFY: RouteSchema = {
  summary: "Start to verify the backup",
  description: "Restores the backup into a temporary file. If a verification is already running, returns that one.",
  tags: ["Server"],
  response: { 202: VERIFICATION },
  problems: { 409: NO_TARGET },
};

const READ_VERIFICATION: RouteSchema = {
  summary: "Read how the last verification ended",
  tags: ["Server"],
  response: { 200: VERIFICATION_ANSWER },
  problems: { 409: NO_TARGET },
};

const DOWNLOAD_QUERY = partial({
  at: described("The time: `2026-08-01T12:00:00Z`, a day, or how long ago: `90m`. Default: the latest.", TEXT),
});

const DOWNLOAD: RouteSchema = {
  summary: "Download the database as of any time",
  description:
    "A SQLite file, restored from the backup target. It contains all data and the hashes of all secrets: for administrators only, and recorded.",
  tags: ["Server"],
  querystring: DOWNLOAD_QUERY,
  response: {
    200: { description: "The database.", content: { "application/vnd.sqlite3": { schema: TEXT } } },
  },
  problems: { 409: `${NO_TARGET} Or there is not enough disk space for a restored copy.` },
};

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
  problems: { 409: NO_TARGET },
};

/** Bodies are ignored. */
const MAX_BODY_BYTES = 64 * 1_024;

/** `/api/backup`. A standby answers too. */
export async function backupRoutes(
  server: FastifyInstance,
  { serving, backup, databaseServer }: ApiOptions,
): Promise<void> {
  const withTarget = (): Backup => {
    if (backup !== undefined) return backup;
    throw new ScimError(409, databaseServer === undefined ? ASK_FOR_TARGET : ASK_DATABASE_SERVER);
  };
  server.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: MAX_BODY_BYTES }, async () => undefined);
  server.get("/backup/status", { schema: BACKUP_STATUS }, async (request, reply) => {
    const status = backup?.status() ?? statusWithoutTarget(databaseServer);
    if (request.headers.authorization === undefined && sessionSecretOf(request) === undefined) {
      const { backupCount, lastBackupTime } = status;
      return sendJson<Static<typeof PUBLIC_STATUS>>(reply, { backupCount, lastBackupTime });
    }
    await checkAdministrator(request, serving);
    return sendJson<ShownBackupStatus>(reply, shownStatus(status));
  });

  server.post("/backup/trigger", { schema: TRIGGER_BACKUP }, async (request, reply) => {
    await checkAdministrator(request, serving);
    return sendJson<ShownBackupStatus>(reply, shownStatus(await withTarget().trigger()));
  });

  server.get("/backup/restore-points", { schema: READ_RESTORE_POINTS }, async (request, reply) => {
    await checkAdministrator(request, serving);
    return sendJson<ShownRestorePoints>(reply, shownPoints(await withTarget().restores.points()));
  });

  server.get("/backup/verification", { schema: READ_VERIFICATION }, async (request, reply) => {
    await checkAdministrator(request, serving);
    const verification = withTarget().restores.verification();
    const shown = verification === undefined ? null : shownVerification(verification);
    return sendJson<Static<typeof VERIFICATION_ANSWER>>(reply, { verification: shown });
  });

  server.post("/backup/verification", { schema: VERIFY }, async (request, reply) => {
    await checkAdministrator(request, serving);
    const { restores } = withTarget();
    return sendJson<ShownVerification>(reply.code(202), shownVerification(restores.verify()));
  });

  const downloading = { schema: DOWNLOAD, exposeHeadRoute: false, config: { isForAdministrators: true } } as const;
  server.get("/backup/database", downloading, async (request, reply) => {
    await checkAdministrator(request, serving);
    const { restores } = withTarget();
    if (serving.current === undefined) {
      throw new Unavailable("This instance stands by. Download from the primary, which records it.", STANDBY_RETRY_MS);
    }
    const { at } = await queryOf(request, DOWNLOAD_QUERY);
    const nowMs = Date.now();
    const wantedMs = momentOf("at", at, nowMs);
    if (wantedMs !== undefined && wantedMs > nowMs) throw new ScimError(400, '"at" is in the future.');
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort());
    const atMs = at === undefined || wantedMs === undefined ? undefined : endOfMoment(at, wantedMs);
    const { pointMs, bytes, content } = await restores.copyAt(atMs, gone.signal);
    const time = shownTime(pointMs);
    recordAdministered(request, reply, serving, {
      verb: "downloaded",
      object: "database",
      label: time,
      endpoint: "",
      changes: [],
    });
    // Recording may be off.
    const { label } = administratorOf(request);
    request.log.warn({ reqId: request.id, address: request.ip, credential: label, time }, "database downloaded");
    return reply
      .header("content-disposition", `attachment; filename="scim-${time.replaceAll(/[-:]|\.\d+/g, "")}.db"`)
      .header("content-length", bytes)
      .header("cache-control", "no-store")
      .type("application/vnd.sqlite3")
      .send(content);
  });
}

/** Until another instance may have handed over. */
const STANDBY_RETRY_MS = 5_000;

const ASK_FOR_TARGET = "This server has no backup target. Start it with --backup-target (BACKUP_TARGET).";
const ASK_DATABASE_SERVER =
  "The data is in PostgreSQL, whose server makes the backups. Make, verify and restore them with its tools, such as pg_dump, or point-in-time restore in Azure.";

function shownStatus({ databaseServer, ...status }: BackupStatus): ShownBackupStatus {
  if (databaseServer === undefined) return status;
  return { ...status, databaseServer: { ...databaseServer, warnings: [...databaseServer.warnings] } };
}

function shownPoints({ oldestMs, newestMs, bases, orphans, copies, ...more }: RestorePoints): ShownRestorePoints {
  const { objects, bytes, warnings } = more;
  return {
    oldest: shownTime(oldestMs),
    newest: shownTime(newestMs),
    snapshots: bases.map(({ timeMs, bytes }) => ({ time: shownTime(timeMs), bytes })),
    objects,
    bytes,
    warnings: [...warnings],
    orphans: [...orphans],
    schemaCopies: [...copies],
  };
}

function shownVerification({ startedMs, ...verification }: Verification): ShownVerification {
  const { state } = verification;
  const ok = state === "ok" ? verification : undefined;
  const running = state === "running" ? verification : undefined;
  return {
    state,
    started: shownTime(startedMs),
    doneBytes: running?.doneBytes ?? null,
    totalBytes: running?.totalBytes ?? null,
    restored: shownTime(ok?.pointMs),
    objects: ok?.objects ?? null,
    bytes: ok?.bytes ?? null,
    durationMs: ok?.durationMs ?? null,
    warnings: [...(ok?.warnings ?? [])],
    detail: state === "failed" ? verification.detail : null,
  };
}
