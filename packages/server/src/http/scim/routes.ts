import { type QueryParameters, type ResourceModel, readSearchRequest, readUrlQuery } from "@scimtool/scim";
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from "fastify";
import { createResource } from "../../directory/directory.ts";
import { searchResources } from "../../directory/search.ts";
import { type AnswerOne, answerDelete, answerGet, answerPatch, answerPut } from "./answers.ts";
import { begin, bodyOf, presentationOf, reportPage, reportWrite } from "./exchange.ts";
import { refuseOtherMethods } from "./methods.ts";
import { nothingAt } from "./not-found.ts";
import { locationOf, wantedBy } from "./present.ts";
import { queryOf } from "./query-string.ts";
import { sendPage, sendWritten } from "./send.ts";
import { writing } from "./writing.ts";

export type ScimRouteOptions = {
  readonly publicUrl: string | undefined;
  /** What a write meets before anything of it is read. */
  readonly writeHooks: Pick<RouteShorthandOptions, "onRequest">;
};

type OfType = { Params: { type: string } };
type OfResource = { Params: { type: string; id: string } };

/** Registers the resource endpoints of RFC 7644 §3.2. Which resource types there are depends on the endpoint. */
export function resourceRoutes(scim: FastifyInstance, { publicUrl, writeHooks }: ScimRouteOptions): void {
  const beginOf = (request: FastifyRequest<OfType>) => begin(request, modelOf(request), publicUrl);
  const search = async (request: FastifyRequest<OfType>, reply: FastifyReply, parameters: QueryParameters) => {
    const exchange = beginOf(request);
    const presentation = presentationOf(exchange, parameters);
    const wanted = { ...wantedBy(presentation), label: true };
    const page = await searchResources(exchange.directory, exchange, parameters, wanted);
    reportPage(request, parameters, page, exchange.model);
    return sendPage(reply, page, () => presentation);
  };
  const one = (answer: AnswerOne) => (request: FastifyRequest<OfResource>, reply: FastifyReply) =>
    answer(beginOf(request), request.params.id, request, reply);

  scim.get<OfType>("/:type", async (request, reply) => search(request, reply, readUrlQuery(queryOf(request))));
  scim.post<OfType>("/:type/.search", async (request, reply) => {
    return search(request, reply, readSearchRequest(bodyOf(request)));
  });
  const create = async (request: FastifyRequest<OfType>, reply: FastifyReply) => {
    const exchange = beginOf(request);
    const presentation = presentationOf(exchange, readUrlQuery(queryOf(request)));
    const asked = await createResource(exchange.directory, exchange, bodyOf(request), wantedBy(presentation));
    reportWrite(request, exchange, asked);
    const { id } = asked.written.stored;
    reply.code(201).header("location", locationOf(id, exchange.model.type.name, exchange.locations));
    return sendWritten(reply, presentation, asked);
  };
  scim.post<OfType>("/:type", writeHooks, writing(create));
  scim.get<OfResource>("/:type/:id", one(answerGet));
  scim.put<OfResource>("/:type/:id", writeHooks, writing(one(answerPut)));
  scim.patch<OfResource>("/:type/:id", writeHooks, writing(one(answerPatch)));
  scim.delete<OfResource>("/:type/:id", writeHooks, writing(one(answerDelete)));

  refuseOtherMethods(scim, "/:type", ["GET", "POST"], checkType);
  refuseOtherMethods(scim, "/:type/.search", ["POST"], checkType);
  refuseOtherMethods(scim, "/:type/:id", ["GET", "PUT", "PATCH", "DELETE"], checkType);
}

/** @throws ScimError 404 when the endpoint has no such resource type */
function modelOf({ endpoint, params, url }: FastifyRequest<OfType>): ResourceModel {
  const model = endpoint?.modelAt.get(params.type);
  if (model === undefined) throw nothingAt(url, endpoint);
  return model;
}

function checkType(request: FastifyRequest): void {
  modelOf(request as FastifyRequest<OfType>);
}
