import { newReading, type QueryParameters, readSearchRequest, readUrlQuery } from "@scimtool/scim";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { searchAllResources } from "../../directory/search.ts";
import type { TypedResource } from "../../store/store.ts";
import type { Served } from "../serving.ts";
import { beginAny, bodyOf, presentationOf, reportPage } from "./exchange.ts";
import { refuseOtherMethods } from "./methods.ts";
import { type Presentation, wantedBy } from "./present.ts";
import { queryOf } from "./query-string.ts";
import { sendPage } from "./send.ts";

/** Queries on the base URI itself: all resources of the endpoint, of all types (RFC 7644 §3.4.2.1, §3.4.3). */
export function rootRoutes(scim: FastifyInstance, publicUrl: string | undefined): void {
  const search = async (request: FastifyRequest, reply: FastifyReply, parameters: QueryParameters) => {
    const { directory } = request.served as Served;
    const about = beginAny(request, publicUrl);
    const { endpoint } = about;
    const subject = { ...about, reading: newReading(endpoint.settings.profile) };
    // Each type by its own schema; a name that it does not have selects nothing there.
    const presentations = new Map<string, Presentation>(
      endpoint.models.map((model) => [model.type.name, presentationOf({ ...subject, model }, parameters)]),
    );
    const presentationFor = (type: string): Presentation => {
      const presentation = presentations.get(type);
      if (presentation === undefined) throw new Error(`a resource of a type that is not served: ${type}`);
      return presentation;
    };
    const page = await searchAllResources(directory, subject, parameters, ({ type }) =>
      wantedBy(presentationFor(type.name)),
    );
    reportPage(request, parameters, page, undefined);
    return sendPage(reply, page, ({ type }: TypedResource) => presentationFor(type));
  };

  scim.get("/", async (request, reply) => search(request, reply, readUrlQuery(queryOf(request))));
  scim.post("/.search", async (request, reply) => search(request, reply, readSearchRequest(bodyOf(request))));
  refuseOtherMethods(scim, "/", ["GET"]);
  refuseOtherMethods(scim, "/.search", ["POST"]);
}
