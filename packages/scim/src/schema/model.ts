import type { AttributePath } from "../path/path.ts";
import { type Attribute, COMMON_ATTRIBUTES, type ResourceType, type Schema } from "./attribute.ts";

/** An attribute in its place: knows its parent, its schema and its full path. */
export type AttributeNode = Attribute & {
  /**
   * The path a client would write: `name.familyName`, `emails.value`,
   * `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value`.
   */
  readonly path: string;
  /** JSON member names from the resource down: `["name","familyName"]`, `["urn:…:User","department"]`. */
  readonly keys: readonly string[];
  /** The extension's URN, or undefined for core and common attributes. */
  readonly extension: string | undefined;
  readonly parent: AttributeNode | undefined;
  /** Sub-attributes by lower-case name. */
  readonly children: ReadonlyMap<string, AttributeNode>;
  /** Those of the sub-attributes that are multi-valued. */
  readonly multiValuedParts: readonly AttributeNode[];
};

export type ExtensionNode = {
  readonly schema: Schema;
  readonly required: boolean;
  readonly attributes: ReadonlyMap<string, AttributeNode>;
};

/** A resource type made ready for look-ups; build it once per resource type with {@link resourceModel}. */
export type ResourceModel = {
  readonly type: ResourceType;
  /** Core and common attributes by lower-case name. */
  readonly attributes: ReadonlyMap<string, AttributeNode>;
  /** Core attributes that must have a value and are not the service provider's own. */
  readonly required: readonly AttributeNode[];
  /** Complex attributes, of extensions too, that have a required sub-attribute. */
  readonly withRequiredParts: readonly AttributeNode[];
  /** Attributes that are never returned, in extensions and sub-attributes too; without those inside another one. */
  readonly neverReturned: readonly AttributeNode[];
  /** What a client cannot change and does not see unless it asks for it; sub-attributes of singular ones too. */
  readonly hiddenImmutable: readonly AttributeNode[];
  /** Extensions by lower-case URN. */
  readonly extensions: ReadonlyMap<string, ExtensionNode>;
  /** The attribute named by the resource type's `collection`. */
  readonly collection: AttributeNode | undefined;
  /**
   * Whether any attribute is `returned: "never"` or `"request"`, so that stored resources cannot be answered as they
   * lie. Core attributes that are never returned, such as `password`, do not count: they are not stored.
   */
  readonly hasHiddenAttributes: boolean;
};

function place(definition: Attribute, extension: string | undefined, parent: AttributeNode | undefined): AttributeNode {
  const children = new Map<string, AttributeNode>();
  const keys =
    parent === undefined
      ? [...(extension === undefined ? [] : [extension]), definition.name]
      : [...parent.keys, definition.name];
  const path =
    parent === undefined
      ? (extension === undefined ? "" : `${extension}:`) + definition.name
      : `${parent.path}.${definition.name}`;
  // "Attribute values SHALL NOT be returned" (RFC 7643 §7, writeOnly), whatever `returned` says.
  const returned = definition.mutability === "writeOnly" ? "never" : definition.returned;
  const multiValuedParts: AttributeNode[] = [];
  const node: AttributeNode = { ...definition, returned, path, keys, extension, parent, children, multiValuedParts };
  for (const sub of definition.subAttributes ?? []) {
    const part = place(sub, extension, node);
    children.set(sub.name.toLowerCase(), part);
    if (sub.multiValued) multiValuedParts.push(part);
  }
  return node;
}

function placeAll(definitions: readonly Attribute[], extension: string | undefined): Map<string, AttributeNode> {
  return new Map(
    definitions.map((definition) => [definition.name.toLowerCase(), place(definition, extension, undefined)]),
  );
}

/** Whether an attribute, or what it is a part of, is never returned: then its values are repeated nowhere else either. */
export function isSecret({ returned, parent }: AttributeNode): boolean {
  return returned === "never" || (parent !== undefined && isSecret(parent));
}

/** Values of a multi-valued attribute come and go as a whole, with what is immutable in them. */
function isHiddenImmutable({ returned, parent }: AttributeNode): boolean {
  if (parent?.multiValued === true) return false;
  return returned === "request" || parent?.returned === "request";
}

function isHidden(attribute: AttributeNode): boolean {
  return (
    attribute.returned === "never" ||
    attribute.returned === "request" ||
    [...attribute.children.values()].some(isHidden)
  );
}

function commonAttributes({ externalIdUniqueness, hasVersions }: ResourceType): readonly Attribute[] {
  return COMMON_ATTRIBUTES.map((common) => {
    const { name, uniqueness, subAttributes = [] } = common;
    if (name === "externalId") return { ...common, uniqueness: externalIdUniqueness ?? uniqueness };
    if (name !== "meta" || hasVersions !== false) return common;
    return { ...common, subAttributes: subAttributes.map(neverReturnedVersion) };
  });
}

function neverReturnedVersion(attribute: Attribute): Attribute {
  return attribute.name === "version" ? { ...attribute, returned: "never" } : attribute;
}

