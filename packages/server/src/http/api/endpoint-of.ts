import { ScimError } from "@scimtool/scim";
import type { FastifyRequest } from "fastify";
import type { ServedEndpoint } from "../../endpoint/served-endpoint.ts";
import { servedTo } from "../serving.ts";

export type AtEndpoint = { Params: { name: string } };
export type AtResource = { Params: { name: string; id: string } };

/** The endpoint that the path of a request names. @throws ScimError 404 */
export function endpointOf(request: FastifyRequest<AtEndpoint>): ServedEndpoint {
  const { name } = request.params;
  const { endpoints } = servedTo(request);
  const endpoint = endpoints.get(name);
  if (endpoint !== undefined) return endpoint;
  const names = endpoints.all().map((each) => each.name);
  throw new ScimError(404, `There is no endpoint "${name.slice(0, 100)}". There are: ${names.join(", ")}.`);
}
