import type { Exchange, ExchangeSummary } from "../../../monitor.ts";
import type { Placed } from "./placed.ts";

/** An exchange without headers and bodies, and how much of those there was. */
export type Summary = {
  readonly shown: ExchangeSummary;
  /** Names and values. */
  readonly requestHeaders: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
};

/** In JSON without names: half as long, and written in half of the time. */
type Values = readonly [
  id: number,
  position: number,
  endpoint: number | null,
  method: string,
  path: string,
  query: string,
  status: number,
  durationUs: number,
  split: readonly [queueUs: number, databaseUs: number, durableUs: number],
  clientAddress: string,
  userAgent: string,
  requestId: string,
  credential: string | null,
  dialect: string,
  severity: Exchange["severity"],
  isProbe: boolean,
  sentences: Exchange["sentences"],
  resources: Exchange["resources"],
  details: Exchange["details"],
  requestBytes: number,
  responseBytes: number,
  requestHeaders: number,
];

export function summaryText({ exchange, position }: Placed): string {
  const { split } = exchange;
  const values: Values = [
    exchange.id,
    position,
    exchange.endpoint ?? null,
    exchange.method,
    exchange.path,
    exchange.query,
    exchange.status,
    exchange.durationUs,
    [split.queueUs, split.databaseUs, split.durableUs],
    exchange.clientAddress,
    exchange.userAgent,
    exchange.requestId,
    exchange.credential ?? null,
    exchange.dialect,
    exchange.severity,
    exchange.isProbe,
    exchange.sentences,
    exchange.resources,
    exchange.details,
    exchange.request.bodyBytes,
    exchange.response.bodyBytes,
    exchange.request.headers.length,
  ];
  return JSON.stringify(values);
}

export function readSummary(text: string): Summary {
  const values = JSON.parse(text) as Values;
  const [queueUs, databaseUs, durableUs] = values[8];
  const shown: ExchangeSummary = {
    id: values[0],
    position: values[1],
    endpoint: values[2] ?? undefined,
    method: values[3],
    path: values[4],
    query: values[5],
    status: values[6],
    durationUs: values[7],
    split: { queueUs, databaseUs, durableUs },
    clientAddress: values[9],
    userAgent: values[10],
    requestId: values[11],
    credential: values[12] ?? undefined,
    dialect: values[13],
    severity: values[14],
    isProbe: values[15],
    sentences: values[16],
    resources: values[17],
    details: values[18],
  };
  return { shown, requestBytes: values[19], responseBytes: values[20], requestHeaders: values[21] };
}
