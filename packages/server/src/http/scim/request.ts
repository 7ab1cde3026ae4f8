import {
  badRequest,
  type Json,
  type QueryParameters,
  type ResourceModel,
  readProjection,
  ScimError,
} from "@scimtool/scim";
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteGenericInterface } from "fastify";
import { type Directory, newTiming, type Sent, type Subject, type Written } from "../../directory/context.ts";
import { versionRequired } from "../../directory/refusals.ts";
import type { Preconditions } from "../../directory/save.ts";
import type { Page } from "../../directory/search.ts";
import { withCurrentEndpoint } from "../../endpoint/endpoints.ts";
import { readingFor, type ServedEndpoint } from "../../endpoint/served-endpoint.ts";
import type { ListedResource } from "../../store/store.ts";
import { originOfWrites, report } from "../recording.ts";
import { endpointAdminOf, servedEndpoint, servedTo } from "../serving.ts";
import { locationsOf, originOf, shownPath } from "../urls.ts";
import type { Presentation } from "./resource-text.ts";

/** What a request about resources of one type works with. */
export type ScimRequest = Subject & { readonly directory: Directory };

export function scimRequest(request: FastifyRequest, model: ResourceModel, publicUrl: string | undefined): ScimRequest {
  return { ...subjectWithoutType(request, publicUrl), directory: servedTo(request).directory, model };
}

/** For requests that are about resources of any type. */
export function subjectWithoutType(request: FastifyRequest, publicUrl: string | undefined): Omit<Subject, "model"> {
  const endpoint = servedEndpoint(request);
  return {
    endpoint,
    locations: locationsOf(endpoint, originOf(request, publicUrl)),
    reading: readingFor(endpoint),
    origin: originOfWrites(request),
    timing: request.recording?.timing ?? newTiming(),
  };
}

/** @throws ScimError 400 invalidSyntax without a body */
export function bodyOf(request: FastifyRequest): Json {
  if (request.body === undefined)
    throw badRequest("invalidSyntax", { code: "bodyEmpty" }, "The body is empty. Send a JSON object.");
  return request.body as Json;
}

/**
 * If-Match and If-None-Match of a write (RFC 7644 §3.14, RFC 9110 §13.1); undefined without either.
 * @throws ScimError 428 if the endpoint requires If-Match (RFC 6585 §3)
 */
export function preconditionsOf(request: FastifyRequest, { endpoint }: Subject): Preconditions | undefined {
  const { ifMatch, ifNoneMatch } = conditionsOf(request, endpoint);
  if (ifMatch === undefined && endpoint.settings.requireEtag) {
    throw versionRequired("send its ETag as If-Match");
  }
  return ifMatch === undefined && ifNoneMatch === undefined ? undefined : { ifMatch, ifNoneMatch };
}

/** An endpoint without ETags ignores If-Match and If-None-Match. */
export function conditionsOf({ headers }: FastifyRequest, { settings }: ServedEndpoint): Preconditions {
  if (!settings.features.etag) return NO_CONDITIONS;
  return { ifMatch: headers["if-match"], ifNoneMatch: headers["if-none-match"] };
}

const NO_CONDITIONS: Preconditions = { ifMatch: undefined, ifNoneMatch: undefined };

export function presentationOf({ model, locations, reading }: Subject, parameters: QueryParameters): Presentation {
  return { model, locations, projection: readProjection(parameters, model, reading) };
}

const NO_PARAMETERS: ReadonlyMap<string, string> = new Map();

/** The parameters of a request's URL. @throws ScimError 400 invalidSyntax for invalid percent-encoding */
export function queryOf(request: FastifyRequest): ReadonlyMap<string, string> {
  return parseQueryString(request.query as string);
}

/**
 * Reads a URL's query: names in lower case, the first value of each. `+` means a space, as forms encode it and Entra ID
 * sends it, unless the same value contains `%20`: then `+` is literal, as in `a+b@example.com`.
 * @throws ScimError 400 invalidSyntax for invalid percent-encoding
 */
