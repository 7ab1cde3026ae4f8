import { type Reading, tolerate } from "../dialect/tolerance.ts";
import { conditionsIn } from "../filter/filter.ts";
import { isAttributeName } from "../filter/lex.ts";
import { describeType, isObject, type Json, type JsonObject } from "../json.ts";
import { badRequest, type ScimError, within } from "../message/error.ts";
import { member, namesMessage, operationsOf } from "../message/member.ts";
import { parsePath } from "../path/parse.ts";
import type { Path, Target } from "../path/path.ts";
import { resolveExtension, resolvePath } from "../path/resolve.ts";
import type { ExtensionNode, ResourceModel } from "../schema/model.ts";
import { isSchemaName } from "../schema/unknown.ts";
import { abbreviate, repeated } from "../schema/value.ts";

/** One step of a PATCH with its path resolved. An operation without a path becomes one step per attribute. */
export type PatchOperation = {
  readonly op: "add" | "remove" | "replace";
  /** An extension is only removed as a whole: `add` and `replace` become operations on its attributes. */
  readonly target: Target;
  readonly value?: Json;
  /** The position in the message for errors: `Operations[2]`. */
  readonly where: string;
  /** The value of an operation without a path named the attribute. */
  readonly pathless: boolean;
};

/** A PatchOperation on an attribute that a schema defines. */
export type AttributeOperation = PatchOperation & { readonly target: Extract<Target, { kind: "attribute" }> };

export const PATCH_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/**
 * Maximum number of operations in a message. One without a path counts once per attribute. Entra ID sends up to a few
 * hundred; more is a mistake and delays other requests.
 */
export const MAX_PATCH_OPERATIONS = 1_000;

/**
 * Maximum number of conditions in all value filters of a message. Each is evaluated for up to a thousand values, so the
 * maximum takes some tenths of a second.
 */
const MAX_PATCH_CONDITIONS = 2_000;

/**
 * Reads a PatchOp message (RFC 7644 §3.5.2): checks its form, resolves every path, and splits operations without a path
 * into one per attribute (the interop profile rejects those). Values are checked when they are applied.
 * @throws ScimError 400 whose detail begins with the operation: `Operations[2]: …`
 */
export function readPatch(body: Json, model: ResourceModel, reading: Reading): PatchOperation[] {
  if (!isObject(body)) {
    throw badRequest(
      "invalidSyntax",
      { code: "wrongType", path: "body", expected: "a PatchOp", received: describeType(body) },
      `The body must be a PatchOp message as a JSON object, but ${describeType(body)} was sent.`,
    );
  }
  checkMessageSchema(body, reading);
  const listed = operationsOf(body, reading);
  checkCount(listed.length);
  const operations = listed.flatMap((operation, index) => {
    const where = `Operations[${index}]`;
    return within(where, () => readOperation(operation, where, model, reading));
  });
  checkCount(operations.length);
  checkConditions(operations, model);
  return operations;
}

function checkMessageSchema(body: JsonObject, reading: Reading): void {
  if (namesMessage(body, PATCH_SCHEMA)) return;
  tolerate(reading, "message-schema", "schemas", `a message without ${PATCH_SCHEMA}`, "read as a PatchOp message");
}

function checkCount(count: number): void {
  if (count <= MAX_PATCH_OPERATIONS) return;
  throw badRequest(
    "invalidValue",
    { code: "limitExceeded", limit: "patchOperations", max: MAX_PATCH_OPERATIONS, actual: count },
    `Operations has ${count} operations (one without a path counts once for each attribute). Send at most ${MAX_PATCH_OPERATIONS} in one request.`,
  );
}

/** Conditions on the collection do not count: the store evaluates them. */
function checkConditions(operations: readonly PatchOperation[], { collection }: ResourceModel): void {
  let count = 0;
  for (const { target } of operations) {
    if (target.kind !== "attribute" || target.filter === undefined || target.attribute === collection) continue;
    count += conditionsIn(target.filter);
  }
  if (count <= MAX_PATCH_CONDITIONS) return;
  throw badRequest(
    "invalidFilter",
    { code: "limitExceeded", limit: "filterConditions", max: MAX_PATCH_CONDITIONS, actual: count },
    `The filters in the paths have ${count} conditions in total; one request may have ${MAX_PATCH_CONDITIONS}. Send fewer, or the whole attribute.`,
  );
}

