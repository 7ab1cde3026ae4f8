import type { FastifyInstance } from "fastify";
import { dialectName } from "../../../monitor/export/exchange-json.ts";
import { type Source, summariesOf } from "../../../monitor/export/recorded.ts";
import { clientOf } from "../../../monitor/recorder/actors.ts";
import { type Tests, testsSentence } from "../../../monitor/sentence/tested.ts";
import { english } from "../../../monitor/words/sentence.ts";
import type { ExchangeSummary } from "../../../store/exchange.ts";
import { exchangeMs } from "../../../store/exchange.ts";
import type { ExchangeFilter } from "../../../store/monitor.ts";
import { servedTo } from "../administration.ts";
import { queryOf } from "../query-of.ts";
import { described, INTEGER, list, nullable, object, type RouteSchema, TEXT, TIME } from "../route-schema.ts";
import { sendJson } from "../send-json.ts";
import { FILTER_PARAMETERS, filterOf } from "./filter-of.ts";
import { namesIn, sourceOf } from "./find-exchange.ts";

const DAY_MS = 86_400_000;

const PARAMETERS = {
  endpoint: FILTER_PARAMETERS.endpoint,
  from: described("Since when, as in a search; usually since the beginning of this day, UTC.", TEXT),
};

const TESTS: RouteSchema = {
  summary: "Count the tests of the connection",
  description: "Identity providers repeat them for ever: those of one client are told in one sentence.",
  tags: ["Exchanges"],
  querystring: object(PARAMETERS, Object.keys(PARAMETERS)),
  response: {
    200: object({
      tests: list(
        object({
          endpoint: nullable(TEXT),
          credential: described("Label of the credential.", nullable(TEXT)),
          dialect: described("What kind of client it was, the last time.", TEXT),
          dialectName: described("The same for people.", TEXT),
          count: INTEGER,
          since: described("The first of them.", TIME),
          last: TIME,
          text: { ...TEXT, examples: ["Entra ID tested the connection (412 times since 08:00)"] },
        }),
      ),
    }),
  },
};

/** `/api/activity/tests` */
export function testsRoute(server: FastifyInstance): void {
  server.get("/activity/tests", { schema: TESTS }, async (request, reply) => {
    const served = servedTo(request);
    const nowMs = served.directory.now();
    const filter = filterOf(queryOf(request, PARAMETERS), served.endpoints, nowMs);
    const fromMs = filter.fromMs ?? nowMs - (nowMs % DAY_MS);
    const nameOf = namesIn(served);
    const folded = await foldedTests(sourceOf(served), { ...filter, fromMs, kinds: ["connection.tested"] });
    return sendJson(reply, {
      tests: folded.map(({ first, last, count }) => {
        const endpoint = nameOf(last.endpoint);
        const times = { sinceMs: exchangeMs(first.id), lastMs: exchangeMs(last.id) };
        const actor = { label: last.credential, dialect: last.dialect as Tests["actor"]["dialect"] };
        return {
          endpoint,
          credential: last.credential ?? null,
          dialect: last.dialect,
          dialectName: dialectName(last),
          count,
          since: new Date(times.sinceMs).toISOString(),
          last: new Date(times.lastMs).toISOString(),
          text: english(testsSentence({ endpoint: endpoint ?? "", actor, count, ...times })),
        };
      }),
    });
  });
}

type Folded = { readonly first: ExchangeSummary; last: ExchangeSummary; count: number };

/** Those of each client of each endpoint, in the order of the first: several clients may share a credential. */
async function foldedTests(source: Source, filter: ExchangeFilter): Promise<Folded[]> {
  const folded = new Map<string, Folded>();
  for await (const summary of summariesOf(source, filter)) {
    const { endpoint, credential = "", userAgent, query } = summary;
    const key = JSON.stringify([endpoint, clientOf(credential, userAgent, query)]);
    const tests = folded.get(key);
    if (tests === undefined) folded.set(key, { first: summary, last: summary, count: 1 });
    else {
      tests.last = summary;
      tests.count++;
    }
  }
  return [...folded.values()];
}
