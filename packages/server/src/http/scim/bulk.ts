import {
  type BulkLimits,
  type BulkResult,
  bulkPayloadTooLarge,
  bulkResponseText,
  entityTag,
  readBulk,
} from "@scimtool/scim";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { RunAtEndpoint } from "../../directory/bulk/bulk.ts";
import { type BulkAnswer, runBulk } from "../../directory/bulk/bulk.ts";
import { newTiming } from "../../directory/context.ts";
import { featureOff } from "../../directory/refusals.ts";
import { withCurrentEndpoint } from "../../endpoint/endpoints.ts";
import { readingFor, type ServedEndpoint } from "../../endpoint/served-endpoint.ts";
import { MAX_BODY_BYTES } from "../../endpoint/settings.ts";
import { isFailure, toScimError } from "../errors.ts";
import { originOfWrites, report } from "../recording.ts";
import { endpointAdminOf, servedEndpoint, servedTo } from "../serving.ts";
import { locationsOf, originOf } from "../urls.ts";
import { bodyOf, logWrite, refuseOtherMethods } from "./request.ts";
import type { ScimRouteOptions } from "./resources.ts";
import { sendText } from "./response.ts";

/** `bulk` of `/ServiceProviderConfig` (RFC 7643 §5). */
export function bulkLimitsOf({ settings: { limits } }: ServedEndpoint): BulkLimits {
  return { maxOperations: limits.maxBulkOperations, maxPayloadSize: limits.maxBodyBytes };
}

/** `/Bulk` (RFC 7644 §3.7). */
export function bulkRoutes(scim: FastifyInstance, { publicUrl, writeHooks }: ScimRouteOptions): void {
  const options = {
    ...writeHooks,
    errorHandler: (error: unknown, request: FastifyRequest) => {
      throw isBodyTooLarge(error, request) ? bulkPayloadTooLarge(bulkLimitsOf(servedEndpoint(request))) : error;
    },
  };
  scim.post("/Bulk", options, async (request, reply) => {
    const { directory } = servedTo(request);
    const asked = servedEndpoint(request);
    if (!asked.settings.features.bulk) throw featureOff("bulk", "Bulk");
    const origin = originOf(request, publicUrl);
    const message = readBulk(bodyOf(request), bulkLimitsOf(asked), readingFor(asked));
    const shared = { origin: originOfWrites(request), timing: request.recording?.timing ?? newTiming() };
    let last = asked;
    const runAtEndpoint: RunAtEndpoint = (work) =>
      withCurrentEndpoint(endpointAdminOf(request), last, (endpoint) => {
        last = endpoint;
        return work({ ...shared, endpoint, locations: locationsOf(endpoint, origin) });
      });
    const answers = await runBulk(directory, runAtEndpoint, message);
    report(request, { kind: "bulk", answers });
    logOutcomes(request, answers);
    const baseUri = origin + asked.basePath;
    return sendText(reply, bulkResponseText(answers.map((answer) => resultOf(answer, baseUri))));
  });
  refuseOtherMethods(scim, "/Bulk", ["POST"]);
}

/** Whether the body was rejected for its size: then it is not set. Too many operations are rejected later. */
function isBodyTooLarge(error: unknown, { body, endpoint }: FastifyRequest): boolean {
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
  const exists = written.action !== "delete";
  return { ...known, ...(exists && { version: entityTag(written.stored.revision) }), outcome: status };
}

function logOutcomes(request: FastifyRequest, answers: readonly BulkAnswer[]): void {
  const logged = new Set<unknown>();
  for (const { entry, outcome } of answers) {
    if (outcome.kind === "done") {
      logWrite(request, outcome.subject, outcome.written, entry.method);
      continue;
    }
    const { error } = outcome;
    // Operations that were skipped after a failure share its error.
    if (logged.has(error) || !isFailure(error, toScimError(error, MAX_BODY_BYTES))) continue;
    logged.add(error);
    request.log.error({ reqId: request.id, err: error }, "operation failed");
  }
}
