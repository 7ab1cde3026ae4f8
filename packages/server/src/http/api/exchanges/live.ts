import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { EVENT_STREAM } from "../../../monitor/live/event-stream.ts";
import { Feed } from "../../../monitor/live/feed.ts";
import { USUAL_PACE, View } from "../../../monitor/live/view.ts";
import { checkAdministrator } from "../../auth/administrator.ts";
import { unavailable } from "../../errors.ts";
import type { Served, Serving } from "../../serving.ts";
import { servedTo } from "../../serving.ts";
import type { ApiOptions } from "../administration.ts";
import { type Query, queryOf, wholeNumberIn } from "../query-of.ts";
import { described, INTEGER, object, type RouteSchema, TEXT } from "../route-schema.ts";
import { FILTER_PARAMETERS, filterOf } from "./filter-of.ts";
import { namesIn, sourceOf } from "./find-exchange.ts";

const MAX_VIEWS = 100;

/** When to come again where there are too many, or this server is ending. */
const FULL_RETRY_MS = 10_000;

/** What is ready to be sent to a client that reads slowly; more is read when this has gone. */
const MAX_READY_BYTES = 64 * 1_024;

/** How long a client that reads slowly may take to the end when the server ends. */
const END_MS = 1_000;

const PARAMETERS = {
  ...FILTER_PARAMETERS,
  after: described("Position behind which it begins; usually with what is recorded from now on.", INTEGER),
};

const LIVE: RouteSchema = {
  summary: "Watch exchanges as they are recorded",
  description:
    "Server-sent events: each has the name `exchange`, an ExchangeSummary as its data, and its position as its id. A " +
    "client that comes again with `Last-Event-ID` goes on where it was, without loss.",
  tags: ["Exchanges"],
  querystring: object(PARAMETERS, Object.keys(PARAMETERS)),
  headers: object({ "last-event-id": described("As `after`, and before it.", INTEGER) }, ["last-event-id"]),
  response: { 200: { description: "Events without end.", content: { [EVENT_STREAM]: { schema: TEXT } } } },
  problems: { 503: `${MAX_VIEWS} clients watch already.` },
};

/** `/api/live` */
export function liveRoute(server: FastifyInstance, { serving }: ApiOptions): void {
  const views = new Map<View, ServerResponse>();
  let isEnding = false;
  server.addHook("preClose", async () => {
    isEnding = true;
    for (const [view, response] of views) {
      view.end();
      setTimeout(() => response.destroy(), END_MS).unref();
    }
  });

  // Without an answer to HEAD, which would never end.
  server.get("/live", { schema: LIVE, exposeHeadRoute: false }, async (request, reply) => {
    const served = servedTo(request);
    const query = queryOf(request, PARAMETERS);
    const filter = filterOf(query, served.endpoints, served.directory.now());
    const after = lastEventOf(request) ?? afterOf(query);
    if (isEnding)
      throw unavailable({ code: "unavailable", cause: "stopping" }, "This server is shutting down.", FULL_RETRY_MS);
    if (views.size >= MAX_VIEWS) {
      throw unavailable(
        { code: "unavailable", cause: "viewers" },
        `${MAX_VIEWS} clients watch already. Close one, or try again later.`,
        FULL_RETRY_MS,
      );
    }
    const feed = feedOf(served);
    const view = new View({
      feed,
      filter,
      after,
      mayWatch: () => mayWatch(request, serving, served),
      pace: USUAL_PACE,
    });
    views.set(view, reply.raw);
    reply.raw.once("close", () => {
      views.delete(view);
      view.end();
    });
    const events = Readable.from(view.events(), { objectMode: false, highWaterMark: MAX_READY_BYTES });
    return (
      reply
        .header("cache-control", "no-store")
        // Proxies of the nginx family would gather events before they hand them on.
        .header("x-accel-buffering", "no")
        .type(EVENT_STREAM)
        .send(events)
    );
  });
}

const feeds = new WeakMap<Served, Feed>();

/** One for each open database. */
function feedOf(served: Served): Feed {
  const known = feeds.get(served);
  if (known !== undefined) return known;
  const feed = new Feed({ recordings: served.recorder, names: () => namesIn(served), ...sourceOf(served) });
  feeds.set(served, feed);
  return feed;
}

/** Whether the session that watches is still one, and the database still open. */
async function mayWatch(request: FastifyRequest, serving: Serving, served: Served): Promise<boolean> {
  if (serving.current !== served) return false;
  try {
    await checkAdministrator(request, serving);
    return true;
  } catch {
    // A client that comes again is told why.
    return false;
  }
}

function afterOf(query: Query): number | undefined {
  return wholeNumberIn(query, "after", 0, Number.MAX_SAFE_INTEGER);
}

/** Where a client that comes again was. */
function lastEventOf({ headers }: FastifyRequest): number | undefined {
  const text = headers["last-event-id"];
  if (text === undefined || text === "") return undefined;
  if (/^\d{1,15}$/.test(String(text))) return Number(text);
  throw new ScimError(400, '"Last-Event-ID" must be the id of an event of this stream.');
}
