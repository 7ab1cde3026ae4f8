import { type Exchange, exchangeIdAt, outcomeKey } from "../../exchange.ts";
import { type SoughtWord, soughtWords, tag } from "../../exchange-words.ts";
import type { ExchangeFilter } from "../../monitor.ts";
import { type Read, scalarOf } from "../../sql/read.ts";
import { type Sql, type SqlValue, sql } from "../../sql/sql.ts";
import { IN_TIME } from "../dialect.ts";
import { resourceKeyIn } from "./exchange-rows.ts";

/**
 * No exchange takes longer than this from its request to its record. So a time bounds the positions, and a search need
 * not look at the rows of all other times.
 */
const MAX_DURATION_MS = 3_600_000;

/**
 * In a log of so many exchanges, the index of words may search for long without looking at the time: it reads all
 * words with a prefix first, and passes over exchanges that only some of the words are in.
 */
const LONG_LOG = 20_000;

const COUNT_ALL = "SELECT ifnull(sum(count), 0) FROM exchange_size";

/** A FROM clause that yields the positions of matching exchanges as `e.position`, with its conditions. */
export type ExchangeQuery = {
  readonly from: string;
  readonly where: string;
  readonly parameters: readonly SqlValue[];
  /** The column to order by and to page through. */
  readonly position: string;
  /** Counts the matches: without their rows where the index alone knows them. */
  readonly counting: Sql;
  readonly isUnstoppable: boolean;
};

/** How to find the exchanges of a filter: by resource, else by words, else in the order of recording. */
export function* exchangeQuery(filter: ExchangeFilter): Read<ExchangeQuery> {
  const match = matchOf(filter);
  const { index, where, parameters, position } = sourceOf(filter, match);
  const from = index === "exchange e" ? index : `${index} CROSS JOIN exchange e ON e.position = ${position}`;
  const isUnstoppable =
    match !== undefined && /\*| AND /.test(match) && Number(yield* scalarOf(sql(COUNT_ALL))) > LONG_LOG;
  const conditions = [...where];
  const values = [...parameters];
  const add = (condition: string, ...more: SqlValue[]) => {
    conditions.push(condition);
    values.push(...more);
  };
  if (filter.requestId !== undefined) add("e.request_id = ?", filter.requestId);
  if (filter.sameAs !== undefined) add("e.outcome_key = ?", outcomeKey(filter.sameAs));
  const { path, fromMs, toMs } = filter;
  if (path !== undefined) {
    if (path.endsWith("*")) add("instr(e.path, ?) = 1", path.slice(0, -1));
    else add("e.path = ?", path);
  }
  if (fromMs !== undefined) {
    const before = yield* positionNear("id < ? ORDER BY id DESC", fromMs - MAX_DURATION_MS);
    if (before !== undefined) add(`${position} > ?`, before);
    add("e.id >= ?", exchangeIdAt(fromMs));
  }
  if (toMs !== undefined) {
    const behind = yield* positionNear("id >= ? ORDER BY id", toMs + MAX_DURATION_MS);
    if (behind !== undefined) add(`${position} < ?`, behind);
    add("e.id < ?", exchangeIdAt(toMs));
  }
  const needsRows = conditions.some((condition) => condition.includes("e."));
  const condition = [IN_TIME, ...conditions].join(" AND ");
  const counting =
    conditions.length === 0
      ? sql(COUNT_ALL)
      : longSql(isUnstoppable, `SELECT count(*) FROM ${needsRows ? from : index} WHERE ${condition}`, ...values);
  return { from, where: condition, parameters: values, position, counting, isUnstoppable };
}

export function longSql(isUnstoppable: boolean, text: string, ...values: SqlValue[]): Sql {
  return isUnstoppable ? { text, values, isUnstoppable } : sql(text, ...values);
}

type Source = {
  /** The table that the search begins with. */
  readonly index: string;
  readonly position: string;
  readonly where: readonly string[];
  readonly parameters: readonly SqlValue[];
};

const CONTAINS_NAME = "instr(lower(value ->> 'label'), lower(?)) > 0";

