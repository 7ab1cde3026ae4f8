import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { EVENT_STREAM, Feed } from "../../../monitor/live/feed.ts";
import { USUAL_PACE, View } from "../../../monitor/live/view.ts";
import { administratorOf, checkAdministrator } from "../../auth/administrator.ts";
import { unavailable } from "../../errors.ts";
import type { Served, Serving } from "../../serving.ts";
import { servedTo } from "../../serving.ts";
import type { ApiOptions } from "../api.ts";
import { queryOf } from "../request.ts";
import { described, INTEGER, partial, type RouteSchema, TEXT, wholeNumber } from "../schema.ts";
import { filterIn, namesIn, sourceOf } from "./exchanges.ts";
import { FILTER_PARAMETERS } from "./filter.ts";

const MAX_VIEWS = 100;

/** Viewers may take the others: an administrator must be able to watch. */
const RESERVED_VIEWS = 20;

/** Retry-After if there are too many views, or the server is shutting down. */
const FULL_RETRY_MS = 10_000;

/** Buffer for a client that reads slowly. */
const MAX_READY_BYTES = 64 * 1_024;

/** How long a client may take to read the rest when the server shuts down. */
const END_MS = 1_000;

const QUERY = partial({
  ...FILTER_PARAMETERS,
  after: described("Start after this position. Default: only new exchanges.", wholeNumber(0)),
});

const LIVE: RouteSchema = {
  summary: "Watch exchanges as they are recorded",
  description:
    "Server-sent events: each has the name `exchange`, an ExchangeSummary as its data, and its position as its ID. A " +
    "client that reconnects with `Last-Event-ID` continues there without loss.",
  tags: ["Exchanges"],
  querystring: QUERY,
  headers: partial({ "last-event-id": described("Like `after`, which it overrides.", INTEGER) }),
  response: { 200: { description: "An endless stream.", content: { [EVENT_STREAM]: { schema: TEXT } } } },
  problems: {
    503: `${MAX_VIEWS} clients watch already, or ${MAX_VIEWS - RESERVED_VIEWS} and the secret is a viewer's.`,
  },
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

  // Without HEAD, which would never end.
  server.get("/live", { schema: LIVE, exposeHeadRoute: false }, async (request, reply) => {
    const served = servedTo(request);
    const query = await queryOf(request, QUERY);
    const filter = await filterIn(query, served);
    const after = lastEventOf(request) ?? query.after;
    if (isEnding)
      throw unavailable({ code: "unavailable", cause: "stopping" }, "This server is shutting down.", FULL_RETRY_MS);
    const isAdmin = administratorOf(request).role === "admin";
    const mostViews = isAdmin ? MAX_VIEWS : MAX_VIEWS - RESERVED_VIEWS;
    if (views.size >= mostViews) {
      throw unavailable(
        { code: "unavailable", cause: "viewers" },
        `${views.size} clients watch already. Close one, or try again later.`,
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
        // nginx would buffer events otherwise.
        .header("x-accel-buffering", "no")
        .type(EVENT_STREAM)
        .send(events)
    );
  });
}

const feeds = new WeakMap<Served, Feed>();

/** One per open database. */
function feedOf(served: Served): Feed {
  const known = feeds.get(served);
  if (known !== undefined) return known;
  const feed = new Feed({ recordings: served.recorder, names: () => namesIn(served), ...sourceOf(served) });
  feeds.set(served, feed);
  return feed;
}

/** Whether the session is still valid and the database still open. */
async function mayWatch(request: FastifyRequest, serving: Serving, served: Served): Promise<boolean> {
  if (serving.current !== served) return false;
  try {
    await checkAdministrator(request, serving);
    return true;
  } catch {
    // The client learns the reason when it reconnects.
    return false;
  }
}

/** The last position that a reconnecting client received. */
function lastEventOf({ headers }: FastifyRequest): number | undefined {
  const text = headers["last-event-id"];
  if (text === undefined || text === "") return undefined;
  if (/^\d{1,15}$/.test(String(text))) return Number(text);
  throw new ScimError(400, '"Last-Event-ID" must be the id of an event of this stream.');
}
