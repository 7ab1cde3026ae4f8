import { STATUS_CODES } from "node:http";
import { isDeepStrictEqual } from "node:util";
import type { TObject, TSchema } from "typebox";
import { VERSION } from "../../../version.ts";
import { SESSION_COOKIE } from "../../auth/browser-session.ts";
import { described, INTEGER, NO_CONTENT, named, object, type RouteSchema, type Schema, TAGS, TEXT } from "../schema.ts";
import type { ListedRoute } from "./openapi.ts";
import { SCIM_ERROR, scimRoutes } from "./scim-routes.ts";

// Our own generator: @fastify/swagger takes 30 ms of each start, and would need the same code for the common errors,
// the named components and the SCIM routes.

const DESCRIPTION = `Administration of a SCIMTool server: what identity providers did, endpoints, credentials, the server itself.

Send the admin secret, or the viewer secret for read-only access, as a bearer token. Browsers sign in at \`/api/session\` instead. Requests by cookie that change something need the header \`X-SCIMTool-Request: 1\`.

Times are ISO 8601 in UTC. Absent values are \`null\`; members are never missing unless it says so. Unknown parameters and members are rejected. Errors are problem details (RFC 9457), whose \`detail\` says what to do; below \`…/scim/v2\` they are SCIM errors.`;

/** The format of an error response. */
export type ErrorForm = { readonly mediaType: string; readonly schema: TSchema };

/** RFC 9457 §3. */
const PROBLEM_DETAILS: ErrorForm = {
  mediaType: "application/problem+json",
  schema: named(
    "Problem",
    "Why a request was rejected (RFC 9457).",
    object({ title: TEXT, status: INTEGER, detail: described("What is wrong, and what to do.", TEXT) }),
  ),
};

/** OpenAPI 3.1 of the routes of administration. */
export function openApiDocument(routes: readonly ListedRoute[]): object {
  const components = new Components();
  const paths = new Map<string, Record<string, object>>();
  const add = ({ method, url, schema }: ListedRoute, form: ErrorForm) => {
    if (schema === undefined) return;
    const path = url.replaceAll(/:(\w+)/g, "{$1}");
    const item = paths.get(path) ?? {};
    item[method.toLowerCase()] = operation(method, path, schema, components, form);
    paths.set(path, item);
  };
  for (const route of routes) add(route, PROBLEM_DETAILS);
  for (const route of scimRoutes()) add(route, SCIM_ERROR);
  return {
    openapi: "3.1.1",
    info: { title: "SCIMTool", version: VERSION, description: DESCRIPTION },
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ secret: [] }, { session: [] }],
    paths: Object.fromEntries(paths),
    components: {
      securitySchemes: {
        secret: { type: "http", scheme: "bearer", description: "The admin secret, or the viewer secret." },
        session: { type: "apiKey", in: "cookie", name: SESSION_COOKIE, description: "Set by `POST /api/session`." },
      },
      schemas: components.schemas,
    },
  };
}

/** OpenAPI 3.1 §4.8.10. */
function operation(
  method: string,
  path: string,
  route: RouteSchema,
  components: Components,
  form: ErrorForm,
): Record<string, unknown> {
  const { summary, description, tags, security, params, querystring, headers } = route;
  const parameters = [
    ...parametersOf("path", params, components),
    ...parametersOf("query", querystring, components),
    ...parametersOf("header", headers, components),
  ];
  return {
    operationId: operationIdOf(method, path),
    summary,
    ...(description !== undefined && { description }),
    tags,
    ...(security !== undefined && { security }),
    ...(parameters.length > 0 && { parameters }),
    ...bodyOf(route, components),
    responses: answersOf(method, route, components, form),
  };
}

function parametersOf(where: "path" | "query" | "header", object: TObject | undefined, components: Components) {
  if (object === undefined) return [];
  return Object.entries(object.properties).map(([name, parameter]) => {
    const { description, ...schema } = parameter as Schema;
    return {
      name,
      in: where,
      required: (object.required as readonly string[]).includes(name),
      ...(description !== undefined && { description }),
      schema: components.referring(schema),
    };
  });
}

function bodyOf({ body, isBodyOptional = false }: RouteSchema, components: Components): object {
  if (body === undefined) return {};
  const content = (body as Schema)["content"] ?? { "application/json": { schema: body } };
  return { requestBody: { required: !isBodyOptional, content: contentOf(content, components) } };
}

