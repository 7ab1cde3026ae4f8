import { type Exchange, exchangeIds, type Finding, type Severity } from "../exchange.ts";
import type { MonitorStore } from "../monitor.ts";
import type { Key, Store } from "../store.ts";
import { START_MS } from "./world.ts";

/** Opens an empty store with a monitor. The tests close it; `dispose` then cleans up. */
export type OpenMonitor = () => Promise<OpenedMonitor>;

type OpenedMonitor = {
  readonly store: Store;
  readonly monitor: MonitorStore;
  readonly dispose: () => Promise<void>;
};

export type MonitorWorld = {
  readonly store: Store;
  readonly monitor: MonitorStore;
  readonly endpoint: Key;
  readonly otherEndpoint: Key;
  /** An exchange of the endpoint, one second after the last one. */
  readonly exchange: (own?: Partial<Exchange>) => Exchange;
  readonly record: (...exchanges: readonly Exchange[]) => Promise<void>;
};

/** Makes the body of a test that gets its own world. */
export function inMonitorWorld(open: OpenMonitor, work: (world: MonitorWorld) => Promise<void>): () => Promise<void> {
  return async () => {
    const { store, monitor, dispose } = await open();
    try {
      const [endpoint, otherEndpoint] = await store.transaction(async (transaction) => [
        await store.endpoints.insert(transaction, { name: "default", settings: {} }, 0),
        await store.endpoints.insert(transaction, { name: "other", settings: {} }, 0),
      ]);
      if (endpoint === undefined || otherEndpoint === undefined) throw new Error("the store made no endpoints");
      const nextId = exchangeIds();
      let seconds = 0;
      await work({
        store,
        monitor,
        endpoint: endpoint.key,
        otherEndpoint: otherEndpoint.key,
        exchange: (own) => ({
          ...plainExchange(endpoint.key, nextId(START_MS + 1_000 * seconds++)),
          ...own,
        }),
        record: (...exchanges) => store.transaction((transaction) => monitor.exchanges.record(transaction, exchanges)),
      });
    } finally {
      await store.close();
      await dispose();
    }
  };
}

function plainExchange(endpoint: Key, id: number): Exchange {
  return {
    id,
    endpoint,
    method: "GET",
    path: "/Users",
    query: "",
    status: 200,
    durationUs: 1_500,
    split: { queueUs: 10, databaseUs: 200, durableUs: 0 },
    clientAddress: "192.0.2.1",
    userAgent: "AzureAD-Prov/1.0",
    requestId: `request-${id}`,
    request: message(["Accept", "application/scim+json"], ""),
    response: message(["Content-Type", "application/scim+json"], "{}"),
    credential: "Entra ID",
    dialect: "entra",
    severity: "info" satisfies Severity,
    isProbe: false,
    sentences: [{ kind: "search", text: "Entra ID searched for users" }],
    findings: [],
    resources: [],
    details: {},
  };
}

export function finding(kind: string): Finding {
  return { kind, severity: "warning", sentence: "", reason: "", resources: [], remedies: [] };
}

export function message(headers: readonly string[], body: string): Exchange["request"] {
  const bytes = new Uint8Array(new TextEncoder().encode(body));
  return { headers, body: bytes, bodyBytes: bytes.length };
}

/** The IDs of exchanges. */
export function idsOf(exchanges: readonly { readonly id: number }[]): number[] {
  return exchanges.map(({ id }) => id);
}
