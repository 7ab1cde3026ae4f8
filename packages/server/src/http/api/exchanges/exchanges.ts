import type { FastifyInstance } from "fastify";
import { curlOf } from "../../../monitor/export/curl.ts";
import { exchangeJson, isAbsent, summaryJson } from "../../../monitor/export/exchange-json.ts";
import { answerByHistory } from "../../../monitor/history/answer.ts";
import { servedTo } from "../../serving.ts";
import { originOf } from "../../urls.ts";
import type { ApiOptions } from "../administration.ts";
import { queryOf, wholeNumberIn } from "../query-of.ts";
import { described, INTEGER, list, nullable, object, type RouteSchema, TEXT } from "../route-schema.ts";
import { sendJson } from "../send-json.ts";
import { AT_EXCHANGE, EXCHANGE, SUMMARY } from "./exchange-schema.ts";
import { exportRoute } from "./export.ts";
import { FILTER_PARAMETERS, filterOf } from "./filter-of.ts";
import { type AtExchange, findExchange, namesIn, sourceOf } from "./find-exchange.ts";
import { liveRoute } from "./live.ts";
import { replayRoute } from "./replay.ts";
import { testsRoute } from "./tests.ts";

const USUAL_LIMIT = 50;
const MAX_LIMIT = 500;

const SEARCH_PARAMETERS = {
  ...FILTER_PARAMETERS,
  before: described("Only what was recorded before this position: `next` of the page before.", INTEGER),
  limit: described(`At most so many, ${MAX_LIMIT} at most.`, { ...INTEGER, default: USUAL_LIMIT }),
};

const SEARCH: RouteSchema = {
  summary: "Search the recorded exchanges",
  description: "The newest first.",
  tags: ["Exchanges"],
  querystring: object(SEARCH_PARAMETERS, Object.keys(SEARCH_PARAMETERS)),
  response: {
    200: object({
      total: described("How many match, on whichever page they are.", INTEGER),
      exchanges: list(SUMMARY),
      next: described("`before` of the next page; null where there is none.", nullable(INTEGER)),
    }),
  },
};

const READ: RouteSchema = {
  summary: "Read an exchange with its headers and bodies",
  tags: ["Exchanges"],
  params: AT_EXCHANGE,
  response: { 200: EXCHANGE },
};

/** For people, in the place of an answer that is not kept. */
const TOLD_ANEW =
  "What a read was answered is not kept: this is the version that it had, from the history. " +
  "Order, meta and derived attributes may differ.";

/** In the place of one that cannot be told anew either. */
const NOT_KEPT = "What a read was answered is not kept, and the history does not have it.";

const CURL: RouteSchema = {
  summary: "Write an exchange's request as a curl command",
  description:
    "For a POSIX shell, with `$SCIM_TOKEN` in the place of the credential. Comments say where it is not the whole " +
    "request: where the body was cut, or secrets were taken out.",
  tags: ["Exchanges"],
  params: AT_EXCHANGE,
  response: { 200: { description: "The command.", content: { "text/plain": { schema: TEXT } } } },
};

/** `/api/exchanges`, `/api/live`, `/api/export`, `/api/activity`: what was recorded. */
export function exchangeRoutes(server: FastifyInstance, options: ApiOptions): void {
  server.get("/exchanges", { schema: SEARCH }, async (request, reply) => {
    const served = servedTo(request);
    const query = queryOf(request, SEARCH_PARAMETERS);
    const filter = filterOf(query, served.endpoints, served.directory.now());
    const before = wholeNumberIn(query, "before", 1, Number.MAX_SAFE_INTEGER);
    const limit = wholeNumberIn(query, "limit", 1, MAX_LIMIT) ?? USUAL_LIMIT;
    const { exchanges, scope } = sourceOf(served);
    const found = await exchanges.search(scope, filter, { limit, ...(before !== undefined && { before }) });
    const nameOf = namesIn(served);
    return sendJson(reply, {
      total: found.total,
      exchanges: found.exchanges.map((summary) => summaryJson(summary, nameOf)),
      next: found.next ?? null,
    });
  });

  server.get<AtExchange>("/exchanges/:id", { schema: READ }, async (request, reply) => {
    const { directory, endpoints } = servedTo(request);
    const exchange = await findExchange(request);
    const shown = exchangeJson(exchange, namesIn(servedTo(request)));
    const endpoint = endpoints.all().find(({ key }) => key === exchange.endpoint);
    const anew = endpoint && (await answerByHistory(directory.store, endpoint, exchange));
    if (anew === undefined) {
      const details = isAbsent(exchange.response) ? { responseNote: NOT_KEPT, ...shown.details } : shown.details;
      return sendJson(reply, { ...shown, details });
    }
    const details = { ...shown.details, responseNote: TOLD_ANEW };
    return sendJson(reply, { ...shown, details, response: { ...shown.response, body: anew, isCut: false } });
  });

  server.get<AtExchange>("/exchanges/:id/curl", { schema: CURL }, async (request, reply) => {
    const exchange = await findExchange(request);
    const endpoint = namesIn(servedTo(request))(exchange.endpoint);
    return reply
      .header("cache-control", "no-store")
      .header("x-content-type-options", "nosniff")
      .type("text/plain; charset=utf-8")
      .send(curlOf(exchange, endpoint, originOf(request, options.publicUrl)));
  });

  replayRoute(server);
  liveRoute(server, options);
  exportRoute(server, options);
  testsRoute(server);
}
