import { ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyRequest } from "fastify";

/**
 * Answers 405 with `Allow` (RFC 9110 §15.5.6) to the methods that a path does not have.
 * @param check throws what is answered instead, where the path as a whole is nothing
 */
export function refuseOtherMethods(
  scim: FastifyInstance,
  url: string,
  allowed: readonly string[],
  check: (request: FastifyRequest) => void = () => undefined,
): void {
  // HEAD comes with GET.
  const allow = allowed.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])).join(", ");
  scim.route({
    method: scim.supportedMethods.filter((method) => method !== "HEAD" && !allowed.includes(method)),
    url,
    // Before the body is read: what it holds does not matter any more.
    onRequest: async (request) => {
      check(request);
      const { method } = request;
      throw new ScimError(405, `${method} is not possible here. Allowed: ${allow}.`, { headers: { allow } });
    },
    handler: async () => undefined,
  });
}
