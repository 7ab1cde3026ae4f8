import {
  entityTag,
  matchesEntityTag,
  type QueryParameters,
  type ResourceModel,
  readSearchRequest,
  readUrlQuery,
  ScimError,
} from "@scimtool/scim";
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from "fastify";
import {
  createResource,
  getResource,
  modifyResource,
  removeResource,
  replaceResource,
} from "../../directory/directory.ts";
import { checkIfMatch } from "../../directory/save.ts";
import { searchAllResources, searchResources } from "../../directory/search.ts";
import type { TypedResource } from "../../store/store.ts";
import { report } from "../recording.ts";
import { servedEndpoint, servedTo } from "../serving.ts";
import {
  bodyOf,
  conditionsOf,
  nothingAt,
  preconditionsOf,
  presentationOf,
  queryOf,
  refuseOtherMethods,
  reportPage,
  reportWrite,
  type ScimRequest,
  scimRequest,
  subjectWithoutType,
  withCurrentSettings,
} from "./request.ts";
import { includeFor, locationOf, type Presentation } from "./resource-text.ts";
import { sendPage, sendResource, sendWritten, setEntityTag, setVersionHeaders } from "./response.ts";

export type ScimRouteOptions = {
  readonly publicUrl: string | undefined;
  /** Hooks that run before the body of a write is read. */
  readonly writeHooks: Pick<RouteShorthandOptions, "onRequest">;
};

type OfType = { Params: { type: string } };
type OfResource = { Params: { type: string; id: string } };

/** Registers the resource endpoints of RFC 7644 §3.2. The resource types depend on the endpoint's settings. */
export function resourceRoutes(scim: FastifyInstance, { publicUrl, writeHooks }: ScimRouteOptions): void {
  const search = async (request: FastifyRequest<OfType>, reply: FastifyReply, parameters: QueryParameters) => {
    const asked = scimRequest(request, modelOf(request), publicUrl);
    const presentation = presentationOf(asked, parameters);
    const page = await searchResources(asked.directory, asked, parameters, {
      ...includeFor(presentation),
      label: true,
    });
    reportPage(request, parameters, page, asked.model);
    return sendPage(reply, page, () => presentation);
  };
  const one = (answer: AnswerOne) => (request: FastifyRequest<OfResource>, reply: FastifyReply) =>
    answer(scimRequest(request, modelOf(request), publicUrl), withoutSuffix(request.params.id), request, reply);

  scim.get<OfType>("/:type", async (request, reply) => search(request, reply, readUrlQuery(queryOf(request))));
  scim.post<OfType>("/:type/.search", async (request, reply) => {
    return search(request, reply, readSearchRequest(bodyOf(request)));
  });
  const create = async (request: FastifyRequest<OfType>, reply: FastifyReply) => {
    const asked = scimRequest(request, modelOf(request), publicUrl);
    const presentation = presentationOf(asked, readUrlQuery(queryOf(request)));
    const result = await createResource(asked.directory, asked, bodyOf(request), includeFor(presentation));
    reportWrite(request, asked, result);
    const { id } = result.written.stored;
    reply.code(201).header("location", locationOf(id, asked.model.type.name, asked.locations));
    return sendWritten(reply, presentation, result);
  };
  scim.post<OfType>("/:type", writeHooks, withCurrentSettings(create));
  scim.get<OfResource>("/:type/:id", one(answerGet));
  scim.put<OfResource>("/:type/:id", writeHooks, withCurrentSettings(one(answerPut)));
  scim.patch<OfResource>("/:type/:id", writeHooks, withCurrentSettings(one(answerPatch)));
  scim.delete<OfResource>("/:type/:id", writeHooks, withCurrentSettings(one(answerDelete)));

  refuseOtherMethods(scim, "/:type", ["GET", "POST"], checkType);
  refuseOtherMethods(scim, "/:type/.search", ["POST"], checkType);
  refuseOtherMethods(scim, "/:type/:id", ["GET", "PUT", "PATCH", "DELETE"], checkType);
}

/** @throws ScimError 404 if the endpoint has no such resource type */
function modelOf({ endpoint, params, url }: FastifyRequest<OfType>): ResourceModel {
  const model = endpoint?.modelAt.get(withoutSuffix(params.type));
  if (model === undefined) throw nothingAt(url, endpoint);
  return model;
}

/** `/Users/{id}.scim` requests the only format (RFC 7644 §3.8). */
function withoutSuffix(segment: string): string {
  return segment.endsWith(".scim") ? segment.slice(0, -".scim".length) : segment;
}

function checkType(request: FastifyRequest): void {
  modelOf(request as FastifyRequest<OfType>);
}

