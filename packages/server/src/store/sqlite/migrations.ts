import type { DatabaseSync } from "node:sqlite";
import { COLUMNS } from "./columns.ts";
import { CREDENTIALS } from "./migrations/credentials.ts";
import { ENDPOINT_KEYS } from "./migrations/endpoint-keys.ts";
import { ENDPOINT_REVISIONS } from "./migrations/endpoint-revisions.ts";
import { ENDPOINTS } from "./migrations/endpoints.ts";
import { EXCHANGE_FRAMES } from "./migrations/exchange-frames.ts";
import { MONITOR } from "./migrations/monitor.ts";
import { putMeta } from "./migrations/resource-meta.ts";
import { RESOURCES } from "./migrations/resources.ts";
import { SESSIONS } from "./migrations/sessions.ts";

/** "SCIM" in ASCII, so that `file` and our own start recognise the database (PRAGMA application_id). */
const APPLICATION_ID = 0x5343494d;

/** SQL, or what takes more than SQL. */
type Migration = string | ((database: DatabaseSync) => void);

/**
 * The schema, step by step; `PRAGMA user_version` counts the steps taken. A step that has been released is
 * never changed, only followed by another.
 */
const MIGRATIONS: readonly Migration[] = [
  RESOURCES,
  ENDPOINTS,
  CREDENTIALS,
  MONITOR,
  SESSIONS,
  ENDPOINT_KEYS,
  EXCHANGE_FRAMES,
  ENDPOINT_REVISIONS,
  putMeta,
];

/**
 * What the query planner is told of each index: rows in it, then rows per distinct value of its first, first two …
 * columns (the format of ANALYZE). Fixed, because the shape is known and plans must not change from run to run:
 * an equal userName is one row, an equal \`active\` is half of all.
 */
const STATISTICS: Readonly<Record<string, string>> = {
  member_by_member: "5000000 5000000 5 1",
  resource_by_id: "1000000 1000000 1",
  resource_by_type: "1000000 1000000 500000",
  resource_by_created: "1000000 1000000 500000 10",
  resource_by_modified: "1000000 1000000 500000 10",
  resource_by_user_name: "900000 900000 1",
  ...Object.fromEntries(
    COLUMNS.filter(({ name }) => name !== "user_name").map(({ name, rowsPerValue }) => [
      `resource_by_${name}`,
      `900000 900000 450000 ${rowsPerValue}`,
    ]),
  ),
};

/**
 * Makes sure that the database may be used here.
 * @throws Error when it is another program's, or of a newer SCIMTool
 */
export function checkOwner(database: DatabaseSync): void {
  const version = pragma(database, "user_version");
  const applicationId = pragma(database, "application_id");
  const isNew = version === 0 && applicationId === 0 && isEmpty(database);
  if (applicationId !== APPLICATION_ID && !isNew) {
    throw new Error("the database belongs to another program; choose another --data-dir");
  }
  if (version > MIGRATIONS.length) {
    throw new Error(
      `the database was written by a newer SCIMTool (schema ${version}, this one knows ${MIGRATIONS.length}); start that version`,
    );
  }
}

/**
 * Brings the database to the current schema, in one transaction.
 * @throws Error as {@link checkOwner}
 */
export function migrate(database: DatabaseSync): void {
  checkOwner(database);
  if (isCurrent(database)) return;
  database.exec("BEGIN IMMEDIATE");
  try {
    // Counted again under the lock: another start may have taken the steps meanwhile.
    const steps = MIGRATIONS.slice(pragma(database, "user_version"));
    for (const step of steps) {
      if (typeof step === "string") database.exec(step);
      else step(database);
    }
    if (steps.length > 0) writeStatistics(database);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}; COMMIT;`);
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

/** Whether the database has the current schema. */
export function isCurrent(database: DatabaseSync): boolean {
  return pragma(database, "user_version") === MIGRATIONS.length;
}

function isEmpty(database: DatabaseSync): boolean {
  return database.prepare("SELECT 1 FROM sqlite_schema").get() === undefined;
}

function writeStatistics(database: DatabaseSync): void {
  // ANALYZE creates sqlite_stat1; on empty tables it writes nothing else.
  database.exec("ANALYZE sqlite_schema; DELETE FROM sqlite_stat1;");
  const insert = database.prepare("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)");
  for (const [index, stat] of Object.entries(STATISTICS))
    insert.run(index.startsWith("member") ? "member" : "resource", index, stat);
  database.exec("ANALYZE sqlite_schema;");
}

function pragma(database: DatabaseSync, name: "user_version" | "application_id"): number {
  return (database.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[name] ?? 0;
}