/** For example `getEndpointsNameCredentials`. */
function operationIdOf(method: string, path: string): string {
  const words = path.replace(/^\/api\//, "").match(/[A-Za-z0-9]+/g) ?? [];
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

const RETRY_AFTER = { "Retry-After": { description: "When to try again, in seconds.", schema: INTEGER } };
const LOCATION = { Location: { description: "Path of the new object.", schema: TEXT } };

/** The `responses` of an operation (OpenAPI 3.1 §4.8.16). */
function answersOf(method: string, route: RouteSchema, components: Components, form: ErrorForm): object {
  const answers = Object.entries(route.response).map(([status, answer]) => [
    status,
    { ...(status === "201" && { headers: LOCATION }), ...answerOf(answer as Schema, components, Number(status)) },
  ]);
  const schema = components.referring(form.schema);
  const errors = Object.entries({ ...commonErrors(method, route), ...route.problems }).map(([status, description]) => [
    status,
    {
      description,
      ...(["429", "503", "507"].includes(status) && { headers: RETRY_AFTER }),
      content: { [form.mediaType]: { schema } },
    },
  ]);
  return Object.fromEntries([...answers, ...errors]);
}

function answerOf(answer: Schema, components: Components, status: number): object {
  if (answer["type"] === NO_CONTENT.type) return { description: answer["description"] };
  const { description = STATUS_CODES[status], content } = answer;
  if (content !== undefined) return { description, content: contentOf(content, components) };
  return { description, content: { "application/json": { schema: components.referring(answer) } } };
}

/** The `content` of an answer or body by media type. */
function contentOf(content: unknown, components: Components): object {
  const entries = Object.entries(content as Record<string, { readonly schema: Schema }>);
  return Object.fromEntries(
    entries.map(([mediaType, { schema }]) => [mediaType, { schema: components.referring(schema) }]),
  );
}

function commonErrors(method: string, { security, params, body }: RouteSchema): Record<number, string> {
  return {
    400: "The query or the body is invalid; `detail` names the problem.",
    ...(params !== undefined && { 404: "Something in the path does not exist." }),
    ...(body !== undefined && {
      413: "The body is too large.",
      415: "The body is not JSON in UTF-8, or its `Content-Type` is not that of JSON.",
    }),
    ...(method !== "GET" && {
      507: "The server's disk is full, and nothing was changed; `Retry-After` says when to try again.",
    }),
    ...(security === undefined && {
      401: "There is no valid secret or session.",
      403: "The secret is read-only or not valid here, or the request comes from another site.",
      429: "Too many wrong secrets came from this address; `Retry-After` says when to try again.",
      503: "The server cannot answer now; `Retry-After` says when to try again.",
    }),
  };
}

/** Names of components; other titles remain titles. */
const COMPONENT_NAME = /^[A-Z][A-Za-z0-9]*$/;

/** Collects the named schemas, which the document contains once. */
export class Components {
  readonly #named = new Map<string, { readonly given: Schema; readonly schema: Schema }>();

  /**
   * The schema with references instead of the named schemas in it.
   * @throws Error if two different schemas have the same name
   */
  referring(given: TSchema): Schema {
    const schema = given as unknown as Schema;
    const { title } = schema;
    if (typeof title !== "string" || !COMPONENT_NAME.test(title)) return this.#inner(schema);
    const known = this.#named.get(title);
    if (known === undefined) this.#named.set(title, { given: schema, schema: this.#inner(schema) });
    else if (!isDeepStrictEqual(known.given, schema)) throw new Error(`Two schemas have the name ${title}.`);
    return { $ref: `#/components/schemas/${title}` };
  }

  /** By name. */
  get schemas(): Readonly<Record<string, Schema>> {
    const sorted = [...this.#named].toSorted(([left], [right]) => (left < right ? -1 : 1));
    return Object.fromEntries(sorted.map(([name, { schema }]) => [name, schema]));
  }

  #inner(schema: Schema): Schema {
    const keywords = Object.entries(schema).filter(([keyword]) => keyword !== "x-rule");
    return Object.fromEntries(keywords.map(([keyword, value]) => [keyword, this.#within(value)]));
  }

  #within(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((each) => this.#within(each));
    return typeof value === "object" && value !== null ? this.referring(value) : value;
  }
}
