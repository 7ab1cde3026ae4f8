import { isObject, type Json, type JsonObject, setOwn } from "../json.ts";
import { badRequest, type ScimError } from "../message/error.ts";
import { abbreviate } from "../schema/value.ts";
import type { BulkOperation, BulkPath } from "./message.ts";

const PREFIX = "bulkId:";

/** Levels of `data` that are looked through; what resources have is five levels deep at most. */
const MAX_DEPTH = 32;

/** Finds the id of what an operation creates; undefined for one that there is not. */
export type IdOf = (bulkId: string) => string | undefined;

/** The bulkId that a text refers to: "bulkId:qwerty" (RFC 7644 §3.7.2), the text as a whole. */
export function referredBulkId(text: string): string | undefined {
  return text.startsWith(PREFIX) && text.length > PREFIX.length ? text.slice(PREFIX.length) : undefined;
}

/** A string of the filter language that is a reference as a whole. */
const LITERAL = /"bulkId:(?:(?!["\\])\P{Cc}|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})+"/gu;

/** Whether a text may have references in a value filter, as a PATCH path has: `members[value eq "bulkId:qwerty"]`. */
function mayHaveLiterals(text: string, name: string): boolean {
  return name.toLowerCase() === "path" && text.includes(`"${PREFIX}`);
}

function bulkIdIn(literal: string): string {
  return (JSON.parse(literal) as string).slice(PREFIX.length);
}

/** The operations that create something, by their bulkId. */
export function collectBulkIds(operations: readonly BulkOperation[]): ReadonlyMap<string, BulkOperation> {
  const creating = new Map<string, BulkOperation>();
  for (const operation of operations) {
    if (operation.method === "POST" && operation.bulkId !== undefined) creating.set(operation.bulkId, operation);
  }
  return creating;
}

/** The bulkIds that an operation refers to, in its path and anywhere in its data. If one of them fails, so must it. */
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
 * The data with ids in place of references: "The service provider MUST replace the string "bulkId:qwerty" with the
 * permanent resource id" (RFC 7644 §3.7.2). The data given is not changed; without references it is returned itself.
 * @throws ScimError 400 invalidValue for a bulkId without an id
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
 * The id of the resource that an operation is for; undefined in a POST.
 * @throws ScimError 400 invalidValue for a bulkId without an id
 */
export function targetId({ id, bulkId }: BulkPath, idOf: IdOf): string | undefined {
  return bulkId === undefined ? id : idFor(bulkId, idOf);
}

/** What becomes of an operation whose reference came to nothing, because the one that was to create it failed. */
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

/** Is told a text and the name of the member that it is in; a text in an array has none. */
type OfText<T> = (text: string, name: string) => T;

function eachText(value: Json, name: string, depth: number, visit: OfText<void>): void {
  if (typeof value === "string") visit(value, name);
  else if (depth >= MAX_DEPTH) return;
  else if (Array.isArray(value)) for (const element of value) eachText(element, "", depth + 1, visit);
  else if (isObject(value)) for (const key of Object.keys(value)) eachText(value[key] as Json, key, depth + 1, visit);
}

/** Makes nothing new of what has nothing to be replaced: most of a large message. */
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
