import { ScimError } from "@scimtool/scim";
import type { FastifyInstance } from "fastify";
import { describeDialect } from "../../../monitor/dialect/client.ts";
import { summaryJson } from "../../../monitor/export/exchange-json.ts";
import {
  actorOf,
  type ToldEntry,
  type ToldTimelineEntry,
  tellDeleted,
  tellTimeline,
  tellVersions,
} from "../../../monitor/history/tell.ts";
import { english } from "../../../monitor/words/sentence.ts";
import type { ExchangeSummary } from "../../../store/exchange.ts";
import type { FoundHistory, HistoryPage, TimelineRole } from "../../../store/monitor.ts";
import type { Key, Store } from "../../../store/store.ts";
import { servedTo } from "../../serving.ts";
import { namesIn } from "../exchanges/exchanges.ts";
import { type AtEndpoint, type AtResource, endpointOf, queryOf, sendJson, shownTime } from "../request.ts";
import { AT_ENDPOINT, described, partial, type RouteSchema, type Static, TEXT, wholeNumber } from "../schema.ts";
import { AT_RESOURCE, ENTRY_PAGE, type HistoryEntry, TIMELINE_PAGE, type TimelineEntry } from "./history-schema.ts";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;

const PAGE_PARAMETERS = {
  before: described("Only entries written before the one with this key: `next` of the previous page.", wholeNumber(1)),
  limit: described("Maximum number of entries.", wholeNumber(1, MAX_LIMIT, { default: DEFAULT_LIMIT })),
};

const PAGE_QUERY = partial(PAGE_PARAMETERS);

const DELETED_QUERY = partial({
  ...PAGE_PARAMETERS,
  type: described("Name of a resource type.", { ...TEXT, examples: ["User"] }),
});

const tags = ["History"] as const;

const LIST_VERSIONS: RouteSchema = {
  summary: "List the versions of a resource",
  description: "The newest first, with names as they were at that time.",
  tags,
  params: AT_RESOURCE,
  querystring: PAGE_QUERY,
  response: { 200: ENTRY_PAGE },
};

const LIST_TIMELINE: RouteSchema = {
  summary: "List all writes that concern a resource",
  description:
    "Its own versions, and those of other resources, such as groups that added it, the newest first; beside them the " +
    "requests that failed or have findings.",
  tags,
  params: AT_RESOURCE,
  querystring: PAGE_QUERY,
  response: { 200: TIMELINE_PAGE },
};

const LIST_DELETED: RouteSchema = {
  summary: "List the deleted resources",
  description: "Each with the entry of its deletion, the newest first.",
  tags,
  params: AT_ENDPOINT,
  querystring: DELETED_QUERY,
  response: { 200: ENTRY_PAGE },
};

/** `/api/endpoints/{name}/history`, `/timeline`, `/deleted`: versions of resources. */
export function historyRoutes(server: FastifyInstance): void {
  server.get<AtResource>("/endpoints/:name/history/:id", { schema: LIST_VERSIONS }, async (request, reply) => {
    const { store } = servedTo(request).directory;
    const page = pageOf(await queryOf(request, PAGE_QUERY));
    const found = await tellVersions(store, endpointOf(request), request.params.id, page);
    return sendJson<Static<typeof ENTRY_PAGE>>(reply, shownPage(found, shownEntry));
  });

  server.get<AtResource>("/endpoints/:name/timeline/:id", { schema: LIST_TIMELINE }, async (request, reply) => {
    const { store } = servedTo(request).directory;
    const page = pageOf(await queryOf(request, PAGE_QUERY));
    const { id } = request.params;
    const endpoint = endpointOf(request);
    const found = await tellTimeline(store, endpoint, id, page);
    const exchanges = await exchangesBeside(store, { endpoint: endpoint.key, resource: id }, page, found);
    const nameOf = namesIn(servedTo(request));
    return sendJson<Static<typeof TIMELINE_PAGE>>(reply, {
      ...shownPage(found, shownTimelineEntry),
      exchanges: exchanges.map((exchange) => summaryJson(exchange, nameOf)),
    });
  });

  server.get<AtEndpoint>("/endpoints/:name/deleted", { schema: LIST_DELETED }, async (request, reply) => {
    const { store } = servedTo(request).directory;
    const endpoint = endpointOf(request);
    const query = await queryOf(request, DELETED_QUERY);
    const { type } = query;
    const types = endpoint.models.map((model) => model.type.name);
    if (type !== undefined && !types.includes(type)) {
      throw new ScimError(400, `"type" must be ${types.slice(0, -1).join(", ")} or ${types.at(-1)}.`);
    }
    const found = await tellDeleted(store, endpoint, { ...pageOf(query), ...(type !== undefined && { type }) });
    return sendJson<Static<typeof ENTRY_PAGE>>(reply, shownPage(found, shownEntry));
  });
}

