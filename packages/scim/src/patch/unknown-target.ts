import { type Reading, tolerate } from "../dialect/tolerance.ts";
import { isAttributeName } from "../filter/lex.ts";
import { isObject, type Json, type JsonObject, own } from "../json.ts";
import { badRequest } from "../message/error.ts";
import type { Target } from "../path/path.ts";
import type { ResourceModel } from "../schema/model.ts";
import { isSchemaName, keepUnknown } from "../schema/unknown.ts";
import { setMember } from "./complex.ts";
import type { PatchOperation } from "./message.ts";
import { canonicalText, union } from "./values.ts";

type UnknownTarget = Extract<Target, { kind: "unknown" }>;

/** The location of an undefined attribute: the top-level member above it, if any, and its name. */
type Place = { readonly holder: string | undefined; readonly name: string };

/**
 * Applies an operation to an attribute without a schema. The stored value decides how: objects are merged, and an `add`
 * to an array appends.
 * @throws ScimError 400 noTarget for a filter; invalidPath for an invalid name, and in the strict profile
 */
export function applyToUnknown(
  draft: JsonObject,
  operation: PatchOperation,
  target: UnknownTarget,
  model: ResourceModel,
  reading: Reading,
): void {
  const { value = null } = operation;
  const path = (target.schema === undefined ? "" : `${target.schema}:`) + target.attribute;
  if (target.filter !== undefined) {
    throw badRequest(
      "noTarget",
      { code: "noTarget", path },
      `no schema defines ${path}, so a filter cannot select among its values.`,
    );
  }
  const { holder, name } = locate(draft, target, value, model);
  const container = holder === undefined ? draft : own(draft, holder);
  if (container !== undefined && !isObject(container)) {
    throw badRequest(
      "noTarget",
      { code: "noTarget", path },
      `${holder} is not an object, so it has no attribute ${name}.`,
    );
  }
  const held = container === undefined ? undefined : own(container, name);
  const sub = target.subAttribute;
  if (sub === undefined) {
    setMember(draft, holder, name, changed(held, operation, name, path, reading));
    return;
  }
  if (held !== undefined && !isObject(held))
    throw badRequest("noTarget", { code: "noTarget", path }, `${path} is not an object, so it has no ${sub}.`);
  checkName(name);
  const parts: JsonObject = { ...held };
  const part = findName(parts, sub) ?? sub;
  setMember(parts, undefined, part, changed(own(parts, part), operation, part, `${path}.${part}`, reading));
  setMember(draft, holder, name, Object.keys(parts).length === 0 ? undefined : parts);
}

/**
 * `urn:a:b` may be the attribute `b` of the schema `urn:a`, or the schema `urn:a:b`. It is the schema if the resource
 * has such a member, or if the value is an object and the resource has no member `urn:a`.
 */
function locate(draft: JsonObject, target: UnknownTarget, value: Json, model: ResourceModel): Place {
  const { schema, attribute } = target;
  const urn = schema?.toLowerCase();
  if (schema === undefined || urn === undefined || urn === model.type.schema.id.toLowerCase()) {
    return { holder: undefined, name: findName(draft, attribute) ?? attribute };
  }
  if (!isSchemaName(schema))
    throw badRequest(
      "invalidPath",
      { code: "invalidAttributeName", name: schema },
      `${JSON.stringify(schema)} is not the URN of a schema.`,
    );
  const holder = model.extensions.get(urn)?.schema.id ?? findName(draft, schema);
  const whole = findName(draft, `${schema}:${attribute}`);
  if (whole !== undefined || (isObject(value) && holder === undefined)) {
    return { holder: undefined, name: whole ?? `${schema}:${attribute}` };
  }
  const members = own(draft, holder ?? schema);
  return {
    holder: holder ?? schema,
    name: (isObject(members) ? findName(members, attribute) : undefined) ?? attribute,
  };
}

/** Names ignore letter case (RFC 7643 §2.1), also without a schema. */
function findName(object: JsonObject, name: string): string | undefined {
  if (Object.hasOwn(object, name)) return name;
  const lower = name.toLowerCase();
  return Object.keys(object).find((key) => key.toLowerCase() === lower);
}

function checkName(name: string): void {
  if (isAttributeName(name) || isSchemaName(name)) return;
  throw badRequest(
    "invalidPath",
    { code: "invalidAttributeName", name },
    `${JSON.stringify(name)} is not an attribute name (RFC 7643 §2.1).`,
  );
}

function changed(
  held: Json | undefined,
  { op, value = null, pathless }: PatchOperation,
  name: string,
  path: string,
  reading: Reading,
): Json | undefined {
  // In an operation without a path, the name is in the value (RFC 7644 §3.12, Table 9).
  const scimType = pathless ? "invalidSyntax" : "invalidPath";
  if (op === "remove") {
    checkName(name);
    tolerate(reading, "unknown-attribute", path, "an attribute that no schema defines", "removed", scimType);
    return value === null || !Array.isArray(held) ? undefined : withoutGiven(held, value);
  }
  const holder: JsonObject = {};
  keepUnknown(holder, name, value, path, reading, scimType);
  const kept = own(holder, name);
  if (isObject(held) && isObject(value)) return merged(held, isObject(kept) ? kept : {}, op === "replace" ? value : {});
  if (op === "replace") return kept;
  return kept === undefined ? held : union(held, kept);
}

/** A `remove` with values removes only those; an object with only a `value` means all elements that have it. */
function withoutGiven(held: readonly Json[], value: Json): Json | undefined {
  const given = Array.isArray(value) ? value : [value];
  const whole = new Set(given.map(canonicalText));
  const values = new Set(given.filter(isOnlyValue).map(({ value }) => canonicalText(value)));
  const left = held.filter((element) => {
    const significant = isObject(element) ? own(element, "value") : undefined;
    const isNamed = significant !== undefined && values.has(canonicalText(significant));
    return !isNamed && !whole.has(canonicalText(element));
  });
  return left.length === 0 ? undefined : left;
}

function isOnlyValue(given: Json): given is { value: Json } {
  return isObject(given) && Object.hasOwn(given, "value") && Object.keys(given).length === 1;
}

/** Sub-attributes sent as `null` are unassigned. */
function merged(held: JsonObject, kept: JsonObject, sent: JsonObject): JsonObject | undefined {
  const after = { ...held, ...kept };
  for (const name of Object.keys(sent)) if (!Object.hasOwn(kept, name)) delete after[name];
  return Object.keys(after).length === 0 ? undefined : after;
}
