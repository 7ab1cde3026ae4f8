import { VERSION } from "../../../version.ts";
import { SESSION_COOKIE } from "../../auth/browser-session.ts";
import { type ObjectSchema, type RouteSchema, type Schema, TAGS } from "../route-schema.ts";
import { answersOf, contentOf, PROBLEM_DETAILS, type RefusalForm } from "./answers.ts";
import { Components } from "./components.ts";
import type { ListedRoute } from "./route-list.ts";
import { SCIM_ERROR, scimRoutes } from "./scim-routes.ts";

const DESCRIPTION = `Administration of a SCIMTool server: what identity providers did, endpoints, credentials, the server itself.

Send the admin secret, or the viewer's secret, as a bearer token; browsers sign in at \`/api/session\` instead. Requests by cookie that change something need the header \`X-SCIMTool-Request: 1\`.

Times are ISO 8601 in UTC. Values that are absent are \`null\`; members are never left out, unless it is said so. Parameters and members that are not known are refused. Refusals are problem details (RFC 9457), whose \`detail\` says what to do instead; below \`…/scim/v2\` they are errors of SCIM.`;

/** OpenAPI 3.1 of the routes of administration. */
export function openApiDocument(routes: readonly ListedRoute[]): object {
  const components = new Components();
  const paths = new Map<string, Record<string, object>>();
  const add = ({ method, url, schema }: ListedRoute, form: RefusalForm) => {
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
    info: {
      title: "SCIMTool",
      version: VERSION,

      description: DESCRIPTION,
    },
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ secret: [] }, { session: [] }],
    paths: Object.fromEntries(paths),
    components: {
      securitySchemes: {
        secret: { type: "http", scheme: "bearer", description: "The admin secret, or the viewer's secret." },
        session: { type: "apiKey", in: "cookie", name: SESSION_COOKIE, description: "As `POST /api/session` sets it." },
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
  form: RefusalForm,
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

function parametersOf(where: "path" | "query" | "header", object: ObjectSchema | undefined, components: Components) {
  if (object === undefined) return [];
  const required = (object["required"] ?? []) as readonly string[];
  return Object.entries(object.properties).map(([name, { description, ...schema }]) => ({
    name,
    in: where,
    required: required.includes(name),
    ...(description !== undefined && { description }),
    schema: components.referring(schema),
  }));
}

function bodyOf({ body, isBodyOptional = false }: RouteSchema, components: Components): object {
  if (body === undefined) return {};
  const content = (body["content"] ?? { "application/json": { schema: body } }) as Record<string, { schema: Schema }>;
  return { requestBody: { required: !isBodyOptional, content: contentOf(content, components) } };
}

/** Such as `getEndpointsNameCredentials`. */
function operationIdOf(method: string, path: string): string {
  const words = path.replace(/^\/api\//, "").match(/[A-Za-z0-9]+/g) ?? [];
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}
