import { ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { DEFAULT_BASE_PATH } from "../endpoint/served-endpoint.ts";
import { withoutOrigin } from "../monitor/recorder/path.ts";

/** Of a path that is repeated in a refusal. */
const MAX_SHOWN = 200;

/** The path of a request as the router takes it, for which one slash too many does not matter, and as people may see it. */
export function askedPath(url: string): string {
  const path = withoutOrigin(url)
    .replace(/\?.*$/s, "")
    .replaceAll(/\/{2,}/g, "/");
  return path === "" ? "/" : path;
}

/** A path for a refusal. */
export function shownPath(url: string): string {
  return askedPath(url).slice(0, MAX_SHOWN);
}

const ADMINISTRATION = /^\/api(?:\/(?!endpoints\/[^/]+\/scim\/)|$)/;

/** Whether a URL is one of administration, where refusals are problem details, and not of SCIM. */
export function isOfAdministration(url: string): boolean {
  return ADMINISTRATION.test(askedPath(url));
}

/** The refusal where no route is: 404, or 405 where the path has other methods (RFC 9110 §15.5.6). */
export function nothingHere({ server, url, method }: FastifyRequest): ScimError {
  const path = askedPath(url).replace(/(?<=.)\/$/, "");
  const methods = server.supportedMethods.filter((each) => hasRoute(server, each, path));
  if (methods.length > 0) return otherMethods(method, methods, ` SCIM is served at ${DEFAULT_BASE_PATH}.`);
  return new ScimError(404, `There is nothing at ${shownPath(url)}. SCIM is served at ${DEFAULT_BASE_PATH}.`);
}

/** The router is asked for patterns, and takes such a path for one: a parenthesis that is never closed is a failure there. */
function hasRoute(server: FastifyInstance, method: string, path: string): boolean {
  return !/[:*]/.test(path) && server.hasRoute({ method, url: path });
}

/** 405 with the methods that a path has. @param advice what else to tell, with a blank in front */
export function otherMethods(method: string, methods: readonly string[], advice: string): ScimError {
  const allow = methods.join(", ");
  return new ScimError(405, `${method} is not possible here. Allowed: ${allow}.${advice}`, { headers: { allow } });
}
