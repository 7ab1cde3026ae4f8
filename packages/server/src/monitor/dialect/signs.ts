import { isObject, type Json, type JsonObject } from "@scimtool/scim";
import type { Dialect } from "./client.ts";

/**
 * How much a sign proves: with `name` the client says who it is, `habit` is known of this client only, and `hint` is
 * something that others may do too.
 */
export type Strength = "name" | "habit" | "hint";

/** Something in a request that identifies a client. */
export type Sign = {
  readonly dialect: Exclude<Dialect, "unknown">;
  readonly strength: Strength;
  /** For people: what was seen. */
  readonly text: string;
  readonly isIn: (request: SentRequest) => boolean;
};

const CAPITALISED = new Set(["Add", "Replace", "Remove"]);
const WRITING = new Set(["POST", "PUT", "PATCH"]);
const MICROSOFT_GROUP = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";

function named(dialect: Sign["dialect"], name: string, pattern: RegExp): Sign {
  const isIn = ({ userAgent = "" }: SentRequest) => pattern.test(userAgent);
  return { dialect, strength: "name", text: `User-Agent names ${name}`, isIn };
}

/** SailPoint reads each of them separately. */
function resourceTypeRead(type: string): Sign {
  const isIn = ({ method, path }: SentRequest) => method === "GET" && path === `/ResourceTypes/${type}`;
  return { dialect: "sailpoint", strength: "hint", text: `the resource type ${type} was read by itself`, isIn };
}

/** Whether a URL, or its query alone, has the parameter that makes Entra ID comply with the RFCs. */
export function carriesFlag(url: string): boolean {
  return /(?:^|[?&])aadOptscim062020(?:[=&]|$)/i.test(url);
}

/** Okta's "Test Connector Configuration" asks for the first two users in exactly this way. */
export function asksForFirstTwoUsers({ method, path, query }: Pick<SentRequest, "method" | "path" | "query">): boolean {
  if (method !== "GET" || path !== "/Users" || query === undefined) return false;
  const parameters = new URLSearchParams(query);
  return parameters.size === 2 && parameters.get("startIndex") === "1" && parameters.get("count") === "2";
}

/** All signs, in the order in which they are shown. */
export const SIGNS: readonly Sign[] = [
  {
    dialect: "entra-flagged",
    strength: "name",
    text: "the tenant URL carries aadOptscim062020",
    isIn: ({ query = "" }) => carriesFlag(query),
  },
  named("okta", "Okta", /\bokta\b/i),
  named("onelogin", "OneLogin", /\bonelogin\b/i),
  named("jumpcloud", "JumpCloud", /\bjumpcloud\b/i),
  named("sailpoint", "SailPoint", /\bsailpoint\b/i),
  named("ping", "Ping", /\bping(?:one|federate| ?identity|access|directory)\b/i),
  // Google's libraries have its name too, and anybody may use them.
  named("google", "Google", /\bgoogle\b.*(?:provision|scim|workspace)/i),
  named("scimtool", "SCIMTool", /\bscimtool\b/i),
  named("entra", "Entra ID", /\b(?:entra|azure ?ad|azure active directory)\b/i),
  {
    dialect: "entra",
    strength: "habit",
    text: "a PATCH with Add, Replace or Remove in capitals",
    isIn: (request) => operationsOf(request).some(({ op }) => typeof op === "string" && CAPITALISED.has(op)),
  },
  {
    dialect: "entra",
    strength: "habit",
    text: "a group with Microsoft's schema of 2006",
    isIn: (request) => schemasOf(request).includes(MICROSOFT_GROUP),
  },
  {
    dialect: "entra",
    strength: "hint",
    text: 'a boolean as the text "True" or "False"',
    isIn: (request) => operationsOf(request).some(({ value }) => isTextualBoolean(value)),
  },
  {
    dialect: "entra",
    strength: "hint",
    text: "a create with meta.resourceType",
    isIn: (request) => request.method === "POST" && isObject(bodyOf(request)["meta"] ?? null),
  },
  {
    dialect: "entra",
    strength: "hint",
    text: "a create with an empty array of roles",
    isIn: (request) => request.method === "POST" && isEmptyArray(bodyOf(request)["roles"]),
  },
  {
    dialect: "entra",
    strength: "hint",
    text: "a filter with + for blanks, and no User-Agent",
    isIn: ({ query = "", userAgent = "" }) => userAgent === "" && /filter=[^&]*\+eq\+/i.test(query),
  },
  {
    dialect: "entra",
    strength: "hint",
    text: "groups without their members",
    isIn: ({ method, path, query = "" }) =>
      method === "GET" && path.startsWith("/Groups") && /\bexcludedAttributes=members\b/i.test(query),
  },
  {
    dialect: "okta-catalogue",
    strength: "hint",
    text: "a PATCH without a path that has the resource's id among its values",
    isIn: (request) => operationsOf(request).some((operation) => isPathless(operation) && "id" in operation.value),
  },
  {
    dialect: "okta-catalogue",
    strength: "hint",
    text: "a PATCH without a path that sets active or password alone",
    isIn: (request) => operationsOf(request).some((operation) => isPathless(operation) && isSwitch(operation.value)),
  },
  {
    dialect: "okta",
    strength: "hint",
    text: "the set-up query startIndex=1&count=2",
    isIn: asksForFirstTwoUsers,
  },
  {
    dialect: "okta-wizard",
    strength: "hint",
    text: "a PUT that gives back meta and groups as they were read",
    isIn: (request) => request.method === "PUT" && "meta" in bodyOf(request) && "groups" in bodyOf(request),
  },
  {
    dialect: "onelogin",
    strength: "habit",
    text: "URNs of SCIM 1 in a request of SCIM 2",
    isIn: (request) => schemasOf(request).some((urn) => /^urn:scim:schemas:.*:1\.\d$/i.test(urn)),
  },
  {
    dialect: "onelogin",
    strength: "habit",
    text: "a URL that ends in ? or &",
    isIn: ({ query }) => query === "" || query?.endsWith("&") === true,
  },
  resourceTypeRead("User"),
  resourceTypeRead("Group"),
  {
    dialect: "rfc-clean",
    strength: "hint",
    text: "everything in a request follows the RFCs",
    isIn: (request) => WRITING.has(request.method) && isClean(request),
  },
];