export function parseQueryString(query: string): ReadonlyMap<string, string> {
  if (query === "") return NO_PARAMETERS;
  const parameters = new Map<string, string>();
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decode(equals < 0 ? pair : pair.slice(0, equals)).toLowerCase();
    if (!parameters.has(name)) parameters.set(name, equals < 0 ? "" : decode(pair.slice(equals + 1)));
  }
  return parameters;
}

function decode(text: string): string {
  const spaced = text.includes("+") && !text.includes("%20") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    throw badRequest(
      "invalidSyntax",
      { code: "urlNotDecodable", part: "query" },
      "The URL's query is not valid percent-encoded UTF-8.",
    );
  }
}

type Handler<Route extends RouteGenericInterface> = (
  request: FastifyRequest<Route>,
  reply: FastifyReply,
) => Promise<FastifyReply>;

/**
 * Runs a write against the endpoint's current settings, which may have changed while the client was sending the body.
 */
export function withCurrentSettings<Route extends RouteGenericInterface>(handler: Handler<Route>): Handler<Route> {
  return (request, reply) =>
    withCurrentEndpoint(endpointAdminOf(request), servedEndpoint(request), (endpoint) => {
      request.endpoint = endpoint;
      return handler(request, reply);
    });
}

/**
 * Answers 405 with `Allow` (RFC 9110 §15.5.6) to the other methods of a path.
 * @param check throws if the path as a whole does not exist
 */
export function refuseOtherMethods(
  scim: FastifyInstance,
  url: string,
  allowed: readonly string[],
  check: (request: FastifyRequest) => void = () => undefined,
): void {
  // Fastify adds HEAD to GET.
  const allow = allowed.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])).join(", ");
  scim.route({
    method: scim.supportedMethods.filter((method) => method !== "HEAD" && !allowed.includes(method)),
    url,
    // Before the body is read, whose content does not matter.
    onRequest: async (request) => {
      check(request);
      const { method } = request;
      throw new ScimError(405, `${method} is not allowed here. Allowed: ${allow}.`, {
        reason: { code: "methodNotAllowed", method, allowed },
        headers: { allow },
      });
    },
    handler: async () => undefined,
  });
}

const DISCOVERY = ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"];

/** 404 for a path below a base URI that does not exist. */
export function nothingAt(url: string, endpoint: ServedEndpoint | null): ScimError {
  const types = (endpoint?.models ?? []).map(({ type }) => type.endpoint);
  return new ScimError(
    404,
    `There is nothing at ${shownPath(url)}. Below the base URI there are ${[...types, ...DISCOVERY].join(", ")}.`,
    { reason: { code: "unknownPath", path: shownPath(url) } },
  );
}

/** Reports a query to the recorder. @param model undefined: all resource types were searched */
export function reportPage(
  request: FastifyRequest,
  parameters: QueryParameters,
  { totalResults, resources }: Page,
  model: ResourceModel | undefined,
): void {
  const [first] = resources as readonly (ListedResource & { readonly type?: string })[];
  const only = totalResults === 1 ? first : undefined;
  report(request, {
    kind: "searched",
    model,
    parameters,
    total: totalResults,
    returned: resources.length,
    only: only && { type: model?.type.name ?? only.type ?? "", stored: only },
  });
}

export function reportWrite(
  request: FastifyRequest,
  subject: Subject,
  { written, sent }: { readonly written: Written; readonly sent: Sent },
): void {
  report(request, { kind: "written", subject, written, sent });
  logWrite(request, subject, written);
}

/** @param method of the request, or of an operation in a bulk request */
export function logWrite(
  request: FastifyRequest,
  { model, reading }: Subject,
  written: Written,
  method: string = request.method,
): void {
  const { id: reqId, log } = request;
  // Reading the changes of a creation computes them.
  if (log.level !== "debug" && log.level !== "trace") return;
  const { stored, changes } = written;
  log.debug({ reqId, method, type: model.type.name, id: stored.id, changes, notes: reading.notes }, "written");
}
