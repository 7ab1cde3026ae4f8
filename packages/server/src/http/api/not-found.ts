import { ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { askedPath, otherMethods, shownPath } from "../nothing-here.ts";
import { beginRecording, NOWHERE, recordAnswer } from "../recording.ts";
import type { ApiOptions } from "./administration.ts";
import { refuseReported } from "./problem.ts";

/** Answers what no route below `/api` is there for: who looks for such requests finds them among those of no endpoint. */
export async function refuseOtherPaths(server: FastifyInstance, { serving }: ApiOptions): Promise<void> {
  // Whatever body there is, nobody reads it.
  server.addContentTypeParser("*", (_request, _body, done) => done(null));
  server.setNotFoundHandler((request, reply) => {
    beginRecording(request, () => ({ ...NOWHERE, recorder: serving.current?.recorder }));
    const text = refuseReported(nothingHere(request), request, reply);
    recordAnswer(request, reply, text);
    return reply.send(text);
  });
}

/** 404, or 405 where the path has other methods (RFC 9110 §15.5.6). */
function nothingHere({ server, url, method }: FastifyRequest): ScimError {
  const methods = methodsAt(server, askedPath(url).replace(/(?<=.)\/$/, ""));
  if (methods.length > 0) return otherMethods(method, methods, " What they do is told at /api/docs.");
  return new ScimError(404, `There is nothing at ${shownPath(url)}. What there is below /api is told at /api/docs.`);
}

function methodsAt(server: FastifyInstance, path: string): string[] {
  const routes = server.administrationRoutes.filter(({ url }) => patternOf(url).test(path));
  const methods = routes.flatMap(({ method, url }) =>
    method === "GET" && server.hasRoute({ method: "HEAD", url }) ? ["GET", "HEAD"] : [method],
  );
  return [...new Set(methods)];
}

/** Of a route's URL, in which parameters are as `:name`. */
function patternOf(url: string): RegExp {
  return new RegExp(`^${url.replaceAll(".", "\\.").replaceAll(/:\w+/g, "[^/]+")}$`);
}
