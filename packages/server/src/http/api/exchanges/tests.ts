import type { FastifyInstance } from "fastify";
import { describeClient } from "../../../monitor/dialect/client.ts";
import { type Source, summariesOf } from "../../../monitor/export/export.ts";
import { clientOf } from "../../../monitor/recorder/actors.ts";
import { type Tests, testsSentence } from "../../../monitor/sentence/asked.ts";
import { english } from "../../../monitor/words/sentence.ts";
import { type ExchangeSummary, exchangeMs } from "../../../store/exchange.ts";
import type { ExchangeFilter } from "../../../store/monitor.ts";
import type { Served } from "../../serving.ts";
import { servedTo } from "../../serving.ts";
import { queryOf, sendJson, shownTime } from "../request.ts";
import {
  described,
  INTEGER,
  list,
  nullable,
  object,
  partial,
  type RouteSchema,
  type Static,
  TEXT,
  TIME,
} from "../schema.ts";
import { namesIn, sourceOf } from "./exchanges.ts";
import { FILTER_PARAMETERS, filterOf } from "./filter.ts";

const DAY_MS = 86_400_000;

const QUERY = partial({
  endpoint: FILTER_PARAMETERS.endpoint,
  from: described("Since when, as in a search. Default: the beginning of this day, UTC.", TEXT),
});

const COUNTED_TESTS = object({
  tests: list(
    object({
      endpoint: nullable(TEXT),
      credential: described("Label of the credential.", nullable(TEXT)),
      dialect: described("Kind of client, as of the last test.", TEXT),
      dialectName: described("Kind of client, for display.", TEXT),
      count: INTEGER,
      since: described("Time of the first test.", TIME),
      last: TIME,
      text: { ...TEXT, examples: ["Entra ID tested the connection (412 times since 08:00)"] },
    }),
  ),
});
type CountedTests = Static<typeof COUNTED_TESTS>;

const TESTS: RouteSchema = {
  summary: "Count the connection tests",
  description: "Identity providers repeat them. Each client gets one sentence.",
  tags: ["Exchanges"],
  querystring: QUERY,
  response: { 200: COUNTED_TESTS },
};

/** `/api/activity/tests` */
export function testsRoute(server: FastifyInstance): void {
  server.get("/activity/tests", { schema: TESTS }, async (request, reply) => {
    const served = servedTo(request);
    const nowMs = served.directory.now();
    const filter = filterOf(await queryOf(request, QUERY), served.endpoints, nowMs);
    const fromMs = filter.fromMs ?? nowMs - (nowMs % DAY_MS);
    const clients = await countsOf(served).count({ ...filter, fromMs, kinds: ["connection.tested"] });
    const nameOf = namesIn(served);
    // Without deleted endpoints.
    const shown = clients.filter(({ endpoint }) => endpoint === undefined || nameOf(endpoint) !== null);
    return sendJson<CountedTests>(reply, {
      tests: shown.map((tests) => {
        const endpoint = nameOf(tests.endpoint);
        const { credential: label, dialect, count, sinceMs, lastMs } = tests;
        const actor = { label, dialect: dialect as Tests["actor"]["dialect"] };
        return {
          endpoint,
          credential: label ?? null,
          dialect,
          dialectName: describeClient(tests),
          count,
          since: shownTime(sinceMs),
          last: shownTime(lastMs),
          text: english(testsSentence({ endpoint: endpoint ?? "", actor, count, sinceMs, lastMs })),
        };
      }),
    });
  });
}

const counts = new WeakMap<Served, TestCounts>();

/** One per open database. */
function countsOf(served: Served): TestCounts {
  const known = counts.get(served);
  if (known !== undefined) return known;
  const made = new TestCounts(sourceOf(served));
  counts.set(served, made);
  return made;
}

/** Connection tests by one client, described as of the last one: its kind may be known only after some time. */
export type ClientTests = Pick<ExchangeSummary, "endpoint" | "credential" | "dialect"> & {
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  readonly lastMs: number;
};

/** Counts up to a position. */
type Counted = { readonly clients: ReadonlyMap<string, ClientTests>; readonly position: number };

const NOTHING: Counted = { clients: new Map(), position: 0 };

/** Cached counts: pages ask again and again for those since midnight. */
const MAX_KEPT = 20;

/** Counts of more clients are not cached. */
const MAX_CLIENTS_KEPT = 1_000;

/**
 * Counts connection tests. There may be thousands per second, and each page asks every second how many there were since
 * midnight, so each count continues from the last one.
 */
export class TestCounts {
  readonly #source: Source;
  readonly #counts = new Map<string, Promise<Counted>>();

  constructor(source: Source) {
    this.#source = source;
  }

  /** By endpoint and client, in the order of their first test. Several clients may share a credential. */
  async count(filter: ExchangeFilter): Promise<ClientTests[]> {
    const key = JSON.stringify(filter);
    // A concurrent count waits for the previous one and continues from it.
    const counting = (this.#counts.get(key) ?? Promise.resolve(NOTHING)).then((before) =>
      this.#continue(filter, before),
    );
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

  async #continue(filter: ExchangeFilter, before: Counted): Promise<Counted> {
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
