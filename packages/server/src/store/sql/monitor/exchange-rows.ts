import { isUtf8 } from "node:buffer";
import {
  type Exchange,
  type ExchangeSummary,
  type Finding,
  type MonitoredMessage,
  outcomeKey,
  type RecordedExchange,
  type Severity,
} from "../../exchange.ts";
import type { Reference } from "../../store.ts";
import type { Row, SqlValue } from "../sql.ts";

/** Means "no endpoint" in the tables. */
export const NO_ENDPOINT = 0;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-([0-9a-f]{12})$/;

/**
 * The number by which `exchange_resource` refers to a resource: the last 48 bits of its ID; undefined if it is not a
 * UUID. Two IDs may have the same number, and a client can send any ID.
 */
export function resourceKeyIn(id: string): number | undefined {
  const digits = UUID.exec(id)?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

/** In the order of {@link rowOf}. */
const WRITTEN = [
  ...["id", "endpoint", "is_rejected", "method", "path", "query", "status", "duration_us", "queue_us", "database_us"],
  ...["durable_us", "client_address", "user_agent", "request_id", "credential", "dialect", "severity", "is_probe"],
  ...["kinds", "sentences", "resources", "details", "request_headers", "request_body_bytes", "response_headers"],
  ...["response_body_bytes", "request_body", "response_body", "findings", "outcome_key"],
];

/** The first parameter is the position; in SQLite null for the next one. */
export const INSERT = `INSERT INTO exchange (position,${WRITTEN.join()}) VALUES (?,${WRITTEN.map(() => "?").join()})`;

/** The columns for {@link summaryOf}, and for {@link exchangeOf}. */
export const SUMMARY_COLUMNS = `position,${WRITTEN.slice(0, WRITTEN.indexOf("request_headers")).join()}`;
export const ALL_COLUMNS = `position,${WRITTEN.join()}`;

/** Bytes of a row besides its texts: numbers and index entries. */
const ROW_BYTES = 150;

/** Approximate size of a row on disk. */
export const STORED_BYTES = `(${ROW_BYTES} + octet_length(path) + octet_length(query) + octet_length(user_agent)
  + octet_length(request_id) + octet_length(kinds) + octet_length(sentences) + octet_length(resources) + octet_length(details)
  + octet_length(request_headers) + octet_length(response_headers)
  + coalesce(octet_length(request_body), 0) + coalesce(octet_length(response_body), 0))`;

export function rowOf(exchange: Exchange, isRejected: boolean): SqlValue[] {
  const { split, request, response, sentences, findings, details } = exchange;
  return [
    exchange.id,
    exchange.endpoint ?? NO_ENDPOINT,
    isRejected ? 1 : 0,
    exchange.method,
    exchange.path,
    exchange.query,
    exchange.status,
    exchange.durationUs,
    split.queueUs,
    split.databaseUs,
    split.durableUs,
    exchange.clientAddress,
    exchange.userAgent,
    exchange.requestId,
    exchange.credential ?? null,
    exchange.dialect,
    exchange.severity,
    exchange.isProbe ? 1 : 0,
    sentences.map(({ kind }) => kind).join(" "),
    JSON.stringify(sentences.map(({ text }) => text)),
    JSON.stringify(exchange.resources),
    JSON.stringify(findings.length === 0 ? details : { ...details, findings }),
    JSON.stringify(request.headers),
    request.bodyBytes,
    JSON.stringify(response.headers),
    response.bodyBytes,
    storedBody(request.body),
    storedBody(response.body),
    kindsOf(findings),
    outcomeKey(exchange),
  ];
}

/** Each kind once, for the index that statistics use. */
function kindsOf(findings: readonly Finding[]): string {
  return [...new Set(findings.map(({ kind }) => kind))].join(" ");
}

export function summaryOf(row: Row): ExchangeSummary {
  const [position, id, endpoint, , method, path, query, status, durationUs, queueUs, databaseUs, durableUs, ...rest] =
    row as [number, number, number, number, string, string, string, number, number, number, number, number, ...Row];
  const [clientAddress, userAgent, requestId, credential, dialect, severity, isProbe, kinds, sentences, ...json] =
    rest as [string, string, string, string | null, string, Severity, number, string, string, ...Row];
  const [resources, allDetails] = json as [string, string];
  // After the bodies, the column with the kinds would be slow to read.
  const { findings = [], ...details } = JSON.parse(allDetails) as Exchange["details"] & { findings?: Finding[] };
  const names = kinds.split(" ");
  return {
    position,
    id,
    endpoint: endpoint === NO_ENDPOINT ? undefined : endpoint,
    method,
    path,
    query,
    status,
    durationUs,
    split: { queueUs, databaseUs, durableUs },
    clientAddress,
    userAgent,
    requestId,
    credential: credential ?? undefined,
    dialect,
    severity,
    isProbe: isProbe === 1,
    sentences: (JSON.parse(sentences) as string[]).map((text, at) => ({ kind: names[at] ?? "", text })),
    findings,
    resources: JSON.parse(resources) as Reference[],
    details,
  };
}

export function exchangeOf(row: Row): RecordedExchange {
  const [requestHeaders, requestBytes, responseHeaders, responseBytes, requestBody, responseBody] = row.slice(
    SUMMARY_COLUMNS.split(",").length,
  );
  return {
    ...summaryOf(row),
    request: messageOf(requestHeaders, requestBytes, requestBody),
    response: messageOf(responseHeaders, responseBytes, responseBody),
  };
}

type Value = Row[number] | undefined;

function messageOf(headers: Value, bodyBytes: Value, body: Value): MonitoredMessage {
  return { headers: JSON.parse(headers as string) as string[], body: bytesOf(body), bodyBytes: bodyBytes as number };
}

/** Stored as text if it is text, so that people can read it in the database. */
export function storedBody(body: Uint8Array): string | Uint8Array | null {
  if (body.length === 0) return null;
  return isUtf8(body) ? Buffer.from(body.buffer, body.byteOffset, body.length).toString() : body;
}

function bytesOf(stored: Value | Uint8Array): Uint8Array {
  if (stored === null || stored === undefined) return new Uint8Array();
  return new Uint8Array(typeof stored === "string" ? Buffer.from(stored) : (stored as unknown as Uint8Array));
}

/** The keys of an exchange's resources; other IDs than UUIDs have none. */
export function resourceKeys(resources: readonly Reference[]): number[] {
  return resources.map(({ id }) => resourceKeyIn(id)).filter((key) => key !== undefined);
}
