import { ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Backup } from "../../backup/backup.ts";
import type { ServedEndpoint } from "../../endpoint/served-endpoint.ts";
import { administrationPathOf } from "../../endpoint/served-endpoint.ts";
import { MAX_BODY_BYTES } from "../../endpoint/settings.ts";
import { holdAnswers, writeHooks } from "../durability.ts";
import { authenticated, beginRecording, type RecordedPlace, recordAnswers } from "../recording.ts";
import {
  checkBodyEncoding,
  discardBody,
  hasLongNumber,
  leavesBodyUnread,
  parseJsonBody,
  refuseLostDigits,
  SCIM_MEDIA_TYPE,
} from "../request-body.ts";
import type { Serving } from "../serving.ts";
import { administratorAuthentication, providerAuthentication } from "./authenticate.ts";
import { bulkRoutes } from "./bulk.ts";
import { discoveryRoutes } from "./discovery.ts";
import { nothingAt } from "./request.ts";
import { meRoutes, resourceRoutes, rootRoutes } from "./resources.ts";
import { refuse, scimError, sendError } from "./response.ts";

export type ScimOptions = {
  readonly serving: Serving;
  /** undefined without a backup target. */
  readonly backup: Backup | undefined;
  readonly publicUrl: string | undefined;
  /** Name of the endpoint; undefined: the path parameter `endpoint` names it. */
  readonly endpoint: string | undefined;
  /** Identity providers authenticate with a token of the endpoint. */
  readonly client: "identity provider" | "administrator";
};

/** The SCIM protocol, to be registered below the base path of an endpoint. */
export async function scimProtocol(scim: FastifyInstance, options: ScimOptions): Promise<void> {
  const { serving, backup, publicUrl, endpoint: fixedName, client } = options;
  const nameOf = (request: FastifyRequest): string => fixedName ?? (request.params as { endpoint: string }).endpoint;
  scim.decorateRequest("served", null);
  scim.decorateRequest("endpoint", null);
  scim.decorateRequest("decision", null);

  const isManual = client === "administrator";
  const authenticate = isManual
    ? administratorAuthentication(serving, nameOf)
    : providerAuthentication(serving, nameOf);
  const placeOf = (request: FastifyRequest): RecordedPlace => {
    const served = request.served ?? serving.current;
    const name = nameOf(request);
    // Rejected requests are recorded with the endpoint that they were for.
    const endpoint = request.endpoint ?? served?.endpoints.get(name);
    const basePath = isManual ? administrationPathOf(name) : (endpoint?.basePath ?? "");
    return { recorder: served?.recorder, endpoint, basePath, ...authenticated(request.decision), isManual };
  };
  scim.addHook("onRequest", (request, reply, done) => {
    beginRecording(request, placeOf);
    // Some clients send JSON without a Content-Type.
    if (!request.raw.readableEnded) request.headers["content-type"] ??= SCIM_MEDIA_TYPE;
    authenticate(request, reply, done);
  });
  if (backup !== undefined) holdAnswers(scim, backup, scimError);
  recordAnswers(scim);
  readBodies(scim);

  scim.setErrorHandler((error, request, reply) => {
    if (!leavesBodyUnread(request, reply)) return sendError(error, request, reply);
    return discardBody(request.raw).then(() => refuse(error, request, reply));
  });
  scim.setNotFoundHandler((request, reply) => sendError(noSuchPath(request), request, reply));

  const routes = { publicUrl, writeHooks: writeHooks(backup) };
  resourceRoutes(scim, routes);
  meRoutes(scim, routes);
  discoveryRoutes(scim, publicUrl);
  bulkRoutes(scim, routes);
  rootRoutes(scim, publicUrl);
}

function readBodies(scim: FastifyInstance): void {
  scim.removeAllContentTypeParsers();
  scim.addContentTypeParser(
    [SCIM_MEDIA_TYPE, "application/json"],
    { parseAs: "buffer", bodyLimit: MAX_BODY_BYTES },
    async (request: FastifyRequest, bytes: Buffer) => {
      checkBodyEncoding(request.headers);
      checkLength(bytes, request.endpoint);
      if (request.recording !== null) request.recording.body = bytes;
      if (bytes.length === 0) return undefined;
      const body = await parseJsonBody(bytes);
      // Searches store nothing, and their `count` may be any number.
      const isSearch = request.routeOptions.url?.endsWith("/.search") === true;
      if (!isSearch && hasLongNumber(bytes)) refuseLostDigits(bytes);
      return body;
    },
  );
}

function checkLength(bytes: Buffer, endpoint: ServedEndpoint | null): void {
  const most = endpoint?.settings.limits.maxBodyBytes ?? MAX_BODY_BYTES;
  if (bytes.length > most) {
    throw new ScimError(413, `The body is larger than ${most} bytes. Send fewer values in one request.`, {
      reason: { code: "bodyTooLarge", bytes: bytes.length, maxBytes: most },
    });
  }
}

function noSuchPath({ url, method, server, endpoint }: FastifyRequest): ScimError {
  if (!server.supportedMethods.includes(method)) {
    return new ScimError(501, `The method ${method} is not implemented. SCIM has GET, POST, PUT, PATCH and DELETE.`, {
      reason: { code: "methodNotImplemented", method },
    });
  }
  return nothingAt(url, endpoint);
}
