import { ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { beginRecording, NOWHERE, recordAnswer, reportRefusal } from "../recording.ts";
import type { ApiOptions } from "./administration.ts";
import { refuse } from "./problem.ts";

/** Answers what no route below `/api` is there for: who looks for such requests finds them among those of no endpoint. */
export async function refuseOtherPaths(server: FastifyInstance, { serving }: ApiOptions): Promise<void> {
  // Whatever body there is, nobody reads it.
  server.addContentTypeParser("*", (_request, _body, done) => done(null));
  server.setNotFoundHandler((request, reply) => {
    beginRecording(request, () => ({ ...NOWHERE, recorder: serving.current?.recorder }));
    const refusal = nothingHere(request);
    const text = refuse(refusal, request, reply);
    reportRefusal(request, refusal);
    recordAnswer(request, reply, text);
    return reply.send(text);
  });
}

/** 404, or 405 where the path has other methods (RFC 9110 §15.5.6). */
function nothingHere({ server, url, method }: FastifyRequest): ScimError {
  // As the router takes it: one slash too many does not matter.
  const path = url.replace(/\?.*$/s, "").replace(/\/{2,}/g, "/");
  const methods = methodsAt(server, path.replace(/(?<=.)\/$/, ""));
  if (methods.length === 0) {
    return new ScimError(
      404,
      `There is nothing at ${path.slice(0, 200)}. What there is below /api is told at /api/docs.`,
    );
  }
  const allow = methods.join(", ");
  const detail = `${method} is not possible here. Allowed: ${allow}. What they do is told at /api/docs.`;
  return new ScimError(405, detail, { headers: { allow } });
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
