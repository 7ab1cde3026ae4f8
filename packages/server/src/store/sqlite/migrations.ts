import type { DatabaseSync } from "node:sqlite";
import { COLUMNS } from "../sql/columns.ts";
import { ENDPOINTS } from "./migrations/endpoints.ts";
import { FINDINGS } from "./migrations/findings.ts";
import { MONITOR } from "./migrations/monitor.ts";
import { RESOURCES } from "./migrations/resources.ts";
import { TRUST_USES } from "./migrations/trust-uses.ts";

/** "SCIM" in ASCII, by which `file` and our own start recognise the database (PRAGMA application_id). */
const APPLICATION_ID = 0x5343494d;

/** SQL, or a function where a step needs more than SQL. */
export type Migration = string | ((database: DatabaseSync) => void);

/**
 * The schema, step by step; `PRAGMA user_version` counts the steps taken. A released step is never changed, only
 * followed by another.
 */
export const MIGRATIONS: readonly Migration[] = [ENDPOINTS + RESOURCES + MONITOR, FINDINGS, TRUST_USES];

/**
 * Statistics for the query planner, per index: its rows, then rows per distinct value of its first, first two … columns
 * (the format of ANALYZE). They are fixed because the shape is known and plans must not vary: an equal userName is one
 * row, an equal `active` is half of all.
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

/** A newer version wrote the database. */
export class NewerSchema extends Error {
  override readonly name = "NewerSchema";
  /** The newest schema that this version can open. */
  readonly known: number;

  constructor(schema: number, known: number) {
    super(`the database was written by a newer SCIMTool (schema ${schema}, this one knows ${known})`);
    this.known = known;
  }
}

/** Number of migrations that a database has; 0 for a new one. */
export function schemaOf(database: DatabaseSync): number {
  return pragma(database, "user_version");
}

/**
 * Checks that the database is ours and not newer than this program.
 * @throws Error if it belongs to another program; NewerSchema
 */
export function checkOwner(database: DatabaseSync, migrations: readonly Migration[] = MIGRATIONS): void {
  const version = schemaOf(database);
  const applicationId = pragma(database, "application_id");
  const isNew = version === 0 && applicationId === 0 && isEmpty(database);
  if (applicationId !== APPLICATION_ID && !isNew) {
    if (isEarlierDatabase(database)) {
      throw new Error(
        "the database is one of SCIMTool 0.7 or 0.8. Move it away, start with another --data-dir, and import its data with: scimtool import --from <file>",
      );
    }
    throw new Error("the database belongs to another program; choose another --data-dir");
  }
  if (version > migrations.length) throw new NewerSchema(version, migrations.length);
}

/**
 * Brings the database to the current schema, in one transaction.
 * @throws Error as {@link checkOwner}
 */
export function migrate(database: DatabaseSync, migrations: readonly Migration[] = MIGRATIONS): void {
  checkOwner(database, migrations);
  if (schemaOf(database) === migrations.length) return;
  database.exec("BEGIN IMMEDIATE");
  try {
    // Read again under the lock, because another process may have migrated the database meanwhile.
    const steps = migrations.slice(schemaOf(database));
    for (const step of steps) {
      if (typeof step === "string") database.exec(step);
      else step(database);
    }
    if (steps.length > 0) writeStatistics(database);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}; COMMIT;`);
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

/** Whether the database has the current schema. */
export function isCurrent(database: DatabaseSync): boolean {
  return schemaOf(database) === MIGRATIONS.length;
}

/** Tables of SCIMTool 0.7 and 0.8. */
const EARLIER_TABLES = ["ScimUser", "ScimGroup", "GroupMember"];

/** Whether a database is one of SCIMTool 0.7 or 0.8, which other code wrote. */
export function isEarlierDatabase(database: DatabaseSync): boolean {
  const names = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all() as { name: string }[];
  return EARLIER_TABLES.every((table) => names.some(({ name }) => name === table));
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
