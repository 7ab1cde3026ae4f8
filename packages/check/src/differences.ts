import { isObject, type Json, type JsonObject, jsonEqual, own } from "@scimtool/scim";

/** Where a resource is not as it must be. */
export type Difference = {
  /** Path of the resource, `/Users/…`. */
  readonly resource: string;
  /** Attribute path, or another part of the answer: `status`, `Location`. */
  readonly path: string;
  readonly expected: string;
  readonly found: string;
};

export function describeDifference({ resource, path, expected, found }: Difference): string {
  return `${resource} ${path}: expected ${expected}, found ${found}`;
}

/** One place where two values differ, relative to them. */
type Place = { readonly path: string; readonly expected: Json | undefined; readonly found: Json | undefined };

/** Attributes that the server maintains. Other code compares them. */
const KEPT_BY_SERVER = new Set(["schemas", "id", "meta", "groups", "members"]);

/** Compares the attributes that clients write, one by one. Names and values are taken as they are. */
export function compareAttributes(resource: string, expected: JsonObject, found: JsonObject): Difference[] {
  const without = (object: JsonObject) =>
    Object.fromEntries(Object.entries(object).filter(([name]) => !KEPT_BY_SERVER.has(name)));
  return differing("", without(expected), without(found)).map((place) => ({
    resource,
    path: place.path,
    expected: inWords(place.expected),
    found: inWords(place.found),
  }));
}

export function inWords(value: Json | undefined): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}

function differing(path: string, expected: Json | undefined, found: Json | undefined): Place[] {
  if (jsonEqual(expected, found) || (isNothing(expected) && isNothing(found))) return [];
  if (Array.isArray(expected) && Array.isArray(found)) return differingValues(path, expected, found);
  if (isObject(expected) && isObject(found)) return differingMembers(path, expected, found);
  return [{ path, expected, found }];
}

/** An empty string, an empty array and a missing attribute are equal: identity providers clear attributes with any of them. */
function isNothing(value: Json | undefined): boolean {
  return value === undefined || value === "" || (Array.isArray(value) && value.every(isBareLabel));
}

/** A value with a type but without a value: this remains after removing `…[type eq "work"].value`. */
function isBareLabel(value: Json): boolean {
  return isObject(value) && Object.keys(value).every((name) => name === "type" || name === "primary");
}

function differingMembers(path: string, expected: JsonObject, found: JsonObject): Place[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(found)]);
  return [...names].flatMap((name) => {
    const sent = own(expected, name);
    const read = own(found, name);
    // The server may add `$ref`, the URI of the resource in `value`. If the client sent `$ref`, it is compared.
    if (name === "$ref" && sent === undefined && refersTo(read, own(found, "value"))) return [];
    // It may also add the resource's name: `manager.displayName` is readOnly (RFC 7643 §4.3).
    if (name === "displayName" && sent === undefined && typeof own(found, "value") === "string") return [];
    return differing(join(path, name), sent, read);
  });
}

export function refersTo(reference: Json | undefined, id: Json | undefined): boolean {
  return typeof reference === "string" && typeof id === "string" && reference.endsWith(`/${id}`);
}

/** An extension's attribute follows its URN after a colon, a sub-attribute its attribute after a dot (RFC 7644 §3.10). */
function join(path: string, name: string): string {
  if (path === "") return name;
  return isUrn(path) ? `${path}:${name}` : `${path}.${name}`;
}

function isUrn(path: string): boolean {
  return /^urn:.*:\d+\.\d+:\w+$/.test(path);
}

/** Values of a multi-valued attribute have no order. Values with the same `type` or `value` are compared with each other. */
function differingValues(path: string, expected: readonly Json[], found: readonly Json[]): Place[] {
  const unmatched = found.filter((value) => !isBareLabel(value));
  const places: Place[] = [];
  const missing: Json[] = [];
  for (const value of expected.filter((value) => !isBareLabel(value))) {
    const index = unmatched.findIndex((candidate) => jsonEqual(candidate, value));
    if (index >= 0) unmatched.splice(index, 1);
    else missing.push(value);
  }
  for (const value of missing) {
    const index = unmatched.findIndex((candidate) => isCounterpart(value, candidate));
    const [counterpart] = index >= 0 ? unmatched.splice(index, 1) : [];
    if (counterpart === undefined) places.push({ path, expected: value, found: undefined });
    else places.push(...differing(`${path}${selector(value)}`, value, counterpart));
  }
  for (const value of unmatched) places.push({ path, expected: undefined, found: value });
  return places;
}

function isCounterpart(left: Json, right: Json): boolean {
  if (!isObject(left) || !isObject(right)) return false;
  return ["value", "type"].some(
    (name) => own(left, name) !== undefined && jsonEqual(own(left, name), own(right, name)),
  );
}

function selector(value: Json): string {
  const type = isObject(value) ? own(value, "type") : undefined;
  return type === undefined ? "[]" : `[type eq ${JSON.stringify(type)}]`;
}
