import {
  type Capabilities,
  type JsonObject,
  listResponseText,
  RESOURCE_TYPE_SCHEMA,
  resourceTypeResource,
  SCHEMA_SCHEMA,
  ScimError,
  SERVICE_PROVIDER_CONFIG_SCHEMA,
  schemaResource,
  serviceProviderConfigResource,
} from "@scimtool/scim";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { MAX_PAGE_SIZE } from "../../directory/query.ts";
import { originOf } from "../base-url.ts";
import { queryOf } from "./query-string.ts";
import { refuseOtherMethods, SCIM_MEDIA_TYPE, type ScimPlace } from "./routes.ts";

/** What this server can do, as `/ServiceProviderConfig` tells it (RFC 7643 §5). */
const CAPABILITIES: Capabilities = {
  patch: true,
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: MAX_PAGE_SIZE },
  changePassword: false,
  sort: true,
  etag: true,
  authenticationSchemes: [
    {
      type: "oauthbearertoken",
      name: "OAuth Bearer Token",
      description: "The SCIM secret of this endpoint as a bearer token.",
      specUri: "https://www.rfc-editor.org/rfc/rfc6750",
      primary: true,
    },
  ],
};

/** Registers the discovery endpoints of RFC 7644 §4. */
export function discoveryRoutes(scim: FastifyInstance, options: ScimPlace): void {
  const baseOf = (request: FastifyRequest) => originOf(request, options.publicUrl) + options.basePath;
  const types = options.models.map(({ type }) => type);
  const schemas = new Map(
    [
      ...types.flatMap((type) => [type.schema, ...type.schemaExtensions.map(({ schema }) => schema)]),
      SERVICE_PROVIDER_CONFIG_SCHEMA,
      RESOURCE_TYPE_SCHEMA,
      SCHEMA_SCHEMA,
    ].map((schema) => [schema.id.toLowerCase(), schema]),
  );

  get(scim, "/ServiceProviderConfig", (request) =>
    JSON.stringify(serviceProviderConfigResource(CAPABILITIES, baseOf(request))),
  );

  get(scim, "/ResourceTypes", (request) => {
    refuseFilter(request);
    return listText(types.map((type) => resourceTypeResource(type, baseOf(request))));
  });

  get(scim, "/ResourceTypes/:id", (request) => {
    const { id } = request.params as { id: string };
    const type = types.find(({ name }) => name.toLowerCase() === id.toLowerCase());
    if (type === undefined)
      throw notFound(
        "resource type",
        id,
        types.map(({ name }) => name),
      );
    return JSON.stringify(resourceTypeResource(type, baseOf(request)));
  });

  get(scim, "/Schemas", (request) => {
    refuseFilter(request);
    return listText([...schemas.values()].map((schema) => schemaResource(schema, baseOf(request))));
  });

  get(scim, "/Schemas/:id", (request) => {
    const { id } = request.params as { id: string };
    const schema = schemas.get(id.toLowerCase());
    if (schema === undefined)
      throw notFound(
        "schema",
        id,
        [...schemas.values()].map((each) => each.id),
      );
    return JSON.stringify(schemaResource(schema, baseOf(request)));
  });
}

function get(scim: FastifyInstance, url: string, answer: (request: FastifyRequest) => string): void {
  scim.get(url, async (request, reply) => reply.header("content-type", SCIM_MEDIA_TYPE).send(answer(request)));
  refuseOtherMethods(scim, url, ["GET"]);
}

/** "If a "filter" is provided, the service provider SHOULD respond with HTTP status code 403" (RFC 7644 §4). */
function refuseFilter(request: FastifyRequest): void {
  if (queryOf(request).has("filter")) {
    throw new ScimError(403, "Discovery endpoints cannot be filtered. Leave out the filter.");
  }
}

function listText(resources: readonly JsonObject[]): string {
  return listResponseText(
    resources.length,
    1,
    resources.map((resource) => JSON.stringify(resource)),
  );
}

function notFound(what: string, id: string, known: readonly string[]): ScimError {
  return new ScimError(404, `There is no ${what} "${id}". There are: ${known.join(", ")}.`);
}
