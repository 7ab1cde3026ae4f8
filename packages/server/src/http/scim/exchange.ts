import type { Json, QueryParameters, ResourceModel } from "@scimtool/scim";
import { badRequest, newReading, readProjection } from "@scimtool/scim";
import type { FastifyRequest } from "fastify";
import type { Directory, Subject, Written } from "../../directory/directory.ts";
import { versionRequired } from "../../directory/refusals.ts";
import type { ServedEndpoint } from "../../endpoint/served-endpoint.ts";
import { originOf } from "../base-url.ts";
import type { Served } from "../serving.ts";
import { locationsOf } from "./locations.ts";
import type { Presentation } from "./present.ts";

/** A request and its answer, in the directory that the request was let in to. */
export type Exchange = Subject & { readonly directory: Directory };

/** What a request about resources of a type works with. */
export function begin(request: FastifyRequest, model: ResourceModel, publicUrl: string | undefined): Exchange {
  const { directory } = request.served as Served;
  const endpoint = request.endpoint as ServedEndpoint;
  const locations = locationsOf(endpoint, originOf(request, publicUrl));
  return { directory, endpoint, model, locations, reading: newReading(endpoint.settings.profile) };
}

/** @throws ScimError 400 invalidSyntax when there is no body */
export function bodyOf(request: FastifyRequest): Json {
  if (request.body === undefined) throw badRequest("invalidSyntax", "The body is empty. Send a JSON object.");
  return request.body as Json;
}

/**
 * The version that a write is meant for (RFC 7644 §3.14).
 * @throws ScimError 428 where the endpoint wants every write to name it (RFC 6585 §3)
 */
export function ifMatchOf({ headers }: FastifyRequest, { endpoint }: Subject): string | undefined {
  const ifMatch = headers["if-match"];
  if (ifMatch === undefined && endpoint.settings.requireEtag) {
    throw versionRequired("send its ETag as If-Match");
  }
  return ifMatch;
}

export function presentationOf(subject: Subject, parameters: QueryParameters): Presentation {
  const { model, locations, reading } = subject;
  return { model, locations, projection: readProjection(parameters, model, reading) };
}

/**
 * For whoever looks for the reason of a change: what it was, and what was tolerated of the request.
 * @param method of the request, or of the operation in a bulk request
 */
export function logWrite(
  request: FastifyRequest,
  { model, reading }: Subject,
  { stored, changes }: Written,
  method: string = request.method,
): void {
  const { id: reqId } = request;
  request.log.debug({ reqId, method, type: model.type.name, id: stored.id, changes, notes: reading.notes }, "written");
}
