import { SCIM_MEDIA_TYPE } from "../../request-body.ts";
import { administrationPathOf } from "../../urls.ts";
import {
  described,
  ENDPOINT_NAME,
  INTEGER,
  JSON_OBJECT,
  list,
  NO_CONTENT,
  named,
  type ObjectSchema,
  type OtherAnswer,
  object,
  oneOf,
  type RouteSchema,
  type Schema,
  TEXT,
} from "../route-schema.ts";
import type { RefusalForm } from "./answers.ts";
import type { ListedRoute } from "./route-list.ts";

// SCIM is described by its RFCs and, resource type by resource type, by `/Schemas`. Here stands how to reach it, which the
// routes of the protocol do not say themselves: they serve identity providers as well.

/** RFC 7644 §3.12. */
export const SCIM_ERROR: RefusalForm = {
  mediaType: SCIM_MEDIA_TYPE,
  schema: named(
    "ScimError",
    "Why a request was refused (RFC 7644 §3.12).",
    object({ schemas: list(TEXT), status: described("In digits.", TEXT), scimType: TEXT, detail: TEXT }, ["scimType"]),
  ),
};

const RESOURCE = named("ScimResource", "A resource as `/Schemas` of the endpoint describes it.", {
  type: "object",
  properties: { schemas: list(TEXT), id: TEXT },
});

const LIST_RESPONSE = named("ListResponse", "A page of resources (RFC 7644 §3.4.2).", {
  type: "object",
  properties: {
    schemas: list(TEXT),
    totalResults: INTEGER,
    itemsPerPage: INTEGER,
    startIndex: INTEGER,
    nextCursor: TEXT,
    Resources: list(RESOURCE),
  },
  required: ["schemas", "totalResults"],
});

const PATCH_OP = named("PatchOp", "Changes of a resource (RFC 7644 §3.5.2).", {
  type: "object",
  properties: {
    schemas: list(TEXT),
    Operations: list({
      type: "object",
      properties: { op: oneOf("add", "remove", "replace"), path: TEXT, value: {} },
      required: ["op"],
    }),
  },
  required: ["schemas", "Operations"],
});

const PROJECTION = {
  attributes: described("Names of attributes to answer with, separated by commas.", TEXT),
  excludedAttributes: described("Names of attributes to leave out, separated by commas.", TEXT),
};

const SEARCH = {
  filter: described("RFC 7644 §3.4.2.2.", { ...TEXT, examples: ['userName eq "anna"'] }),
  sortBy: TEXT,
  sortOrder: oneOf("ascending", "descending"),
  startIndex: INTEGER,
  count: INTEGER,
  cursor: described("RFC 9865: empty for the first page, then `nextCursor` of the one before.", TEXT),
  ...PROJECTION,
};

const SEARCH_REQUEST = named("SearchRequest", "A query in a body (RFC 7644 §3.4.3).", {
  type: "object",
  properties: { schemas: list(TEXT), ...SEARCH, attributes: list(TEXT), excludedAttributes: list(TEXT) },
  required: ["schemas"],
});

const AT_ENDPOINT = { endpoint: ENDPOINT_NAME };
const AT_TYPE = { ...AT_ENDPOINT, type: described("Where resources of a type are: `Users`, `Groups`.", TEXT) };
const AT_RESOURCE = { ...AT_TYPE, id: described("Id of the resource.", TEXT) };

type Said = {
  readonly summary: string;
  readonly params: Readonly<Record<string, Schema>>;
  readonly query?: Readonly<Record<string, Schema>>;
  readonly headers?: Readonly<Record<string, Schema>>;
  readonly body?: Schema;
  readonly response: RouteSchema["response"];
  readonly problems?: Readonly<Record<number, string>>;
};

/** RFC 7644 §3.14, RFC 9110 §13.1. */
const IF_READ = {
  "If-Match": described("Answers only while the resource has this entity tag, one of several, or any (`*`).", TEXT),
  "If-None-Match": described("Answers 304 while the resource has this entity tag, one of several, or any.", TEXT),
};

const IF_WRITTEN = {
  "If-Match": described(
    "Changes the resource only while it has this entity tag, one of several, or any (`*`). An endpoint may be set to " +
      "demand it (`requireEtag`).",
    TEXT,
  ),
  "If-None-Match": described("Changes the resource only while it has none of these entity tags.", TEXT),
};

const NOT_MODIFIED = described("The resource has an entity tag that `If-None-Match` names.", NO_CONTENT);

const VERSION_PROBLEMS = {
  412: "The resource has another version than `If-Match` names, or one that `If-None-Match` names.",
  428: "The endpoint demands `If-Match`.",
};

const WRITE_PROBLEMS = { 409: "Another resource has a value that must be unique.", ...VERSION_PROBLEMS };

const READ_ONE: Said = {
  summary: "Read a resource",
  params: AT_RESOURCE,
  query: PROJECTION,
  headers: IF_READ,
  response: { 200: inScim("The resource.", RESOURCE), 304: NOT_MODIFIED },
  problems: { 412: "The resource has another version than `If-Match` names." },
};

