import { type Reading, tolerate } from "../dialect/tolerance.ts";
import { isObject, type Json, type JsonObject, own, setOwn } from "../json.ts";
import { badRequest } from "../message/error.ts";
import type { NameParameter } from "../message/reason.ts";
import type { PatchOperation } from "../patch/message.ts";
import { parseAttributePath, printAttributePath } from "../path/parse.ts";
import { inParameter, resolveAttributePath, resolveExtension } from "../path/resolve.ts";
import type { AttributeNode, ExtensionNode, ResourceModel } from "../schema/model.ts";
import { isSchemaName } from "../schema/unknown.ts";

/** The attributes that a response contains (RFC 7644 §3.9). Without one, the default set. */
export type Projection = {
  readonly mode: "attributes" | "excludedAttributes";
  /** Attributes named as a whole, and sub-attributes named individually. */
  readonly named: ReadonlySet<AttributeNode>;
  /** Lower-case URNs of extensions, and names of attributes without a schema. */
  readonly others: ReadonlySet<string>;
  /** Attributes returned on request that the client has just written; see {@link withWritten}. */
  readonly written?: ReadonlySet<AttributeNode>;
};

/**
 * Reads `attributes` and `excludedAttributes`. Unknown names select nothing.
 * @throws ScimError 400 invalidValue if both are given or a name is malformed
 */
export function readProjection(
  parameters: { readonly attributes?: readonly string[]; readonly excludedAttributes?: readonly string[] },
  model: ResourceModel,
  reading: Reading,
): Projection | undefined {
  const { attributes = [], excludedAttributes = [] } = parameters;
  if (attributes.length === 0 && excludedAttributes.length === 0) return undefined;
  if (attributes.length > 0 && excludedAttributes.length > 0) {
    throw badRequest(
      "invalidValue",
      { code: "parametersConflict", names: ["attributes", "excludedAttributes"] },
      "attributes and excludedAttributes cannot be combined; send one of them.",
    );
  }
  const named = new Set<AttributeNode>();
  const others = new Set<string>();
  const mode = attributes.length > 0 ? "attributes" : "excludedAttributes";
  for (const name of mode === "attributes" ? attributes : excludedAttributes) {
    const extension = inParameter(mode, () => findExtension(name, model, reading));
    if (extension !== undefined) {
      others.add(extension.schema.id.toLowerCase());
      continue;
    }
    const path = parseAttributePath(withoutFilter(name, mode, reading), mode);
    const attribute = inParameter(mode, () => resolveAttributePath(path, model, reading));
    if (attribute === undefined) others.add(printAttributePath(path).toLowerCase());
    else named.add(attribute);
  }
  return { mode, named, others };
}

function findExtension(name: string, model: ResourceModel, reading: Reading): ExtensionNode | undefined {
  return isSchemaName(name) ? resolveExtension(name, model, reading) : undefined;
}

const WITH_FILTER = /^([^[\]]+)\[.+\](\.[^[\]]+)?$/s;

/** Microsoft's test collection requests `attributes=emails[type eq "work"]` and means all values. */
function withoutFilter(name: string, parameter: NameParameter, reading: Reading): string {
  const [, attribute, subAttribute = ""] = WITH_FILTER.exec(name) ?? [];
  if (attribute === undefined) return name;
  const plain = attribute + subAttribute;
  tolerate(reading, "value-filter-name", parameter, `the name ${name}`, `read as ${plain}`, "invalidValue");
  return plain;
}

/** Whether a response with this projection contains any of the attribute; if not, it need not be looked up. */
export function shows(projection: Projection | undefined, attribute: AttributeNode): boolean {
  const { returned, parent } = attribute;
  if (returned === "never") return false;
  if (parent !== undefined) return shows(projection, parent) && showsSub(attribute, projection, parent);
  if (returned === "always") return true;
  if (projection?.mode === "attributes") {
    return isNamed(projection, attribute) || [...attribute.children.values()].some((sub) => projection.named.has(sub));
  }
  return isInDefaultSet(projection, attribute) && !isNamed(projection, attribute);
}

function isInDefaultSet(projection: Projection | undefined, attribute: AttributeNode): boolean {
  return attribute.returned !== "request" || projection?.written?.has(attribute) === true;
}

/** Named itself or with its extension. Attributes returned only on request must be named themselves (RFC 7643 §7). */
function isNamed(projection: Projection | undefined, attribute: AttributeNode): boolean {
  if (projection === undefined) return false;
  if (projection.named.has(attribute)) return true;
  const { extension, returned } = attribute;
  return extension !== undefined && returned !== "request" && projection.others.has(extension.toLowerCase());
}

/** Whether the attribute is returned with all its sub-attributes. */
function showsWhole(projection: Projection | undefined, attribute: AttributeNode): boolean {
  return projection?.mode !== "attributes" || attribute.returned === "always" || isNamed(projection, attribute);
}

function showsSub(sub: AttributeNode, projection: Projection | undefined, parent: AttributeNode): boolean {
  if (sub.returned === "always") return true;
  if (sub.returned === "never") return false;
  const named = projection?.named.has(sub) === true;
  if (projection?.mode === "attributes") return named || (showsWhole(projection, parent) && sub.returned !== "request");
  return isInDefaultSet(projection, sub) && !named;
}