type Pathless = JsonObject & { readonly value: JsonObject };

function isPathless(operation: JsonObject): operation is Pathless {
  return operation["path"] === undefined && isObject(operation["value"]);
}

function isSwitch(value: JsonObject): boolean {
  const names = Object.keys(value);
  return names.length === 1 && (names[0] === "active" || names[0] === "password");
}

function isEmptyArray(value: Json | undefined): boolean {
  return Array.isArray(value) && value.length === 0;
}

function isTextualBoolean(value: Json | undefined): boolean {
  return value === "True" || value === "False";
}

/** Whether a body seems to comply: it names its schemas, and its operations are in lower case and have a path. */
function isClean(request: SentRequest): boolean {
  const isPlain = ({ op, path, value }: JsonObject) =>
    typeof op === "string" &&
    op === op.toLowerCase() &&
    (path === undefined ? isObject(value) && hasPlainNames(value) : !isTextualBoolean(value));
  const isInSchema = schemasOf(request).every((urn) => urn.startsWith("urn:ietf:params:scim:"));
  return schemasOf(request).length > 0 && isInSchema && operationsOf(request).every(isPlain);
}

function hasPlainNames(value: JsonObject): boolean {
  return Object.keys(value).every((name) => /^[A-Za-z$][\w$-]*$/.test(name) || isObject(value[name]));
}

/** The parts of a request that show who sent it. */
export type SentRequest = {
  readonly method: string;
  /** Below the base URI, with its slash and without the query. */
  readonly path: string;
  /** The query as sent, without its question mark; undefined if the URL has no question mark. */
  readonly query: string | undefined;
  readonly userAgent: string | undefined;
  /** undefined if there was none, or it could not be read. */
  readonly body: Json | undefined;
};

/** The body if it is an object, otherwise an empty object. */
function bodyOf({ body }: SentRequest): JsonObject {
  return isObject(body) ? body : {};
}

/** The operations of a PATCH body that are objects. */
function operationsOf(request: SentRequest): readonly JsonObject[] {
  const { Operations: operations } = bodyOf(request);
  return request.method === "PATCH" && Array.isArray(operations) ? operations.filter(isObject) : [];
}

/** The URNs that a body lists. */
function schemasOf(request: SentRequest): readonly string[] {
  const { schemas } = bodyOf(request);
  return Array.isArray(schemas) ? schemas.filter((urn) => typeof urn === "string") : [];
}
