import type { ExchangeSummary, MonitoredMessage, RecordedExchange } from "../../store/exchange.ts";
import { exchangeMs } from "../../store/exchange.ts";
import type { Key } from "../../store/store.ts";
import type { Dialect } from "../dialect/client.ts";
import { describeDialect } from "../dialect/client.ts";
import { base64Of, isCut, textOf } from "./kept-body.ts";

/** Name of an endpoint; null for none, and for one that is not there any more. */
export type NameOf = (endpoint: Key | undefined) => string | null;

/** An exchange in a list as it is told to others: what is absent is null. */
export type SummaryJson = ReturnType<typeof summaryJson>;

export function summaryJson(summary: ExchangeSummary, nameOf: NameOf) {
  const { queueUs, databaseUs, durableUs } = summary.split;
  return {
    id: summary.id,
    position: summary.position,
    at: timeOf(summary),
    endpoint: nameOf(summary.endpoint),
    method: summary.method,
    path: summary.path,
    query: summary.query,
    status: summary.status,
    durationUs: summary.durationUs,
    split: { queueUs, databaseUs, durableUs },
    clientAddress: summary.clientAddress,
    userAgent: summary.userAgent,
    requestId: summary.requestId,
    credential: summary.credential ?? null,
    dialect: summary.dialect,
    dialectName: dialectName(summary),
    severity: summary.severity,
    isProbe: summary.isProbe,
    sentences: summary.sentences.map(({ kind, text }) => ({ kind, text })),
    resources: summary.resources.map(({ type, id, label }) => ({ type, id, label })),
    details: summary.details,
  };
}

/** An exchange with headers and bodies. */
export function exchangeJson(exchange: RecordedExchange, nameOf: NameOf) {
  return {
    ...summaryJson(exchange, nameOf),
    request: messageJson(exchange.request),
    response: messageJson(exchange.response),
  };
}

function messageJson(message: MonitoredMessage) {
  const text = textOf(message);
  const isAbsent = message.bodyBytes === 0 && message.body.length === 0;
  return {
    headers: headersOf(message),
    body: isAbsent ? null : (text ?? null),
    bodyBase64: text === undefined ? base64Of(message) : null,
    bodyBytes: message.bodyBytes,
    isCut: isCut(message),
  };
}

/** Headers by name, in their order. */
export function headersOf({ headers }: Pick<MonitoredMessage, "headers">): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < headers.length; at += 2) pairs.push([headers[at] ?? "", headers[at + 1] ?? ""]);
  return pairs;
}

/** When the request came, ISO 8601 with milliseconds, UTC. */
export function timeOf({ id }: Pick<ExchangeSummary, "id">): string {
  return new Date(exchangeMs(id)).toISOString();
}

/** What client it was, for people. */
export function dialectName({ dialect }: Pick<ExchangeSummary, "dialect">): string {
  // A later version may have written it.
  return describeDialect(dialect as Dialect);
}
