import {
  type Capabilities,
  type JsonObject,
  listResponseText,
  RESOURCE_TYPE_SCHEMA,
  resourceTypeResource,
  SCHEMA_SCHEMA,
  type Schema,
  ScimError,
  SERVICE_PROVIDER_CONFIG_SCHEMA,
  schemaResource,
  serviceProviderConfigResource,
} from "@scimtool/scim";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { defaultPageSize } from "../../directory/search.ts";
import type { ServedEndpoint } from "../../endpoint/served-endpoint.ts";
import type { EndpointLimits } from "../../endpoint/settings.ts";
import type { Discovered } from "../../monitor/exchange-facts.ts";
import { report } from "../recording.ts";
import { SCIM_MEDIA_TYPE } from "../request-body.ts";
import { servedEndpoint } from "../serving.ts";
import { compressDocument, SharedDocument, sendDocument } from "../shared-document.ts";
import { originOf } from "../urls.ts";
import { bulkLimitsOf } from "./bulk.ts";
import { queryOf, refuseOtherMethods } from "./request.ts";

/** Marks routes that an endpoint may open to requests without a token. */
const DISCOVERY = { isDiscovery: true } as const;

/** The content of `/ServiceProviderConfig` (RFC 7643 §5). */
function capabilitiesOf(endpoint: ServedEndpoint): Capabilities {
  const { features, discovery, limits } = endpoint.settings;
  return {
    patch: features.patch,
    bulk: { supported: features.bulk, ...bulkLimitsOf(endpoint) },
    filter: { supported: true, maxResults: limits.maxPageSize },
    changePassword: false,
    sort: features.sort,
    etag: features.etag,
    pagination: discovery.pagination ? paginationOf(limits) : undefined,
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
}

function paginationOf(limits: EndpointLimits): Capabilities["pagination"] {
  return {
    cursor: true,
    index: true,
    // What clients without support for cursors expect (RFC 9865 §2.4).
    defaultPaginationMethod: "index",
    defaultPageSize: defaultPageSize(limits),
    maxPageSize: limits.maxPageSize,
    cursorTimeout: limits.cursorTimeoutSeconds,
  };
}

type Asked = {
  readonly endpoint: ServedEndpoint;
  readonly baseUri: string;
  readonly id: string;
};

/** Cached documents per endpoint. They contain the origin, which comes from the request's Host header. */
const MAX_KEPT_DOCUMENTS = 32;

const documentsOf = new WeakMap<ServedEndpoint, Map<string, SharedDocument>>();

function documentOf(endpoint: ServedEndpoint, key: string, make: () => string): SharedDocument {
  let documents = documentsOf.get(endpoint);
  if (documents === undefined) {
    documents = new Map();
    documentsOf.set(endpoint, documents);
  }
  let document = documents.get(key);
  if (document === undefined) {
    document = new SharedDocument(make());
    if (documents.size >= MAX_KEPT_DOCUMENTS) documents.clear();
    documents.set(key, document);
  }
  return document;
}

/** Registers the discovery endpoints of RFC 7644 §4. */
export function discoveryRoutes(scim: FastifyInstance, publicUrl: string | undefined): void {
  const get = (url: string, answer: (asked: Asked) => string): void => {
    scim.get(url, { config: DISCOVERY, onSend: compressDocument }, async (request, reply) => {
      const endpoint = servedEndpoint(request);
      const baseUri = originOf(request, publicUrl) + endpoint.basePath;
      const { id } = request.params as { id?: string };
      const what = url.split("/")[1] as Discovered["what"];
      report(request, { kind: "discovered", what, name: id });
      if (what !== "ServiceProviderConfig" && id === undefined) refuseFilter(request);
      const key = `${url} ${id?.toLowerCase()} ${baseUri}`;
      const document = documentOf(endpoint, key, () => answer({ endpoint, baseUri, id: id ?? "" }));
      return sendDocument(request, reply.header("content-type", SCIM_MEDIA_TYPE), document);
    });
    refuseOtherMethods(scim, url, ["GET"]);
  };

  get("/ServiceProviderConfig", ({ endpoint, baseUri }) =>
    JSON.stringify(serviceProviderConfigResource(capabilitiesOf(endpoint), baseUri)),
  );

  get("/ResourceTypes", ({ endpoint, baseUri }) =>
    listText(endpoint.models.map(({ type }) => resourceTypeResource(type, baseUri))),
  );

  get("/ResourceTypes/:id", ({ endpoint, baseUri, id }) => {
    const types = endpoint.models.map(({ type }) => type);
    const type = types.find(({ name }) => name.toLowerCase() === id.toLowerCase());
    if (type !== undefined) return JSON.stringify(resourceTypeResource(type, baseUri));
    const names = types.map(({ name }) => name);
    throw notFound("ResourceType", "resource type", id, names);
  });

  get("/Schemas", ({ endpoint, baseUri }) =>
    listText([...schemasOf(endpoint).values()].map((schema) => schemaResource(schema, baseUri))),
  );

  get("/Schemas/:id", ({ endpoint, baseUri, id }) => {
    const schemas = schemasOf(endpoint);
    const schema = schemas.get(id.toLowerCase());
    if (schema !== undefined) return JSON.stringify(schemaResource(schema, baseUri));
    const urns = [...schemas.values()].map((each) => each.id);
    throw notFound("Schema", "schema", id, urns);
  });
}

function schemasOf(endpoint: ServedEndpoint): ReadonlyMap<string, Schema> {
  const types = endpoint.models.map(({ type }) => type);
  return new Map(
    [
      ...types.flatMap((type) => [type.schema, ...type.schemaExtensions.map(({ schema }) => schema)]),
      SERVICE_PROVIDER_CONFIG_SCHEMA,
      RESOURCE_TYPE_SCHEMA,
      SCHEMA_SCHEMA,
    ].map((schema) => [schema.id.toLowerCase(), schema]),
  );
}

/** "If a "filter" is provided, the service provider SHOULD respond with HTTP status code 403" (RFC 7644 §4). */
function refuseFilter(request: FastifyRequest): void {
  if (queryOf(request).has("filter")) {
    throw new ScimError(403, "Discovery endpoints cannot be filtered. Leave out the filter.", {
      reason: { code: "discoveryFiltered" },
    });
  }
}

function listText(resources: readonly JsonObject[]): string {
  return listResponseText(
    resources.length,
    1,
    resources.map((resource) => JSON.stringify(resource)),
  );
}

function notFound(what: "Schema" | "ResourceType", noun: string, id: string, names: readonly string[]): ScimError {
  return new ScimError(404, `There is no ${noun} "${id}". There are: ${names.join(", ")}.`, {
    reason: { code: "unknownDefinition", what, name: id.slice(0, 255) },
  });
}
