import {
  cursorListResponseHead,
  entityTag,
  LIST_RESPONSE_TAIL,
  listResponseHead,
  type ScimError,
  withWritten,
} from "@scimtool/scim";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { WriteResult } from "../../directory/directory.ts";
import type { Page } from "../../directory/search.ts";
import { MAX_BODY_BYTES } from "../../endpoint/settings.ts";
import type { ListedResource, StoredResource } from "../../store/store.ts";
import type { RefusalForm } from "../durability.ts";
import { isFailure, toScimError } from "../errors.ts";
import { reportRefusal } from "../recording.ts";
import { SCIM_MEDIA_TYPE } from "../request-body.ts";
import { PageBuffer } from "./page-buffer.ts";
import { locationOf, needsProjection, type Presentation, resourceText } from "./resource-text.ts";

export function sendText(reply: FastifyReply, text: string): FastifyReply {
  return reply.header("content-type", SCIM_MEDIA_TYPE).send(text);
}

/** The resource after a write, with the attributes returned on request that the client wrote (RFC 7643 §7). */
export function sendWritten(
  reply: FastifyReply,
  presentation: Presentation,
  { written: { stored }, specified }: WriteResult,
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

/** Shorter pages are sent as a string, which Node sends together with the headers. */
const LONG_PAGE = 11;

/** Sends a page as a ListResponse (RFC 7644 §3.4.2). */
export function sendPage<Resource extends ListedResource>(
  reply: FastifyReply,
  page: Page<Resource>,
  presentationOf: (resource: Resource) => Presentation,
): FastifyReply {
  const { resources } = page;
  if (resources.length < LONG_PAGE) {
    const texts = resources.map((stored) => resourceText(stored, presentationOf(stored)));
    return sendText(reply, pageHead(page) + texts.join(",") + LIST_RESPONSE_TAIL);
  }
  const buffer = new PageBuffer();
  buffer.text(pageHead(page));
  let left = resources.length;
  for (const stored of resources) {
    const presentation = presentationOf(stored);
    if (needsProjection(presentation)) buffer.text(resourceText(stored, presentation));
    else buffer.resource(stored, presentation);
    if (--left > 0) buffer.comma();
  }
  buffer.text(LIST_RESPONSE_TAIL);
  const { bytes, release } = buffer.finish();
  reply.raw.once("close", release);
  return reply.header("content-type", SCIM_MEDIA_TYPE).send(bytes);
}

function pageHead<Resource extends ListedResource>(page: Page<Resource>): string {
  const { totalResults, resources } = page;
  return "cursors" in page
    ? cursorListResponseHead(totalResults, resources.length, page.cursors)
    : listResponseHead(totalResults, page.startIndex, resources.length);
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
