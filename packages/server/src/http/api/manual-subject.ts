import { newReading, type ResourceModel } from "@scimtool/scim";
import type { FastifyRequest } from "fastify";
import { newTiming, type Subject } from "../../directory/directory.ts";
import type { ServedEndpoint } from "../../endpoint/served-endpoint.ts";
import { originOfWrites } from "../recording.ts";
import { locationsOf, originOf } from "../urls.ts";

/** What an administrator's write is about. */
export function manualSubject(
  request: FastifyRequest,
  endpoint: ServedEndpoint,
  model: ResourceModel,
  publicUrl: string | undefined,
): Subject {
  return {
    endpoint,
    model,
    locations: locationsOf(endpoint, originOf(request, publicUrl)),
    reading: newReading(endpoint.settings.profile),
    origin: originOfWrites(request),
    timing: newTiming(),
  };
}
