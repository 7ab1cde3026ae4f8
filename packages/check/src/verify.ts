import { isObject, type Json, type JsonObject } from "@scimtool/scim";
import type { Exchange, ScimClient } from "./client.ts";
import { compareAttributes, type Difference, inWords, refersTo } from "./differences.ts";
import { type ExpectedState, expectedGroupsOf } from "./expected-state.ts";

const CORE_SCHEMAS = {
  User: "urn:ietf:params:scim:schemas:core:2.0:User",
  Group: "urn:ietf:params:scim:schemas:core:2.0:Group",
} as const;

type TypeName = keyof typeof CORE_SCHEMAS;

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** Reads every expected resource back, one request each, and lists the differences. */
export async function verifyState(client: ScimClient, state: ExpectedState): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (const [id, attributes] of state.users) {
    const path = `/Users/${id}`;
    const exchange = await client.get(path);
    differences.push(...compareResource(path, "User", id, attributes, exchange));
    differences.push(...compareGroups(path, id, state, exchange));
  }
  for (const [id, { attributes, members }] of state.groups) {
    const path = `/Groups/${id}`;
    const exchange = await client.get(path);
    differences.push(...compareResource(path, "Group", id, attributes, exchange));
    differences.push(...compareReferences(path, "members", members, exchange));
  }
  for (const path of state.deleted) {
    const { status } = await client.get(path);
    if (status !== 404) differences.push({ resource: path, path: "status", expected: "404", found: String(status) });
  }
  return differences;
}

/**
 * Compares a resource in an answer to POST, PUT, PATCH or GET with its expected state.
 * @param attributes what clients wrote
 */
export function compareResource(
  path: string,
  type: TypeName,
  id: string,
  attributes: JsonObject,
  exchange: Exchange,
): Difference[] {
  const body = exchange.responseBody;
  const differ = differencesOf(path);
  if (exchange.status >= 300 || !isObject(body)) {
    differ.unless(false, "status", "a resource", `${exchange.status} ${inWords(body)}`);
    return differ.found;
  }
  differ.equal("id", id, body["id"]);
  compareSchemas(body, type, differ);
  compareMeta(body, type, exchange, differ);
  for (const place of nullsIn(body, "")) differ.unless(false, place, "no null", "null");
  return [...differ.found, ...compareAttributes(path, attributes, body)];
}

type Differ = {
  readonly found: Difference[];
  readonly equal: (path: string, expected: Json, found: Json | undefined) => void;
  readonly unless: (holds: boolean, path: string, expected: string, found: string) => void;
};

function differencesOf(resource: string): Differ {
  const found: Difference[] = [];
  const unless: Differ["unless"] = (holds, path, expected, value) => {
    if (!holds) found.push({ resource, path, expected, found: value });
  };
  return {
    found,
    unless,
    equal: (path, expected, value) => unless(value === expected, path, inWords(expected), inWords(value)),
  };
}

/** `schemas` lists the core schema and every extension of which there are attributes (RFC 7643 §3), each once. */
function compareSchemas(body: JsonObject, type: TypeName, differ: Differ): void {
  const listed = Array.isArray(body["schemas"]) ? body["schemas"] : [];
  const extensions = Object.keys(body).filter((name) => name.includes(":"));
  for (const urn of [CORE_SCHEMAS[type], ...extensions]) {
    const times = listed.filter((each) => each === urn).length;
    differ.unless(times === 1, "schemas", `${urn} once`, inWords(body["schemas"]));
  }
}

function compareMeta(body: JsonObject, type: TypeName, { headers, status }: Exchange, differ: Differ): void {
  const meta = isObject(body["meta"]) ? body["meta"] : {};
  differ.equal("meta.resourceType", type, meta["resourceType"]);
  for (const name of ["created", "lastModified"]) {
    const value = meta[name];
    differ.unless(typeof value === "string" && DATE_TIME.test(value), `meta.${name}`, "a dateTime", inWords(value));
  }
  const { created, lastModified, location, version } = meta;
  differ.unless(
    Date.parse(String(created)) <= Date.parse(String(lastModified)),
    "meta.lastModified",
    `${inWords(created)} or later`,
    inWords(lastModified),
  );
  differ.unless(refersTo(location, body["id"]), "meta.location", "a URI that ends in the id", inWords(location));
  const locationHeader = headers.get("location");
  if (status === 201 || locationHeader !== null) differ.equal("Location", location ?? "", locationHeader ?? undefined);
  if (version !== undefined || headers.has("etag"))
    differ.equal("ETag", version ?? "", headers.get("etag") ?? undefined);
}

function nullsIn(value: Json, path: string): string[] {
  if (value === null) return [path];
  if (Array.isArray(value)) return value.flatMap((element, index) => nullsIn(element, `${path}[${index}]`));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => nullsIn(member, path === "" ? name : `${path}.${name}`));
}

/** A user's `groups` follow from the groups' members (RFC 7643 §4.1.2); `display` is the group's name. */
function compareGroups(path: string, id: string, state: ExpectedState, exchange: Exchange): Difference[] {
  const differences = compareReferences(path, "groups", new Set(expectedGroupsOf(state, id)), exchange);
  for (const group of valuesOf(exchange, "groups")) {
    const expected = state.groups.get(String(group["value"]))?.attributes["displayName"];
    const display = group["display"];
    if (expected === undefined || display === undefined || display === expected) continue;
    const place = `groups[value eq ${inWords(group["value"])}].display`;
    differences.push({ resource: path, path: place, expected: inWords(expected), found: inWords(display) });
  }
  return differences;
}

/** References as a set of ids, each once, each `$ref` the URI of its `value`. */
function compareReferences(
  path: string,
  name: "members" | "groups",
  expected: ReadonlySet<string>,
  exchange: Exchange,
): Difference[] {
  const differ = differencesOf(path);
  const found = new Set<Json | undefined>();
  for (const reference of valuesOf(exchange, name)) {
    const { value, $ref: uri } = reference;
    differ.unless(!found.has(value), name, "every value once", `${inWords(value)} twice`);
    differ.unless(typeof value === "string" && expected.has(value), name, `no ${inWords(value)}`, "it");
    differ.unless(
      uri === undefined || refersTo(uri, value),
      `${name}.$ref`,
      `the URI of ${inWords(value)}`,
      inWords(uri),
    );
    found.add(value);
  }
  for (const id of expected) differ.unless(found.has(id), name, inWords(id), "nothing");
  return differ.found;
}

function valuesOf({ responseBody }: Exchange, name: string): JsonObject[] {
  const values = isObject(responseBody) ? responseBody[name] : undefined;
  return Array.isArray(values) ? values.filter(isObject) : [];
}
