import { ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { DEFAULT_BASE_PATH } from "../endpoint/served-endpoint.ts";
import { withoutOrigin } from "../monitor/recorder/path.ts";

const MAX_SHOWN_PATH = 200;

const ADMINISTRATION = /^\/api(?:\/(?!endpoints\/[^/]+\/scim\/)|$)/;

/** Whether a URL belongs to administration, whose errors are problem details, and not to SCIM. */
export function isOfAdministration(url: string): boolean {
  return ADMINISTRATION.test(routedPath(url));
}

/** 404, or 405 if the path has other methods (RFC 9110 §15.5.6). */
export function nothingHere({ server, url, method }: FastifyRequest): ScimError {
  return notFound(url, method, (path) => server.supportedMethods.filter((each) => hasRoute(server, each, path)), {
    missing: `SCIM is served at ${DEFAULT_BASE_PATH}.`,
    otherMethods: `SCIM is served at ${DEFAULT_BASE_PATH}.`,
  });
}

/** The same for paths below `/api`. */
export function nothingInApi({ server, url, method }: FastifyRequest): ScimError {
  return notFound(url, method, (path) => apiMethodsAt(server, path), {
    missing: "/api/docs lists the paths below /api.",
    otherMethods: "/api/docs describes the methods.",
  });
}

function notFound(
  url: string,
  method: string,
  methodsAt: (path: string) => readonly string[],
  advice: { readonly missing: string; readonly otherMethods: string },
): ScimError {
  const path = routedPath(url);
  const methods = methodsAt(path.replace(/(?<=.)\/$/, ""));
  if (methods.length === 0) {
    const shown = path.slice(0, MAX_SHOWN_PATH);
    return new ScimError(404, `There is nothing at ${shown}. ${advice.missing}`, {
      reason: { code: "unknownPath", path: shown },
    });
  }
  const allow = methods.join(", ");
  const detail = `${method} is not allowed here. Allowed: ${allow}. ${advice.otherMethods}`;
  return new ScimError(405, detail, {
    reason: { code: "methodNotAllowed", method, allowed: methods },
    headers: { allow },
  });
}

/** The path of a URL as the router sees it, which ignores duplicate slashes. */
function routedPath(url: string): string {
  const path = withoutOrigin(url)
    .replace(/\?.*$/s, "")
    .replaceAll(/\/{2,}/g, "/");
  return path === "" ? "/" : path;
}

/** The router is asked for patterns, so a path with `:` or `*` would be read as one and could throw. */
function hasRoute(server: FastifyInstance, method: string, path: string): boolean {
  return !/[:*]/.test(path) && server.hasRoute({ method, url: path });
}

function apiMethodsAt(server: FastifyInstance, path: string): string[] {
  const routes = server.administrationRoutes.filter(({ url }) => patternOf(url).test(path));
  const methods = routes.flatMap(({ method, url }) =>
    method === "GET" && server.hasRoute({ method: "HEAD", url }) ? ["GET", "HEAD"] : [method],
  );
  return [...new Set(methods)];
}

/** A pattern for a route's URL, in which parameters are written `:name`. */
function patternOf(url: string): RegExp {
  return new RegExp(`^${url.replaceAll(".", "\\.").replaceAll(/:\w+/g, "[^/]+")}$`);
}
