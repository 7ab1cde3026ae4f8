import type { JsonObject } from "../json.ts";
import type { Attribute, ResourceType, Schema } from "./attribute.ts";
import { RESOURCE_TYPE_SCHEMA, SCHEMA_SCHEMA, SERVICE_PROVIDER_CONFIG_SCHEMA } from "./discovery.ts";

// The discovery resources (RFC 7644 §4). `baseUrl` has no trailing slash.

/** A schema as `/Schemas/{urn}` shows it (RFC 7643 §7). */
export function schemaResource(schema: Schema, baseUrl: string): JsonObject {
  return {
    schemas: [SCHEMA_SCHEMA.id],
    id: schema.id,
    name: schema.name,
    description: schema.description,
    attributes: schema.attributes.map(attributeResource),
    meta: { resourceType: "Schema", location: `${baseUrl}/Schemas/${schema.id}` },
  };
}

/** Omits characteristics that do not apply to a type, as in RFC 7643 §8.7; none is null. */
function attributeResource(attribute: Attribute): JsonObject {
  const { canonicalValues, referenceTypes, subAttributes } = attribute;
  return {
    name: attribute.name,
    type: attribute.type,
    ...(subAttributes === undefined ? {} : { subAttributes: subAttributes.map(attributeResource) }),
    multiValued: attribute.multiValued,
    description: attribute.description,
    required: attribute.required,
    ...(canonicalValues === undefined ? {} : { canonicalValues: [...canonicalValues] }),
    caseExact: attribute.caseExact,
    mutability: attribute.mutability,
    returned: attribute.returned,
    uniqueness: attribute.uniqueness,
    ...(referenceTypes === undefined ? {} : { referenceTypes: [...referenceTypes] }),
  };
}

/** A resource type as `/ResourceTypes/{name}` shows it (RFC 7643 §6). */
export function resourceTypeResource(type: ResourceType, baseUrl: string): JsonObject {
  return {
    schemas: [RESOURCE_TYPE_SCHEMA.id],
    id: type.name,
    name: type.name,
    description: type.description,
    endpoint: type.endpoint,
    schema: type.schema.id,
    ...(type.schemaExtensions.length === 0
      ? {}
      : { schemaExtensions: type.schemaExtensions.map(({ schema, required }) => ({ schema: schema.id, required })) }),
    meta: { resourceType: "ResourceType", location: `${baseUrl}/ResourceTypes/${type.name}` },
  };
}

/** What a service provider supports, in the terms of RFC 7643 §5 and RFC 9865 §4. */
export type Capabilities = {
  readonly patch: boolean;
  readonly bulk: { readonly supported: boolean; readonly maxOperations: number; readonly maxPayloadSize: number };
  readonly filter: { readonly supported: boolean; readonly maxResults: number };
  readonly changePassword: boolean;
  readonly sort: boolean;
  readonly etag: boolean;
  /** The paging methods (RFC 9865 §4). */
  readonly pagination:
    | {
        readonly cursor: boolean;
        readonly index: boolean;
        readonly defaultPaginationMethod?: "cursor" | "index";
        readonly defaultPageSize?: number;
        readonly maxPageSize?: number;
        /** Minimum lifetime of a cursor in seconds. */
        readonly cursorTimeout?: number;
      }
    | undefined;
  readonly authenticationSchemes: readonly {
    readonly type: string;
    readonly name: string;
    readonly description: string;
    readonly specUri: string;
    readonly primary?: boolean;
  }[];
};

/** `/ServiceProviderConfig` (RFC 7643 §5). */
export function serviceProviderConfigResource(capabilities: Capabilities, baseUrl: string): JsonObject {
  const { patch, bulk, filter, changePassword, sort, etag, pagination, authenticationSchemes } = capabilities;
  return {
    schemas: [SERVICE_PROVIDER_CONFIG_SCHEMA.id],
    patch: { supported: patch },
    bulk: { ...bulk },
    filter: { ...filter },
    changePassword: { supported: changePassword },
    sort: { supported: sort },
    etag: { supported: etag },
    ...(pagination === undefined ? {} : { pagination: { ...pagination } }),
    authenticationSchemes: authenticationSchemes.map((scheme) => ({ ...scheme })),
    meta: { resourceType: "ServiceProviderConfig", location: `${baseUrl}/ServiceProviderConfig` },
  };
}
