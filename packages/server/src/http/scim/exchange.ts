import type { Json, QueryParameters, ResourceModel } from "@scimtool/scim";
import { badRequest, newReading, readProjection } from "@scimtool/scim";
import type { FastifyRequest } from "fastify";
import { type Directory, newTiming, type Sent, type Subject, type Written } from "../../directory/directory.ts";
import type { Preconditions } from "../../directory/preconditions.ts";
import { versionRequired } from "../../directory/refusals.ts";
import type { Page } from "../../directory/search.ts";
import type { ServedEndpoint } from "../../endpoint/served-endpoint.ts";
import type { ListedResource } from "../../store/store.ts";
import { originOf } from "../base-url.ts";
import { originOfWrites, report } from "../recording.ts";
import type { Served } from "../serving.ts";
import { locationsOf } from "./locations.ts";
import type { Presentation } from "./present.ts";

/** A request and its answer, in the directory that the request was let in to. */
export type Exchange = Subject & { readonly directory: Directory };

/** What a request about resources of a type works with. */
export function begin(request: FastifyRequest, model: ResourceModel, publicUrl: string | undefined): Exchange {
  const { directory } = request.served as Served;
  const about = beginAny(request, publicUrl);
  return { ...about, directory, model, reading: newReading(about.endpoint.settings.profile) };
}

/** What a request works with, whichever resources it is about. */
export function beginAny(request: FastifyRequest, publicUrl: string | undefined): Omit<Subject, "model" | "reading"> {
  const endpoint = request.endpoint as ServedEndpoint;
  const locations = locationsOf(endpoint, originOf(request, publicUrl));
  return { endpoint, locations, origin: originOfWrites(request), timing: request.recording?.timing ?? newTiming() };
}

/** @throws ScimError 400 invalidSyntax when there is no body */
export function bodyOf(request: FastifyRequest): Json {
  if (request.body === undefined) throw badRequest("invalidSyntax", "The body is empty. Send a JSON object.");
  return request.body as Json;
}

/**
 * What a write demands of the version that is there (RFC 7644 §3.14, RFC 9110 §13.1); undefined where that is nothing.
 * @throws ScimError 428 where the endpoint wants every write to name it (RFC 6585 §3)
 */
export function preconditionsOf({ headers }: FastifyRequest, { endpoint }: Subject): Preconditions | undefined {
  const { "if-match": ifMatch, "if-none-match": ifNoneMatch } = headers;
  if (ifMatch === undefined && endpoint.settings.requireEtag) {
    throw versionRequired("send its ETag as If-Match");
  }
  return ifMatch === undefined && ifNoneMatch === undefined ? undefined : { ifMatch, ifNoneMatch };
}

export function presentationOf(subject: Subject, parameters: QueryParameters): Presentation {
  const { model, locations, reading } = subject;
  return { model, locations, projection: readProjection(parameters, model, reading) };
}

/** Tells of a query's answer. @param model of what was searched; undefined: all types */
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

/** Tells of a write: the record, and whoever reads the log for the reason of a change. */
export function reportWrite(
  request: FastifyRequest,
  subject: Subject,
  { written, sent }: { readonly written: Written; readonly sent: Sent },
): void {
  report(request, { kind: "written", subject, written, sent });
  logWrite(request, subject, written);
}

/** @param method of the request, or of the operation in a bulk request */
export function logWrite(
  request: FastifyRequest,
  { model, reading }: Subject,
  written: Written,
  method: string = request.method,
): void {
  const { id: reqId, log } = request;
  // The changes of a creation are found out when they are asked for.
  if (log.level !== "debug" && log.level !== "trace") return;
  const { stored, changes } = written;
  log.debug({ reqId, method, type: model.type.name, id: stored.id, changes, notes: reading.notes }, "written");
}
