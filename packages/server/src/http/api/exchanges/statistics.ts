import { ScimError } from "@scimtool/scim";
import type { FastifyInstance } from "fastify";
import type { ExchangeStatistics } from "../../../store/monitor.ts";
import { servedTo } from "../../serving.ts";
import { type AtEndpoint, endpointOf, momentOf, queryOf, sendJson, shownTime } from "../request.ts";
import {
  AT_ENDPOINT,
  described,
  INTEGER,
  list,
  named,
  nullable,
  object,
  objectOf,
  oneOf,
  partial,
  type RouteSchema,
  type Static,
  TEXT,
  TIME,
} from "../schema.ts";
import { filterIn } from "./exchanges.ts";
import { FILTER_PARAMETERS } from "./filter.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const BUCKET_MS = { "1m": 60_000, "5m": 300_000, "1h": HOUR_MS, "1d": DAY_MS } as const;
const BUCKETS = ["1m", "5m", "1h", "1d"] as const;
const DEFAULT_BUCKET = "1h";

/** More than a chart has pixels. */
const MAX_BUCKETS = 1_000;

/** Without `from`. */
const DEFAULT_SPAN_MS = DAY_MS;
const DEFAULT_POPULATION_SPAN_MS = 7 * DAY_MS;

const STATISTICS_QUERY = partial({
  ...FILTER_PARAMETERS,
  from: described(
    "Beginning: `2026-08-01T12:00:00Z`, a day, or how long ago: `24h`. Default: a day before `to`.",
    TEXT,
  ),
  to: described("End, written like `from`. Default: now.", TEXT),
  bucket: described("Length of each span.", { ...oneOf(...BUCKETS), default: DEFAULT_BUCKET }),
});

const BUCKET = named(
  "StatisticsBucket",
  "Statistics of one time span.",
  object({
    start: described("A whole minute, hour or day, UTC.", TIME),
    requests: INTEGER,
    probes: described("Connection tests among them.", INTEGER),
    refused: described("Those answered with 400 to 499.", INTEGER),
    failed: described("Those answered with 500 or more.", INTEGER),
    latencyUs: nullable(
      described(
        "Percentiles of the duration in microseconds, to within 4 %; null without requests.",
        object({ p50: INTEGER, p95: INTEGER, p99: INTEGER }),
      ),
    ),
    kinds: described("Number of exchanges with a sentence of each kind.", objectOf(INTEGER)),
    findings: described("Number of exchanges with a finding of each kind.", objectOf(INTEGER)),
  }),
);

const STATISTICS_ANSWER = object({ buckets: list(BUCKET) });
type Statistics = Static<typeof STATISTICS_ANSWER>;

const STATISTICS: RouteSchema = {
  summary: "Count the recorded exchanges over time",
  description: `Includes spans without requests; ${MAX_BUCKETS} spans at most. The first begins at the whole minute, hour or day that contains \`from\`.`,
  tags: ["Statistics"],
  querystring: STATISTICS_QUERY,
  response: { 200: STATISTICS_ANSWER },
};

const POPULATION_QUERY = partial({
  from: described(
    "Beginning: `2026-08-01T12:00:00Z`, a day, or how long ago: `24h`. Default: 7 days before `to`.",
    TEXT,
  ),
  to: described("End, written like `from`. Default: now.", TEXT),
});

const POPULATION_ANSWER = object({
  population: list(
    object({
      hour: described("Its beginning.", TIME),
      type: described("Name of the resource type.", TEXT),
      count: INTEGER,
    }),
  ),
});
type Population = Static<typeof POPULATION_ANSWER>;

const POPULATION: RouteSchema = {
  summary: "Count the resources of an endpoint over time",
  description:
    "At the end of each hour with writes; in other hours the number did not change. The last number before `from` is " +
    "included with its hour.",
  tags: ["Statistics"],
  params: AT_ENDPOINT,
  querystring: POPULATION_QUERY,
  response: { 200: POPULATION_ANSWER },
};

/** `/api/statistics`, `/api/endpoints/{name}/population` */
export function statisticsRoutes(server: FastifyInstance): void {
  server.get("/statistics", { schema: STATISTICS }, async (request, reply) => {
    const served = servedTo(request);
    const { store, now } = served.directory;
    const query = await queryOf(request, STATISTICS_QUERY);
    const nowMs = now();
    const bucketMs = BUCKET_MS[query.bucket ?? DEFAULT_BUCKET];
    const { fromMs, toMs } = spanIn(query, nowMs, DEFAULT_SPAN_MS);
    const startMs = Math.floor(fromMs / bucketMs) * bucketMs;
    checkCount((toMs - startMs) / bucketMs);
    const filter = { ...(await filterIn(query, served)), fromMs: startMs, toMs };
    const buckets = await store.monitor.exchanges.statistics(store.committed, filter, bucketMs);
    return sendJson<Statistics>(reply, { buckets: buckets.map(shownBucket) });
  });

  server.get<AtEndpoint>("/endpoints/:name/population", { schema: POPULATION }, async (request, reply) => {
    const { store, now } = servedTo(request).directory;
    const { fromMs, toMs } = spanIn(await queryOf(request, POPULATION_QUERY), now(), DEFAULT_POPULATION_SPAN_MS);
    const { key } = endpointOf(request);
    const population = await store.monitor.exchanges.population(store.committed, key, fromMs, toMs);
    return sendJson<Population>(reply, {
      population: population.map(({ hourMs, type, count }) => ({ hour: shownTime(hourMs), type, count })),
    });
  });
}

/** @throws ScimError 400 */
function spanIn(
  { from, to }: Static<typeof POPULATION_QUERY>,
  nowMs: number,
  defaultMs: number,
): { fromMs: number; toMs: number } {
  const toMs = momentOf("to", to, nowMs) ?? nowMs;
  const fromMs = momentOf("from", from, nowMs) ?? toMs - defaultMs;
  if (fromMs < toMs) return { fromMs, toMs };
  throw new ScimError(400, '"from" must be before "to", which is now unless it is given.');
}

/** @throws ScimError 400 */
function checkCount(count: number): void {
  if (count <= MAX_BUCKETS) return;
  const detail = `That would be ${Math.ceil(count)} spans of time; ${MAX_BUCKETS} are allowed. Send a longer "bucket" (${BUCKETS.join(", ")}), or a later "from".`;
  throw new ScimError(400, detail);
}

function shownBucket({ startMs, requests, probes, refused, failed, latencyUs, kinds, findings }: ExchangeStatistics) {
  return {
    start: shownTime(startMs),
    requests,
    probes,
    refused,
    failed,
    latencyUs:
      latencyUs === undefined
        ? null
        : { p50: Math.round(latencyUs.p50), p95: Math.round(latencyUs.p95), p99: Math.round(latencyUs.p99) },
    kinds: Object.fromEntries(kinds),
    findings: Object.fromEntries(findings),
  };
}
