import {
  type BulkLimits,
  type BulkResult,
  bulkPayloadTooLarge,
  bulkResponseText,
  entityTag,
  newReading,
  readBulk,
} from "@scimtool/scim";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type BulkAnswer, runBulk } from "../../directory/bulk/bulk.ts";
import type { InPlace } from "../../directory/bulk/context.ts";
import { newTiming } from "../../directory/directory.ts";
import { withEndpointInForce } from "../../endpoint/in-force.ts";
import type { ServedEndpoint } from "../../endpoint/served-endpoint.ts";
import { MAX_BODY_BYTES } from "../../endpoint/settings.ts";
import { endpointAdminOf } from "../api/administration.ts";
import { originOf } from "../base-url.ts";
import { originOfWrites, report } from "../recording.ts";
import type { Served } from "../serving.ts";
import { isFailure, toScimError } from "./errors.ts";
import { bodyOf, logWrite } from "./exchange.ts";
import { locationsOf } from "./locations.ts";
import { refuseOtherMethods } from "./methods.ts";
import type { ScimRouteOptions } from "./routes.ts";
import { sendText } from "./send.ts";

/** `bulk` of `/ServiceProviderConfig` (RFC 7643 §5). */
export function bulkLimitsOf({ settings: { limits } }: ServedEndpoint): BulkLimits {
  return { maxOperations: limits.maxBulkOperations, maxPayloadSize: limits.maxBodyBytes };
}

/** `/Bulk` (RFC 7644 §3.7). */
export function bulkRoutes(scim: FastifyInstance, { publicUrl, writeHooks }: ScimRouteOptions): void {
  const options = {
    ...writeHooks,
    errorHandler: (error: unknown, request: FastifyRequest) => {
      throw isOfBody(error, request) ? bulkPayloadTooLarge(bulkLimitsOf(request.endpoint as ServedEndpoint)) : error;
    },
  };
  scim.post("/Bulk", options, async (request, reply) => {
    const { directory } = request.served as Served;
    const asked = request.endpoint as ServedEndpoint;
    const origin = originOf(request, publicUrl);
    const message = readBulk(bodyOf(request), bulkLimitsOf(asked), newReading(asked.settings.profile));
    const shared = { origin: originOfWrites(request), timing: request.recording?.timing ?? newTiming() };
    let last = asked;
    const inPlace: InPlace = (work) =>
      withEndpointInForce(endpointAdminOf(request), last, (endpoint) => {
        last = endpoint;
        return work({ ...shared, endpoint, locations: locationsOf(endpoint, origin) });
      });
    const answers = await runBulk(directory, inPlace, message);
    report(request, { kind: "bulk", answers });
    logOutcomes(request, answers);
    const baseUri = origin + asked.basePath;
    return sendText(reply, bulkResponseText(answers.map((answer) => resultOf(answer, baseUri))));
  });
  refuseOtherMethods(scim, "/Bulk", ["POST"]);
}

/** Whether a body was refused for its size: then there is none yet. Too many operations are refused later. */
function isOfBody(error: unknown, { body, endpoint }: FastifyRequest): boolean {
  return body === undefined && endpoint !== null && toScimError(error, MAX_BODY_BYTES).status === 413;
}

/** RFC 7644 §3.7.3. */
function resultOf({ entry, outcome, id }: BulkAnswer, baseUri: string): BulkResult {
  const { method, bulkId, path } = entry;
  const known = {
    ...(method !== undefined && { method }),
    ...(bulkId !== undefined && { bulkId }),
    ...(path !== undefined && id !== undefined && { location: `${baseUri}${path.endpoint}/${encodeURIComponent(id)}` }),
  };
  if (outcome.kind === "failed") return { ...known, outcome: toScimError(outcome.error, MAX_BODY_BYTES) };
  const { status, written } = outcome;
  const isThere = written.action !== "delete";
  return { ...known, ...(isThere && { version: entityTag(written.stored.revision) }), outcome: status };
}

function logOutcomes(request: FastifyRequest, answers: readonly BulkAnswer[]): void {
  const logged = new Set<unknown>();
  for (const { entry, outcome } of answers) {
    if (outcome.kind === "done") {
      logWrite(request, outcome.subject, outcome.written, entry.method);
      continue;
    }
    const { error } = outcome;
    // Operations that were not tried any more share one.
    if (logged.has(error) || !isFailure(error, toScimError(error, MAX_BODY_BYTES))) continue;
    logged.add(error);
    request.log.error({ reqId: request.id, err: error }, "operation failed");
  }
}
