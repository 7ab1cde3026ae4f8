import { type Exchange, exchangeMs, isRejected } from "../../exchange.ts";
import { searchableText } from "../../exchange-words.ts";
import type { ExchangeLimits, ExchangeStore, RetentionStep } from "../../monitor.ts";
import { exchangeReads } from "../../sql/monitor/exchange-reads.ts";
import { type RemoveExchanges, retain } from "../../sql/monitor/exchange-retention.ts";
import { ALL_COLUMNS, NO_ENDPOINT, resourceKeys, rowOf, STORED_BYTES } from "../../sql/monitor/exchange-rows.ts";
import { notePopulation } from "../../sql/monitor/population.ts";
import type { SqlValue } from "../../sql/sql.ts";
import type { Key } from "../../store.ts";
import { type Connection, connectionOf, transactionOf } from "../connection.ts";
import { encodeText } from "../text.ts";
import { queries } from "./exchange-filter.ts";

const NO_WORD = /[^\p{L}\p{N}\uE000]+/gu;

/** PostgreSQL's limit of a lexeme is 2,046 bytes. */
const LONG_WORD = /\S{500}/gu;

const COLUMNS = ALL_COLUMNS.split(",");
const INSERTED = [...COLUMNS, "resource_keys", "words"].join();

/** Any number of rows as one parameter. */
const INSERT = `INSERT INTO exchange (${INSERTED}) SELECT ${INSERTED} FROM json_populate_recordset(NULL::exchange, ?::json)`;

export const exchanges: ExchangeStore = {
  ...exchangeReads(queries),

  record: async (transaction, recorded) => {
    const connection = transactionOf(transaction);
    const isThere = await endpointCheck(connection);
    const present = recorded.filter(({ endpoint = NO_ENDPOINT }) => isThere(endpoint));
    // Nobody else records until this is committed, so a live view that has seen a position has seen all before it.
    const made = await connection.get(
      "UPDATE exchange_made SET last_position = last_position + ? RETURNING last_position",
      present.length,
    );
    const before = (made?.[0] as number) - present.length;
    const lastWrites = new Map<number, number>();
    await insert(connection, present, (at) => before + at + 1);
    for (const exchange of present) {
      const { endpoint, method, status, id } = exchange;
      if (endpoint !== undefined && method !== "GET" && status < 300) lastWrites.set(endpoint, id);
    }
    await noteSizes(connection, "position > ?", before);
    for (const [endpoint, id] of lastWrites) await notePopulation(connection, endpoint, exchangeMs(id));
  },

  recordEarlier: async (transaction, recorded) => {
    const connection = transactionOf(transaction);
    const isThere = await endpointCheck(connection);
    await lockLog(connection);
    const [first, oldest] = (await connection.get("SELECT min(position), min(id) FROM exchange")) ?? [];
    const end = Math.min((first as number | null) ?? 1, 1);
    let oldestId = (oldest as number | null) ?? Number.MAX_SAFE_INTEGER;
    const earlier: Exchange[] = [];
    for (const exchange of recorded) {
      if (exchange.id >= oldestId || !isThere(exchange.endpoint ?? NO_ENDPOINT)) continue;
      oldestId = exchange.id;
      earlier.push(exchange);
    }
    const position = end - earlier.length;
    await insert(connection, earlier, (at) => end - 1 - at);
    await noteSizes(connection, "position >= ? AND position < ?", position, end);
    return earlier.length;
  },

  lastPosition: async (scope) => {
    const row = await connectionOf(scope).get("SELECT last_position FROM exchange_made");
    return (row?.[0] as number | undefined) ?? 0;
  },

  retain: (transaction, endpoint, limits, nowMs) =>
    retainExchanges(transactionOf(transaction), endpoint ?? NO_ENDPOINT, limits, nowMs),
};

export async function retainExchanges(
  connection: Connection,
  endpoint: Key,
  limits: ExchangeLimits,
  nowMs: number,
): Promise<RetentionStep> {
  await lockLog(connection);
  return retain(connection, removeFrom(connection), endpoint, limits, nowMs);
}

/** Nobody else writes to the log until the transaction ends, because sizes and positions are counted. */
async function lockLog(connection: Connection): Promise<void> {
  await connection.get("SELECT last_position FROM exchange_made FOR UPDATE");
}

function removeFrom(connection: Connection): RemoveExchanges {
  return async (leaving) => {
    const positions = leaving.map(({ position }) => String(position));
    await connection.run("DELETE FROM exchange WHERE position = ANY (?::bigint[])", positions);
  };
}

async function insert(
  connection: Connection,
  exchanges: readonly Exchange[],
  positionOf: (at: number) => number,
): Promise<void> {
  const rows = exchanges.map((exchange, at) =>
    exchangeRecord([positionOf(at), ...rowOf(exchange, isRejected(exchange))], exchange),
  );
  if (rows.length > 0) await connection.send(INSERT, JSON.stringify(rows));
}

/** A row as JSON for PostgreSQL, which converts each value to the type of its column. */
export function exchangeRecord(row: readonly (SqlValue | undefined)[], exchange: Exchange): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const [at, column] of COLUMNS.entries()) {
    const value = row[at];
    if (column === "request_body" || column === "response_body") record[column] = value && bytesInHex(value);
    else record[column] = typeof value === "string" ? encodeText(value) : value;
  }
  record["resource_keys"] = resourceKeys(exchange.resources);
  // Words are letters, digits and a mark, so they need no quotes. PostgreSQL stores equal ones once.
  record["words"] = searchableText(exchange).replace(NO_WORD, " ").replace(LONG_WORD, "$& ");
  return record;
}

function bytesInHex(value: SqlValue): string {
  return `\\x${Buffer.from(value as string).toString("hex")}`;
}

/** Exchanges recorded after their endpoint was deleted would never be removed. */
async function endpointCheck(connection: Connection): Promise<(endpoint: number) => boolean> {
  const known = new Set((await connection.all("SELECT key FROM endpoint")).map(([key]) => key));
  return (endpoint) => endpoint === NO_ENDPOINT || known.has(endpoint);
}

async function noteSizes(connection: Connection, condition: string, ...values: number[]): Promise<void> {
  await connection.run(
    `INSERT INTO exchange_size
       SELECT endpoint, is_rejected, count(*), sum(${STORED_BYTES}) FROM exchange WHERE ${condition} GROUP BY 1, 2
     ON CONFLICT (endpoint, is_rejected) DO UPDATE
       SET count = exchange_size.count + excluded.count, bytes = exchange_size.bytes + excluded.bytes`,
    ...values,
  );
}
