import { type Source, summariesOf } from "../../../monitor/export/export.ts";
import { clientOf } from "../../../monitor/recorder/actors.ts";
import { type ExchangeSummary, exchangeMs } from "../../../store/exchange.ts";
import type { ExchangeFilter } from "../../../store/monitor.ts";

/** Tests of the connection by one client, which is told as of the last: who it is may be known only after some time. */
export type ClientTests = Pick<ExchangeSummary, "endpoint" | "credential" | "dialect"> & {
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  readonly lastMs: number;
};

/** What was counted up to a position. */
type Counted = { readonly clients: ReadonlyMap<string, ClientTests>; readonly position: number };

const NOTHING: Counted = { clients: new Map(), position: 0 };

/** Counts that are gone on with: pages ask for those since their midnight, again and again. */
const MAX_KEPT = 20;

/** Of more clients than that, they are counted anew each time. */
const MAX_CLIENTS_KEPT = 1_000;

/**
 * Counts tests of the connection. There may be thousands in a second, and whoever watches asks each second how many
 * there are since midnight: what was counted once is not read again.
 */
export class TestCounts {
  readonly #source: Source;
  readonly #counts = new Map<string, Promise<Counted>>();

  constructor(source: Source) {
    this.#source = source;
  }

  /** Those of each client of each endpoint, in the order of the first: several clients may share a credential. */
  async count(filter: ExchangeFilter): Promise<ClientTests[]> {
    const key = JSON.stringify(filter);
    // One count goes on from the other, also where both are asked for at once.
    const counting = (this.#counts.get(key) ?? Promise.resolve(NOTHING)).then((before) => this.#goOn(filter, before));
    this.#counts.delete(key);
    this.#counts.set(key, counting);
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= MAX_KEPT) break;
      this.#counts.delete(oldest);
    }
    try {
      const { clients } = await counting;
      if (clients.size > MAX_CLIENTS_KEPT) this.#forget(key, counting);
      return [...clients.values()];
    } catch (error) {
      this.#forget(key, counting);
      throw error;
    }
  }

  #forget(key: string, counting: Promise<Counted>): void {
    if (this.#counts.get(key) === counting) this.#counts.delete(key);
  }

  async #goOn(filter: ExchangeFilter, before: Counted): Promise<Counted> {
    const clients = new Map(before.clients);
    const { exchanges, scope } = this.#source;
    let position = await exchanges.lastPosition(scope);
    for await (const summary of summariesOf(this.#source, filter, before.position)) {
      const { id, endpoint, credential, dialect, userAgent, query } = summary;
      const client = JSON.stringify([endpoint, clientOf(credential ?? "", userAgent, query)]);
      const lastMs = exchangeMs(id);
      const { count = 0, sinceMs = lastMs } = clients.get(client) ?? {};
      clients.set(client, { endpoint, credential, dialect, count: count + 1, sinceMs, lastMs });
      position = Math.max(position, summary.position);
    }
    return { clients, position };
  }
}
