import { type Exchange, exchangeMs, isRejected } from "../../exchange.ts";
import { searchableText } from "../../exchange-words.ts";
import type { ExchangeLimits, ExchangeStore, RetentionStep } from "../../monitor.ts";
import { exchangeReads } from "../../sql/monitor/exchange-reads.ts";
import { type RemoveExchanges, retain } from "../../sql/monitor/exchange-retention.ts";
import { INSERT, NO_ENDPOINT, resourceKeys, rowOf, STORED_BYTES } from "../../sql/monitor/exchange-rows.ts";
import { notePopulation } from "../../sql/monitor/population.ts";
import type { Key } from "../../store.ts";
import { type Connection, connectionOf, type Parameter, transactionOf } from "../connection.ts";
import { queries } from "./exchange-filter.ts";

const WORD = /\uE000?[\p{L}\p{N}]+/gu;

/** PostgreSQL's limit of a lexeme is 2,046 bytes. */
const MAX_WORD_CHARACTERS = 500;

const INSERT_WITH_WORDS = INSERT.replace(
  /\) VALUES \((.*)\)$/,
  ",resource_keys,words) VALUES ($1,?::bigint[],array_to_tsvector(?::text[]))",
);

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
    for (const [at, exchange] of present.entries()) {
      await insert(connection, exchange, before + at + 1);
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
    let [position, oldestId] = [end, (oldest as number | null) ?? Number.MAX_SAFE_INTEGER];
    for (const exchange of recorded) {
      if (exchange.id >= oldestId || !isThere(exchange.endpoint ?? NO_ENDPOINT)) continue;
      oldestId = exchange.id;
      await insert(connection, exchange, --position);
    }
    await noteSizes(connection, "position >= ? AND position < ?", position, end);
    return end - position;
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

async function insert(connection: Connection, exchange: Exchange, position: number): Promise<void> {
  const row: Parameter[] = rowOf(exchange, isRejected(exchange));
  const bodies = new Set([INSERTED.indexOf("request_body"), INSERTED.indexOf("response_body")]);
  const values = row.map((value, at) => (bodies.has(at) && typeof value === "string" ? Buffer.from(value) : value));
  await connection.send(
    INSERT_WITH_WORDS,
    position,
    ...values,
    resourceKeys(exchange.resources).map(String),
    wordsOf(exchange),
  );
}

/** Columns in the order of {@link rowOf}. */
const INSERTED = INSERT.slice(INSERT.indexOf("(position,") + "(position,".length, INSERT.indexOf(")")).split(",");

/** The lexemes that an exchange is found by. */
export function wordsOf(exchange: Exchange): string[] {
  const found = searchableText(exchange).match(WORD) ?? [];
  return [...new Set(found.map((word) => word.toLowerCase().slice(0, MAX_WORD_CHARACTERS)))];
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