function readOperation(operation: Json, where: string, model: ResourceModel, reading: Reading): PatchOperation[] {
  if (!isObject(operation)) {
    throw badRequest(
      "invalidSyntax",
      { code: "wrongType", path: where, expected: "an object", received: describeType(operation) },
      `${where} must be an object, but it is ${describeType(operation)}.`,
    );
  }
  const op = readOp(member(operation, "op"), where, reading);
  const path = member(operation, "path") ?? undefined;
  const value = member(operation, "value");
  if (path !== undefined && typeof path !== "string") {
    throw badRequest(
      "invalidPath",
      { code: "wrongType", path: `${where}.path`, expected: "a string", received: describeType(path) },
      `path must be a string, but it is ${describeType(path)}.`,
    );
  }
  if (op !== "remove" && value === undefined) {
    throw badRequest(
      "invalidValue",
      { code: "valueRequired", op },
      `"${op}" needs a value. To unassign an attribute, use "remove" or the value null.`,
    );
  }
  if (path === undefined && op !== "remove" && reading.profile === "interop") throw withoutPath(op);
  // The URN of the core schema means the resource itself.
  if (path === undefined || path.toLowerCase() === model.type.schema.id.toLowerCase()) {
    if (op === "remove")
      throw badRequest("noTarget", { code: "pathRequired" }, '"remove" needs a path (RFC 7644 §3.5.2.2).');
    return expandResource(op, value ?? null, { where, model, reading });
  }
  const target = resolvePath(parsePath(path, reading), model, reading);
  if (target.kind === "extension" && op !== "remove") {
    return expandExtension(op, target.extension, value ?? null, { where, model, reading });
  }
  return [{ op, target, ...(value === undefined ? {} : { value }), where, pathless: false }];
}

/** RFC 7644 §3.5.2.1 and §3.5.2.3 permit it; the draft interoperability profile does not. */
function withoutPath(op: "add" | "replace"): ScimError {
  return badRequest(
    "invalidSyntax",
    { code: "notInProfile", profile: "interop", tolerance: "operation-without-path", path: "path" },
    `an operation without a path is refused in the interop profile. Send one operation for each attribute, for example {"op":"${op}","path":"displayName","value":"Babs"}.`,
  );
}

const OPERATORS: ReadonlySet<string> = new Set<PatchOperation["op"]>(["add", "remove", "replace"]);

function isOperator(word: string): word is PatchOperation["op"] {
  return OPERATORS.has(word);
}

function readOp(op: Json | undefined, where: string, reading: Reading): PatchOperation["op"] {
  const word = typeof op === "string" ? op.toLowerCase() : "";
  if (!isOperator(word)) {
    const received = typeof op === "string" ? JSON.stringify(abbreviate(op)) : describeType(op);
    throw badRequest(
      "invalidSyntax",
      { code: "wrongType", path: `${where}.op`, expected: "add, remove or replace", received },
      `op must be "add", "remove" or "replace", but ${received} was sent.`,
    );
  }
  if (op !== word) tolerate(reading, "operation-case", `${where}.op`, `the operation "${op}"`, `read as "${word}"`);
  return word;
}

type Context = { readonly where: string; readonly model: ResourceModel; readonly reading: Reading };

/**
 * Splits an `add` or `replace` without a path: its value is a part of the resource (RFC 7644 §3.5.2.1, §3.5.2.3). Entra
 * ID uses whole paths as names: `name.givenName`, `urn:…:User:employeeNumber`, `emails[type eq "work"].value`.
 * @throws ScimError 400 invalidValue if the value is not an object; invalidPath for a name that is not a path
 */
function expandResource(op: "add" | "replace", value: Json, context: Context): PatchOperation[] {
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
 * Splits an operation on an extension into one per attribute. Null unassigns all of them.
 * @throws ScimError 400 invalidValue if the value is not an object
 */
function expandExtension(
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

/** An extension without a schema, such as `urn:example:badges:1.0`, whose URN is not a path. */
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