/** Answers a request about one resource, at its own path or at /Me. */
type AnswerOne = (
  asked: ScimRequest,
  id: string,
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<FastifyReply>;

/** RFC 7644 §3.4.1; If-Match precedes If-None-Match (RFC 9110 §13.2.2). */
const answerGet: AnswerOne = async (asked, id, request, reply) => {
  const presentation = presentationOf(asked, readUrlQuery(queryOf(request)));
  const stored = await getResource(asked.directory, asked, id, { ...includeFor(presentation), label: true });
  const { ifMatch, ifNoneMatch } = conditionsOf(request, asked.endpoint);
  checkIfMatch(ifMatch, asked.model, stored.revision);
  report(request, { kind: "read", model: asked.model, stored });
  setVersionHeaders(reply, presentation, stored);
  if (ifNoneMatch !== undefined && matchesEntityTag(ifNoneMatch, entityTag(stored.revision))) {
    return reply.code(304).send();
  }
  return sendResource(reply, stored, presentation);
};

/** RFC 7644 §3.5.1. */
const answerPut: AnswerOne = async (asked, id, request, reply) => {
  const presentation = presentationOf(asked, readUrlQuery(queryOf(request)));
  const preconditions = preconditionsOf(request, asked);
  const include = includeFor(presentation);
  const result = await replaceResource(asked.directory, asked, { id, body: bodyOf(request), preconditions, include });
  reportWrite(request, asked, result);
  return sendWritten(reply, presentation, result);
};

/** RFC 7644 §3.5.2. */
const answerPatch: AnswerOne = async (asked, id, request, reply) => {
  const presentation = presentationOf(asked, readUrlQuery(queryOf(request)));
  const preconditions = preconditionsOf(request, asked);
  // "attributes" asks for the resource, whatever the endpoint's settings (RFC 7644 §3.5.2).
  const isSilent = presentation.projection === undefined && answersPatchSilently(asked);
  const include = isSilent ? { groups: false, members: false } : includeFor(presentation);
  const result = await modifyResource(asked.directory, asked, { id, body: bodyOf(request), preconditions, include });
  reportWrite(request, asked, result);
  if (isSilent) {
    setEntityTag(reply, asked.model, result.written.stored);
    return reply.code(204).send();
  }
  return sendWritten(reply, presentation, result);
};

/** Whole groups are large, and Entra ID does not need them in the answer. */
function answersPatchSilently({ endpoint, model }: ScimRequest): boolean {
  const { patchAnswer } = endpoint.settings;
  return patchAnswer === "auto" ? model.collection !== undefined : patchAnswer === "204";
}

/** RFC 7644 §3.6. */
const answerDelete: AnswerOne = async (asked, id, request, reply) => {
  const written = await removeResource(asked.directory, asked, id, preconditionsOf(request, asked));
  reportWrite(request, asked, { written, sent: undefined });
  return reply.code(204).send();
};

/** `/Me` (RFC 7644 §3.11): the User that the token is bound to. */
export function meRoutes(scim: FastifyInstance, { publicUrl, writeHooks }: ScimRouteOptions): void {
  const me = (answer: AnswerOne) => (request: FastifyRequest, reply: FastifyReply) => {
    const model = servedEndpoint(request).modelAt.get("Users");
    const id = request.decision?.accepted === true ? request.decision.credential.user : undefined;
    if (model === undefined || id === undefined) {
      throw new ScimError(
        404,
        "This token is not bound to a user, so /Me has no resource. Use /Users/{id}, or a token that is bound to a user.",
        { reason: { code: "meNotBound" } },
      );
    }
    const asked = scimRequest(request, model, publicUrl);
    // "the response SHOULD include the Location header" of the resource itself (RFC 7644 §3.11).
    reply.header("location", locationOf(id, model.type.name, asked.locations));
    return answer(asked, id, request, reply);
  };
  scim.get("/Me", me(answerGet));
  scim.put("/Me", writeHooks, withCurrentSettings(me(answerPut)));
  scim.patch("/Me", writeHooks, withCurrentSettings(me(answerPatch)));
  scim.delete("/Me", writeHooks, withCurrentSettings(me(answerDelete)));
  refuseOtherMethods(scim, "/Me", ["GET", "PUT", "PATCH", "DELETE"]);
}

/** Queries on the base URI: resources of all types (RFC 7644 §3.4.2.1, §3.4.3). */
export function rootRoutes(scim: FastifyInstance, publicUrl: string | undefined): void {
  const search = async (request: FastifyRequest, reply: FastifyReply, parameters: QueryParameters) => {
    const subject = subjectWithoutType(request, publicUrl);
    // Each type's schema resolves the attributes; names that a type does not have select nothing.
    const presentations = new Map<string, Presentation>(
      subject.endpoint.models.map((model) => [model.type.name, presentationOf({ ...subject, model }, parameters)]),
    );
    const presentationFor = (type: string): Presentation => {
      const presentation = presentations.get(type);
      if (presentation === undefined) throw new Error(`the endpoint does not serve the resource type ${type}`);
      return presentation;
    };
    const { directory } = servedTo(request);
    const page = await searchAllResources(directory, subject, parameters, ({ type }) =>
      includeFor(presentationFor(type.name)),
    );
    reportPage(request, parameters, page, undefined);
    return sendPage(reply, page, ({ type }: TypedResource) => presentationFor(type));
  };

  scim.get("/", async (request, reply) => {
    refuseAppendedPath(request);
    return search(request, reply, readUrlQuery(queryOf(request)));
  });
  scim.post("/.search", async (request, reply) => search(request, reply, readSearchRequest(bodyOf(request))));
  refuseOtherMethods(scim, "/", ["GET"], refuseAppendedPath);
  refuseOtherMethods(scim, "/.search", ["POST"]);
}

/** A path of a resource type after a query parameter without a value. */
const APPENDED = /\?[^=&/]*\/[A-Z.][^?&]*/;

/**
 * A base URI has no query, "as clients MAY append additional path information" (RFC 7644 §1.3). Entra ID inserts its
 * paths before the query of its tenant URL. A client that appends them instead requests the base URI every time.
 */
function refuseAppendedPath({ url }: FastifyRequest): void {
  const [appended] = APPENDED.exec(url) ?? [];
  if (appended === undefined) return;
  throw new ScimError(
    400,
    `The base URL contains a question mark, so the client added its paths to the query: ${appended.slice(0, 100)}. Enter the base URL without the question mark and the text after it.`,
    { reason: { code: "baseUrlHasQuery", appended: appended.slice(0, 100) } },
  );
}
