import type { Reading } from "../dialect/tolerance.ts";
import { isObject, type Json, type JsonObject, setOwn } from "../json.ts";
import { badRequest } from "../message/error.ts";
import { parseAttributePath } from "../path/parse.ts";
import { printAttributePath } from "../path/print.ts";
import { resolveAttributePath } from "../path/resolve.ts";
import type { AttributeNode, ExtensionNode, ResourceModel } from "../schema/model.ts";

/** Which attributes an answer shows (RFC 7644 §3.9). Without one, the default set is shown. */
export type Projection = {
  readonly mode: "attributes" | "excludedAttributes";
  /** Attributes named as a whole, and sub-attributes named by themselves. */
  readonly named: ReadonlySet<AttributeNode>;
  /** Lower-case URNs of extensions, and names of attributes that no schema defines. */
  readonly others: ReadonlySet<string>;
};

/**
 * Reads `attributes` and `excludedAttributes`. A name that the resource type does not have selects nothing.
 * @throws ScimError 400 invalidValue when both are given, invalidPath when a name is malformed
 */
export function readProjection(
  parameters: { readonly attributes?: readonly string[]; readonly excludedAttributes?: readonly string[] },
  model: ResourceModel,
  reading: Reading,
): Projection | undefined {
  const { attributes = [], excludedAttributes = [] } = parameters;
  if (attributes.length === 0 && excludedAttributes.length === 0) return undefined;
  if (attributes.length > 0 && excludedAttributes.length > 0) {
    throw badRequest("invalidValue", "attributes and excludedAttributes exclude each other; send one of them.");
  }
  const named = new Set<AttributeNode>();
  const others = new Set<string>();
  for (const name of attributes.length > 0 ? attributes : excludedAttributes) {
    if (model.extensions.has(name.toLowerCase())) {
      others.add(name.toLowerCase());
      continue;
    }
    const path = parseAttributePath(name);
    const attribute = resolveAttributePath(path, model, reading);
    if (attribute === undefined) others.add(printAttributePath(path).toLowerCase());
    else named.add(attribute);
  }
  return { mode: attributes.length > 0 ? "attributes" : "excludedAttributes", named, others };
}

/** Whether an answer with this projection shows anything of the attribute; if not, it need not be looked up. */
export function shows(projection: Projection | undefined, attribute: AttributeNode): boolean {
  if (attribute.returned === "always") return true;
  if (attribute.returned === "never") return false;
  if (projection?.mode === "attributes") {
    return projection.named.has(attribute) || [...attribute.children.values()].some((sub) => projection.named.has(sub));
  }
  return attribute.returned !== "request" && projection?.named.has(attribute) !== true;
}

/**
 * The resource as an answer shows it: what is asked for, what is always returned, nothing that never is.
 * Returns a new object.
 */
export function project(resource: JsonObject, projection: Projection | undefined, model: ResourceModel): JsonObject {
  const shown: JsonObject = {};
  for (const name of Object.keys(resource)) {
    const value = resource[name] as Json;
    const attribute = model.attributes.get(name.toLowerCase());
    if (attribute !== undefined) {
      const part = projectAttribute(attribute, value, projection, false);
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
  const whole = projection?.others.has(extension.schema.id.toLowerCase()) === true;
  const excluded = whole && projection?.mode === "excludedAttributes";
  const shown: JsonObject = {};
  for (const name of Object.keys(value)) {
    const member = value[name] as Json;
    const attribute = extension.attributes.get(name.toLowerCase());
    if (attribute === undefined) {
      const visible = whole ? !excluded : showsOther(`${extension.schema.id}:${name}`, projection);
      if (visible) setOwn(shown, name, member);
      continue;
    }
    if (excluded && attribute.returned !== "always") continue;
    const part = projectAttribute(attribute, member, projection, whole);
    if (part !== undefined) shown[attribute.name] = part;
  }
  return shown;
}

function showsOther(name: string, projection: Projection | undefined): boolean {
  if (projection === undefined) return true;
  return projection.others.has(name.toLowerCase()) === (projection.mode === "attributes");
}

/** @param named whether what encloses the attribute was asked for by name */
function projectAttribute(
  attribute: AttributeNode,
  value: Json,
  projection: Projection | undefined,
  named: boolean,
): Json | undefined {
  const asked = named || (projection?.mode === "attributes" && projection.named.has(attribute));
  if (attribute.returned === "never") return undefined;
  if (attribute.returned !== "always" && !asked) {
    if (attribute.returned === "request" && projection?.mode !== "attributes") return undefined;
    if (!shows(projection, attribute) && !(named || projection === undefined)) return undefined;
  }
  if (attribute.children.size === 0) return value;
  const whole = asked || projection?.mode !== "attributes";
  if (Array.isArray(value)) {
    const elements = value.map((element) => projectComplex(attribute, element, projection, whole));
    return elements.filter((element) => !isObject(element) || Object.keys(element).length > 0);
  }
  return projectComplex(attribute, value, projection, whole);
}

function projectComplex(
  attribute: AttributeNode,
  value: Json,
  projection: Projection | undefined,
  whole: boolean,
): Json {
  if (!isObject(value)) return value;
  const shown: JsonObject = {};
  for (const name of Object.keys(value)) {
    const member = value[name] as Json;
    const sub = attribute.children.get(name.toLowerCase());
    if (sub === undefined ? whole : showsSub(sub, projection, whole)) setOwn(shown, name, member);
  }
  return shown;
}

function showsSub(sub: AttributeNode, projection: Projection | undefined, whole: boolean): boolean {
  if (sub.returned === "always") return true;
  if (sub.returned === "never") return false;
  const named = projection?.named.has(sub) === true;
  if (projection?.mode === "attributes") return named || (whole && sub.returned !== "request");
  return sub.returned !== "request" && !named;
}
