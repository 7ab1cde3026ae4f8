import type { TObject, TProperties, TSchema } from "typebox";
import { administrationPathOf } from "../../../endpoint/served-endpoint.ts";
import { SCIM_MEDIA_TYPE } from "../../request-body.ts";
import {
  described,
  ENDPOINT_NAME,
  INTEGER,
  JSON_OBJECT,
  list,
  NO_CONTENT,
  named,
  type OtherAnswer,
  object,
  oneOf,
  optional,
  partial,
  type RouteSchema,
  TEXT,
} from "../schema.ts";
import type { ErrorForm } from "./document.ts";
import type { ListedRoute } from "./openapi.ts";

// The RFCs and `/Schemas` describe SCIM itself. This describes how administrators reach it; the routes of the protocol
// have no schemas, as they serve identity providers too.

/** RFC 7644 §3.12. */
export const SCIM_ERROR: ErrorForm = {
  mediaType: SCIM_MEDIA_TYPE,
  schema: named(
    "ScimError",
    "Why a request was rejected (RFC 7644 §3.12).",
    object({ schemas: list(TEXT), status: described("In digits.", TEXT), scimType: optional(TEXT), detail: TEXT }),
  ),
};

const RESOURCE = named("ScimResource", "A resource; `/Schemas` of the endpoint describes it.", {
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

const PATCH_OP = named("PatchOp", "Changes to a resource (RFC 7644 §3.5.2).", {
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
  attributes: described("Names of attributes to return, separated by commas.", TEXT),
  excludedAttributes: described("Names of attributes to omit, separated by commas.", TEXT),
};

const SEARCH = {
  filter: described("RFC 7644 §3.4.2.2.", { ...TEXT, examples: ['userName eq "anna"'] }),
  sortBy: TEXT,
  sortOrder: oneOf("ascending", "descending"),
  startIndex: INTEGER,
  count: INTEGER,
  cursor: described("RFC 9865: empty for the first page, then `nextCursor` of the previous page.", TEXT),
  ...PROJECTION,
};

const SEARCH_REQUEST = named("SearchRequest", "A query in a body (RFC 7644 §3.4.3).", {
  type: "object",
  properties: { schemas: list(TEXT), ...SEARCH, attributes: list(TEXT), excludedAttributes: list(TEXT) },
  required: ["schemas"],
});

const AT_ENDPOINT = { endpoint: ENDPOINT_NAME };
const AT_TYPE = { ...AT_ENDPOINT, type: described("Path of a resource type: `Users`, `Groups`.", TEXT) };
const AT_RESOURCE = { ...AT_TYPE, id: described("ID of the resource.", TEXT) };

type RouteSummary = {
  readonly summary: string;
  readonly params: TProperties;
  readonly query?: TProperties;
  readonly headers?: TProperties;
  readonly body?: TSchema;
  readonly response: RouteSchema["response"];
  readonly problems?: Readonly<Record<number, string>>;
};

/** RFC 7644 §3.14, RFC 9110 §13.1. */
const IF_READ = {
  "If-Match": described("Answers only if the resource has this entity tag, one of several, or any (`*`).", TEXT),
  "If-None-Match": described("Answers 304 if the resource has this entity tag, one of several, or any.", TEXT),
};

const IF_WRITTEN = {
  "If-Match": described(
    "Changes the resource only if it has this entity tag, one of several, or any (`*`). An endpoint may require it " +
      "(`requireEtag`).",
    TEXT,
  ),
  "If-None-Match": described("Changes the resource only if it has none of these entity tags.", TEXT),
};

const NOT_MODIFIED = described("`If-None-Match` contains the resource's entity tag.", NO_CONTENT);

const VERSION_PROBLEMS = {
  412: "The resource's version does not match `If-Match` or `If-None-Match`.",
  428: "The endpoint requires `If-Match`.",
};

const WRITE_PROBLEMS = { 409: "Another resource has a value that must be unique.", ...VERSION_PROBLEMS };

const READ_ONE: RouteSummary = {
  summary: "Read a resource",
  params: AT_RESOURCE,
  query: PROJECTION,
  headers: IF_READ,
  response: { 200: inScim("The resource.", RESOURCE), 304: NOT_MODIFIED },
  problems: { 412: "The resource's version does not match `If-Match`." },
};

const REPLACE_ONE: RouteSummary = {
  summary: "Replace a resource",
  params: AT_RESOURCE,
  query: PROJECTION,
  headers: IF_WRITTEN,
  body: RESOURCE,
  response: { 200: inScim("The resource after the change.", RESOURCE) },
  problems: WRITE_PROBLEMS,
};

const CHANGE_ONE: RouteSummary = {
  summary: "Change a resource",
  params: AT_RESOURCE,
  query: PROJECTION,
  headers: IF_WRITTEN,
  body: PATCH_OP,
  response: { 200: inScim("The resource after the change.", RESOURCE), 204: NO_CONTENT },
  problems: WRITE_PROBLEMS,
};

const DELETE_ONE: RouteSummary = {
  summary: "Delete a resource",
  params: AT_RESOURCE,
  headers: IF_WRITTEN,
  response: { 204: NO_CONTENT },
  problems: VERSION_PROBLEMS,
};

const SEARCH_ALL: RouteSummary = {
  summary: "Search the resources of all types",
  params: AT_ENDPOINT,
  query: SEARCH,
  response: { 200: inScim("A page.", LIST_RESPONSE) },
};

function discovery(summary: string, params: RouteSummary["params"] = AT_ENDPOINT): RouteSummary {
  return { summary, params, response: { 200: inScim("The discovery resource.", JSON_OBJECT) } };
}

const ROUTES: readonly (readonly [method: string, path: string, summary: RouteSummary])[] = [
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
      response: { 200: inScim("The result of each operation.", JSON_OBJECT) },
      problems: { 413: "The request has more operations or bytes than the endpoint accepts." },
    },
  ],
  ["GET", "/ServiceProviderConfig", discovery("Read what the endpoint supports")],
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
  return ROUTES.map(([method, path, summary]) => ({
    method,
    url: administrationPathOf(":endpoint") + path,
    schema: routeSchemaOf(summary),
  }));
}

function routeSchemaOf({ summary, params, query, headers, body, response, problems = {} }: RouteSummary): RouteSchema {
  return {
    summary,
    response,
    problems,
    tags: ["SCIM"],
    params: object(params) as TObject,
    ...(query !== undefined && { querystring: partial(query) as TObject }),
    ...(headers !== undefined && { headers: partial(headers) as TObject }),
    ...(body !== undefined && { body: { content: { [SCIM_MEDIA_TYPE]: { schema: body } } } }),
  };
}

function inScim(description: string, schema: TSchema): OtherAnswer {
  return { description, content: { [SCIM_MEDIA_TYPE]: { schema } } };
}
