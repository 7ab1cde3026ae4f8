import {
  type Attribute,
  newReading,
  type Reading,
  type ResourceModel,
  type ResourceType,
  resourceModel,
  resourceTypesOf,
  type Schema,
  ScimError,
  type SecretAttributes,
  secretAttributes,
} from "@scimtool/scim";
import type { Endpoint, Key } from "../store/store.ts";
import { completeSettings, type EndpointSettings } from "./settings.ts";

/** Name of the endpoint that exists from the start. */
export const DEFAULT_ENDPOINT = "default";

/** Path of the default endpoint's base URI. */
export const DEFAULT_BASE_PATH = "/scim/v2";

/** An endpoint prepared for serving. It is immutable: other settings make another one. */
export type ServedEndpoint = {
  readonly key: Key;
  /** The revision of the stored endpoint, by which a write notices that its settings changed. */
  readonly revision: number;
  readonly name: string;
  /** Path of its base URI: `/scim/v2`. */
  readonly basePath: string;
  readonly settings: EndpointSettings;
  readonly secrets: SecretAttributes;
  readonly models: readonly ResourceModel[];
  /** By the path segment of the type: `Users`. */
  readonly modelAt: ReadonlyMap<string, ResourceModel>;
};

export function basePathOf(name: string): string {
  return name === DEFAULT_ENDPOINT ? DEFAULT_BASE_PATH : `${issuerPathOf(name)}/v2`;
}

/** Path of an endpoint's SCIM protocol for administrators. */
export function administrationPathOf(name: string): string {
  return `/api/endpoints/${name}/scim/v2`;
}

/** Path of an endpoint as an issuer of access tokens (RFC 8414 §2). */
export function issuerPathOf(name: string): string {
  return name === DEFAULT_ENDPOINT ? "" : `/scim/endpoints/${name}`;
}

/** Path of an endpoint's token endpoint (RFC 6749 §3.2). */
export function tokenPathOf(name: string): string {
  return `${issuerPathOf(name)}/oauth/token`;
}

/**
 * Prepares an endpoint for serving.
 * @throws ScimError 400 that names the invalid setting
 */
export function serveEndpoint({
  key,
  revision,
  name,
  settings: set,
}: Pick<Endpoint, "key" | "revision" | "name" | "settings">): ServedEndpoint {
  const settings = completeSettings(set);
  const models = modelsOf(settings);
  return {
    key,
    revision,
    name,
    basePath: basePathOf(name),
    settings,
    secrets: secretAttributes(settings.secretAttributes),
    models,
    modelAt: new Map(models.map((model) => [model.type.endpoint.slice(1), model])),
  };
}

/** Reads a message according to an endpoint's settings. */
export function readingFor({ settings, secrets }: ServedEndpoint): Reading {
  return newReading(settings.profile, secrets);
}

function modelsOf(settings: EndpointSettings): ResourceModel[] {
  const { groups, etag } = settings.features;
  if (settings.requireEtag && !etag) throw badSetting("requireEtag", "an endpoint without ETags cannot require one.");
  const types = resourceTypesOf(settings).filter(({ name }) => groups || name !== "Group");
  const unique = pathsByType("unique", settings.unique, types);
  const indexed = pathsByType("indexed", settings.indexed, types);
  return types.map((type) =>
    resourceModel({
      ...withUniqueness(type, unique.get(type.name) ?? []),
      hasVersions: etag,
      indexed: indexed.get(type.name) ?? [],
    }),
  );
}

/** Paths such as `User:title`, by type. */
function pathsByType(
  setting: "unique" | "indexed",
  names: readonly string[],
  types: readonly ResourceType[],
): Map<string, string[]> {
  const paths = new Map<string, string[]>();
  for (const name of names) {
    const colon = name.indexOf(":");
    const type = types.find((each) => each.name === name.slice(0, colon));
    if (type === undefined) {
      throw badSetting(
        setting,
        `"${name}" names no resource type. Use one of: ${types.map((each) => each.name).join(", ")}.`,
      );
    }
    paths.set(type.name, [...(paths.get(type.name) ?? []), canonicalPath(setting, type, name.slice(colon + 1))]);
  }
  return paths;
}

/** The path in the spelling of the model. */
function canonicalPath(setting: "unique" | "indexed", type: ResourceType, path: string): string {
  const model = resourceModel(type);
  const tops = [
    ...model.attributes.values(),
    ...[...model.extensions.values()].flatMap(({ attributes }) => [...attributes.values()]),
  ];
  const attribute = tops
    .flatMap((top) => [top, ...top.children.values()])
    .find((each) => each.path.toLowerCase() === path.toLowerCase());
  if (attribute === undefined) throw badSetting(setting, `${type.name} has no attribute "${path}".`);
  if (attribute.type === "complex") {
    throw badSetting(setting, `${type.name}:${path} is complex; name a sub-attribute, such as ${path}.value.`);
  }
  if (attribute.mutability === "readOnly" || attribute.returned === "never" || attribute.path.startsWith("members.")) {
    throw badSetting(setting, `${type.name}:${path} cannot be used here, because it is not stored as clients send it.`);
  }
  return attribute.path;
}

function badSetting(setting: string, detail: string): ScimError {
  return new ScimError(400, `${setting}: ${detail}`);
}

/** Attributes whose uniqueness the setting decides, not the schema. */
const DECIDED_BY_SETTING: ReadonlySet<string> = new Set(["Group:displayName"]);

/**
 * A resource type with the uniqueness of its attributes (RFC 7643 §7) according to the endpoint, so that discovery shows
 * what is enforced.
 * @param unique paths of unique attributes, besides those that the schemas declare
 */
function withUniqueness(type: ResourceType, unique: readonly string[]): ResourceType {
  const change = (schema: Schema, prefix: string): Schema => ({
    ...schema,
    attributes: schema.attributes.map((attribute) => changed(type.name, attribute, prefix, unique)),
  });
  return {
    ...type,
    ...(unique.includes("externalId") && { externalIdUniqueness: "server" as const }),
    schema: change(type.schema, ""),
    schemaExtensions: type.schemaExtensions.map(({ schema, required }) => ({
      schema: change(schema, `${schema.id}:`),
      required,
    })),
  };
}

function changed(type: string, attribute: Attribute, prefix: string, unique: readonly string[]): Attribute {
  const path = prefix + attribute.name;
  const isUnique = unique.includes(path);
  const { uniqueness, subAttributes } = attribute;
  return {
    ...attribute,
    uniqueness: isUnique ? declared(uniqueness) : DECIDED_BY_SETTING.has(`${type}:${path}`) ? "none" : uniqueness,
    ...(subAttributes && {
      subAttributes: subAttributes.map((sub) => changed(type, sub, `${path}.`, unique)),
    }),
  };
}

/** `global` is stronger than `server`, and stays. */
function declared(uniqueness: Attribute["uniqueness"]): Attribute["uniqueness"] {
  return uniqueness === "none" ? "server" : uniqueness;
}
