import { BULK_REQUEST_SCHEMA, isObject, type Json, SEARCH_REQUEST_SCHEMA } from "@scimtool/scim";
import { DEFAULT_BASE_PATH } from "../../endpoint/served-endpoint.ts";
import type { Finding } from "../../store/exchange.ts";
import type { Refused } from "../exchange-facts.ts";
import { originIn, pathBelow, sentPathOf } from "../recorder/path.ts";
import { headerIn } from "../redact/headers.ts";
import { typeNounOfMany } from "../words/names.ts";
import { labelText, plainText } from "../words/values.ts";
import { finding } from "./finding.ts";
import { closest } from "./meant.ts";
import type { Done, Seen } from "./seen.ts";

/** A path that was not found but is almost right: wrong letter case, or a base URL that is missing, doubled or mistyped. */
export function findPath(seen: Seen, { reason }: Refused): Finding | undefined {
  const { answered, endpoint } = seen;
  const isPath = reason?.code === "unknownPath" || (reason?.code === "methodNotAllowed" && endpoint === undefined);
  if (!isPath) return undefined;
  const { path } = pathBelow(answered.url, "");
  const base = endpoint?.basePath ?? DEFAULT_BASE_PATH;
  const names = [...(endpoint === undefined ? ["Users", "Groups"] : endpoint.modelAt.keys()), ...OTHER_SEGMENTS];
  const segments = path.split("/");
  for (const [at, segment] of segments.entries()) {
    const known = closest(segment, names, (name) => name);
    if (known === undefined) continue;
    if (before(segments, at) === base && segment === known && segments.length > at + 2) {
      if (segments[at + 1] === known) return doubledSegment(seen, known, segments[at + 2] ?? "");
      return subPath(seen, segments.slice(0, at + 2).join("/"), segments.slice(at + 2), plainText(path));
    }
    const meant = [base, known, ...segments.slice(at + 1, at + 2)].join("/");
    if (meant === path) return undefined;
    const prefix = before(segments, at);
    const effect =
      prefix === base
        ? "Paths are case-sensitive and must match exactly."
        : `SCIM is served below ${base}, but the path has ${prefix === "" ? "nothing" : plainText(prefix)} before ${known}.`;
    return wrongPath(seen, effect, meant);
  }
  return undefined;
}

function wrongPath({ facts, answered, endpoint }: Seen, effect: string, meant: string): Finding {
  const origin = originOf(answered.requestHeaders);
  const sent = plainText(origin + sentPathOf(answered.url), MAX_URL_CHARACTERS);
  const { path } = pathBelow(answered.url, "");
  const base = endpoint?.basePath ?? DEFAULT_BASE_PATH;
  const values = { name: plainText(path), sent, effect, meant: origin + meant, base: origin + base };
  return finding("name.path", facts.actor, values);
}

/** `/Users/Users`: the base URL ends with the endpoint of a resource type. */
export function doubledSegment(seen: Seen, segment: string, id: string): Finding {
  const meant = `${seen.endpoint?.basePath ?? DEFAULT_BASE_PATH}/${segment}`;
  const effect = `The path contains ${segment} twice: the base URL probably ends in /${segment}.`;
  return wrongPath(seen, effect, id === "" ? meant : `${meant}/${plainText(id)}`);
}

function before(segments: readonly string[], at: number): string {
  return segments.slice(0, at).join("/");
}

/** `/Groups/2819c223/members`, as other APIs have it: what to send instead. */
function subPath({ facts }: Seen, path: string, below: readonly string[], name: string): Finding {
  const [part = "", other = "ID"] = below;
  const isRead = facts.method === "GET" || facts.method === "HEAD";
  if (isRead)
    return finding("name.sub-path", facts.actor, { name, path: plainText(path), part: plainText(part), read: "" });
  const owner = path.slice(path.lastIndexOf("/") + 1);
  const isOfUser = /^groups$/i.test(part);
  const values = {
    name,
    method: "PATCH",
    path: plainText(isOfUser ? path.replace(/[^/]+\/[^/]+$/, `Groups/${other}`) : path),
    body: operationMeantBy(facts.method, below, plainText(isOfUser ? owner : other)),
  };
  return finding("name.sub-path", facts.actor, values);
}

function operationMeantBy(method: string, below: readonly string[], member: string): string {
  const [part = ""] = below;
  if (/^(?:members|users|groups)$/i.test(part)) {
    return method === "DELETE"
      ? `op remove, path members[value eq "${member}"]`
      : `op add, path members, value [{"value":"${member}"}]`;
  }
  const words = below.join("/");
  if (/deactivate|suspend|disable/i.test(words)) return "op replace, path active, value false";
  if (/activate|enable/i.test(words)) return "op replace, path active, value true";
  return `op replace, path ${plainText(part)}, and the value`;
}

/** The origin by which the client reached this server, as its headers say. */
function originOf(headers: readonly string[]): string {
  return originIn(headerIn(headers, "host"), headerIn(headers, "x-forwarded-proto"));
}

const MAX_URL_CHARACTERS = 300;

const OTHER_SEGMENTS = ["ServiceProviderConfig", "ResourceTypes", "Schemas", "Bulk", "Me"];

/** A resource that was sent to the endpoint of another type, by the schema in its body. */
export function findWrongType(seen: Seen, done?: Done): Finding | undefined {
  const { facts, answered, endpoint } = seen;
  const { requestJson } = answered;
  const path = `/${facts.path.split("/")[1] ?? ""}`;
  const model = endpoint?.modelAt.get(path.slice(1));
  const schemas = isObject(requestJson) && Array.isArray(requestJson["schemas"]) ? requestJson["schemas"] : [];
  if (endpoint === undefined || model === undefined || schemas.includes(model.type.schema.id)) return undefined;
  const meant = endpoint.models.find(({ type }) => schemas.includes(type.schema.id));
  if (meant === undefined && done !== undefined) return undefined;
  if (meant === undefined) return messageOfOther(seen, schemas, path, typeNounOfMany(model.type.name));
  const resource = done?.fact.resource;
  const values = {
    meant: meant.type.name,
    path,
    others: typeNounOfMany(model.type.name),
    schema: meant.type.schema.id,
    wrong: model.type.name,
    meantPath: endpoint.basePath + meant.type.endpoint,
    ...(resource === undefined
      ? { refused: "" }
      : { accepted: "", id: resource.id, resource: labelText(resource.label) }),
  };
  return finding("name.type", facts.actor, values, { resources: resource === undefined ? [] : [resource] });
}

/** A message of SCIM that was sent to the endpoint of a resource type. */
function messageOfOther(
  { facts, endpoint }: Seen,
  schemas: readonly Json[],
  path: string,
  others: string,
): Finding | undefined {
  const schema = schemas.find((each) => typeof each === "string" && MESSAGES.has(each)) as string | undefined;
  const name = MESSAGES.get(schema ?? "");
  if (name === undefined || facts.method !== "POST" || facts.path.endsWith("/.search")) return undefined;
  const meantPath = `${endpoint?.basePath ?? ""}${name === "BulkRequest" ? "/Bulk" : `${path}/.search`}`;
  const values = { meant: name, path, others, schema, wrong: name, meantPath, refused: "" };
  return finding("name.type", facts.actor, values);
}

const MESSAGES: ReadonlyMap<string, string> = new Map([
  [BULK_REQUEST_SCHEMA, "BulkRequest"],
  [SEARCH_REQUEST_SCHEMA, "SearchRequest"],
]);
