import { existsSync, renameSync, rmSync } from "node:fs";
import { lockFile } from "@scimtool/replica/lock";
import { columnValue, keptOf } from "../sql/columns.ts";
import { exchangeOf } from "../sql/monitor/exchange-rows.ts";
import type { Row, SqlValue } from "../sql/sql.ts";
import {
  KEPT_TABLES,
  type Keeping,
  keptRows,
  type MovedRow,
  pageSql,
  resourceOf,
  type Table,
} from "../transfer/tables.ts";
import { type Source, type Target, TransferFailed, type TransferState } from "../transfer/transfer.ts";
import { Connection } from "./connection.ts";
import { checkOwner, isCurrent, migrate } from "./migrations.ts";
import { index, mergeWords } from "./monitor/exchanges.ts";
import { setUpToGiveBack } from "./monitor/retention-space.ts";

const CACHE_KIBIBYTES = 64 * 1_024;

/** Until it is finished, a target has another name: no server opens it. */
const UNFINISHED = ".migrating";

const STATE_TABLE = "transfer_state";

const keeping: Keeping = { uniquesOf: (model) => keptOf(model).unique, value: (value) => value };

/**
 * Opens a database to be read, and keeps servers from it meanwhile.
 * @throws TransferFailed, or Error if a server uses it
 */
export function openSqliteSource(file: string): Source {
  if (!existsSync(file)) throw new TransferFailed(`there is no database ${file}.`);
  const unlock = lockFile(file);
  let connection: Connection | undefined;
  try {
    connection = new Connection(file, { readOnly: true, cacheKibibytes: CACHE_KIBIBYTES });
    checkOwner(connection.database);
    if (!isCurrent(connection.database)) {
      throw new TransferFailed(
        `${file} was written by an older SCIMTool. Start the server of this version with it once, stop it, and run this again.`,
      );
    }
    connection.database.exec("BEGIN");
  } catch (error) {
    connection?.close();
    unlock();
    throw error;
  }
  const reading = connection;
  return {
    page: pagesOf(reading),
    count: async ({ name, where = "true" }) =>
      reading.get(`SELECT count(*) FROM ${name} WHERE ${where}`)?.[0] as number,
    counters: async () => {
      const last = (name: string) =>
        Number(reading.get("SELECT seq FROM sqlite_sequence WHERE name = ?", name)?.[0] ?? 0);
      const endpoint = reading.get("SELECT last_key FROM endpoint_made")?.[0] as number;
      return { endpoint, exchange: last("exchange"), history: last("history") };
    },
    close: async () => {
      reading.close();
      unlock();
    },
  };
}

/** Opens a new file to be filled, or continues with an unfinished one. @throws TransferFailed if the file exists */
export function openSqliteTarget(file: string): Target {
  if (existsSync(file)) throw new TransferFailed(`${file} exists. Move it away, or choose another file with --to.`);
  const unfinished = `${file}${UNFINISHED}`;
  const unlock = lockFile(unfinished);
  let connection: Connection;
  try {
    connection = new Connection(unfinished, { readOnly: false, cacheKibibytes: CACHE_KIBIBYTES });
    checkOwner(connection.database);
    setUpToGiveBack(connection.database);
    connection.database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
    migrate(connection.database);
    connection.database.exec(`CREATE TABLE IF NOT EXISTS ${STATE_TABLE} (state TEXT NOT NULL)`);
  } catch (error) {
    unlock();
    throw error;
  }
  const inTransaction = (work: () => void) => {
    connection.database.exec("BEGIN");
    try {
      work();
      connection.database.exec("COMMIT");
    } catch (error) {
      connection.database.exec("ROLLBACK");
      throw error;
    }
  };
  return {
    keeping,
    page: pagesOf(connection),
    state: async () => {
      const state = connection.get(`SELECT state FROM ${STATE_TABLE}`)?.[0];
      return state === undefined ? undefined : (JSON.parse(state as string) as TransferState);
    },
    write: async (table, rows, modelOf, state) =>
      inTransaction(() => {
        for (const row of rows) {
          if (table.name === "resource") {
            const moved = resourceOf(row, modelOf);
            const columns = moved.model === undefined ? [] : keptOf(moved.model).columns;
            const values = columns.map(({ attribute }) => columnValue(moved.resource, attribute));
            insert(
              connection,
              table,
              columns.map(({ name }) => name),
              [...row, ...values],
            );
            for (const [at, kept] of keptRows(moved, keeping).entries()) {
              for (const each of kept) insert(connection, KEPT_TABLES[at] as Table, [], each);
            }
          } else {
            insert(connection, table, [], row);
            if (table.name === "exchange") index(connection, exchangeOf(row as Row), row[0] as number);
          }
        }
        // Enough to keep up: the server merges as much for half as many exchanges.
        if (table.name === "exchange") for (let step = 0; step < 2; step++) mergeWords(connection);
        connection.run(`DELETE FROM ${STATE_TABLE}`);
        connection.run(`INSERT INTO ${STATE_TABLE} VALUES (?)`, JSON.stringify(state));
      }),
    finish: async ({ endpoint, exchange, history }) => {
      inTransaction(() => {
        connection.run("UPDATE endpoint_made SET last_key = ?", endpoint);
        connection.run("DELETE FROM sqlite_sequence WHERE name IN ('exchange', 'history')");
        connection.run("INSERT INTO sqlite_sequence VALUES ('exchange', ?), ('history', ?)", exchange, history);
      });
      // A file that is moved must have no log.
      connection.database.exec("PRAGMA synchronous = FULL; PRAGMA wal_checkpoint (TRUNCATE);");
      connection.close();
      renameSync(unfinished, file);
      connection = new Connection(file, { readOnly: false, cacheKibibytes: CACHE_KIBIBYTES });
      connection.database.exec(`DROP TABLE ${STATE_TABLE}`);
    },
    close: async () => {
      connection.close();
      unlock();
      if (!existsSync(unfinished)) rmSync(`${unfinished}-lock`, { force: true });
    },
  };
}

function pagesOf(connection: Connection): Source["page"] {
  return async (table, after, limit) =>
    connection.all(pageSql(table, table.name, after === undefined), ...(after ?? []), limit);
}

function insert(connection: Connection, { name, columns }: Table, more: readonly string[], values: MovedRow): void {
  const names = [...columns, ...more];
  connection.run(
    `INSERT INTO ${name} (${names.join()}) VALUES (${names.map(() => "?").join()})`,
    ...(values as SqlValue[]),
  );
}
