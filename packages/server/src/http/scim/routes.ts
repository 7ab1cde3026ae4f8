import type { Json, ResourceModel } from "@scimtool/scim";
import {
  badRequest,
  entityTag,
  listResponseText,
  matchesEntityTag,
  newReading,
  type QueryParameters,
  readProjection,
  readSearchRequest,
  readUrlQuery,
  ScimError,
} from "@scimtool/scim";
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from "fastify";
import {
  createResource,
  type Directory,
  getResource,
  modifyResource,
  removeResource,
  replaceResource,
  type Subject,
  searchResources,
  type Written,
} from "../../directory/directory.ts";
import { originOf } from "../base-url.ts";
import type { Served } from "../serving.ts";
import { encodeParts } from "./answer-bytes.ts";
import { locationOf, type Presentation, pageParts, resourceText, wantedBy } from "./present.ts";
import { queryOf } from "./query-string.ts";

export const SCIM_MEDIA_TYPE = "application/scim+json";

/** Where an endpoint is, and what is there. */
export type ScimPlace = {
  readonly models: readonly ResourceModel[];
  readonly publicUrl: string | undefined;
  /** Path of the endpoint's base URI. */
  readonly basePath: string;
};

export type ScimRouteOptions = ScimPlace & {
  /** What a write meets before anything of it is read. */
  readonly writeHooks: Pick<RouteShorthandOptions, "onRequest">;
};

const MAX_KNOWN_ORIGINS = 100;

/** Pages up to this number of resources go out as a string: Node sends it together with the headers. */
const SHORT_PAGE = 10;

type ById = { Params: { id: string } };

/** A request and its answer, in the directory that the request was let in to. */
type Exchange = Subject & { readonly directory: Directory };

/** Registers the resource endpoints of RFC 7644 §3.2 for each resource type. */
export function resourceRoutes(scim: FastifyInstance, options: ScimRouteOptions): void {
  const locationsOf = locationsByOrigin(options);
  for (const model of options.models) routesOf(scim, model, options, locationsOf);
}

function routesOf(
  scim: FastifyInstance,
  model: ResourceModel,
  options: ScimRouteOptions,
  locationsOf: (origin: string) => ReadonlyMap<string, string>,
): void {
  const { publicUrl, writeHooks } = options;
  const path = model.type.endpoint;
  const begin = (request: FastifyRequest): Exchange => {
    const { directory, endpoint } = request.served as Served;
    const locations = locationsOf(originOf(request, publicUrl));
    return { directory, endpoint, model, locations, reading: newReading(endpoint.profile) };
  };

  scim.get(path, async (request, reply) => {
    return sendPage(reply, begin(request), readUrlQuery(queryOf(request)));
  });

  scim.post(`${path}/.search`, async (request, reply) => {
    return sendPage(reply, begin(request), readSearchRequest(bodyOf(request)));
  });

  scim.post(path, writeHooks, async (request, reply) => {
    const exchange = begin(request);
    const presentation = presentationOf(exchange, readUrlQuery(queryOf(request)));
    const written = await createResource(exchange.directory, exchange, bodyOf(request), wantedBy(presentation));
    logWrite(request, exchange, written);
    reply.code(201).header("location", locationOf(written.stored.id, model.type.name, exchange.locations));
    return sendWritten(reply, presentation, written);
  });

  scim.get<ById>(`${path}/:id`, async (request, reply) => {
    const exchange = begin(request);
    const presentation = presentationOf(exchange, readUrlQuery(queryOf(request)));
    const stored = await getResource(exchange.directory, exchange, request.params.id, wantedBy(presentation));
    const tag = entityTag(stored.revision);
    reply.header("etag", tag);
    const ifNoneMatch = request.headers["if-none-match"];
    if (ifNoneMatch !== undefined && matchesEntityTag(ifNoneMatch, tag)) return reply.code(304).send();
    return sendText(reply, resourceText(stored, presentation));
  });

  scim.put<ById>(`${path}/:id`, writeHooks, async (request, reply) => {
    const exchange = begin(request);
    const presentation = presentationOf(exchange, readUrlQuery(queryOf(request)));
    const { id } = request.params;
    const ifMatch = request.headers["if-match"];
    const written = await replaceResource(
      exchange.directory,
      exchange,
      id,
      bodyOf(request),
      ifMatch,
      wantedBy(presentation),
    );
    logWrite(request, exchange, written);
    return sendWritten(reply, presentation, written);
  });

  scim.patch<ById>(`${path}/:id`, writeHooks, async (request, reply) => {
    const exchange = begin(request);
    const presentation = presentationOf(exchange, readUrlQuery(queryOf(request)));
    const { id } = request.params;
    const ifMatch = request.headers["if-match"];
    // Whole groups are costly to answer and Entra ID expects none; "attributes" asks for one (RFC 7644 §3.5.2).
    const isSilent = model.collection !== undefined && presentation.projection === undefined;
    const wanted = isSilent ? { groups: false, members: false } : wantedBy(presentation);
    const written = await modifyResource(exchange.directory, exchange, id, bodyOf(request), ifMatch, wanted);
    logWrite(request, exchange, written);
    if (isSilent) {
      return reply.code(204).header("etag", entityTag(written.stored.revision)).send();
    }
    return sendWritten(reply, presentation, written);
  });

  scim.delete<ById>(`${path}/:id`, writeHooks, async (request, reply) => {
    const exchange = begin(request);
    await removeResource(exchange.directory, exchange, request.params.id, request.headers["if-match"]);
    return reply.code(204).send();
  });

  refuseOtherMethods(scim, path, ["GET", "POST"]);
  refuseOtherMethods(scim, `${path}/.search`, ["POST"]);
  refuseOtherMethods(scim, `${path}/:id`, ["GET", "PUT", "PATCH", "DELETE"]);
}