const REPLACE_ONE: Said = {
  summary: "Replace a resource",
  params: AT_RESOURCE,
  query: PROJECTION,
  headers: IF_WRITTEN,
  body: RESOURCE,
  response: { 200: inScim("The resource as it is now.", RESOURCE) },
  problems: WRITE_PROBLEMS,
};

const CHANGE_ONE: Said = {
  summary: "Change a resource",
  params: AT_RESOURCE,
  query: PROJECTION,
  headers: IF_WRITTEN,
  body: PATCH_OP,
  response: { 200: inScim("The resource as it is now.", RESOURCE), 204: NO_CONTENT },
  problems: WRITE_PROBLEMS,
};

const DELETE_ONE: Said = {
  summary: "Delete a resource",
  params: AT_RESOURCE,
  headers: IF_WRITTEN,
  response: { 204: NO_CONTENT },
  problems: VERSION_PROBLEMS,
};

const SEARCH_ALL: Said = {
  summary: "Search the resources of all types",
  params: AT_ENDPOINT,
  query: SEARCH,
  response: { 200: inScim("A page.", LIST_RESPONSE) },
};

function discovery(summary: string, params: Said["params"] = AT_ENDPOINT): Said {
  return { summary, params, response: { 200: inScim("What there is.", JSON_OBJECT) } };
}

const ROUTES: readonly (readonly [method: string, path: string, said: Said])[] = [
  [
    "GET",
    "/:type",
    {
      summary: "List or search the resources of a type",
      params: AT_TYPE,
      query: SEARCH,
      response: { 200: inScim("A page.", LIST_RESPONSE) },
    },
  ],
  [
    "POST",
    "/:type",
    {
      summary: "Create a resource",
      params: AT_TYPE,
      query: PROJECTION,
      body: RESOURCE,
      response: { 201: inScim("The resource.", RESOURCE) },
      problems: { 409: WRITE_PROBLEMS[409] },
    },
  ],
  [
    "POST",
    "/:type/.search",
    {
      summary: "Search the resources of a type, with the query in the body",
      params: AT_TYPE,
      body: SEARCH_REQUEST,
      response: { 200: inScim("A page.", LIST_RESPONSE) },
    },
  ],
  ["GET", "/:type/:id", READ_ONE],
  ["PUT", "/:type/:id", REPLACE_ONE],
  ["PATCH", "/:type/:id", CHANGE_ONE],
  ["DELETE", "/:type/:id", DELETE_ONE],
  ["GET", "", SEARCH_ALL],
  [
    "POST",
    "/.search",
    {
      summary: "Search the resources of all types, with the query in the body",
      params: AT_ENDPOINT,
      body: SEARCH_REQUEST,
      response: { 200: inScim("A page.", LIST_RESPONSE) },
    },
  ],
  [
    "POST",
    "/Bulk",
    {
      summary: "Do several operations in one request (RFC 7644 §3.7)",
      params: AT_ENDPOINT,
      body: JSON_OBJECT,
      response: { 200: inScim("What came of each.", JSON_OBJECT) },
      problems: { 413: "There are more operations or bytes than the endpoint accepts." },
    },
  ],
  ["GET", "/ServiceProviderConfig", discovery("Tell what the endpoint supports")],
  ["GET", "/ResourceTypes", discovery("List the resource types of the endpoint")],
  [
    "GET",
    "/ResourceTypes/:id",
    discovery("Read a resource type", { ...AT_ENDPOINT, id: described("Its name.", TEXT) }),
  ],
  ["GET", "/Schemas", discovery("List the schemas of the endpoint")],
  ["GET", "/Schemas/:id", discovery("Read a schema", { ...AT_ENDPOINT, id: described("Its URN.", TEXT) })],
];

/** The SCIM protocol of an endpoint, as administrators find it. */
export function scimRoutes(): ListedRoute[] {
  return ROUTES.map(([method, path, said]) => ({
    method,
    url: administrationPathOf(":endpoint") + path,
    schema: routeSchemaOf(said),
  }));
}

function routeSchemaOf({ summary, params, query, headers, body, response, problems = {} }: Said): RouteSchema {
  return {
    summary,
    response,
    problems,
    tags: ["SCIM"],
    params: object(params),
    ...(query !== undefined && { querystring: optionalMembers(query) }),
    ...(headers !== undefined && { headers: optionalMembers(headers) }),
    ...(body !== undefined && { body: { content: { [SCIM_MEDIA_TYPE]: { schema: body } } } }),
  };
}

function optionalMembers(members: Readonly<Record<string, Schema>>): ObjectSchema {
  return object(members, Object.keys(members));
}

function inScim(description: string, schema: Schema): OtherAnswer {
  return { description, content: { [SCIM_MEDIA_TYPE]: { schema } } };
}
