import type { AttributePath } from "../path/path.ts";
import { type Attribute, COMMON_ATTRIBUTES, type ResourceType, type Schema } from "./attribute.ts";

/** An attribute with its parent, schema and full path. */
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
  /** The multi-valued sub-attributes. */
  readonly multiValuedParts: readonly AttributeNode[];
};

export type ExtensionNode = {
  readonly schema: Schema;
  readonly required: boolean;
  readonly attributes: ReadonlyMap<string, AttributeNode>;
};

/** A resource type prepared for look-ups; build it once with {@link resourceModel}. */
export type ResourceModel = {
  readonly type: ResourceType;
  /** Core and common attributes by lower-case name. */
  readonly attributes: ReadonlyMap<string, AttributeNode>;
  /** Core attributes that a client must send. */
  readonly required: readonly AttributeNode[];
  /** Complex attributes, including those of extensions, with a required sub-attribute. */
  readonly withRequiredParts: readonly AttributeNode[];
  /** Outermost never-returned attributes, including those of extensions and sub-attributes. */
  readonly neverReturned: readonly AttributeNode[];
  /** Attributes that a client can neither change nor see by default, including sub-attributes of singular ones. */
  readonly hiddenImmutable: readonly AttributeNode[];
  /** Extensions by lower-case URN. */
  readonly extensions: ReadonlyMap<string, ExtensionNode>;
  /** The attribute named by the resource type's `collection`. */
  readonly collection: AttributeNode | undefined;
  /**
   * Whether any attribute is `returned: "never"` or `"request"`, so that stored resources cannot be returned unchanged.
   * Never-returned core attributes such as `password` do not count, because they are not stored.
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
  // "Attribute values SHALL NOT be returned" (RFC 7643 §7, writeOnly), whatever `returned` is.
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

/** Whether an attribute or its parent is never returned. Its values are then shown nowhere. */
export function isSecret({ returned, parent }: AttributeNode): boolean {
  return returned === "never" || (parent !== undefined && isSecret(parent));
}

/** Values of a multi-valued attribute are replaced as a whole, including immutable parts. */
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

/** The top-level attributes of a resource type, including those of extensions. */
function topAttributes({ attributes, extensions }: Pick<ResourceModel, "attributes" | "extensions">): AttributeNode[] {
  return [attributes, ...[...extensions.values()].map((extension) => extension.attributes)].flatMap((each) => [
    ...each.values(),
  ]);
}

/** The outermost attributes that satisfy a condition. */
function outermost(attributes: Iterable<AttributeNode>, holds: (node: AttributeNode) => boolean): AttributeNode[] {
  return [...attributes].flatMap((node) => (holds(node) ? [node] : outermost(node.children.values(), holds)));
}

/** Prepares a resource type for look-ups. The result may be cached for the life of the process. */
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
 * The attribute of a path, or undefined. Names ignore letter case (RFC 7643 §2.1). The core schema's URN is optional;
 * an extension's URN is required here (`dialect/` handles clients that omit it).
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

/** A complex attribute whose values refer to resources by ID. */
export type ReferenceAttribute = {
  readonly attribute: AttributeNode;
  /** Names of the allowed resource types. */
  readonly types: readonly string[];
  /**
   * Sub-attributes that the server derives from the referenced resource: `$ref`; readOnly `display` or `displayName`;
   * `type` if it is the name of the resource type.
   */
  readonly derived: readonly AttributeNode[];
};

/**
 * The attributes that refer to resources: complex, with the sub-attributes `value` and `$ref` of RFC 7643 §2.4, where
 * `$ref` names resource types (§7). Examples are `members` and `manager` (§4.2, §4.3). ReadOnly ones such as `groups`
 * are excluded, because the server derives them.
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
 * The attributes that must be unique: `uniqueness` is `server` or `global` (RFC 7643 §7), which is the same for a
 * single server. Includes extensions and sub-attributes, in the order of the schemas, but not `id`, which the server
 * creates.
 */
export function uniqueAttributes(model: ResourceModel): AttributeNode[] {
  return topAttributes(model)
    .flatMap((attribute) => [attribute, ...attribute.children.values()])
    .filter((attribute) => attribute.uniqueness !== "none" && attribute !== model.attributes.get("id"));
}
