import { queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "../api/client.ts";

/** An attribute as `/Schemas` describes it (RFC 7643 §7). */
export type Attribute = {
  readonly name: string;
  readonly type: "string" | "boolean" | "decimal" | "integer" | "dateTime" | "binary" | "reference" | "complex";
  readonly multiValued?: boolean;
  readonly description?: string;
  readonly required?: boolean;
  readonly caseExact?: boolean;
  readonly canonicalValues?: readonly string[];
  readonly mutability?: "readOnly" | "readWrite" | "immutable" | "writeOnly";
  readonly returned?: "always" | "default" | "never" | "request";
  readonly uniqueness?: "none" | "server" | "global";
  readonly referenceTypes?: readonly string[];
  readonly subAttributes?: readonly Attribute[];
};

export type Extension = {
  readonly urn: string;
  readonly name: string;
  readonly attributes: readonly Attribute[];
};

/** A resource type with its schemas (RFC 7643 §6). */
export type TypeDefinition = {
  readonly name: string;
  /** As addresses have it: `Users`. */
  readonly path: string;
  readonly urn: string;
  readonly attributes: readonly Attribute[];
  readonly extensions: readonly Extension[];
};

type ListOf<Resource> = { readonly Resources?: readonly Resource[] };

type ResourceTypeResource = {
  readonly name: string;
  readonly endpoint: string;
  readonly schema: string;
  readonly schemaExtensions?: readonly { readonly schema: string }[];
};

type SchemaResource = { readonly id: string; readonly name: string; readonly attributes?: readonly Attribute[] };

/** All resources have it, and no schema describes it (RFC 7643 §3.1). */
const EXTERNAL_ID: Attribute = {
  name: "externalId",
  type: "string",
  description: "The ID that the identity provider uses for this resource.",
};

/** Schemas change rarely, and only by administrators. */
const FRESH_MS = 60_000;

/** The resource types of an endpoint, with their attributes. */
export function definitionsQuery(endpoint: string) {
  return queryOptions({
    queryKey: ["definitions", endpoint],
    staleTime: FRESH_MS,
    queryFn: async ({ signal }): Promise<readonly TypeDefinition[]> => {
      const params = { path: { endpoint } };
      const [types, schemas] = await Promise.all([
        dataOf(api.GET("/api/endpoints/{endpoint}/scim/v2/ResourceTypes", { params, signal })),
        dataOf(api.GET("/api/endpoints/{endpoint}/scim/v2/Schemas", { params, signal })),
      ]);
      const byUrn = new Map((schemas as ListOf<SchemaResource>).Resources?.map((schema) => [schema.id, schema]));
      return ((types as ListOf<ResourceTypeResource>).Resources ?? []).map((type) => definitionOf(type, byUrn));
    },
  });
}

function definitionOf(
  { name, endpoint, schema, schemaExtensions = [] }: ResourceTypeResource,
  byUrn: ReadonlyMap<string, SchemaResource>,
): TypeDefinition {
  const own = byUrn.get(schema)?.attributes ?? [];
  const hasExternalId = own.some((each) => each.name === EXTERNAL_ID.name);
  return {
    name,
    path: endpoint.slice(1),
    urn: schema,
    attributes: hasExternalId ? own : [...own, EXTERNAL_ID],
    extensions: schemaExtensions.map(({ schema: urn }) => {
      const found = byUrn.get(urn);
      return { urn, name: found?.name ?? urn, attributes: found?.attributes ?? [] };
    }),
  };
}

/** Whether the values of an attribute are rows of their own, which are edited apart: the members of a group. */
export function isCollection({ name, multiValued, subAttributes = [] }: Attribute): boolean {
  return name === "members" && multiValued === true && referenceTypesOf(subAttributes).length > 0;
}

/** The resource types that a complex attribute may refer to by ID (RFC 7643 §2.4); empty if it refers to none. */
export function referenceTypesOf(subAttributes: readonly Attribute[]): readonly string[] {
  const hasValue = subAttributes.some(({ name }) => name === "value");
  const types = subAttributes.find(({ name }) => name === "$ref")?.referenceTypes ?? [];
  return hasValue ? types.filter((type) => type !== "external" && type !== "uri") : [];
}

/** Whether people may set an attribute. */
export function isEditable({ mutability }: Attribute, isNew: boolean): boolean {
  return mutability !== "readOnly" && (isNew || mutability !== "immutable");
}
