import { type Exchange, exchangeIdAt, type MonitoredMessage, type RecordedExchange } from "../../../store/exchange.ts";
import { placeholder } from "../../redact/text.ts";

/** 24 November 2024, 08:00 UTC. */
export const START_MS = Date.UTC(2024, 10, 24, 8);

/** An exchange that changed nothing, at the start. */
export function exchange(own: Partial<RecordedExchange> = {}): RecordedExchange {
  return {
    id: exchangeIdAt(START_MS),
    position: 1,
    endpoint: 1,
    method: "GET",
    path: "/Users",
    query: "",
    status: 200,
    durationUs: 1_500,
    split: { queueUs: 10, databaseUs: 200, durableUs: 0 },
    clientAddress: "192.0.2.1",
    userAgent: "AzureAD-Prov/1.0",
    requestId: "req-1",
    request: message(["Accept", "application/scim+json", "Authorization", `Bearer ${placeholder("a secret")}`], ""),
    response: message(["content-type", "application/scim+json"], '{"totalResults":0}'),
    credential: "Entra ID",
    dialect: "entra",
    severity: "info",
    isProbe: false,
    sentences: [{ kind: "search", text: "Entra ID listed all users" }],
    findings: [],
    resources: [],
    details: {},
    ...own,
  };
}

/** One without its place, to be recorded. @param seconds after the start */
export function newExchange(seconds: number, own: Partial<Exchange> = {}): Exchange {
  const { position: _, ...made } = exchange();
  return { ...made, id: exchangeIdAt(START_MS + 1_000 * seconds), requestId: `req-${seconds}`, ...own };
}

/** @param bodyBytes how long the body was, where that is not what was kept */
export function message(headers: readonly string[], body: string | Buffer, bodyBytes?: number): MonitoredMessage {
  const bytes = new Uint8Array(Buffer.from(body));
  return { headers, body: bytes, bodyBytes: bodyBytes ?? bytes.length };
}
