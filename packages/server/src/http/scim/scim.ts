import { ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Backup } from "../../backup/backup.ts";
import { authenticateProvisioning } from "../auth/bearer.ts";
import type { Served, Serving } from "../serving.ts";
import { discoveryRoutes } from "./discovery.ts";
import { holdAnswers, writeHooks } from "./durability.ts";
import { isFailure, toScimError } from "./errors.ts";
import { parseJsonBody } from "./json-body.ts";
import { resourceRoutes, SCIM_MEDIA_TYPE, type ScimRouteOptions } from "./routes.ts";

/**
 * The largest request body. A group of 100,000 members, replaced whole, has 6 MB; what is larger is an accident or
 * an attack.
 */
export const MAX_BODY_BYTES = 8 * 1_024 * 1_024;

declare module "fastify" {
  interface FastifyRequest {
    /** The database that the request was let in to; null as long as it was not. */
    served: Served | null;
  }
}

export type ScimOptions = Omit<ScimRouteOptions, "writeHooks"> & {
  readonly serving: Serving;
  readonly backup: Backup | undefined;
};

/** The SCIM protocol of one endpoint, to be registered below its base path. */
export async function scimProtocol(scim: FastifyInstance, options: ScimOptions): Promise<void> {
  const { serving, backup } = options;
  scim.decorateRequest("served", null);
  // With a callback, which spares each request a promise.
  scim.addHook("onRequest", (request, _reply, done) => {
    // Some clients send JSON without saying so; nothing else can be meant.
    request.headers["content-type"] ??= SCIM_MEDIA_TYPE;
    const { authorization } = request.headers;
    const served = serving.current;
    if (served === undefined) {
      serving.admit(authorization).then((admitted) => {
        request.served = admitted;
        done();
      }, done);
      return;
    }
    try {
      authenticateProvisioning(authorization, served.endpoint, served.authenticate);
    } catch (error) {
      done(error as Error);
      return;
    }
    request.served = served;
    done();
  });
  if (backup !== undefined) holdAnswers(scim, backup);

  scim.removeAllContentTypeParsers();
  scim.addContentTypeParser(
    [SCIM_MEDIA_TYPE, "application/json"],
    { parseAs: "buffer", bodyLimit: MAX_BODY_BYTES },
    async (request: FastifyRequest, bytes: Buffer) => {
      checkCoding(request.headers["content-encoding"]);
      checkCharset(request.headers["content-type"]);
      return bytes.length === 0 ? undefined : parseJsonBody(bytes);
    },
  );

  scim.setErrorHandler((error, request, reply) => sendError(error, request, reply));
  scim.setNotFoundHandler((request, reply) => sendError(noSuchPath(request, options), request, reply));

  resourceRoutes(scim, { ...options, writeHooks: writeHooks(backup) });
  discoveryRoutes(scim, options);
  notImplemented(scim, "/Me", "3.11", "Use /Users/{id}.");
  notImplemented(scim, "/Bulk", "3.7", "Send each operation as a request of its own.");
  notImplemented(scim, "/.search", "3.4.3", "Search one resource type, such as POST /Users/.search.");
}

/** Parts of the protocol that a server may leave out are refused by name (RFC 7644 §3.11: 501). */
function notImplemented(scim: FastifyInstance, url: string, section: string, instead: string): void {
  scim.all(url, async () => {
    throw new ScimError(501, `${url} is not implemented by this server (RFC 7644 §${section}). ${instead}`);
  });
}

function checkCoding(contentEncoding: string | undefined): void {
  if (contentEncoding !== undefined && contentEncoding.toLowerCase() !== "identity") {
    throw new ScimError(415, `The body must be sent as it is, not with Content-Encoding: ${contentEncoding}.`);
  }
}

function checkCharset(contentType: string | undefined): void {
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType ?? "")?.[1];
  if (charset !== undefined && !/^(?:utf-?8|us-ascii)$/i.test(charset)) {
    throw new ScimError(415, `The body must be in UTF-8, not ${charset}.`);
  }
}

function noSuchPath({ url, method, server }: FastifyRequest, { models }: ScimOptions): ScimError {
  if (!server.supportedMethods.includes(method)) {
    return new ScimError(501, `The method ${method} is not implemented. SCIM has GET, POST, PUT, PATCH and DELETE.`);
  }
  const path = url.replace(/\?.*$/s, "").slice(0, 200);
  const known = [...models.map(({ type }) => type.endpoint), "/ServiceProviderConfig", "/ResourceTypes", "/Schemas"];
  return new ScimError(404, `There is nothing at ${path}. Below the base URI there are ${known.join(", ")}.`);
}

/** Answers a refusal in SCIM form; what is none is logged once with its cause. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = toScimError(error, MAX_BODY_BYTES);
  if (isFailure(error, refusal)) request.log.error({ reqId: request.id, err: error }, "request failed");
  return reply
    .code(refusal.status)
    .headers(refusal.headers)
    .header("content-type", SCIM_MEDIA_TYPE)
    .send(JSON.stringify(refusal));
}
