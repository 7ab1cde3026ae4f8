import { type Reading, tolerate } from "../dialect/tolerance.ts";
import { isAttributeName } from "../filter/lex.ts";
import { describeType, isObject, type Json, type JsonObject } from "../json.ts";
import { badRequest } from "../message/error.ts";
import { parsePath } from "../path/parse.ts";
import type { Path, Target } from "../path/path.ts";
import { resolveExtension, resolvePath } from "../path/resolve.ts";
import type { ExtensionNode, ResourceModel } from "../schema/model.ts";
import { isSchemaName } from "../schema/unknown.ts";
import { abbreviate, repeated } from "../schema/value.ts";
import type { PatchOperation } from "./operation.ts";

type Context = { readonly where: string; readonly model: ResourceModel; readonly reading: Reading };

/**
 * An `add` or `replace` without a path: its value is a part of the resource (RFC 7644 §3.5.2.1, §3.5.2.3) and
 * becomes one operation per attribute. Entra ID puts whole paths where the names belong: `name.givenName`,
 * `urn:…:User:employeeNumber`, `emails[type eq "work"].value`.
 * @throws ScimError 400 invalidValue when the value is no object; invalidPath for a name that is no path
 */
export function expandResource(op: "add" | "replace", value: Json, context: Context): PatchOperation[] {
  if (!isObject(value)) {
    throw badRequest(
      "invalidValue",
      { code: "wrongType", path: `${context.where}.value`, expected: "an object", received: describeType(value) },
      `Without a path, value must be an object whose members are attributes, but it is ${describeType(value)}.`,
    );
  }
  return expandMembers(value, (name, member) => {
    const target = targetNamed(name, member, context);
    if (target.kind === "extension") return expandExtension(op, target.extension, member, context);
    return [{ op, target, value: member, where: context.where, pathless: true }];
  });
}

/**
 * An extension as a whole, named by its URN: one operation per attribute in it. Null unassigns them all.
 * @throws ScimError 400 invalidValue when the value is no object
 */
export function expandExtension(
  op: "add" | "replace",
  extension: ExtensionNode,
  value: Json,
  context: Context,
): PatchOperation[] {
  const urn = extension.schema.id;
  if (value === null) {
    if (op === "add") return [];
    return [{ op: "remove", target: { kind: "extension", extension }, where: context.where, pathless: true }];
  }
  if (!isObject(value)) {
    throw badRequest(
      "invalidValue",
      { code: "wrongType", path: urn, expected: "an object", received: describeType(value) },
      `${urn} must be an object, but ${describeType(value)} was sent.`,
    );
  }
  return expandMembers(value, (name, member) => {
    const path = parsePath(`${urn}:${name}`, context.reading);
    noteName(path, name, context);
    const target = resolvePath(path, context.model, context.reading);
    return [{ op, target, value: member, where: context.where, pathless: true }];
  });
}

function expandMembers(value: JsonObject, expand: (name: string, member: Json) => PatchOperation[]): PatchOperation[] {
  const seen = new Set<string>();
  return Object.keys(value).flatMap((name) => {
    const lower = name.toLowerCase();
    if (seen.has(lower)) throw repeated(abbreviate(name));
    seen.add(lower);
    return expand(name, value[name] as Json);
  });
}

function targetNamed(name: string, value: Json, context: Context): Target {
  const { model, reading } = context;
  const extension = resolveExtension(name, model, reading);
  if (extension !== undefined) return { kind: "extension", extension };
  if (isUndefinedExtension(name, value, model)) return { kind: "unknown", attribute: name };
  const path = parsePath(name, reading);
  const target = resolvePath(path, model, reading);
  if (target.kind !== "extension") {
    if (path.schema !== undefined) {
      tolerate(reading, "qualified-name", `${context.where}.value`, `the name "${abbreviate(name)}"`, "read as a path");
    }
    noteName(path, name, context);
  }
  return target;
}

/** An extension that no schema defines, such as `urn:example:badges:1.0`, whose URN cannot be read as a path. */
function isUndefinedExtension(name: string, value: Json, model: ResourceModel): boolean {
  const isWhole = isObject(value) || value === null;
  const colon = name.lastIndexOf(":");
  if (!isWhole || !isSchemaName(name) || isAttributeName(name.slice(colon + 1))) return false;
  const schema = name.slice(0, colon).toLowerCase();
  return schema !== model.type.schema.id.toLowerCase() && !model.extensions.has(schema);
}

function noteName(path: Path, name: string, { where, reading }: Context): void {
  const received = `the name "${abbreviate(name)}"`;
  if (path.filter !== undefined) {
    tolerate(reading, "value-filter-name", `${where}.value`, received, "read as a path with a value filter");
  } else if (path.subAttribute !== undefined) {
    tolerate(reading, "dotted-name", `${where}.value`, received, "read as the path of a sub-attribute");
  }
}
