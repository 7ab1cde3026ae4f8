import {
  cursorListResponseHead,
  entityTag,
  type JsonObject,
  LIST_RESPONSE_TAIL,
  listResponseHead,
  type Projection,
  project,
  type ResourceModel,
  type ScimError,
  shows,
  withWritten,
} from "@scimtool/scim";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { WrittenAsAsked } from "../../directory/directory.ts";
import { RESOURCE_ID_LENGTH } from "../../directory/resource-id.ts";
import type { Page } from "../../directory/search.ts";
import { MAX_BODY_BYTES } from "../../endpoint/settings.ts";
import { locationFromEnd } from "../../store/resource-body.ts";
import type { ListedResource, Reference, StoredResource, Wanted } from "../../store/store.ts";
import type { RefusalForm } from "../durability.ts";
import { isFailure, toScimError } from "../errors.ts";
import { reportRefusal } from "../recording.ts";
import { SCIM_MEDIA_TYPE } from "../request-body.ts";

/** How resources are written: their type, base URIs, and which attributes are returned. */
export type Presentation = {
  readonly model: ResourceModel;
  /** Base URIs of resources by type, each with a trailing slash. */
  readonly locations: ReadonlyMap<string, string>;
  readonly projection: Projection | undefined;
};

/** Which attributes with tables of their own (groups, members) the answer contains; others are not read. */
export function wantedBy({ model, projection }: Presentation): Wanted {
  const groups = model.attributes.get("groups");
  return {
    groups: groups !== undefined && groups.mutability === "readOnly" && shows(projection, groups),
    members: model.collection !== undefined && shows(projection, model.collection),
  };
}

export function sendText(reply: FastifyReply, text: string): FastifyReply {
  return reply.header("content-type", SCIM_MEDIA_TYPE).send(text);
}

/** The resource after a write, with the attributes returned on request that the client wrote (RFC 7643 §7). */
export function sendWritten(
  reply: FastifyReply,
  presentation: Presentation,
  { written: { stored }, specified }: WrittenAsAsked,
): FastifyReply {
  setVersionHeaders(reply, presentation, stored);
  const projection = withWritten(presentation.projection, specified);
  return sendText(reply, resourceText(stored, { ...presentation, projection }));
}

/** ETag and Content-Location, with the same values as `meta` (RFC 7643 §3.1). */
export function setVersionHeaders(
  reply: FastifyReply,
  { model, locations }: Presentation,
  { id, revision }: StoredResource,
): void {
  reply.header("etag", entityTag(revision)).header("content-location", locationOf(id, model.type.name, locations));
}

/** Sends a page as a ListResponse (RFC 7644 §3.4.2). */
export function sendPage<Resource extends ListedResource>(
  reply: FastifyReply,
  page: Page<Resource>,
  presentationOf: (resource: Resource) => Presentation,
): FastifyReply {
  return sendText(reply, pageText(page, presentationOf));
}

function pageText<Resource extends ListedResource>(
  page: Page<Resource>,
  presentationOf: (resource: Resource) => Presentation,
): string {
  const { totalResults, resources } = page;
  let text =
    "cursors" in page
      ? cursorListResponseHead(totalResults, resources.length, page.cursors)
      : listResponseHead(totalResults, page.startIndex, resources.length);
  let separator = "";
  for (const stored of resources) {
    text += separator + resourceText(stored, presentationOf(stored));
    separator = ",";
  }
  return text + LIST_RESPONSE_TAIL;
}

/** The resource as JSON text. */
export function resourceText(stored: ListedResource, presentation: Presentation): string {
  if (!needsProjection(presentation)) return wholeText(stored, presentation);
  const whole = JSON.parse(wholeText(stored, presentation)) as JsonObject;
  return JSON.stringify(project(whole, presentation.projection, presentation.model));
}

/** Whether the stored text contains attributes that are not returned; {@link wantedBy} omits groups and members. */
function needsProjection({ model, projection }: Presentation): boolean {
  if (projection === undefined) return model.hasHiddenAttributes;
  if (model.hasHiddenAttributes || projection.mode === "attributes" || projection.others.size > 0) return true;
  for (const attribute of projection.named) {
    if (attribute !== model.collection && attribute.path !== "groups") return true;
  }
  return false;
}

/** Characters of a stored body from the insertion point of the base URI to the end: the same for all, as IDs are UUIDs. */
const AFTER_BASE_URI = locationFromEnd(RESOURCE_ID_LENGTH);

/** The stored body with the base URI inserted before the ID in `meta.location`, and groups and members at the end. */
function wholeText(stored: ListedResource, presentation: Presentation): string {
  const { body } = stored;
  const at = body.length - AFTER_BASE_URI;
  const baseUri = presentation.locations.get(presentation.model.type.name) ?? "";
  return `${body.slice(0, at)}${baseUri}${body.slice(at, -1)}${linksText(stored, presentation)}}`;
}

/** Groups and members, each attribute after a comma. */
function linksText({ groups, members = [] }: ListedResource, { model, locations }: Presentation): string {
  const groupsText =
    groups.length === 0 ? "" : `,"groups":[${groups.map((group) => groupText(group, locations)).join(",")}]`;
  if (members.length === 0) return groupsText;
  return `${groupsText},"${model.collection?.name}":[${members.map((member) => memberText(member, locations)).join(",")}]`;
}

/** The URI of a resource. */
export function locationOf(id: string, type: string, locations: ReadonlyMap<string, string>): string {
  return (locations.get(type) ?? "") + id;
}

function groupText({ id, type, label }: Reference, locations: ReadonlyMap<string, string>): string {
  return `{"value":"${id}","$ref":"${locationOf(id, type, locations)}","display":${JSON.stringify(label)},"type":"direct"}`;
}

function memberText({ id, type, label }: Reference, locations: ReadonlyMap<string, string>): string {
  // An unknown member, which may be any text.
  if (type === "") return `{"value":${JSON.stringify(id)}}`;
  return `{"value":"${id}","$ref":"${locationOf(id, type, locations)}","display":${JSON.stringify(label)},"type":"${type}"}`;
}

/** Answers an error in SCIM form (RFC 7644 §3.12). Unexpected errors are logged with their cause. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.send(refuse(error, request, reply));
}

/** As {@link sendError}, without sending it. @returns the body of the answer */
export function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): string {
  const refusal = toScimError(error, MAX_BODY_BYTES);
  reportRefusal(request, refusal);
  if (isFailure(error, refusal)) request.log.error({ reqId: request.id, err: error }, "request failed");
  const { mediaType, text } = scimError(refusal);
  reply.code(refusal.status).headers(refusal.headers).header("content-type", mediaType);
  return text;
}

export const scimError: RefusalForm = (refusal: ScimError) => ({
  mediaType: SCIM_MEDIA_TYPE,
  text: JSON.stringify(refusal),
});
