import type { FastifyInstance, FastifyReply } from "fastify";
import { DEFAULT_BASE_PATH } from "../../endpoint/served-endpoint.ts";
import { originOf } from "../urls.ts";
import { type PageParts, pageDocument } from "./page-document.ts";
import { type PageFiles, readPageFiles } from "./page-files.ts";

export type StatusPageOptions = Pick<PageParts, "version" | "recording"> & { readonly publicUrl: string | undefined };

/** Only what this server itself serves is loaded or asked, and text can become neither markup nor code. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

type AtFile = { Params: { digest: string; "*": string } };

/**
 * Serves `/`, the page on which people watch, and below `/page` what it loads. The document has no data in it, for it
 * asks for no secret: it says how to connect. Everything else it asks of `/api` once somebody has signed in.
 */
export function statusPage(server: FastifyInstance, { version, recording, publicUrl }: StatusPageOptions): void {
  let read: PageFiles | undefined;
  const filesOf = (): PageFiles => {
    read ??= readPageFiles();
    return read;
  };

  server.get("/", async (request, reply) => {
    const baseUrl = `${originOf(request, publicUrl)}${DEFAULT_BASE_PATH}`;
    return guarded(reply)
      .header("content-security-policy", POLICY)
      .type("text/html; charset=utf-8")
      .send(pageDocument({ baseUrl, version, recording, files: filesOf() }));
  });

  server.get<AtFile>("/page/:digest/*", async ({ params }, reply) => {
    const { digest, files } = filesOf();
    const file = files.get(params["*"]);
    if (file === undefined) return reply.callNotFound();
    // A document of another version may ask for its own: it gets what there is, for this once.
    const isAsked = params.digest === digest;
    return guarded(reply)
      .headers(isAsked ? { "cache-control": "public, max-age=31536000, immutable" } : {})
      .type(file.mediaType)
      .send(file.content);
  });
}

function guarded(reply: FastifyReply): FastifyReply {
  return reply.headers({
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
  });
}
