import type { FastifyInstance } from "fastify";
import { dialectName } from "../../../monitor/export/exchange-json.ts";
import { type Tests, testsSentence } from "../../../monitor/sentence/tested.ts";
import { english } from "../../../monitor/words/sentence.ts";
import type { Served } from "../../serving.ts";
import { servedTo } from "../../serving.ts";
import { queryOf } from "../query-of.ts";
import { described, INTEGER, list, nullable, object, type RouteSchema, TEXT, TIME } from "../route-schema.ts";
import { sendJson } from "../send-json.ts";
import { FILTER_PARAMETERS, filterOf } from "./filter-of.ts";
import { namesIn, sourceOf } from "./find-exchange.ts";
import { TestCounts } from "./test-counts.ts";

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
    const clients = await countsOf(served).count({ ...filter, fromMs, kinds: ["connection.tested"] });
    const nameOf = namesIn(served);
    // What was counted of an endpoint that is not there any more is not told.
    const told = clients.filter(({ endpoint }) => endpoint === undefined || nameOf(endpoint) !== null);
    return sendJson(reply, {
      tests: told.map((tests) => {
        const endpoint = nameOf(tests.endpoint);
        const { credential: label, dialect, count, sinceMs, lastMs } = tests;
        const actor = { label, dialect: dialect as Tests["actor"]["dialect"] };
        return {
          endpoint,
          credential: label ?? null,
          dialect,
          dialectName: dialectName(tests),
          count,
          since: new Date(sinceMs).toISOString(),
          last: new Date(lastMs).toISOString(),
          text: english(testsSentence({ endpoint: endpoint ?? "", actor, count, sinceMs, lastMs })),
        };
      }),
    });
  });
}

const counts = new WeakMap<Served, TestCounts>();

/** One for each open database. */
function countsOf(served: Served): TestCounts {
  const known = counts.get(served);
  if (known !== undefined) return known;
  const made = new TestCounts(sourceOf(served));
  counts.set(served, made);
  return made;
}
