import { entityTag, listResponseText } from "@scimtool/scim";
import type { FastifyReply } from "fastify";
import type { Page, Written } from "../../directory/directory.ts";
import { encodeParts } from "./answer-bytes.ts";
import { type Presentation, pageParts, resourceText } from "./present.ts";

export const SCIM_MEDIA_TYPE = "application/scim+json";

/** Pages up to this number of resources go out as a string: Node sends it together with the headers. */
const SHORT_PAGE = 10;

export function sendText(reply: FastifyReply, text: string): FastifyReply {
  return reply.header("content-type", SCIM_MEDIA_TYPE).send(text);
}

/** The resource as it is after a write. */
export function sendWritten(reply: FastifyReply, presentation: Presentation, { stored }: Written): FastifyReply {
  reply.header("etag", entityTag(stored.revision));
  return sendText(reply, resourceText(stored, presentation));
}

export function sendPage(reply: FastifyReply, presentation: Presentation, page: Page): FastifyReply {
  reply.header("content-type", SCIM_MEDIA_TYPE);
  if (page.resources.length <= SHORT_PAGE) {
    const texts = page.resources.map((stored) => resourceText(stored, presentation));
    return reply.send(listResponseText(page.totalResults, page.startIndex, texts));
  }
  const { bytes, giveBack } = encodeParts(pageParts(page, presentation));
  reply.raw.once("close", giveBack);
  return reply.send(bytes);
}
