import { newReading, type QueryParameters, readSearchRequest, readUrlQuery, ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { searchAllResources } from "../../directory/search.ts";
import type { TypedResource } from "../../store/store.ts";
import type { Served } from "../serving.ts";
import { beginAny, bodyOf, presentationOf, reportPage } from "./exchange.ts";
import { refuseOtherMethods } from "./methods.ts";
import { type Presentation, wantedBy } from "./present.ts";
import { queryOf } from "./query-string.ts";
import { sendPage } from "./send.ts";

/** A path of a resource type behind a parameter without a value. */
const APPENDED = /\?[^=&/]*\/[A-Z.][^?&]*/;

/**
 * A base URI has no query, "as clients MAY append additional path information" (RFC 7644 §1.3). Entra ID puts its paths
 * before the query of its tenant URL; entered elsewhere, every request of such a URL asks for the base URI itself.
 */
function refuseAppendedPath({ url }: FastifyRequest): void {
  const [appended] = APPENDED.exec(url) ?? [];
  if (appended === undefined) return;
  throw new ScimError(
    400,
    `The base URL has a query, behind which this client puts its paths: ${appended.slice(0, 100)}. Enter it without the question mark and what follows.`,
  );
}

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

  scim.get("/", async (request, reply) => {
    refuseAppendedPath(request);
    return search(request, reply, readUrlQuery(queryOf(request)));
  });
  scim.post("/.search", async (request, reply) => search(request, reply, readSearchRequest(bodyOf(request))));
  refuseOtherMethods(scim, "/", ["GET"], refuseAppendedPath);
  refuseOtherMethods(scim, "/.search", ["POST"]);
}
