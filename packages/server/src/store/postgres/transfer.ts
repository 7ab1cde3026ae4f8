import { fold } from "@scimtool/scim";
import type pg from "pg";
import { keptOf } from "../sql/columns.ts";
import { exchangeOf, storedBody } from "../sql/monitor/exchange-rows.ts";
import type { Row, SqlValue } from "../sql/sql.ts";
import {
  KEPT_TABLES,
  type Keeping,
  keptRows,
  type ModelOf,
  type MovedRow,
  pageSql,
  resourceOf,
  TABLES,
  type Table,
} from "../transfer/tables.ts";
import { type Source, type Target, TransferFailed, type TransferState } from "../transfer/transfer.ts";
import { types } from "./connection.ts";
import { keptValue } from "./dialect.ts";
import { documentOf } from "./document.ts";
import { uniquesOf } from "./kept-values.ts";
import { MIGRATIONS, migrate, UNFINISHED_TRANSFER } from "./migrations.ts";
import { exchangeRecord } from "./monitor/exchanges.ts";
import { columnValues } from "./resources.ts";
import { connect, serverAt } from "./server.ts";
import { encodeText } from "./text.ts";

/** "SCIN": the lock of the process that fills a database. One that was killed may have a statement under way. */
const TRANSFER_LOCK = 0x5343494e;
const LOCK_MS = 20_000;

const APPLICATION_NAME = "scimtool migrate";

const keeping: Keeping = { uniquesOf, value: keptValue };

/** Opens a database to be read. @throws TransferFailed if servers use it, or it has another schema */
export async function openPostgresSource(url: string): Promise<Source> {
  const client = await open(url);
  try {
    const [[schema] = []] = await query(client, "SELECT to_regclass('scimtool_schema')::text");
    const [[version] = []] = schema === null ? [] : await query(client, "SELECT version FROM scimtool_schema");
    if (version !== MIGRATIONS.length) {
      throw new TransferFailed(
        "the source has no database of this version of SCIMTool. Start the server of this version with it once, stop it, and run this again.",
      );
    }
    const [[servers = 0] = []] = await query(
      client,
      `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'scimtool%'
       AND application_name <> '${APPLICATION_NAME}'`,
    );
    if (Number(servers) > 0) throw new TransferFailed("servers use the source. Stop all of them, and run this again.");
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  } catch (error) {
    await client.end();
    throw error;
  }
  return {
    page: pagesOf(client),
    count: async (table) =>
      (await query(client, `SELECT count(*) FROM ${fromOf(table)} c WHERE ${table.where ?? "true"}`))[0]?.[0] as number,
    counters: async () => {
      const [row] = await query(
        client,
        `SELECT (SELECT last_key FROM endpoint_made), (SELECT last_position FROM exchange_made),
           (SELECT coalesce(max(last_value), 0) FROM pg_sequences
            WHERE schemaname = current_schema() AND sequencename = 'history_key_seq')`,
      );
      const [endpoint, exchange, history] = row as [number, number, number];
      return { endpoint, exchange, history };
    },
    close: () => client.end(),
  };
}

/** Opens an empty database to be filled, or continues with an unfinished one. @throws TransferFailed */
export async function openPostgresTarget(url: string): Promise<Target> {
  const client = await open(url);
  try {
    await client.query(`SET lock_timeout = ${LOCK_MS}`);
    await client.query(`SELECT pg_advisory_lock(${TRANSFER_LOCK})`).catch((error: Error) => {
      throw new TransferFailed(`another process migrates into the target (${error.message}).`);
    });
    const [[table] = []] = await query(client, `SELECT to_regclass('${UNFINISHED_TRANSFER}')::text`);
    if (table === null) {
      await migrate(serverAt(url));
      for (const { name } of TABLES) {
        if ((await query(client, `SELECT 1 FROM ${name} LIMIT 1`)).length === 0) continue;
        throw new TransferFailed(
          "the target is not empty. Create another database for it; a server that was started with this one has filled it.",
        );
      }
      await client.query(`CREATE TABLE ${UNFINISHED_TRANSFER} (state text NOT NULL)`);
    }
    // The last batches may be lost with the database server, and are then copied again.
    await client.query("SET synchronous_commit = off");
  } catch (error) {
    await client.end();
    throw error;
  }
  return {
    keeping,
    page: pagesOf(client),
    state: async () => {
      const [row] = await query(client, `SELECT state FROM ${UNFINISHED_TRANSFER}`);
      return row === undefined ? undefined : (JSON.parse(row[0] as string) as TransferState);
    },
    write: async (table, rows, modelOf, state) => {
      await client.query("BEGIN");
      try {
        if (table.name === "resource") await writeResources(client, table, rows, modelOf);
        else
          await insert(
            client,
            table.name,
            rows.map((row) => recordOf(table, row)),
          );
        await client.query(`DELETE FROM ${UNFINISHED_TRANSFER}`);
        await client.query(`INSERT INTO ${UNFINISHED_TRANSFER} VALUES ($1)`, [JSON.stringify(state)]);
        await client.query("COMMIT");
      } catch (error) {
        await client.query("ROLLBACK").catch(() => undefined);
        throw error;
      }
    },
    finish: async ({ endpoint, exchange, history }) => {
      for (const { name } of [...TABLES, ...KEPT_TABLES]) await client.query(`ANALYZE ${name}`);
      await client.query("SET synchronous_commit = on; BEGIN");
      await client.query(`UPDATE endpoint_made SET last_key = ${endpoint}`);
      await client.query(`UPDATE exchange_made SET last_position = ${exchange}`);
      await continueSequence(client, "resource", "'resource_key'", 0);
      await continueSequence(client, "history", "pg_get_serial_sequence('history', 'key')", history);
      for (const name of ["issuer_trust", "credential"]) {
        await continueSequence(client, name, `pg_get_serial_sequence('${name}', 'key')`, 0);
      }
      await client.query(`DROP TABLE ${UNFINISHED_TRANSFER}`);
      await client.query("COMMIT");
    },
    close: () => client.end(),
  };
}

