import { hash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { readWebFiles, type WebFile } from "./web-files.ts";

const DOCUMENT = "index.html";

/** Serves the page at `/`. It contains no data; those come from `/api` after signing in. */
export function webPage(server: FastifyInstance): void {
  let read: ReadonlyMap<string, WebFile> | undefined;
  const filesOf = () => {
    read ??= readWebFiles();
    return read;
  };
  let policy: string | undefined;

  server.get("/", async (request, reply) => {
    const document = filesOf().get(DOCUMENT);
    if (document === undefined) return reply.callNotFound();
    policy ??= policyOf(document.plain().toString("utf8"));
    reply.header("content-security-policy", policy).header("cache-control", "no-cache");
    return sendFile(request, reply, document);
  });

  server.get<{ Params: { "*": string } }>("/assets/*", async (request, reply) => {
    const file = filesOf().get(`assets/${request.params["*"]}`);
    if (file === undefined) return reply.callNotFound();
    // Its name contains a digest of its content.
    reply.header("cache-control", "public, max-age=31536000, immutable");
    return sendFile(request, reply, file);
  });
}

/**
 * Only this server's files are loaded, only this server is called, and text can become neither markup nor code. The
 * hash of the document's script, which sets the theme before the first paint, is allowed. Fluent UI inserts rules into
 * style elements that it creates empty; the hash of the empty text allows those, and none with content.
 */
export function policyOf(document: string): string {
  const scripts = [...document.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, text = ""]) => hashOf(text));
  return [
    "default-src 'none'",
    `script-src 'self' ${scripts.join(" ")}`,
    `style-src 'self' ${hashOf("")}`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}

function hashOf(text: string): string {
  return `'sha256-${hash("sha256", text, "base64")}'`;
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: WebFile): FastifyReply {
  const accepted = String(request.headers["accept-encoding"]);
  const encoding = ["br", "gzip"].find((each) => new RegExp(`\\b${each}\\b`).test(accepted));
  if (encoding !== undefined) reply.header("content-encoding", encoding);
  const content = encoding === "br" ? file.brotli : encoding === "gzip" ? file.gzipped() : file.plain();
  return reply
    .headers({
      vary: "accept-encoding",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
    })
    .type(file.mediaType)
    .send(content);
}