/** Answers 405 with `Allow` (RFC 9110 §15.5.6) to the methods that a path does not have. */
export function refuseOtherMethods(scim: FastifyInstance, url: string, allowed: readonly string[]): void {
  // HEAD comes with GET.
  const allow = allowed.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])).join(", ");
  scim.route({
    method: scim.supportedMethods.filter((method) => method !== "HEAD" && !allowed.includes(method)),
    url,
    // Before the body is read: what it holds does not matter any more.
    onRequest: async ({ method }) => {
      throw new ScimError(405, `${method} is not possible here. Allowed: ${allow}.`, { headers: { allow } });
    },
    handler: async () => undefined,
  });
}

/** Base URIs of an endpoint's resources by type, for each origin that clients use: usually one. */
function locationsByOrigin({ models, basePath }: ScimRouteOptions): (origin: string) => ReadonlyMap<string, string> {
  const known = new Map<string, ReadonlyMap<string, string>>();
  return (origin) => {
    const found = known.get(origin);
    if (found !== undefined) return found;
    const made = new Map(models.map(({ type }) => [type.name, `${origin}${basePath}${type.endpoint}/`]));
    // The origin comes from the request's Host header, so it is the client's to choose.
    if (known.size < MAX_KNOWN_ORIGINS) known.set(origin, made);
    return made;
  };
}

function bodyOf(request: FastifyRequest): Json {
  if (request.body === undefined) throw badRequest("invalidSyntax", "The body is empty. Send a JSON object.");
  return request.body as Json;
}

function presentationOf(subject: Subject, parameters: QueryParameters): Presentation {
  const { model, locations, reading } = subject;
  return { model, locations, projection: readProjection(parameters, model, reading) };
}

/** For whoever looks for the reason of a change: what it was, and what was tolerated of the request. */
function logWrite(request: FastifyRequest, { model, reading }: Subject, { stored, changes }: Written): void {
  const { method, id: reqId } = request;
  request.log.debug({ reqId, method, type: model.type.name, id: stored.id, changes, notes: reading.notes }, "written");
}

async function sendPage(reply: FastifyReply, exchange: Exchange, parameters: QueryParameters): Promise<FastifyReply> {
  const presentation = presentationOf(exchange, parameters);
  const page = await searchResources(exchange.directory, exchange, parameters, wantedBy(presentation));
  reply.header("content-type", SCIM_MEDIA_TYPE);
  if (page.resources.length <= SHORT_PAGE) {
    const texts = page.resources.map((stored) => resourceText(stored, presentation));
    return reply.send(listResponseText(page.totalResults, page.startIndex, texts));
  }
  const { bytes, giveBack } = encodeParts(pageParts(page, presentation));
  reply.raw.once("close", giveBack);
  return reply.send(bytes);
}

function sendWritten(reply: FastifyReply, presentation: Presentation, { stored }: Written): FastifyReply {
  reply.header("etag", entityTag(stored.revision));
  return sendText(reply, resourceText(stored, presentation));
}

function sendText(reply: FastifyReply, text: string): FastifyReply {
  return reply.header("content-type", SCIM_MEDIA_TYPE).send(text);
}