function open(url: string): Promise<pg.Client> {
  return connect(serverAt(url), { application_name: APPLICATION_NAME, keepAlive: true });
}

async function query(client: pg.Client, text: string, values: readonly SqlValue[] = []): Promise<MovedRow[]> {
  let count = 0;
  const numbered = text.replaceAll("?", () => `$${++count}`);
  const parameters = values.map((value) => (typeof value === "string" ? encodeText(value) : value));
  return (await client.query({ text: numbered, values: parameters, rowMode: "array", types })).rows;
}

/** Population is counted in several rows per type. */
function fromOf({ name }: Table): string {
  if (name !== "population") return name;
  return "(SELECT endpoint, type, sum(count) AS count FROM population GROUP BY endpoint, type)";
}

function pagesOf(client: pg.Client): Source["page"] {
  return async (table, after, limit) => {
    const rows = await query(client, pageSql(table, fromOf(table), after === undefined), [...(after ?? []), limit]);
    if (table.name !== "exchange") return rows;
    // SQLite has text bodies as text.
    return rows.map((row) => row.map((value) => (value instanceof Uint8Array ? storedBody(value) : value)));
  };
}

type JsonRecord = Record<string, unknown>;

/** A row as JSON for PostgreSQL, which converts each value to the type of its column. */
function recordOf({ name, columns }: Table, row: MovedRow): JsonRecord {
  if (name === "exchange") return exchangeRecord(row, exchangeOf(row as Row));
  const record: JsonRecord = {};
  for (const [at, column] of columns.entries()) record[column.replaceAll('"', "")] = storable(row[at]);
  if (name === "population") record["slot"] = 0;
  return record;
}

function storable(value: SqlValue | undefined): unknown {
  return typeof value === "string" ? encodeText(value) : value;
}

async function writeResources(
  client: pg.Client,
  table: Table,
  rows: readonly MovedRow[],
  modelOf: ModelOf,
): Promise<void> {
  const records: JsonRecord[] = [];
  const kept: JsonRecord[][] = KEPT_TABLES.map(() => []);
  for (const row of rows) {
    const moved = resourceOf(row, modelOf);
    const { model, resource } = moved;
    const record = recordOf(table, row);
    record["folded_label"] = model === undefined ? "" : fold(record["label"] as string);
    record["document"] = model === undefined ? {} : documentOf(resource, model);
    if (model !== undefined) {
      const values = columnValues(model, { resource });
      for (const [at, { name }] of keptOf(model).columns.entries()) record[name] = storable(values[at]);
    }
    records.push(record);
    for (const [at, values] of keptRows(moved, keeping).entries()) {
      for (const value of values) kept[at]?.push(recordOf(KEPT_TABLES[at] as Table, value));
    }
  }
  await insert(client, table.name, records);
  for (const [at, { name }] of KEPT_TABLES.entries()) await insert(client, name, kept[at] ?? []);
}

/** All records have the same columns, but for those without a value. */
async function insert(client: pg.Client, table: string, records: readonly JsonRecord[]): Promise<void> {
  if (records.length === 0) return;
  const columns = [...new Set(records.flatMap((record) => Object.keys(record)))].map((column) => `"${column}"`).join();
  await client.query(
    `INSERT INTO ${table} (${columns}) OVERRIDING SYSTEM VALUE
     SELECT ${columns} FROM json_populate_recordset(NULL::${table}, $1::json)`,
    [JSON.stringify(records)],
  );
}

/** @param last the highest number that was given, although its row may be removed */
async function continueSequence(client: pg.Client, table: string, sequence: string, last: number): Promise<void> {
  await client.query(
    `SELECT setval(${sequence}::regclass, greatest(m.last, 1), m.last > 0)
     FROM (SELECT greatest(coalesce(max(key), 0), ${last}) AS last FROM ${table}) m`,
  );
}
