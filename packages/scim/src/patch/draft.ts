import { isObject, type Json, type JsonObject, own, setOwn } from "../json.ts";
import { badRequest, type ScimError } from "../message/error.ts";
import { checkImmutable } from "../schema/immutable.ts";
import type { AttributeNode } from "../schema/model.ts";

/** What an attribute of the resource itself or of an extension holds. */
export function storedValue(resource: JsonObject, attribute: AttributeNode): Json | undefined {
  const holder = attribute.extension === undefined ? resource : own(resource, attribute.extension);
  return isObject(holder) ? own(holder, attribute.name) : undefined;
}

/**
 * Gives an attribute a value, or unassigns it. Only the draft's own members change; what lies below them is
 * shared with the resource it was copied from.
 * @throws ScimError 400 mutability when the attribute is required or immutable (RFC 7644 §3.5.2)
 */
export function assign(draft: JsonObject, attribute: AttributeNode, after: Json | undefined): void {
  const before = storedValue(draft, attribute);
  // What is never returned is not stored, and may have a value nevertheless.
  const hasValue = before !== undefined || attribute.returned === "never";
  if (!hasValue && after === undefined) return;
  if (after === undefined && attribute.required) throw requiredAttribute(attribute);
  checkImmutable(attribute, before, after);
  if (attribute.returned === "never") return;
  setMember(draft, attribute.extension, attribute.name, after);
}

/** Sets or deletes a member of the draft, or of the object under `holder` in it; that one goes when it is empty. */
export function setMember(draft: JsonObject, holder: string | undefined, name: string, after: Json | undefined): void {
  if (holder === undefined) {
    if (after === undefined) delete draft[name];
    else setOwn(draft, name, after);
    return;
  }
  const held = own(draft, holder);
  const copy: JsonObject = isObject(held) ? { ...held } : {};
  setMember(copy, undefined, name, after);
  setMember(draft, undefined, holder, Object.keys(copy).length === 0 ? undefined : copy);
}

export function requiredAttribute(attribute: AttributeNode): ScimError {
  return badRequest(
    "mutability",
    { code: "required", path: attribute.path },
    `${attribute.path} is required and cannot be removed; replace its value instead.`,
  );
}
