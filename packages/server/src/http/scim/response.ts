import {
  cursorListResponseHead,
  entityTag,
  LIST_RESPONSE_TAIL,
  listResponseHead,
  type ResourceModel,
  type ScimError,
  withWritten,
} from "@scimtool/scim";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { WriteResult } from "../../directory/directory.ts";
import type { Page } from "../../directory/search.ts";
import { MAX_BODY_BYTES } from "../../endpoint/settings.ts";
import { turnsOf } from "../../event-loop.ts";
import type { ListedResource, StoredResource } from "../../store/store.ts";
import { full } from "../buffered-bytes.ts";
import type { RefusalForm } from "../durability.ts";
import { isFailure, toScimError } from "../errors.ts";
import { answerInParts, reportRefusal } from "../recording.ts";
import { SCIM_MEDIA_TYPE } from "../request-body.ts";
import { PageBuffer } from "./page-buffer.ts";
import { locationOf, longResourceText, needsProjection, type Presentation, resourceText } from "./resource-text.ts";

export function sendText(reply: FastifyReply, text: string): FastifyReply {
  return reply.header("content-type", SCIM_MEDIA_TYPE).send(text);
}

/** The resource after a write, with the attributes returned on request that the client wrote (RFC 7643 §7). */
export function sendWritten(
  reply: FastifyReply,
  presentation: Presentation,
  { written: { stored }, specified }: WriteResult,
): FastifyReply | Promise<FastifyReply> {
  setVersionHeaders(reply, presentation, stored);
  const projection = withWritten(presentation.projection, specified);
  return sendResource(reply, stored, { ...presentation, projection });
}

export function sendResource(
  reply: FastifyReply,
  stored: ListedResource,
  presentation: Presentation,
): FastifyReply | Promise<FastifyReply> {
  if (isShort(stored)) return sendText(reply, resourceText(stored, presentation));
  return sendInTurns(reply, longResourceText(stored, presentation));
}

/** ETag and Content-Location, with the same values as `meta` (RFC 7643 §3.1). */
export function setVersionHeaders(
  reply: FastifyReply,
  { model, locations }: Presentation,
  stored: StoredResource,
): void {
  setEntityTag(reply, model, stored);
  reply.header("content-location", locationOf(stored.id, model.type.name, locations));
}

export function setEntityTag(reply: FastifyReply, { type }: ResourceModel, { revision }: StoredResource): void {
  if (type.hasVersions !== false) reply.header("etag", entityTag(revision));
}

/** Shorter pages are sent as a string, which Node sends together with the headers. */
const LONG_PAGE = 11;

/** Writing more members or resources at once would block other requests for too long. */
const MAX_WRITTEN_AT_ONCE = 1_000;

function isShort({ members }: ListedResource): boolean {
  return members === undefined || members.length <= MAX_WRITTEN_AT_ONCE;
}

/** Sends a page as a ListResponse (RFC 7644 §3.4.2). */
export function sendPage<Resource extends ListedResource>(
  reply: FastifyReply,
  page: Page<Resource>,
  presentationOf: (resource: Resource) => Presentation,
): FastifyReply | Promise<FastifyReply> {
  const { resources } = page;
  let count = resources.length;
  for (const { members } of resources) count += members?.length ?? 0;
  if (count > MAX_WRITTEN_AT_ONCE) return sendInTurns(reply, longPageText(page, presentationOf));
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
  return sendBuffer(reply, buffer);
}

function* longPageText<Resource extends ListedResource>(
  page: Page<Resource>,
  presentationOf: (resource: Resource) => Presentation,
): Generator<string> {
  yield pageHead(page);
  let before = "";
  for (const stored of page.resources) {
    yield before;
    const presentation = presentationOf(stored);
    if (isShort(stored)) yield resourceText(stored, presentation);
    else yield* longResourceText(stored, presentation);
    before = ",";
  }
  yield LIST_RESPONSE_TAIL;
}

const PART_CHARACTERS = 64 * 1_024;

/**
 * Writes a long response in turns and sends it in parts, because copying them to one buffer would block other requests.
 * @throws ScimError 503 if there is no memory for the response
 */
async function sendInTurns(reply: FastifyReply, pieces: Iterable<string>): Promise<FastifyReply> {
  const { buffered } = reply.server;
  const parts: Buffer[] = [];
  let text = "";
  let length = 0;
  const endPart = () => {
    const part = Buffer.from(text);
    parts.push(part);
    length += part.length;
    text = "";
  };
  const endTurn = turnsOf();
  for (const piece of pieces) {
    text += piece;
    if (text.length < PART_CHARACTERS) continue;
    endPart();
    const ending = endTurn();
    if (ending === undefined) continue;
    // The data read for the response takes about as much memory as the response.
    if (!buffered.hold(reply.raw, 2 * length)) throw full();
    await ending;
  }
  endPart();
  if (!buffered.hold(reply.raw, length)) throw full();
  reply.header("content-type", SCIM_MEDIA_TYPE).header("content-length", length);
  return reply.send(answerInParts(parts, length));
}

function sendBuffer(reply: FastifyReply, buffer: PageBuffer): FastifyReply {
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
  const refusal = toScimError(error, MAX_BODY_BYTES, request.headers["content-type"]);
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
