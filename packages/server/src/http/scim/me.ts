import { ScimError } from "@scimtool/scim";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ServedEndpoint } from "../../endpoint/served-endpoint.ts";
import { type AnswerOne, answerDelete, answerGet, answerPatch, answerPut } from "./answers.ts";
import { begin } from "./exchange.ts";
import { refuseOtherMethods } from "./methods.ts";
import { locationOf } from "./present.ts";
import type { ScimRouteOptions } from "./routes.ts";
import { writing } from "./writing.ts";

/** `/Me` (RFC 7644 §3.11): the User that the token is bound to. */
export function meRoutes(scim: FastifyInstance, { publicUrl, writeHooks }: ScimRouteOptions): void {
  const me = (answer: AnswerOne) => (request: FastifyRequest, reply: FastifyReply) => {
    const model = (request.endpoint as ServedEndpoint).modelAt.get("Users");
    const id = request.decision?.accepted === true ? request.decision.credential.user : undefined;
    if (model === undefined || id === undefined) {
      throw new ScimError(
        404,
        "This token is bound to no user, so /Me is nobody. Use /Users/{id}, or a token that was made for a user.",
      );
    }
    const exchange = begin(request, model, publicUrl);
    // "the response SHOULD include the Location header" of the resource itself (RFC 7644 §3.11).
    reply.header("location", locationOf(id, model.type.name, exchange.locations));
    return answer(exchange, id, request, reply);
  };
  scim.get("/Me", me(answerGet));
  scim.put("/Me", writeHooks, writing(me(answerPut)));
  scim.patch("/Me", writeHooks, writing(me(answerPatch)));
  scim.delete("/Me", writeHooks, writing(me(answerDelete)));
  refuseOtherMethods(scim, "/Me", ["GET", "PUT", "PATCH", "DELETE"]);
}
