import { ScimError } from "@scimtool/scim";
import type { FastifyInstance } from "fastify";
import type { ExchangeStatistics } from "../../store/monitor.ts";
import { servedTo } from "../serving.ts";
import { type AtEndpoint, endpointOf } from "./endpoint-of.ts";
import { FILTER_PARAMETERS, filterOf } from "./exchanges/filter-of.ts";
import { momentIn, type Query, queryOf, wordIn } from "./query-of.ts";
import {
  described,
  ENDPOINT_NAME,
  INTEGER,
  list,
  named,
  nullable,
  object,
  objectOf,
  oneOf,
  type RouteSchema,
  TEXT,
  TIME,
} from "./route-schema.ts";
import { sendJson } from "./send-json.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const BUCKET_MS = { "1m": 60_000, "5m": 300_000, "1h": HOUR_MS, "1d": DAY_MS } as const;
const BUCKETS = ["1m", "5m", "1h", "1d"] as const;
const USUAL_BUCKET = "1h";

/** More than a picture of them is wide. */
const MAX_BUCKETS = 1_000;

/** What is looked at where `from` is left out. */
const USUAL_SPAN_MS = DAY_MS;
const USUAL_POPULATION_SPAN_MS = 7 * DAY_MS;

const STATISTICS_PARAMETERS = {
  ...FILTER_PARAMETERS,
  from: described(`${FILTER_PARAMETERS.from.description} Usually a day before \`to\`.`, TEXT),
  to: described(`${FILTER_PARAMETERS.to.description} Usually now.`, TEXT),
  bucket: described("How long each span is.", { ...oneOf(...BUCKETS), default: USUAL_BUCKET }),
};

const BUCKET = named(
  "StatisticsBucket",
  "What happened in one span of time.",
  object({
    start: described("A whole minute, hour or day, UTC.", TIME),
    requests: INTEGER,
    probes: described("Of these, tests of the connection.", INTEGER),
    refused: described("Of these, those answered with 400 to 499.", INTEGER),
    failed: described("Of these, those answered with 500 or more.", INTEGER),
    latencyUs: nullable(
      described(
        "Percentiles of the duration in microseconds, to within 4 %; null where nothing happened.",
        object({ p50: INTEGER, p95: INTEGER, p99: INTEGER }),
      ),
    ),
    kinds: described("How many exchanges had a sentence of each kind.", objectOf(INTEGER)),
  }),
);

const STATISTICS: RouteSchema = {
  summary: "Count the recorded exchanges over time",
  description: `Spans in which nothing happened are there as well; there may be ${MAX_BUCKETS} at most. The first begins at the whole minute, hour or day that \`from\` lies in.`,
  tags: ["Statistics"],
  querystring: object(STATISTICS_PARAMETERS, Object.keys(STATISTICS_PARAMETERS)),
  response: { 200: object({ buckets: list(BUCKET) }) },
};

const POPULATION_PARAMETERS = {
  from: described("From this time on: `2026-08-01T12:00:00Z`, a day, or how long ago: `24h`. Usually 7 days.", TEXT),
  to: described("Before this time, given as `from`. Usually now.", TEXT),
};

const POPULATION: RouteSchema = {
  summary: "Count the resources of an endpoint over time",
  description:
    "At the end of each hour in which something was written; in other hours they stayed as many. What there was before " +
    "`from` stands at its hour.",
  tags: ["Statistics"],
  params: object({ name: ENDPOINT_NAME }),
  querystring: object(POPULATION_PARAMETERS, Object.keys(POPULATION_PARAMETERS)),
  response: {
    200: object({
      population: list(
        object({
          hour: described("Its beginning.", TIME),
          type: described("Name of the resource type.", TEXT),
          count: INTEGER,
        }),
      ),
    }),
  },
};

/** `/api/statistics`, `/api/endpoints/{name}/population`: numbers over time. */
export function statisticsRoutes(server: FastifyInstance): void {
  server.get("/statistics", { schema: STATISTICS }, async (request, reply) => {
    const { directory, endpoints } = servedTo(request);
    const { store, now } = directory;
    const query = queryOf(request, STATISTICS_PARAMETERS);
    const nowMs = now();
    const bucketMs = BUCKET_MS[wordIn(query, "bucket", BUCKETS) ?? USUAL_BUCKET];
    const { fromMs, toMs } = spanIn(query, nowMs, USUAL_SPAN_MS);
    const startMs = Math.floor(fromMs / bucketMs) * bucketMs;
    checkCount((toMs - startMs) / bucketMs);
    const filter = { ...filterOf(query, endpoints, nowMs), fromMs: startMs, toMs };
    const buckets = await store.monitor.exchanges.statistics(store.committed, filter, bucketMs);
    return sendJson(reply, { buckets: buckets.map(shownBucket) });
  });

  server.get<AtEndpoint>("/endpoints/:name/population", { schema: POPULATION }, async (request, reply) => {
    const { store, now } = servedTo(request).directory;
    const { fromMs, toMs } = spanIn(queryOf(request, POPULATION_PARAMETERS), now(), USUAL_POPULATION_SPAN_MS);
    const { key } = endpointOf(request);
    const population = await store.monitor.exchanges.population(store.committed, key, fromMs, toMs);
    return sendJson(reply, {
      population: population.map(({ hourMs, type, count }) => ({ hour: new Date(hourMs).toISOString(), type, count })),
    });
  });
}

/** @throws ScimError 400 */
function spanIn(query: Query, nowMs: number, usualMs: number): { fromMs: number; toMs: number } {
  const toMs = momentIn(query, "to", nowMs) ?? nowMs;
  const fromMs = momentIn(query, "from", nowMs) ?? toMs - usualMs;
  if (fromMs < toMs) return { fromMs, toMs };
  throw new ScimError(400, '"from" must be before "to", which is now unless it is given.');
}

/** @throws ScimError 400 */
function checkCount(count: number): void {
  if (count <= MAX_BUCKETS) return;
  const detail = `That would be ${Math.ceil(count)} spans of time; ${MAX_BUCKETS} are allowed. Send a longer "bucket" (${BUCKETS.join(", ")}), or a later "from".`;
  throw new ScimError(400, detail);
}

function shownBucket({ startMs, requests, probes, refused, failed, latencyUs, kinds }: ExchangeStatistics) {
  return {
    start: new Date(startMs).toISOString(),
    requests,
    probes,
    refused,
    failed,
    latencyUs:
      latencyUs === undefined
        ? null
        : { p50: Math.round(latencyUs.p50), p95: Math.round(latencyUs.p95), p99: Math.round(latencyUs.p99) },
    kinds: Object.fromEntries(kinds),
  };
}
