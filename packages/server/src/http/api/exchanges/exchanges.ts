import { ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { curlOf } from "../../../monitor/export/curl.ts";
import { exchangeJson, isAbsent, type NameOf, summaryJson } from "../../../monitor/export/exchange-json.ts";
import type { Source } from "../../../monitor/export/export.ts";
import { answerByHistory } from "../../../monitor/history/answer.ts";
import type { RecordedExchange } from "../../../store/exchange.ts";
import type { ExchangeFilter } from "../../../store/monitor.ts";
import { type Served, servedTo } from "../../serving.ts";
import { originOf } from "../../urls.ts";
import type { ApiOptions } from "../api.ts";
import { queryOf, sendJson, shownTime } from "../request.ts";
import {
  described,
  INTEGER,
  list,
  nullable,
  object,
  oneOf,
  optional,
  partial,
  type RouteSchema,
  type Static,
  TEXT,
  wholeNumber,
} from "../schema.ts";
import { EXCHANGE, EXCHANGE_ID, FOUND_SUMMARY } from "./exchange-schema.ts";
import { FILTER_PARAMETERS, type FilterQuery, filterOf } from "./filter.ts";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;

const SEARCH_QUERY = partial({
  ...FILTER_PARAMETERS,
  repeats: described(
    "`fold` returns exchanges with the same outcome, client and resource as one, with their number.",
    oneOf("show", "fold"),
  ),
  reads: described(
    "With `repeats=fold`: at most this many entries of successful reads, the newest. `readsLeftOut` counts the others.",
    wholeNumber(0, MAX_LIMIT),
  ),
  before: described("Only exchanges recorded before this position: `next` of the previous page.", wholeNumber(1)),
  limit: described("Maximum number of exchanges.", wholeNumber(1, MAX_LIMIT, { default: DEFAULT_LIMIT })),
});

const FOUND = object({
  total: described("Number of matches on all pages; with `repeats=fold`, of entries.", INTEGER),
  requests: optional(described("With `repeats=fold`: number of exchanges in all entries.", INTEGER)),
  readsLeftOut: optional(described("With `reads`: number of entries beyond it.", INTEGER)),
  exchanges: list(FOUND_SUMMARY),
  next: described("`before` of the next page; null on the last page.", nullable(INTEGER)),
});
type FoundExchanges = Static<typeof FOUND>;

const AT_ID = object({ id: EXCHANGE_ID });
const tags = ["Exchanges"] as const;

const SEARCH: RouteSchema = {
  summary: "Search the recorded exchanges",
  description: "The newest first.",
  tags,
  querystring: SEARCH_QUERY,
  response: { 200: FOUND },
};

const READ: RouteSchema = {
  summary: "Read an exchange with its headers and bodies",
  tags,
  params: AT_ID,
  response: { 200: EXCHANGE },
};

const CURL: RouteSchema = {
  summary: "Get an exchange's request as a curl command",
  description:
    "For a POSIX shell, with `$SCIM_TOKEN` instead of the credential. Comments say if the request is incomplete: if the " +
    "body was cut, or secrets were removed.",
  tags,
  params: AT_ID,
  response: { 200: { description: "The command.", content: { "text/plain": { schema: TEXT } } } },
};

/** Shown instead of a response that was not recorded. */
const FROM_HISTORY =
  "The response to a read is not stored. This is the version that it returned, from the history. " +
  "Order, meta and derived attributes may differ.";

/** Shown if the history does not have it either. */
const NOT_KEPT = "The response to a read is not stored, and the history no longer has this version.";

export type AtExchange = { Params: { id: string } };

/** `/api/exchanges`: recorded requests and answers. */
export function exchangeRoutes(server: FastifyInstance, { publicUrl }: ApiOptions): void {
  server.get("/exchanges", { schema: SEARCH }, async (request, reply) => {
    const served = servedTo(request);
    const query = await queryOf(request, SEARCH_QUERY);
    const { before, limit = DEFAULT_LIMIT, repeats, reads } = query;
    const { exchanges, scope } = sourceOf(served);
    const filter = await filterIn(query, served);
    const page = { limit, ...(before !== undefined && { before }) };
    const nameOf = namesIn(served);
    if (repeats === "fold") {
      const folding = { ...page, ...(reads !== undefined && { maxReads: reads }) };
      const { total, requests, readsLeftOut, next = null, ...found } = await exchanges.folded(scope, filter, folding);
      const shown = found.exchanges.map(({ exchange, count, firstMs, lastMs }) => ({
        ...summaryJson(exchange, nameOf),
        repeats: { count, first: shownTime(firstMs), last: shownTime(lastMs) },
      }));
      return sendJson<FoundExchanges>(reply, { total, requests, readsLeftOut, exchanges: shown, next });
    }
    const { total, next = null, ...found } = await exchanges.search(scope, filter, page);
    const shown = found.exchanges.map((summary) => summaryJson(summary, nameOf));
    return sendJson<FoundExchanges>(reply, { total, exchanges: shown, next });
  });

  server.get<AtExchange>("/exchanges/:id", { schema: READ }, async (request, reply) => {
    const { directory, endpoints } = servedTo(request);
    const exchange = await findExchange(request);
    const shown = exchangeJson(exchange, namesIn(servedTo(request)));
    const endpoint = endpoints.all().find(({ key }) => key === exchange.endpoint);
    const body = endpoint && (await answerByHistory(directory.store, endpoint, exchange));
    if (body === undefined) {
      const details = isAbsent(exchange.response) ? { responseNote: NOT_KEPT, ...shown.details } : shown.details;
      return sendJson(reply, { ...shown, details });
    }
    const details = { ...shown.details, responseNote: FROM_HISTORY };
    return sendJson(reply, { ...shown, details, response: { ...shown.response, body, isCut: false } });
  });

  server.get<AtExchange>("/exchanges/:id/curl", { schema: CURL }, async (request, reply) => {
    const exchange = await findExchange(request);
    const endpoint = namesIn(servedTo(request))(exchange.endpoint);
    return reply.type("text/plain; charset=utf-8").send(curlOf(exchange, endpoint, originOf(request, publicUrl)));
  });
}

export function sourceOf({ directory: { store } }: Served): Source {
  return { exchanges: store.monitor.exchanges, scope: store.committed };
}

/** The filter of a request. @throws ScimError 400, or 404 if the exchange of `sameAs` does not exist */
export async function filterIn(query: FilterQuery, served: Served): Promise<ExchangeFilter> {
  const filter = filterOf(query, served.endpoints, served.directory.now());
  if (query.sameAs === undefined) return filter;
  const { request: _, response: __, ...sameAs } = await exchangeWith(String(query.sameAs), served);
  return { ...filter, sameAs };
}

export function namesIn({ endpoints }: Served): NameOf {
  const names = new Map(endpoints.all().map(({ key, name }) => [key, name]));
  return (key) => (key === undefined ? null : (names.get(key) ?? null));
}

/** The exchange in the path of a request. @throws ScimError 404 */
export async function findExchange(request: FastifyRequest<AtExchange>): Promise<RecordedExchange> {
  return exchangeWith(request.params.id, servedTo(request));
}

async function exchangeWith(id: string, served: Served): Promise<RecordedExchange> {
  const { exchanges, scope } = sourceOf(served);
  const exchange = /^\d{1,16}$/.test(id) ? await exchanges.get(scope, Number(id)) : undefined;
  if (exchange !== undefined) return exchange;
  const detail = `There is no exchange ${id.slice(0, 20)}. Old exchanges are deleted.`;
  throw new ScimError(404, detail);
}