/** The attributes of a resource type that are in no other one: core and common ones, then those of extensions. */
function topAttributes({ attributes, extensions }: Pick<ResourceModel, "attributes" | "extensions">): AttributeNode[] {
  return [attributes, ...[...extensions.values()].map((extension) => extension.attributes)].flatMap((each) => [
    ...each.values(),
  ]);
}

/** The attributes for which this holds, sub-attributes where it does not hold for what is around them. */
function outermost(attributes: Iterable<AttributeNode>, holds: (node: AttributeNode) => boolean): AttributeNode[] {
  return [...attributes].flatMap((node) => (holds(node) ? [node] : outermost(node.children.values(), holds)));
}

/** Compiles a resource type for look-up by name. Pure; the result may be kept for the life of the process. */
export function resourceModel(type: ResourceType): ResourceModel {
  const attributes = placeAll([...commonAttributes(type), ...type.schema.attributes], undefined);
  const extensions = new Map<string, ExtensionNode>(
    type.schemaExtensions.map(({ schema, required }) => [
      schema.id.toLowerCase(),
      { schema, required, attributes: placeAll(schema.attributes, schema.id) },
    ]),
  );
  const all = topAttributes({ attributes, extensions });
  return {
    type,
    attributes,
    required: [...attributes.values()].filter(
      (attribute) => attribute.required && attribute.mutability !== "readOnly" && attribute.name !== "schemas",
    ),
    withRequiredParts: all.filter(
      ({ mutability, children }) => mutability !== "readOnly" && [...children.values()].some((sub) => sub.required),
    ),
    neverReturned: outermost(all, ({ returned }) => returned === "never"),
    hiddenImmutable: outermost(all, ({ mutability }) => mutability === "immutable").filter(isHiddenImmutable),
    extensions,
    collection: type.collection === undefined ? undefined : attributes.get(type.collection.toLowerCase()),
    hasHiddenAttributes:
      [...attributes.values()].some((attribute) => attribute.returned !== "never" && isHidden(attribute)) ||
      [...extensions.values()].some((extension) => [...extension.attributes.values()].some(isHidden)),
  };
}

/**
 * The attribute a path names, or undefined. Names ignore letter case (RFC 7643 §2.1). The core schema's URN
 * is optional; an extension's URN is required here (see `dialect/` for what clients leave out).
 */
export function findAttribute(model: ResourceModel, path: AttributePath): AttributeNode | undefined {
  const name = path.attribute.toLowerCase();
  const attributes = attributesOf(model, path.schema);
  const top = attributes?.get(name);
  if (top === undefined || path.subAttribute === undefined) return top;
  return top.children.get(path.subAttribute.toLowerCase());
}

function attributesOf(
  model: ResourceModel,
  schema: string | undefined,
): ReadonlyMap<string, AttributeNode> | undefined {
  if (schema === undefined) return model.attributes;
  const urn = schema.toLowerCase();
  if (urn === model.type.schema.id.toLowerCase()) return model.attributes;
  return model.extensions.get(urn)?.attributes;
}

/** A complex attribute whose values refer to resources by their id. */
export type ReferenceAttribute = {
  readonly attribute: AttributeNode;
  /** Names of the resource types that it may refer to. */
  readonly types: readonly string[];
  /**
   * Sub-attributes that follow from the resource referred to, not from what a client sends: `$ref`; `display` or
   * `displayName` where it is readOnly; `type` where it is the name of the resource type.
   */
  readonly derived: readonly AttributeNode[];
};

/**
 * The attributes that refer to resources: complex, with the sub-attributes `value` and `$ref` of RFC 7643 §2.4, of
 * which the latter names resource types, not external resources (§7). `members` and `manager` (§4.2, §4.3) are such.
 * Those that are readOnly, as `groups` of User, are the service provider's own and not among them.
 */
export function referenceAttributes(model: ResourceModel): ReferenceAttribute[] {
  return topAttributes(model).flatMap(asReference);
}

function asReference(attribute: AttributeNode): ReferenceAttribute[] {
  const { children, mutability } = attribute;
  const types = children.get("$ref")?.referenceTypes ?? [];
  const isOutside = types.length === 0 || types.includes("external") || types.includes("uri");
  if (isOutside || mutability === "readOnly" || !children.has("value")) return [];
  return [{ attribute, types, derived: [...children.values()].filter((sub) => isDerived(sub, types)) }];
}

function isDerived({ name, mutability, canonicalValues }: AttributeNode, types: readonly string[]): boolean {
  switch (name.toLowerCase()) {
    case "$ref":
      return true;
    case "display":
    case "displayname":
      return mutability === "readOnly";
    case "type":
      return canonicalValues?.every((each) => types.includes(each)) === true;
    default:
      return false;
  }
}

/**
 * The attributes whose values two resources must not share: `uniqueness` is `server` or `global` (RFC 7643 §7), which
 * is the same for a single server. Extensions and sub-attributes are among them, in the order of the schemas; `id` is
 * not, for the service provider makes it.
 */
export function uniqueAttributes(model: ResourceModel): AttributeNode[] {
  return topAttributes(model)
    .flatMap((attribute) => [attribute, ...attribute.children.values()])
    .filter((attribute) => attribute.uniqueness !== "none" && attribute !== model.attributes.get("id"));
}
