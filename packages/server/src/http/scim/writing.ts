import type { FastifyReply, FastifyRequest, RouteGenericInterface } from "fastify";
import { withEndpointInForce } from "../../endpoint/in-force.ts";
import type { ServedEndpoint } from "../../endpoint/served-endpoint.ts";
import { endpointAdminOf } from "../api/administration.ts";

type Answer<Route extends RouteGenericInterface> = (
  request: FastifyRequest<Route>,
  reply: FastifyReply,
) => Promise<FastifyReply>;

/**
 * Answers a write as the endpoint is when it is written. A request is let in before its body has come, and whoever is
 * slow to send one may be overtaken by a change of settings.
 */
export function writing<Route extends RouteGenericInterface>(answer: Answer<Route>): Answer<Route> {
  return (request, reply) =>
    withEndpointInForce(endpointAdminOf(request), request.endpoint as ServedEndpoint, (endpoint) => {
      request.endpoint = endpoint;
      return answer(request, reply);
    });
}
