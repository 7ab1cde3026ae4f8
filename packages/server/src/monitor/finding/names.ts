import {
  type AttributeNode,
  BULK_REQUEST_SCHEMA,
  isObject,
  isSecretAttribute,
  type Json,
  type ResourceModel,
  SEARCH_REQUEST_SCHEMA,
} from "@scimtool/scim";
import { DEFAULT_BASE_PATH } from "../../endpoint/served-endpoint.ts";
import type { Finding } from "../../store/exchange.ts";
import { vendorOf } from "../dialect/client.ts";
import type { Refused } from "../exchange-facts.ts";
import { originIn, pathBelow, sentPathOf } from "../recorder/path.ts";
import { headerIn } from "../redact/headers.ts";
import { typeNounOfMany } from "../words/names.ts";
import { labelText, plainText } from "../words/values.ts";
import type { Done, Seen } from "./find.ts";
import { ENTERPRISE, finding } from "./finding.ts";

/** What attributes are called elsewhere, in lower case without separators. */
const SYNONYMS: Readonly<Record<string, string>> = {
  mail: 'emails[type eq "work"].value',
  email: 'emails[type eq "work"].value',
  emailaddress: 'emails[type eq "work"].value',
  firstname: "name.givenName",
  forename: "name.givenName",
  lastname: "name.familyName",
  surname: "name.familyName",
  sn: "name.familyName",
  fullname: "displayName",
  username: "userName",
  userprincipalname: "userName",
  upn: "userName",
  samaccountname: "userName",
  uid: "userName",
  login: "userName",
  loginname: "userName",
  jobtitle: "title",
  mobile: 'phoneNumbers[type eq "mobile"].value',
  phone: 'phoneNumbers[type eq "work"].value',
  telephonenumber: 'phoneNumbers[type eq "work"].value',
  city: 'addresses[type eq "work"].locality',
  employeeid: `${ENTERPRISE}:employeeNumber`,
  dept: `${ENTERPRISE}:department`,
  useraccountcontrol: "active",
  enabled: "active",
  isactive: "active",
  isenabled: "active",
  accountenabled: "active",
  status: "active",
  userstatus: "active",
  accountstatus: "active",
  disabled: "active",
  isdisabled: "active",
  suspended: "active",
  inactive: "active",
  deactivated: "active",
};

