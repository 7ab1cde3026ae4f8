import { ScimError } from "@scimtool/scim";
import type { FastifyReply } from "fastify";
import { RateLimit } from "../../auth/rate-limit.ts";
import type { ServedEndpoint } from "../../endpoint/served-endpoint.ts";

/** What is going on at an endpoint that has limits. */
type Traffic = { readonly rate: RateLimit | undefined; underWay: number };

/** Limits belong to a set of settings: others begin anew. */
const trafficOf = new WeakMap<ServedEndpoint, Traffic>();

/**
 * Counts a request that was let in among those of its endpoint.
 * @throws ScimError 429 with Retry-After when there are too many
 */
export function takePart(endpoint: ServedEndpoint, reply: FastifyReply): void {
  const { requestsPerSecond, concurrentRequests } = endpoint.settings.limits;
  if (requestsPerSecond === undefined && concurrentRequests === undefined) return;
  let traffic = trafficOf.get(endpoint);
  if (traffic === undefined) {
    traffic = { rate: rateLimit(requestsPerSecond), underWay: 0 };
    trafficOf.set(endpoint, traffic);
  }
  if (concurrentRequests !== undefined && traffic.underWay >= concurrentRequests) {
    throw tooMany(`More than ${concurrentRequests} requests at once`, 1);
  }
  if (requestsPerSecond !== undefined && traffic.rate?.take(performance.now()) === false) {
    throw tooMany(`More than ${requestsPerSecond} requests per second`, Math.max(1, 1 / requestsPerSecond));
  }
  const counted = traffic;
  counted.underWay++;
  // After the answer is written, or the connection is gone.
  reply.raw.once("close", () => {
    counted.underWay--;
  });
}

/** A second's worth may come at once. */
function rateLimit(perSecond: number | undefined): RateLimit | undefined {
  return perSecond === undefined ? undefined : new RateLimit({ burst: Math.max(1, perSecond), perSecond });
}

/** RFC 6585 §4. */
function tooMany(what: string, retryAfterSeconds: number): ScimError {
  return new ScimError(429, `${what}: this endpoint is limited to that. Send the request again later.`, {
    headers: { "retry-after": String(Math.ceil(retryAfterSeconds)) },
  });
}
