import type { FastifyInstance } from "fastify";
import { tellDeleted, tellTimeline, tellVersions } from "../../../monitor/history/tell.ts";
import { servedTo } from "../../serving.ts";
import type { ApiOptions } from "../administration.ts";
import { type AtEndpoint, type AtResource, endpointOf } from "../endpoint-of.ts";
import { queryOf, wordIn } from "../query-of.ts";
import { sendJson } from "../send-json.ts";
import { DELETED_PARAMETERS, LIST_DELETED, LIST_TIMELINE, LIST_VERSIONS } from "./history-schema.ts";
import { PAGE_PARAMETERS, pageIn } from "./page-in.ts";
import { shownEntry, shownPage, shownTimelineEntry } from "./shown-entry.ts";
import { stateRoutes } from "./state.ts";

/** `/api/endpoints/{name}/history`, `/timeline`, `/deleted`: what became of resources. */
export function historyRoutes(server: FastifyInstance, options: ApiOptions): void {
  server.get<AtResource>("/endpoints/:name/history/:id", { schema: LIST_VERSIONS }, async (request, reply) => {
    const { store } = servedTo(request).directory;
    const page = pageIn(queryOf(request, PAGE_PARAMETERS));
    const found = await tellVersions(store, endpointOf(request), request.params.id, page);
    return sendJson(reply, shownPage(found, shownEntry));
  });

  server.get<AtResource>("/endpoints/:name/timeline/:id", { schema: LIST_TIMELINE }, async (request, reply) => {
    const { store } = servedTo(request).directory;
    const page = pageIn(queryOf(request, PAGE_PARAMETERS));
    const found = await tellTimeline(store, endpointOf(request), request.params.id, page);
    return sendJson(reply, shownPage(found, shownTimelineEntry));
  });

  server.get<AtEndpoint>("/endpoints/:name/deleted", { schema: LIST_DELETED }, async (request, reply) => {
    const { store } = servedTo(request).directory;
    const endpoint = endpointOf(request);
    const query = queryOf(request, DELETED_PARAMETERS);
    const types = endpoint.models.map((model) => model.type.name);
    const type = wordIn(query, "type", types);
    const page = { ...pageIn(query), ...(type !== undefined && { type }) };
    const found = await tellDeleted(store, endpoint, page);
    return sendJson(reply, shownPage(found, shownEntry));
  });

  stateRoutes(server, options);
}
