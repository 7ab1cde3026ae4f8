import { ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Decision } from "../../auth/decision.ts";
import type { Backup } from "../../backup/backup.ts";
import type { ServedEndpoint } from "../../endpoint/served-endpoint.ts";
import { MAX_BODY_BYTES } from "../../endpoint/settings.ts";
import { holdAnswers, type RefusalForm, writeHooks } from "../durability.ts";
import { beginRecording, decided, type RecordedPlace, recordAnswers, reportRefusal } from "../recording.ts";
import type { Served, Serving } from "../serving.ts";
import { bulkRoutes } from "./bulk.ts";
import { discoveryRoutes } from "./discovery.ts";
import { administrationPathOf, administratorDoor, providerDoor } from "./doors.ts";
import { isFailure, toScimError } from "./errors.ts";
import { checkBodyForm, hasLongNumber, parseJsonBody, refuseLostDigits } from "./json-body.ts";
import { meRoutes } from "./me.ts";
import { nothingAt } from "./not-found.ts";
import { rootRoutes } from "./root.ts";
import { resourceRoutes } from "./routes.ts";
import { SCIM_MEDIA_TYPE } from "./send.ts";
import { discardBody, leavesBodyUnread } from "./unread-body.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The database that the request was let in to, and the endpoint of it; null as long as it was not. */
    served: Served | null;
    endpoint: ServedEndpoint | null;
    /** Whether it was let in, by what, and else why not; null as long as that is not decided. */
    decision: Decision | null;
  }
}

export type ScimOptions = {
  readonly serving: Serving;
  /** undefined without a backup target. */
  readonly backup: Backup | undefined;
  readonly publicUrl: string | undefined;
  /** Name of the endpoint that is served here; undefined: the one that the parameter `endpoint` of the path names. */
  readonly endpoint: string | undefined;
  /** Who comes in here: identity providers with a token of the endpoint, or administrators. */
  readonly door: "provider" | "administrator";
};

/** The SCIM protocol, to be registered below the base path of an endpoint. */
export async function scimProtocol(scim: FastifyInstance, options: ScimOptions): Promise<void> {
  const { serving, backup, publicUrl, endpoint: fixed, door } = options;
  const nameOf = (request: FastifyRequest): string => fixed ?? (request.params as { endpoint: string }).endpoint;
  scim.decorateRequest("served", null);
  scim.decorateRequest("endpoint", null);
  scim.decorateRequest("decision", null);

  const letIn = door === "provider" ? providerDoor(serving, nameOf) : administratorDoor(serving, nameOf);
  const placeOf = (request: FastifyRequest): RecordedPlace => {
    const served = request.served ?? serving.current;
    const name = nameOf(request);
    // Also what was not let in is told where it was to go.
    const endpoint = request.endpoint ?? served?.endpoints.get(name);
    const isManual = door === "administrator";
    const { credential, failed } = decided(request.decision);
    const basePath = isManual ? administrationPathOf(name) : (endpoint?.basePath ?? "");
    return { recorder: served?.recorder, endpoint, basePath, credential, failed, isManual };
  };
  // With a callback, which spares each request a promise.
  scim.addHook("onRequest", (request, reply, done) => {
    beginRecording(request, placeOf);
    // Some clients send JSON without saying so; nothing else can be meant.
    if (!request.raw.readableEnded) request.headers["content-type"] ??= SCIM_MEDIA_TYPE;
    letIn(request, reply, done);
  });
  if (backup !== undefined) holdAnswers(scim, backup, scimError);
  recordAnswers(scim);

  scim.removeAllContentTypeParsers();
  scim.addContentTypeParser(
    [SCIM_MEDIA_TYPE, "application/json"],
    { parseAs: "buffer", bodyLimit: MAX_BODY_BYTES },
    async (request: FastifyRequest, bytes: Buffer) => {
      checkBodyForm(request.headers);
      checkLength(bytes, request.endpoint);
      if (request.recording !== null) request.recording.body = bytes;
      if (bytes.length === 0) return undefined;
      const body = parseJsonBody(bytes);
      if (hasLongNumber(bytes) && !isQuery(request)) refuseLostDigits(bytes);
      return body;
    },
  );

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

/** Nothing of a query is kept, and a `count` may be as large as one likes. */
function isQuery({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url?.endsWith("/.search") === true;
}

function checkLength(bytes: Buffer, endpoint: ServedEndpoint | null): void {
  const most = endpoint?.settings.limits.maxBodyBytes ?? MAX_BODY_BYTES;
  if (bytes.length > most) {
    throw new ScimError(413, `The body is larger than ${most} bytes. Send fewer values in one request.`);
  }
}

function noSuchPath({ url, method, server, endpoint }: FastifyRequest): ScimError {
  if (!server.supportedMethods.includes(method)) {
    return new ScimError(501, `The method ${method} is not implemented. SCIM has GET, POST, PUT, PATCH and DELETE.`);
  }
  return nothingAt(url, endpoint);
}
/** Answers a refusal in SCIM form; what is none is logged once with its cause. */
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

/** RFC 7644 §3.12. */
const scimError: RefusalForm = (refusal) => ({ mediaType: SCIM_MEDIA_TYPE, text: JSON.stringify(refusal) });