/** Names of attributes and schemas that the tolerant profile accepted although the endpoint does not define them. */
export function findNames({ facts }: Seen, { fact, subject, written }: Done): readonly Finding[] {
  const { endpoint, model } = subject;
  return fact.notes
    .flatMap(({ code, where, detail }) => {
      if (code === "unknown-attribute" && isSecretAttribute(where.split(/[.:]/).at(-1) ?? "", endpoint.secrets)) {
        const values = { attributes: plainText(where), resource: labelText(fact.resource.label) };
        return [finding("secret.not-stored", facts.actor, values, { resources: [fact.resource] })];
      }
      if (code === "unknown-attribute") {
        const meant = meantBy(where, model);
        const state = written.after["active"] === false ? "deactivated" : "active";
        const unchanged = meant === "active" ? { state, resource: labelText(fact.resource.label) } : {};
        const values = { name: plainText(where), effect: effectOf(detail), ...targetOf(meant), ...unchanged };
        return [finding("name.attribute", facts.actor, values)];
      }
      if (code === "unqualified-extension-attribute") {
        // Entra ID always sends the manager like this.
        if (vendorOf(facts.actor.dialect) === "entra" && where === "manager") return [];
        const [, meant] = /read as (\S+)$/.exec(detail) ?? [];
        return [finding("name.extension", facts.actor, { name: plainText(where), effect: effectOf(detail), meant })];
      }
      if (code === "malformed-urn") {
        const [, urn = where, meant] = /URN (\S+) was read as (\S+)$/.exec(detail) ?? [];
        const values = { name: plainText(urn), problem: "which is misspelled", effect: effectOf(detail), meant };
        return [finding("name.schema", facts.actor, values)];
      }
      if (code !== "unknown-schema") return [];
      const [, urn = where] = /(urn:[^\s"]+)/i.exec(detail) ?? /"([^"]+)"/.exec(detail) ?? [];
      // Entra ID always sends it with a group.
      if (urn === MICROSOFT_GROUP) return [];
      const isOld = /^urn:scim:schemas:(?:core|extension:enterprise):1\.\d/i.test(urn);
      const effect = isOld ? `${effectOf(detail)} It is a schema of SCIM 1.1.` : effectOf(detail);
      const meant = schemaMeantBy(urn, model);
      return [
        finding("name.schema", facts.actor, {
          name: plainText(urn),
          problem: "which this endpoint does not have",
          effect,
          meant,
          guess: meant,
          custom: meant === undefined ? "" : undefined,
        }),
      ];
    })
    .slice(0, MAX_NAMES);
}

const MICROSOFT_GROUP = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";

/** The attribute to map a value to, or no mapping if there is no such attribute. */
function targetOf(meant: string | undefined): Readonly<Record<string, string>> {
  return meant === undefined ? { unmapped: "" } : { meant, mapped: "" };
}

/** An attribute or schema for which a request was refused. */
export function findRefusedName(seen: Seen, { reason, attempted }: Refused): Finding | undefined {
  const { facts, endpoint, answered } = seen;
  const isUnknown = reason?.code === "notInProfile" && UNKNOWN_NAMES.has(reason.tolerance);
  const model = endpoint?.models.find(({ type }) => type.name === attempted.type);
  if (reason?.code === "missing" && model !== undefined && isObject(answered.requestJson)) {
    const sent = Object.keys(answered.requestJson).slice(0, MAX_NAMES_COMPARED);
    const name = sent.find((each) => !model.attributes.has(each.toLowerCase()) && isMeantAs(each, reason.path, model));
    if (name === undefined) return undefined;
    const effect = `The request was refused, because ${reason.path} is required.`;
    return finding("name.attribute", facts.actor, { name: plainText(name), effect, ...targetOf(reason.path) });
  }
  if (reason === undefined || !(isUnknown || reason.code === "unknownAttribute")) return undefined;
  const path = "path" in reason ? String(reason.path) : "";
  const meant = model && meantBy(path, model);
  const isUnqualified = isUnknown && reason.tolerance === "unqualified-extension-attribute";
  const values = { name: plainText(path), effect: "The request was refused." };
  return finding(isUnqualified ? "name.extension" : "name.attribute", facts.actor, {
    ...values,
    ...(attempted.action === "search" || attempted.action === "read" ? { meant, query: "" } : targetOf(meant)),
    ...(isUnknown && { strict: "" }),
  });
}

const MAX_NAMES_COMPARED = 100;

function isMeantAs(name: string, path: string, model: ResourceModel): boolean {
  return meantBy(name, model) === path || (path === "displayName" && /^(?:name|group_?name|cn)$/i.test(name));
}

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

const UNKNOWN_NAMES: ReadonlySet<string> = new Set(["unknown-attribute", "unqualified-extension-attribute"]);

/** A mapping with many wrong names is understood from the first. */
const MAX_NAMES = 5;

function effectOf(detail: string): string {
  return `${plainText(detail.charAt(0).toUpperCase() + detail.slice(1), 300)}.`;
}

/** The attribute of the model whose name is closest to one that it does not have. */
export function meantBy(path: string, model: ResourceModel): string | undefined {
  const name = path.slice(path.lastIndexOf(":") + 1).replace(/\[.*?\]/g, "");
  const synonym = synonymOf(name);
  if (synonym !== undefined && model.type.name === "User") return synonym;
  const tops = [model.attributes, ...[...model.extensions.values()].map(({ attributes }) => attributes)];
  const nodes = tops
    .flatMap((attributes) => [...attributes.values()])
    .flatMap((top) => [top, ...top.children.values()]);
  const own = (node: AttributeNode) => node.path.slice(node.path.lastIndexOf(":") + 1);
  return (closest(name, nodes, own) ?? closest(name.replace(/^User\./, ""), nodes, own))?.path;
}

/** The attribute of a user that has another name elsewhere. */
export function synonymOf(name: string): string | undefined {
  const known = bare(name);
  return Object.hasOwn(SYNONYMS, known) ? SYNONYMS[known] : undefined;
}

function schemaMeantBy(urn: string, model: ResourceModel): string | undefined {
  if (/enterprise/i.test(urn))
    return [...model.extensions.values()].find(({ schema }) => /enterprise/.test(schema.id))?.schema.id;
  if (/^urn:(?:scim|ietf).*core/i.test(urn)) return model.type.schema.id;
  const schemas = [model.type.schema, ...[...model.extensions.values()].map(({ schema }) => schema)];
  return closest(urn, schemas, ({ id }) => id)?.id;
}

/** Not found, but almost right: letter case, a slash too many, a base URL that is missing, doubled or mistyped. */
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

/** Names that differ in so many letters may be meant, but short ones mean something else. */
const MAX_DIFFERENCE = 2;
const LETTERS_PER_DIFFERENCE = 3;

function closest<Thing>(name: string, things: readonly Thing[], nameOf: (thing: Thing) => string): Thing | undefined {
  const wanted = bare(name);
  const most = Math.min(MAX_DIFFERENCE, Math.floor(wanted.length / LETTERS_PER_DIFFERENCE));
  if (wanted.length > 200 || wanted === "") return undefined;
  let best: Thing | undefined;
  let least = most + 1;
  for (const thing of things) {
    const difference = distance(wanted, bare(nameOf(thing)), least);
    if (difference < least) [best, least] = [thing, difference];
  }
  return best;
}

function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[-_ :]/g, "");
}

/** Letters to insert, remove, replace or swap to turn one text into the other; `enough` if it is that many or more. */
function distance(one: string, other: string, enough: number): number {
  if (Math.abs(one.length - other.length) >= enough) return enough;
  let [older, old]: [number[], number[]] = [[], Array.from({ length: other.length + 1 }, (_, at) => at)];
  for (let at = 1; at <= one.length; at++) {
    const row = [at];
    for (let to = 1; to <= other.length; to++) {
      const isSame = one[at - 1] === other[to - 1];
      let cost = Math.min((old[to] ?? 0) + 1, (row[to - 1] ?? 0) + 1, (old[to - 1] ?? 0) + (isSame ? 0 : 1));
      const isSwap = at > 1 && to > 1 && one[at - 1] === other[to - 2] && one[at - 2] === other[to - 1];
      if (isSwap) cost = Math.min(cost, (older[to - 2] ?? 0) + 1);
      row.push(cost);
    }
    [older, old] = [old, row];
  }
  return old[other.length] ?? enough;
}