/** A copy of the resource with requested and always returned attributes, without never returned ones. */
export function project(resource: JsonObject, projection: Projection | undefined, model: ResourceModel): JsonObject {
  const shown: JsonObject = {};
  for (const name of Object.keys(resource)) {
    const value = resource[name] as Json;
    const attribute = model.attributes.get(name.toLowerCase());
    if (attribute !== undefined) {
      const part = projectAttribute(attribute, value, projection);
      if (part !== undefined) shown[attribute.name] = part;
      continue;
    }
    const extension = model.extensions.get(name.toLowerCase());
    if (extension !== undefined && isObject(value)) {
      const part = projectExtension(extension, value, projection);
      if (Object.keys(part).length > 0) shown[extension.schema.id] = part;
    } else if (showsOther(name, projection)) {
      setOwn(shown, name, value);
    }
  }
  return shown;
}

function projectExtension(extension: ExtensionNode, value: JsonObject, projection: Projection | undefined): JsonObject {
  const isWhole = projection?.others.has(extension.schema.id.toLowerCase()) === true;
  const shown: JsonObject = {};
  for (const name of Object.keys(value)) {
    const member = value[name] as Json;
    const attribute = extension.attributes.get(name.toLowerCase());
    if (attribute === undefined) {
      const isVisible = isWhole
        ? projection.mode === "attributes"
        : showsOther(`${extension.schema.id}:${name}`, projection);
      if (isVisible) setOwn(shown, name, member);
      continue;
    }
    const part = projectAttribute(attribute, member, projection);
    if (part !== undefined) shown[attribute.name] = part;
  }
  return shown;
}

function showsOther(name: string, projection: Projection | undefined): boolean {
  if (projection === undefined) return true;
  return projection.others.has(name.toLowerCase()) === (projection.mode === "attributes");
}

/** @returns undefined if nothing remains, also of a complex value */
function projectAttribute(attribute: AttributeNode, value: Json, projection: Projection | undefined): Json | undefined {
  if (!shows(projection, attribute)) return undefined;
  if (attribute.children.size === 0) return value;
  if (!Array.isArray(value)) return projectComplex(attribute, value, projection);
  const elements = value
    .map((element) => projectComplex(attribute, element, projection))
    .filter((element) => element !== undefined);
  return elements.length === 0 && value.length > 0 ? undefined : elements;
}

function projectComplex(attribute: AttributeNode, value: Json, projection: Projection | undefined): Json | undefined {
  if (!isObject(value)) return value;
  const isWhole = showsWhole(projection, attribute);
  const shown: JsonObject = {};
  for (const name of Object.keys(value)) {
    const sub = attribute.children.get(name.toLowerCase());
    if (sub === undefined ? isWhole : showsSub(sub, projection, attribute)) setOwn(shown, name, value[name] as Json);
  }
  return Object.keys(shown).length === 0 ? undefined : shown;
}

// "request: The attribute is returned in response to any PUT, POST, or PATCH operations if the attribute was specified
// by the client" (RFC 7643 §7).

/**
 * The projection of a response to a write. It includes attributes returned on request that were just written, unless
 * the client names other attributes or excludes these.
 * @param written by {@link writtenByResource} or {@link writtenByPatch}
 */
export function withWritten(
  projection: Projection | undefined,
  written: ReadonlySet<AttributeNode>,
): Projection | undefined {
  if (written.size === 0) return projection;
  return { mode: "excludedAttributes", named: new Set(), others: new Set(), ...projection, written };
}

/**
 * The attributes returned on request that a POST or PUT contains.
 * @param resource as `readResource` returns it
 */
export function writtenByResource(resource: JsonObject, model: ResourceModel): Set<AttributeNode> {
  const written = new Set<AttributeNode>();
  if (!model.hasHiddenAttributes) return written;
  gather(resource, model.attributes, written);
  for (const { schema, attributes } of model.extensions.values()) gather(own(resource, schema.id), attributes, written);
  return written;
}

/** The attributes returned on request that a PATCH contains. */
export function writtenByPatch(operations: readonly PatchOperation[]): Set<AttributeNode> {
  const written = new Set<AttributeNode>();
  for (const { target, value = null } of operations) {
    if (target.kind !== "attribute") continue;
    const { attribute, subAttribute } = target;
    for (const node of [attribute, subAttribute]) if (node?.returned === "request") written.add(node);
    gather(value, attribute.children, written);
  }
  return written;
}

/**
 * Adds the members of an object, or of objects in an array. Names ignore letter case, because a PATCH has them as sent.
 */
function gather(value: Json | undefined, nodes: ReadonlyMap<string, AttributeNode>, written: Set<AttributeNode>): void {
  for (const object of Array.isArray(value) ? value : [value]) {
    if (!isObject(object)) continue;
    for (const name of Object.keys(object)) {
      const node = nodes.get(name.toLowerCase());
      if (node === undefined) continue;
      if (node.returned === "request") written.add(node);
      gather(object[name], node.children, written);
    }
  }
}
