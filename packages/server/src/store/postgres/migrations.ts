import pg from "pg";
import { ENDPOINTS } from "./migrations/endpoints.ts";
import { MONITOR } from "./migrations/monitor.ts";
import { NOTIFICATIONS } from "./migrations/notifications.ts";
import { RESOURCES } from "./migrations/resources.ts";

/** "SCIM" in ASCII: the lock under which one instance at a time migrates. */
const MIGRATION_LOCK = 0x5343494d;

/** The schema, step by step. A released step is never changed, only followed by another. */
export const MIGRATIONS: readonly string[] = [ENDPOINTS + RESOURCES + MONITOR + NOTIFICATIONS];

/**
 * Brings the database to the current schema, in one transaction, while other instances wait.
 * @throws Error if a newer version wrote the database, or it cannot be reached
 */
export async function migrate(url: string, migrations: readonly string[] = MIGRATIONS): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: "scimtool migrations" });
  await client.connect();
  try {
    await client.query("BEGIN");
    await client.query(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    await client.query("CREATE TABLE IF NOT EXISTS scimtool_schema (version integer NOT NULL)");
    const { rows } = await client.query<{ version: number }>("SELECT version FROM scimtool_schema");
    const version = rows[0]?.version ?? 0;
    if (version > migrations.length) {
      throw new Error(
        `the database was written by a newer SCIMTool (schema ${version}, this one knows ${migrations.length})`,
      );
    }
    for (const step of migrations.slice(version)) await client.query(step);
    await client.query(
      rows.length === 0 ? "INSERT INTO scimtool_schema VALUES ($1)" : "UPDATE scimtool_schema SET version = $1",
      [migrations.length],
    );
    await client.query("COMMIT");
  } finally {
    await client.end();
  }
}
