import { ScimError } from "@scimtool/scim";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Decision } from "../../auth/decision.ts";
import type { ServedEndpoint } from "../../endpoint/served-endpoint.ts";
import { redactUrl } from "../../monitor/redact/url.ts";
import { admitAdministrator } from "../auth/administrator.ts";
import { type AccessRequest, authenticate, decide, endpointAccess, refusalOf } from "../auth/authenticate.ts";
import type { Served, Serving } from "../serving.ts";
import { shownPath } from "../urls.ts";

/**
 * Authenticates a request and sets its database and endpoint. A hook with a callback, which saves each request a promise.
 */
export type Authentication = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void;

type NameOf = (request: FastifyRequest) => string;

/** For identity providers, with a token of the endpoint. */
export function providerAuthentication(serving: Serving, nameOf: NameOf): Authentication {
  const openFirst = async (request: FastifyRequest, reply: FastifyReply, name: string) => {
    const served = await serving.admit((access) =>
      authenticate(access, request, endpointAccess(access, name, request)),
    );
    const wanted = endpointAccess(served, name, request);
    apply(await decide(served, request, wanted), request, reply, served, wanted);
  };
  return (request, reply, done) => {
    const name = nameOf(request);
    const served = serving.current;
    if (served === undefined) {
      openFirst(request, reply, name).then(() => done(), done);
      return;
    }
    const wanted = endpointAccess(served, name, request);
    const decision = decide(served, request, wanted);
    if (decision instanceof Promise) {
      decision.then((decided) => apply(decided, request, reply, served, wanted)).then(() => done(), done);
      return;
    }
    try {
      apply(decision, request, reply, served, wanted);
    } catch (error) {
      done(error as Error);
      return;
    }
    done();
  };
}

/** @throws ScimError 401, 403, 429, 503 */
function apply(
  decision: Decision,
  request: FastifyRequest,
  reply: FastifyReply,
  served: Served,
  { realm }: AccessRequest,
): void {
  request.decision = decision;
  const endpoint = realm === "administration" ? undefined : served.endpoints.get(realm.name);
  if (!decision.accepted && !isOpenDiscovery(request, endpoint)) {
    // The log has the reason, which the answer withholds.
    const url = redactUrl(shownPath(request.url), served.recorder.secretNamesOf(undefined));
    request.log.info({ reqId: request.id, url, failed: decision.failed }, "not authenticated");
    throw refusalOf(decision, realm);
  }
  if (endpoint === undefined) throw new Error("a token was accepted for an endpoint that does not exist");
  request.served = served;
  request.endpoint = endpoint;
  if (!endpoint.settings.active) {
    throw new ScimError(403, "This endpoint is deactivated. An administrator can activate it again.", {
      reason: { code: "endpointDeactivated" },
    });
  }
  enforceLimits(served, endpoint, reply);
}

/** RFC 7643 §5 recommends discovery without authentication; the endpoint's settings decide. */
function isOpenDiscovery({ routeOptions }: FastifyRequest, endpoint: ServedEndpoint | undefined): boolean {
  return routeOptions.config.isDiscovery === true && endpoint?.settings.discovery.open === true;
}

/** For administrators, who may read and change the resources of every endpoint. */
export function administratorAuthentication(serving: Serving, nameOf: NameOf): Authentication {
  const admit = async (request: FastifyRequest): Promise<void> => {
    await admitAdministrator(request, serving);
    const name = nameOf(request);
    const endpoint = request.served?.endpoints.get(name);
    if (endpoint === undefined)
      throw new ScimError(404, `There is no endpoint "${name.slice(0, 100)}".`, {
        reason: { code: "unknownEndpoint", endpoint: name.slice(0, 100) },
      });
    request.endpoint = endpoint;
  };
  return (request, _reply, done) => {
    admit(request).then(() => done(), done);
  };
}

/** Requests in progress of each endpoint with limits. Keyed by settings: after a change, counting starts again. */
const underWayOf = new WeakMap<ServedEndpoint, { count: number }>();

/** Counts a request towards the endpoint's limits. @throws ScimError 429 with Retry-After (RFC 6585 §4) */
function enforceLimits({ requestRates }: Served, endpoint: ServedEndpoint, reply: FastifyReply): void {
  const { requestsPerSecond, concurrentRequests } = endpoint.settings.limits;
  if (requestsPerSecond === undefined && concurrentRequests === undefined) return;
  const underWay = underWayOf.get(endpoint) ?? { count: 0 };
  underWayOf.set(endpoint, underWay);
  if (concurrentRequests !== undefined && underWay.count >= concurrentRequests) {
    throw tooMany("concurrentRequests", concurrentRequests, `More than ${concurrentRequests} requests at once`, 1);
  }
  if (requestsPerSecond !== undefined && !requestRates.take(endpoint, requestsPerSecond, performance.now())) {
    const waitSeconds = Math.max(1, 1 / requestsPerSecond);
    throw tooMany(
      "requestsPerSecond",
      requestsPerSecond,
      `More than ${requestsPerSecond} requests per second`,
      waitSeconds,
    );
  }
  underWay.count++;
  // After the response is written, or the connection is lost.
  reply.raw.once("close", () => {
    underWay.count--;
  });
}

function tooMany(
  limit: "requestsPerSecond" | "concurrentRequests",
  max: number,
  what: string,
  retryAfterSeconds: number,
): ScimError {
  return new ScimError(429, `${what}, the limit of this endpoint. Send the request again later.`, {
    reason: { code: "rateLimited", limit, max },
    headers: { "retry-after": String(Math.ceil(retryAfterSeconds)) },
  });
}
