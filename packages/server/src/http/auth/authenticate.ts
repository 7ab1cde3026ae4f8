import { ScimError } from "@scimtool/scim";
import type { FastifyRequest } from "fastify";
import { bearerToken } from "../../auth/authenticator.ts";
import { challengeOf, type Decision, type Realm, type Refused } from "../../auth/decision.ts";
import { withEndpoint } from "../../auth/refusals.ts";
import { basePathOf } from "../../endpoint/served-endpoint.ts";
import type { CredentialScope } from "../../store/store.ts";
import type { Access } from "../serving.ts";

/** Stands for an endpoint that does not exist: no credential has this key. */
export const NO_KEY = -1;

/** What a request needs access to. */
export type AccessRequest = { readonly realm: Realm; readonly scope: CredentialScope };

/**
 * The access that a request to an endpoint needs. Endpoint names are not disclosed: without a valid token of an endpoint,
 * the answer is the same whether or not it exists.
 */
export function endpointAccess({ endpoints }: Access, name: string, request: FastifyRequest): AccessRequest {
  return { realm: endpoints.get(name) ?? { key: NO_KEY, name: name.slice(0, 100) }, scope: scopeOf(request) };
}

/** A search needs read access only, although it is a POST (RFC 7644 §3.4.3). */
export function scopeOf({ method, routeOptions }: FastifyRequest): CredentialScope {
  if (routeOptions.config.isForAdministrators === true) return "write";
  if (method === "GET" || method === "HEAD") return "read";
  return method === "POST" && routeOptions.url?.endsWith("/.search") === true ? "read" : "write";
}

/** Decides synchronously if possible: for each token that was seen before. */
export function decide(access: Access, request: FastifyRequest, wanted: AccessRequest): Decision | Promise<Decision> {
  const decision = access.authenticator.authenticate(
    request.headers.authorization,
    wanted.realm,
    wanted.scope,
    Date.now(),
  );
  if (decision instanceof Promise) return decision.then((decided) => disclosable(decided, access, request, wanted));
  return decision.accepted ? decision : disclosable(decision, access, request, wanted);
}

/** The decision without details that this client must not learn. */
function disclosable(
  decision: Decision,
  { authenticator, endpoints }: Access,
  request: FastifyRequest,
  { realm }: AccessRequest,
): Decision | Promise<Decision> {
  if (decision.accepted) return decision;
  if (decision.opens !== undefined) {
    const name = endpoints.withKey(decision.opens)?.name;
    return name === undefined ? decision : withEndpoint(decision, name, basePathOf(name));
  }
  const token = bearerToken(request.headers.authorization);
  const nowMs = Date.now();
  if (typeof token !== "string" || authenticator.guessLimiter.mayDisclose(addressOf(request), token, decision, nowMs))
    return decision;
  const { failed } = decision;
  return authenticator.refuseAsUnknown(token, realm, nowMs).then((unknown) => ({ ...unknown, failed }));
}

/** The client's address; empty once the connection has ended. */
export function addressOf({ ip }: FastifyRequest): string {
  return ip ?? "";
}

/** As {@link decide}. @throws ScimError 401, 403, 503 */
export async function authenticate(access: Access, request: FastifyRequest, wanted: AccessRequest): Promise<void> {
  const decision = await decide(access, request, wanted);
  if (!decision.accepted) throw refusalOf(decision, wanted.realm);
}

/** The answer to a rejected request. Details that would help without a valid secret stay in the record. */
export function refusalOf(refused: Refused, realm: Realm): ScimError {
  const { status, detail, retryAfterMs, failed } = refused;
  const challenge = challengeOf(refused, realm);
  return new ScimError(status, detail, {
    reason: { code: "credentialRejected", check: failed.check },
    headers: {
      ...(challenge !== undefined && { "www-authenticate": challenge }),
      ...(retryAfterMs !== undefined && { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) }),
    },
  });
}
