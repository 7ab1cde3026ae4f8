import { isObject, type Json, type JsonObject, own } from "../json.ts";
import type { PatchOperation } from "../patch/operation.ts";
import type { AttributeNode, ResourceModel } from "../schema/model.ts";
import type { Projection } from "./projection.ts";

// "request: The attribute is returned in response to any PUT, POST, or PATCH operations if the attribute was specified
// by the client" (RFC 7643 §7).

/**
 * The projection for the answer to a write: with attributes that are returned on request and were just written, unless
 * the client names the attributes that it wants or excludes these.
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
 * The attributes returned on request that a POST or PUT specifies.
 * @param resource as `readResource` gives it
 */
export function writtenByResource(resource: JsonObject, model: ResourceModel): Set<AttributeNode> {
  const written = new Set<AttributeNode>();
  if (!model.hasHiddenAttributes) return written;
  gather(resource, model.attributes, written);
  for (const { schema, attributes } of model.extensions.values()) gather(own(resource, schema.id), attributes, written);
  return written;
}

/** The attributes returned on request that a PATCH specifies. */
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

/** Adds those that an object has, or an object in an array. Names ignore letter case, for a PATCH holds them as sent. */
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