function sourceOf({ resource }: ExchangeFilter, match: string | undefined): Source {
  const key = resource === undefined ? undefined : resourceKeyIn(resource);
  // Neither a key nor words say for sure that it is this resource.
  const isIt = key === undefined ? `(value ->> 'id' = ? OR ${CONTAINS_NAME})` : "value ->> 'id' = ?";
  const named = resource === undefined ? [] : [`EXISTS (SELECT 1 FROM json_each(e.resources) WHERE ${isIt})`];
  const names = resource === undefined ? [] : key === undefined ? [resource, resource] : [resource];
  if (key !== undefined) {
    const words = "EXISTS (SELECT 1 FROM exchange_words WHERE exchange_words MATCH ? AND rowid = r.exchange)";
    return {
      index: "exchange_resource r",
      where: ["r.resource = ?", ...(match === undefined ? [] : [words]), ...named],
      parameters: [key, ...(match === undefined ? [] : [match]), ...names],
      position: "r.exchange",
    };
  }
  if (match === undefined) return { index: "exchange e", where: named, parameters: names, position: "e.position" };
  return {
    index: "exchange_words w",
    where: ["exchange_words MATCH ?", ...named],
    parameters: [match, ...names],
    position: "w.rowid",
  };
}

function* positionNear(condition: string, ms: number): Read<number | undefined> {
  const [row] = yield sql(`SELECT position FROM exchange WHERE ${condition} LIMIT 1`, exchangeIdAt(ms));
  return row?.[0] as number | undefined;
}

/** What to look up in the index of words (https://sqlite.org/fts5.html#full_text_query_syntax). */
function matchOf(filter: ExchangeFilter): string | undefined {
  const { endpoint, kinds, findings, severities, statuses, methods, dialects, credentials, probes } = filter;
  const { requestId, resource } = filter;
  const all: (readonly SoughtWord[])[] = [];
  if (endpoint !== undefined) all.push([whole(tag("endpoint", endpoint))]);
  if (filter.sameAs !== undefined) all.push(...wordsOfSame(filter.sameAs).map((word) => [whole(word)]));
  if (kinds !== undefined) all.push(kinds.map((kind) => kindWord("kind", kind)));
  if (findings !== undefined) all.push(findings.map((kind) => kindWord("finding", kind)));
  if (severities !== undefined) all.push(severities.map((severity) => whole(tag("severity", severity))));
  if (statuses !== undefined) all.push(statuses.flatMap(statusWords));
  if (methods !== undefined) all.push(methods.map((method) => whole(tag("method", method))));
  if (dialects !== undefined) all.push(dialects.map((dialect) => whole(tag("dialect", dialect))));
  if (credentials !== undefined) all.push(credentials.map((credential) => whole(tag("credential", credential))));
  if (probes !== undefined) all.push([whole(tag("probe", probes === "only" ? 1 : 0))]);
  const texts = [
    resource !== undefined && resourceKeyIn(resource) === undefined ? resource : "",
    requestId,
    // The last word may go on.
    filter.path?.replace(/[^/]*\*$/, ""),
    filter.text,
  ];
  for (const text of texts) all.push(...soughtWords(text ?? "").map((word) => [word]));
  if (all.length === 0) return undefined;
  return all.map((any) => `(${any.map(termOf).join(" OR ")})`).join(" AND ");
}

/** Words that exchanges with the same outcome share. */
function wordsOfSame({ endpoint, credential, dialect, method, isProbe }: Exchange): string[] {
  const words = [tag("method", method), tag("dialect", dialect), tag("probe", isProbe ? 1 : 0)];
  if (endpoint !== undefined) words.push(tag("endpoint", endpoint));
  if (credential !== undefined) words.push(tag("credential", credential));
  return words;
}

function whole(word: string): SoughtWord {
  return { word, isPrefix: false };
}

function kindWord(column: "kind" | "finding", kind: string): SoughtWord {
  return kind.endsWith("*") ? { word: tag(column, kind.slice(0, -1)), isPrefix: true } : whole(tag(column, kind));
}

function statusWords([least, most]: readonly [number, number]): SoughtWord[] {
  if (least % 100 === 0 && most === least + 99) return [{ word: tag("status", least / 100), isPrefix: true }];
  const [first, last] = [Math.max(least, 100), Math.min(most, 999)];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => whole(tag("status", first + at)));
}

/** Words are letters, digits and our own mark: nothing in them needs an escape. */
function termOf({ word, isPrefix }: SoughtWord): string {
  return `"${word}"${isPrefix ? "*" : ""}`;
}
