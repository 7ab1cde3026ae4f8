import { isUtf8 } from "node:buffer";
import { administrationPathOf, basePathOf } from "../../endpoint/served-endpoint.ts";
import type { ExchangeSummary, Finding, MonitoredMessage, RecordedExchange } from "../../store/exchange.ts";
import { exchangeMs, outcomeKey } from "../../store/exchange.ts";
import type { Key } from "../../store/store.ts";
import { describeClient } from "../dialect/client.ts";
import { WHOLE_PATH } from "../recorder/path.ts";

/** The name of an endpoint; null for none, and for a deleted one. */
export type NameOf = (endpoint: Key | undefined) => string | null;

/** An exchange in a list of the API and of exports; an absent value is null. */
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
    sentPath: sentPath(summary, nameOf(summary.endpoint)),
    query: summary.query,
    status: summary.status,
    durationUs: summary.durationUs,
    split: { queueUs, databaseUs, durableUs },
    clientAddress: summary.clientAddress,
    userAgent: summary.userAgent,
    requestId: summary.requestId,
    credential: summary.credential ?? null,
    outcomeKey: outcomeKey(summary),
    dialect: summary.dialect,
    dialectName: describeClient(summary),
    severity: summary.severity,
    isProbe: summary.isProbe,
    sentences: summary.sentences.map(({ kind, text }) => ({ kind, text })),
    findings: summary.findings.map(findingJson),
    resources: summary.resources.map(({ type, id, label }) => ({ type, id, label })),
    details: summary.details,
  };
}

function findingJson({ remedies, ...finding }: Finding) {
  return {
    ...finding,
    resources: [...finding.resources],
    remedies: remedies.map(({ action = null, ...remedy }) => ({ ...remedy, action })),
  };
}

/** The path with that of the base URL. */
function sentPath({ path, dialect, details }: ExchangeSummary, endpoint: string | null): string {
  if (typeof details["sentPath"] === "string") return details["sentPath"];
  if (endpoint === null || WHOLE_PATH.test(path)) return path;
  return (dialect === "manual" ? administrationPathOf(endpoint) : basePathOf(endpoint)) + path;
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

/** As `placeholder` of redact/text.ts writes it. */
const PLACEHOLDER = /\[secret, \d+ characters, fingerprint [0-9a-f]{8}\]/;

/** Whether a secret was replaced in a text. */
export function holdsPlaceholder(text: string): boolean {
  return PLACEHOLDER.test(text);
}

/** The body as text; undefined if it is not UTF-8. */
export function textOf({ body }: Pick<MonitoredMessage, "body">): string | undefined {
  return isUtf8(body) ? Buffer.from(body.buffer, body.byteOffset, body.length).toString("utf8") : undefined;
}

export function base64Of({ body }: Pick<MonitoredMessage, "body">): string {
  return Buffer.from(body.buffer, body.byteOffset, body.length).toString("base64");
}

/**
 * Whether only a part of a body was recorded. The length alone does not say: JSON with replaced secrets was serialised
 * again and has another length.
 */
export function isCut(message: Pick<MonitoredMessage, "body" | "bodyBytes">): boolean {
  const { body, bodyBytes } = message;
  const text = textOf(message);
  if (text === undefined) return body.length < bodyBytes;
  const isReplaced = holdsPlaceholder(text);
  if (body.length === bodyBytes && !isReplaced) return false;
  if (/^\s*[{[]/.test(text)) return !isJson(text);
  return body.length < bodyBytes && !isReplaced;
}

/** Whether nothing of a body was recorded, as with the response to a read of one resource. */
export function isAbsent({ body, bodyBytes }: Pick<MonitoredMessage, "body" | "bodyBytes">): boolean {
  return body.length === 0 && bodyBytes > 0;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
