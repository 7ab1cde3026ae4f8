import { ScimError } from "@scimtool/scim";
import type { FastifyInstance } from "fastify";
import { servedTo } from "../serving.ts";
import { type AtResource, endpointOf, queryOf, sendJson } from "./request.ts";
import {
  described,
  ENDPOINT_NAME,
  INTEGER,
  list,
  object,
  partial,
  type RouteSchema,
  type Static,
  TEXT,
  wholeNumber,
} from "./schema.ts";

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

const MEMBERS_QUERY = partial({
  q: described("A part of the members' name or `userName`, or a whole ID.", TEXT),
  offset: described("Matches to skip.", wholeNumber(0)),
  limit: described("Maximum number of members.", wholeNumber(1, MAX_LIMIT, { default: DEFAULT_LIMIT })),
});

const MEMBERS_PAGE = object({
  total: described("Number of all matches.", INTEGER),
  members: list(
    object({
      type: described("Name of its resource type; empty if no resource has the ID.", TEXT),
      id: TEXT,
      label: described("Its name.", TEXT),
    }),
  ),
});

const LIST_MEMBERS: RouteSchema = {
  summary: "List or search the members of a group",
  description:
    "In the order in which they were created. SCIM has no pages of members: a group is always returned with all of them.",
  tags: ["Members"],
  params: object({ name: ENDPOINT_NAME, id: described("ID of the group.", TEXT) }),
  querystring: MEMBERS_QUERY,
  response: { 200: MEMBERS_PAGE },
};

/** `/api/endpoints/{name}/members/{id}`: a page of a group's members. */
export function memberRoutes(server: FastifyInstance): void {
  server.get<AtResource>("/endpoints/:name/members/:id", { schema: LIST_MEMBERS }, async (request, reply) => {
    const { store } = servedTo(request).directory;
    const { key, models } = endpointOf(request);
    const { id } = request.params;
    const { q = "", offset = 0, limit = DEFAULT_LIMIT } = await queryOf(request, MEMBERS_QUERY);
    for (const model of models) {
      if (model.collection === undefined) continue;
      const group = await store.resources.get(store.committed, key, model, id, { groups: false, members: false });
      if (group === undefined) continue;
      const page = await store.members.page(store.committed, key, group.key, { text: q, offset, limit });
      return sendJson<Static<typeof MEMBERS_PAGE>>(reply, page);
    }
    throw new ScimError(404, `No group has the ID "${id.slice(0, 100)}".`);
  });
}
