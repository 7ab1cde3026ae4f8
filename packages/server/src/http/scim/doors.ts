import { ScimError } from "@scimtool/scim";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Decision } from "../../auth/decision.ts";
import { withoutOrigin } from "../../monitor/recorder/path.ts";
import { admitAdministrator } from "../api/administration.ts";
import { admit, decide, endpointWish, refusalOf, type Wish } from "../auth/admission.ts";
import type { Served, Serving } from "../serving.ts";
import { takePart } from "./limits.ts";

/** Lets a request in to an endpoint, or not: then `done` is told why. */
export type Door = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void;

type NameOf = (request: FastifyRequest) => string;

/** For identity providers, with a token of the endpoint. */
export function providerDoor(serving: Serving, nameOf: NameOf): Door {
  const openFirst = async (request: FastifyRequest, reply: FastifyReply, name: string) => {
    const served = await serving.admit((access) => admit(access, request, endpointWish(access, name, request)));
    const wish = endpointWish(served, name, request);
    settle(request, reply, served, wish, await decide(served, request, wish));
  };
  return (request, reply, done) => {
    const name = nameOf(request);
    const served = serving.current;
    if (served === undefined) {
      openFirst(request, reply, name).then(() => done(), done);
      return;
    }
    const wish = endpointWish(served, name, request);
    const decision = decide(served, request, wish);
    if (decision instanceof Promise) {
      decision.then((decided) => settle(request, reply, served, wish, decided)).then(() => done(), done);
      return;
    }
    try {
      settle(request, reply, served, wish, decision);
    } catch (error) {
      done(error as Error);
      return;
    }
    done();
  };
}

function settle(
  request: FastifyRequest,
  reply: FastifyReply,
  served: Served,
  { realm }: Wish,
  decision: Decision,
): void {
  request.decision = decision;
  const endpoint = realm === "administration" ? undefined : served.endpoints.get(realm.name);
  if (!decision.accepted) {
    // What the caller is not told, for whoever looks for the reason.
    request.log.info({ reqId: request.id, url: pathOf(request), failed: decision.failed }, "not let in");
    throw refusalOf(decision, realm);
  }
  // No credential opens what is not there.
  if (endpoint === undefined) throw new Error("a request was let in to no endpoint");
  request.served = served;
  request.endpoint = endpoint;
  takePart(endpoint, reply);
}

/** Without the query, which may hold a name, and without who signs in. */
function pathOf({ url }: FastifyRequest): string {
  return withoutOrigin(url).replace(/\?.*$/s, "").slice(0, 200);
}

/** For administrators, who may see and change what every endpoint has. */
export function administratorDoor(serving: Serving, nameOf: NameOf): Door {
  const letIn = async (request: FastifyRequest): Promise<void> => {
    await admitAdministrator(request, serving);
    const name = nameOf(request);
    const endpoint = request.served?.endpoints.get(name);
    if (endpoint === undefined) throw new ScimError(404, `There is no endpoint "${name.slice(0, 100)}".`);
    request.endpoint = endpoint;
  };
  return (request, _reply, done) => {
    letIn(request).then(() => done(), done);
  };
}

/** Path below which an administrator finds the SCIM protocol of an endpoint. */
export function administrationPathOf(name: string): string {
  return `/api/endpoints/${name}/scim/v2`;
}
