import { entityTag, withWritten } from "@scimtool/scim";
import type { FastifyReply } from "fastify";
import type { WrittenAsAsked } from "../../directory/directory.ts";
import type { Page } from "../../directory/search.ts";
import type { ListedResource, StoredResource } from "../../store/store.ts";
import { ByteSink } from "./byte-sink.ts";
import { locationOf, type Presentation, type PresentationOf, resourceText, writePage } from "./present.ts";
import { TextSink } from "./text-sink.ts";

export const SCIM_MEDIA_TYPE = "application/scim+json";

/** Pages up to this number of resources go out as a string: Node sends it together with the headers. */
const SHORT_PAGE = 10;

export function sendText(reply: FastifyReply, text: string): FastifyReply {
  return reply.header("content-type", SCIM_MEDIA_TYPE).send(text);
}

/** The resource as it is after a write, with what the client wrote of attributes returned on request (RFC 7643 §7). */
export function sendWritten(
  reply: FastifyReply,
  presentation: Presentation,
  { written: { stored }, specified }: WrittenAsAsked,
): FastifyReply {
  describe(reply, presentation, stored);
  const projection = withWritten(presentation.projection, specified);
  return sendText(reply, resourceText(stored, { ...presentation, projection }));
}

/** Version and place of the resource that is answered; `meta` has the same (RFC 7643 §3.1). */
export function describe(reply: FastifyReply, { model, locations }: Presentation, { id, revision }: StoredResource) {
  return reply
    .header("etag", entityTag(revision))
    .header("content-location", locationOf(id, model.type.name, locations));
}

export function sendPage<Resource extends ListedResource>(
  reply: FastifyReply,
  page: Page<Resource>,
  presentationOf: PresentationOf<Resource>,
): FastifyReply {
  reply.header("content-type", SCIM_MEDIA_TYPE);
  if (page.resources.length <= SHORT_PAGE) {
    const sink = new TextSink();
    writePage(page, presentationOf, sink);
    return reply.send(sink.joined);
  }
  const sink = new ByteSink();
  writePage(page, presentationOf, sink);
  const { bytes, giveBack } = sink.lend();
  reply.raw.once("close", giveBack);
  return reply.send(bytes);
}
