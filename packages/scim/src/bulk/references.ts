import { isObject, type Json, type JsonObject, setOwn } from "../json.ts";
import { badRequest, type ScimError } from "../message/error.ts";
import { abbreviate } from "../schema/value.ts";
import type { BulkOperation, BulkPath } from "./message.ts";

const PREFIX = "bulkId:";

/** Levels of `data` that are searched. Resources have at most five. */
const MAX_DEPTH = 32;

/** @returns the ID of the resource that an operation creates, if there is such an operation */
export type IdOf = (bulkId: string) => string | undefined;

/** The bulkId in "bulkId:qwerty" (RFC 7644 §3.7.2). */
export function referredBulkId(text: string): string | undefined {
  return text.startsWith(PREFIX) && text.length > PREFIX.length ? text.slice(PREFIX.length) : undefined;
}

/** A string literal of the filter language that consists of a reference. */
const LITERAL = /"bulkId:(?:(?!["\\])\P{Cc}|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})+"/gu;

/** Whether a text can contain references in a value filter, as a PATCH path: `members[value eq "bulkId:qwerty"]`. */
function mayHaveLiterals(text: string, name: string): boolean {
  return name.toLowerCase() === "path" && text.includes(`"${PREFIX}`);
}

function bulkIdIn(literal: string): string {
  return (JSON.parse(literal) as string).slice(PREFIX.length);
}

/** The operations that create a resource, by bulkId. */
export function collectBulkIds(operations: readonly BulkOperation[]): ReadonlyMap<string, BulkOperation> {
  const creating = new Map<string, BulkOperation>();
  for (const operation of operations) {
    if (operation.method === "POST" && operation.bulkId !== undefined) creating.set(operation.bulkId, operation);
  }
  return creating;
}

/** The bulkIds in the path and the data of an operation. If one of them fails, so must the operation. */
export function dependenciesOf({ path, data }: BulkOperation): ReadonlySet<string> {
  const found = new Set<string>();
  if (path.bulkId !== undefined) found.add(path.bulkId);
  eachText(data ?? null, "", 0, (text, name) => {
    const bulkId = referredBulkId(text);
    if (bulkId !== undefined) found.add(bulkId);
    else if (mayHaveLiterals(text, name)) for (const [literal] of text.matchAll(LITERAL)) found.add(bulkIdIn(literal));
  });
  return found;
}

/**
 * The data with IDs instead of references: "The service provider MUST replace the string "bulkId:qwerty" with the
 * permanent resource id" (RFC 7644 §3.7.2).
 * @returns the same object if it has no references; otherwise a copy
 * @throws ScimError 400 invalidValue for an unknown bulkId
 */
export function substituteBulkIds(data: Json, idOf: IdOf): Json {
  return replaceTexts(data, "", 0, (text, name) => {
    const bulkId = referredBulkId(text);
    if (bulkId !== undefined) return idFor(bulkId, idOf);
    if (!mayHaveLiterals(text, name)) return text;
    return text.replaceAll(LITERAL, (literal) => JSON.stringify(idFor(bulkIdIn(literal), idOf)));
  });
}

/**
 * @returns the ID of an operation's resource; undefined for a POST
 * @throws ScimError 400 invalidValue for an unknown bulkId
 */
export function targetId({ id, bulkId }: BulkPath, idOf: IdOf): string | undefined {
  return bulkId === undefined ? id : idFor(bulkId, idOf);
}

/** The error of an operation that refers to a resource whose creation failed. */
export function failedDependency(bulkId: string): ScimError {
  return badRequest(
    "invalidValue",
    { code: "bulkIdUnresolved", bulkId: abbreviate(bulkId), failed: true },
    `${shown(bulkId)} was not created because its operation failed. See the result of that operation.`,
  );
}

function idFor(bulkId: string, idOf: IdOf): string {
  const id = idOf(bulkId);
  if (id !== undefined) return id;
  throw badRequest(
    "invalidValue",
    { code: "bulkIdUnresolved", bulkId: abbreviate(bulkId), failed: false },
    `No operation of this request creates ${shown(bulkId)}.`,
  );
}

function shown(bulkId: string): string {
  return JSON.stringify(PREFIX + abbreviate(bulkId));
}

/** Gets a text and the name of its member; "" for elements of an array. */
type OfText<T> = (text: string, name: string) => T;

function eachText(value: Json, name: string, depth: number, visit: OfText<void>): void {
  if (typeof value === "string") visit(value, name);
  else if (depth >= MAX_DEPTH) return;
  else if (Array.isArray(value)) for (const element of value) eachText(element, "", depth + 1, visit);
  else if (isObject(value)) for (const key of Object.keys(value)) eachText(value[key] as Json, key, depth + 1, visit);
}

/** Copies only the parts that contain references, because most of a large message does not. */
function replaceTexts(value: Json, name: string, depth: number, replace: OfText<string>): Json {
  if (typeof value === "string") return replace(value, name);
  if (depth >= MAX_DEPTH) return value;
  if (Array.isArray(value)) {
    let elements: Json[] | undefined;
    for (const [at, element] of value.entries()) {
      const replaced = replaceTexts(element, "", depth + 1, replace);
      if (replaced === element) continue;
      elements ??= [...value];
      elements[at] = replaced;
    }
    return elements ?? value;
  }
  if (!isObject(value)) return value;
  let object: JsonObject | undefined;
  for (const key of Object.keys(value)) {
    const member = value[key] as Json;
    const replaced = replaceTexts(member, key, depth + 1, replace);
    if (replaced === member) continue;
    object ??= { ...value };
    setOwn(object, key, replaced);
  }
  return object ?? value;
}