const MAX_BESIDE = 100;

/** Exchanges of a resource that failed or have findings, from the time of this page's entries. */
async function exchangesBeside(
  store: Store,
  filter: { readonly endpoint: Key; readonly resource: string },
  { before }: HistoryPage,
  { entries, next }: FoundHistory<ToldTimelineEntry>,
): Promise<ExchangeSummary[]> {
  const { history, exchanges } = store.monitor;
  const upTo = before === undefined ? undefined : { before: before + 1, limit: 1 };
  const above = upTo && (await history.timeline(store.committed, filter.endpoint, filter.resource, upTo)).entries[0];
  const fromMs = next === undefined ? undefined : entries.at(-1)?.atMs;
  const span = { ...filter, ...(fromMs !== undefined && { fromMs }), ...(above !== undefined && { toMs: above.atMs }) };
  const page = { limit: MAX_BESIDE, counted: false };
  const all = await Promise.all([
    exchanges.search(store.committed, { ...span, statuses: [[400, 599]] }, page),
    exchanges.search(store.committed, { ...span, findings: ["*"] }, page),
  ]);
  const found = new Map(all.flatMap((each) => each.exchanges).map((exchange) => [exchange.id, exchange]));
  return [...found.values()].sort((one, other) => other.id - one.id);
}

function pageOf({ before, limit = DEFAULT_LIMIT }: Static<typeof PAGE_QUERY>): HistoryPage {
  return { limit, ...(before !== undefined && { before }) };
}

function shownPage<Entry, Shown>({ total, entries, next }: FoundHistory<Entry>, shown: (entry: Entry) => Shown) {
  return { total, entries: entries.map(shown), next: next ?? null };
}

function shownEntry(entry: ToldEntry): HistoryEntry {
  const { position, resource, revision, action, atMs, exchange, actor, changes, sentences } = entry;
  return {
    key: position,
    resource,
    revision,
    action,
    at: shownTime(atMs),
    exchange: exchange ?? null,
    actor: {
      credential: actor.credential ?? null,
      dialect: actor.dialect,
      dialectName: describeDialect(actorOf(entry).dialect),
    },
    changes: [...changes],
    sentences: sentences.map((sentence) => ({
      kind: sentence.kind,
      text: english(sentence),
      attributes: sentence.attributes.map(({ path, name, before, after }) => ({
        path,
        name,
        before: before ?? null,
        after: after ?? null,
      })),
    })),
  };
}

/** One request can add 100,000 members, and the page reads a timeline every few seconds. */
const MAX_VALUES = 100;

function shortened(change: HistoryEntry["changes"][number]): HistoryEntry["changes"][number] {
  if (change.kind !== "collection") return change;
  const { added, removed } = change;
  if (added.length <= MAX_VALUES && removed.length <= MAX_VALUES) return change;
  const counts = { added: added.length, removed: removed.length };
  return { ...change, added: added.slice(0, MAX_VALUES), removed: removed.slice(0, MAX_VALUES), counts };
}

const ROLES: Readonly<Record<TimelineRole, TimelineEntry["role"]>> = {
  self: "own",
  added: "added",
  removed: "removed",
  concerned: "concerned",
};

function shownTimelineEntry(entry: ToldTimelineEntry): TimelineEntry {
  const shown = shownEntry(entry);
  return { role: ROLES[entry.role], ...shown, changes: shown.changes.map(shortened) };
}
