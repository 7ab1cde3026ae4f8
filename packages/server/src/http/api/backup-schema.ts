import {
  BOOLEAN,
  described,
  INTEGER,
  named,
  nullable,
  object,
  oneOf,
  type RouteSchema,
  type Schema,
  TEXT,
  TIME,
} from "./route-schema.ts";

const DURABILITY = oneOf("async", "semi-sync", "sync");
const VERDICT = described("`ok`, or what was found.", TEXT);
const NUMBER: Schema = { type: "number" };

const IN_PUBLIC = {
  backupCount: described("Plain copies made since the database came under replication.", INTEGER),
  lastBackupTime: nullable(TIME),
};

const STATUS = named(
  "BackupStatus",
  "What the server knows of the copy of its database.",
  object({
    ...IN_PUBLIC,
    lastBackupSucceeded: nullable(BOOLEAN),
    lastError: nullable(TEXT),
    mode: oneOf("none", "directory", "azure-blob"),
    target: described("Where, for people.", nullable(TEXT)),
    durability: nullable(object({ configured: DURABILITY, inForce: DURABILITY })),
    role: oneOf("standby", "primary", "fenced"),
    epoch: INTEGER,
    lag: described(
      "What is committed and not yet at the target.",
      object({ ms: NUMBER, commits: INTEGER, bytes: INTEGER, exceedsLossWindow: { const: true } }, [
        "exceedsLossWindow",
      ]),
    ),
    targetLatencyMs: described("Of writing to the target.", nullable(object({ p50: NUMBER, p99: NUMBER }))),
    errors: described("Failed operations on the target since the start.", INTEGER),
    walBytes: INTEGER,
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
      "What this start began with.",
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
    shipped: described("Since the start.", object({ segments: INTEGER, bytes: INTEGER, commits: INTEGER })),
  }),
);

export const BACKUP_STATUS: RouteSchema = {
  summary: "Tell how the backup is",
  description:
    "Without a secret it is only how many copies there are, and of when the last one is. A standby answers it too.",
  tags: ["Server"],
  response: { 200: { anyOf: [STATUS, object(IN_PUBLIC)] } },
};

export const TRIGGER_BACKUP: RouteSchema = {
  summary: "Make a backup at once",
  description: "Brings what is pending to the target and makes a plain copy there. A body is not read.",
  tags: ["Server"],
  response: { 200: STATUS },
  problems: { 409: "The server has no backup target." },
};
