import type pg from "pg";
import { ENDPOINTS } from "./migrations/endpoints.ts";
import { MONITOR } from "./migrations/monitor.ts";
import { NOTIFICATIONS } from "./migrations/notifications.ts";
import { RESOURCES } from "./migrations/resources.ts";
import { connect, type Server, withMissingRights } from "./server.ts";

/**
 * A step of the schema. During an upgrade, older replicas run on the newer schema. So a step only adds: tables, indexes,
 * columns with a default. Values that older programs do not write may be missing. A later release may use
 * `endsOlder` to remove what no supported program needs.
 */
export type Migration = { readonly sql: string; readonly endsOlder?: true };

/** The schema, step by step. A released step is never changed, only followed by another. */
export const MIGRATIONS: readonly Migration[] = [{ sql: ENDPOINTS + RESOURCES + MONITOR + NOTIFICATIONS }];

/** "SCIM" in ASCII: the lock under which one instance at a time migrates. */
const MIGRATION_LOCK = 0x5343494d;

/** Advisory lock that every running instance shares; see also `listener.ts`. */
export const RUNNING_LOCK = "2, 2";

/** A table that exists while `scimtool migrate` fills the database. */
export const UNFINISHED_TRANSFER = "scimtool_transfer";

/** A step must not wait long for a table: everybody else would wait for the step. */
const LOCK_MS = 10_000;

/**
 * Brings the database to the current schema, in one transaction, while other starts wait.
 * @throws Error if this version cannot run on the database's schema, if older instances could not run on the new one and
 *   are running, or if the database cannot be reached or its user may not create tables
 */
export async function migrate(server: Server, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
  const client = await connect(server, { application_name: "scimtool migrations" });
  try {
    await client.query("BEGIN");
    await client.query(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    const unfinished = await client.query<{ name: string | null }>(
      `SELECT to_regclass('${UNFINISHED_TRANSFER}')::text AS name`,
    );
    if (unfinished.rows[0]?.name !== null) {
      throw new Error("scimtool migrate has not finished filling the database; run it again with the same --from");
    }
    // `oldest` is the oldest schema whose programs can run on this one.
    await client.query(
      "CREATE TABLE IF NOT EXISTS scimtool_schema (version integer NOT NULL, oldest integer NOT NULL)",
    );
    const { rows } = await client.query<Schema>("SELECT version, oldest FROM scimtool_schema");
    const found = rows[0] ?? { version: 0, oldest: 1 };
    if (found.version < migrations.length) await upgrade(client, found, migrations);
    else checkRunsOn(found, migrations.length);
    await client.query("COMMIT");
  } catch (error) {
    throw withMissingRights(error, server.address);
  } finally {
    await client.end();
  }
}

type Schema = { readonly version: number; readonly oldest: number };

function checkRunsOn({ version, oldest }: Schema, own: number): void {
  if (own >= oldest) return;
  throw new Error(
    `a newer SCIMTool changed the database to schema ${version}. This version knows schema ${own}, and schema ${version} needs a version that knows schema ${oldest} or later: start such a version`,
  );
}

async function upgrade(
  client: pg.Client,
  { version, oldest }: Schema,
  migrations: readonly Migration[],
): Promise<void> {
  const lastEnd = migrations.findLastIndex(({ endsOlder }) => endsOlder === true) + 1;
  const isEnd = version > 0 && lastEnd > version;
  if (isEnd && !(await isAlone(client))) {
    throw new Error(
      `this version changes the database from schema ${version} to ${migrations.length}, on which running older instances would fail: stop them, then start this version`,
    );
  }
  await client.query(`SET LOCAL lock_timeout = ${LOCK_MS}`);
  for (const { sql } of migrations.slice(version)) await client.query(sql);
  await client.query("DELETE FROM scimtool_schema");
  await client.query("INSERT INTO scimtool_schema (version, oldest) VALUES ($1, $2)", [
    migrations.length,
    Math.max(oldest, lastEnd),
  ]);
}

/** Until the end of the transaction, no other instance starts, either. */
async function isAlone(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query(`SELECT pg_try_advisory_xact_lock(${RUNNING_LOCK}) AS got`);
  return rows[0].got;
}
