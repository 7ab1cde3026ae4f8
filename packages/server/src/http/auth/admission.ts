import { ScimError } from "@scimtool/scim";
import type { FastifyRequest } from "fastify";
import { bearerToken } from "../../auth/bearer-token.ts";
import { challengeOf } from "../../auth/challenge.ts";
import type { Decision, Realm, Refused } from "../../auth/decision.ts";
import { withEndpoint } from "../../auth/refusals.ts";
import { basePathOf } from "../../endpoint/served-endpoint.ts";
import type { CredentialScope } from "../../store/store.ts";
import type { Access } from "../serving.ts";

/** Stands for an endpoint that does not exist: no credential has its key. */
export const NO_KEY = -1;

/** What a request asks to come in to, and for what. */
export type Wish = { readonly realm: Realm; readonly scope: CredentialScope };

/**
 * What a request asks of an endpoint. Which endpoints there are can only be told from outside by who has a token of
 * one: others get the same answer for every name.
 * @param name of the endpoint
 */
export function endpointWish({ endpoints }: Access, name: string, request: FastifyRequest): Wish {
  return { realm: endpoints.get(name) ?? { key: NO_KEY, name: name.slice(0, 100) }, scope: scopeOf(request) };
}

/** A search changes nothing, although it is a POST (RFC 7644 §3.4.3). */
export function scopeOf({ method, routeOptions }: FastifyRequest): CredentialScope {
  if (method === "GET" || method === "HEAD") return "read";
  return method === "POST" && routeOptions.url?.endsWith("/.search") === true ? "read" : "write";
}

/** Decides at once wherever that is possible, which is so for every token that was seen before. */
export function decide(access: Access, request: FastifyRequest, wish: Wish): Decision | Promise<Decision> {
  const decision = access.authority.decide(request.headers.authorization, wish.realm, wish.scope, Date.now());
  if (decision instanceof Promise) return decision.then((decided) => told(decided, access, request, wish));
  return decision.accepted ? decision : told(decision, access, request, wish);
}

/** A decision as it may be told to the caller, and to the record. */
function told(
  decision: Decision,
  { authority, endpoints }: Access,
  request: FastifyRequest,
  { realm }: Wish,
): Decision | Promise<Decision> {
  if (decision.accepted) return decision;
  if (decision.opens !== undefined) {
    const name = endpoints.withKey(decision.opens)?.name;
    return name === undefined ? decision : withEndpoint(decision, name, basePathOf(name));
  }
  const token = bearerToken(request.headers.authorization);
  const nowMs = Date.now();
  if (typeof token !== "string" || authority.guesses.mayTell(addressOf(request), token, decision, nowMs))
    return decision;
  const { failed } = decision;
  return authority.refuseAsUnknown(token, realm, nowMs).then((unknown) => ({ ...unknown, failed }));
}

/** Where a request comes from. Of a connection that has ended it cannot be told any more. */
export function addressOf({ ip }: FastifyRequest): string {
  return ip ?? "";
}

/** As {@link decide}, for an endpoint. @throws ScimError 401, 403, 503 */
export async function admit(access: Access, request: FastifyRequest, wish: Wish): Promise<void> {
  const decision = await decide(access, request, wish);
  if (!decision.accepted) throw refusalOf(decision, wish.realm);
}

/** A refusal as the caller is told of it: what it could make use of without a valid secret stays in the record. */
export function refusalOf(refused: Refused, realm: Realm): ScimError {
  const { status, detail, retryAfterMs } = refused;
  const challenge = challengeOf(refused, realm);
  return new ScimError(status, detail, {
    headers: {
      ...(challenge !== undefined && { "www-authenticate": challenge }),
      ...(retryAfterMs !== undefined && { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) }),
    },
  });
}
