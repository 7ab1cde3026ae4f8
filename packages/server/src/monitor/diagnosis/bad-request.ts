import { type Limit, type Reason, type ScimType, TOLERANCES } from "@scimtool/scim";
import type { Dialect } from "../dialect/client.ts";
import type { Refused } from "../exchange-facts.ts";
import { text } from "../words/sentence.ts";
import { numberText, plainText } from "../words/values.ts";
import { type Kind, kindOfFilter, kindOfParameter, kindOfReason } from "./bad-value.ts";
import { atEndpoint, atProvider, causeOf, type Explain, type Explanation, type Remedy } from "./diagnosis.ts";
import { type ProviderWords, wordsOf } from "./provider-words.ts";

const SEND_DIFFERENTLY = ({ name }: ProviderWords) =>
  `Have ${name} send this differently: compare the request with the rule.`;
const ALL_FILTERS = 'To accept every filter, set "filter" to "all".';
const START_AGAIN = () => "Start again with the first page, and leave every other parameter unchanged.";

/** The keywords of RFC 7644 §3.12, Table 9, and of RFC 9865 §2.1. */
const KEYWORDS: Readonly<Record<ScimType, Kind>> = {
  invalidFilter: {
    section: "RFC 7644 §3.4.2.2",
    rule: "A filter compares attributes that exist, in the grammar of Figure 1.",
    why: "The filter cannot be parsed, or it compares an attribute that this endpoint does not have.",
    remedy: ({ name, matching }) => `In ${name}, check ${matching}: the filter is built from it.`,
  },
  tooMany: {
    section: "RFC 7644 §3.4.2",
    rule: "A server may reject a query with too many results.",
    why: "The query asks for more than this server returns at once.",
    remedy: () => "Ask page by page, or use a narrower filter.",
  },
  uniqueness: {
    section: "RFC 7644 §3.12",
    rule: "Two resources cannot share a value that must be unique.",
    why: "Another resource has the value.",
    remedy: ({ mapping }) => `Map another value in ${mapping}.`,
  },
  mutability: {
    section: "RFC 7643 §2.2",
    rule: "Clients cannot change readOnly or immutable attributes, or remove required ones.",
    why: "The request would change an attribute that clients cannot change, or remove a required one.",
    remedy: ({ mapping }) => `Remove the attribute from ${mapping}, or map it for the creation of accounts only.`,
  },
  invalidSyntax: {
    section: "RFC 7644 §3.12",
    rule: "A message has the form that the RFC defines for it.",
    why: "The body is not valid JSON, or not a message of the kind expected here.",
    remedy: ({ name }) =>
      `Look at the body of this request. If it is empty or cut off, check the proxies between ${name} and this server. If it is complete, have ${name} send it as the rule says.`,
  },
  invalidPath: {
    section: "RFC 7644 §3.5.2",
    rule: "A path names an attribute that exists, in the grammar of Figure 7.",
    why: "The path cannot be parsed, or it names an attribute that this endpoint does not have.",
    remedy: ({ mapping }) => `Compare the names of the target attributes in ${mapping} with those of /Schemas.`,
  },
  noTarget: {
    section: "RFC 7644 §3.5.2",
    rule: "A path with a filter must select something.",
    why: "The filter in the path matches no value of the resource.",
    remedy: ({ mapping }) => `Add the whole value before changing parts of it: see ${mapping}.`,
  },
  invalidValue: {
    section: "RFC 7644 §3.12",
    rule: "A value fits its attribute, and required attributes have one.",
    why: "A required value is missing, or a value does not fit its attribute.",
    remedy: ({ mapping }) => `Check what is mapped to the attribute in ${mapping}, and whether everybody has it.`,
  },
  invalidVers: {
    section: "RFC 7644 §3.13",
    rule: "Client and server use the same version of SCIM.",
    why: "The request uses a version of SCIM that this server does not support.",
    remedy: ({ name }) => `Have ${name} use SCIM 2.0.`,
  },
  sensitive: {
    section: "RFC 7644 §7.5.2",
    rule: "A URL must not contain sensitive data.",
    why: "The URL contains something that must not appear in logs.",
    remedy: () => "Send the query as a POST to /.search.",
  },
  invalidCursor: {
    section: "RFC 9865 §2.1",
    rule: "A cursor is sent unchanged, with the query it belongs to.",
    why: "This server did not issue the cursor, or issued it for another query.",
    remedy: START_AGAIN,
  },
  expiredCursor: {
    section: "RFC 9865 §2.1",
    rule: "A cursor is valid for a limited time.",
    why: "The client asked for the next page too late.",
    remedy: START_AGAIN,
  },
  invalidCount: {
    section: "RFC 9865 §2.1",
    rule: "The count is a number, and the same for every page.",
    why: "The count is not a number, or differs from that of the previous page.",
    remedy: START_AGAIN,
  },
};

const PATH_REQUIRED: Kind = {
  section: "RFC 7644 §3.5.2.2",
  rule: 'A "remove" operation names what to remove in its path.',
  why: 'The operation is a "remove" without a path, so the server cannot tell what to remove.',
  remedy: SEND_DIFFERENTLY,
};

const ENCODING: Kind = {
  section: "RFC 3986 §2.1",
  rule: "Other characters are percent-encoded in a URL, in UTF-8.",
  why: "In the URL, a percent sign is not followed by two hexadecimal digits, or the decoded bytes are not UTF-8.",
  remedy: SEND_DIFFERENTLY,
};

const PARAMETER: Kind = {
  section: "RFC 7644 §3.4.2",
  rule: "The parameters of a query have the values that are defined for them.",
  why: "A parameter of the query has an invalid value.",
  remedy: SEND_DIFFERENTLY,
};

const SEARCH_TOO_LONG: Kind = {
  section: "RFC 7644 §3.4.2",
  rule: "A server may reject a query that it is not willing to process.",
  why: "The search took too long.",
  remedy: ({ name }) => `Have ${name} compare with eq instead of co, or use a narrower filter.`,
};

/** What a limit counts. */
export const LIMITS: Readonly<Record<Limit, string>> = {
  values: "values of one attribute",
  bodyValues: "values in one body",
  undefinedMembers: "attributes and values that no schema defines",
  nesting: "levels of nesting",
  patchOperations: "operations in one PATCH",
  filterCharacters: "characters in a filter or path",
  filterNesting: "levels of brackets in a filter",
  filterConditions: "conditions in a filter",
  names: "attribute names in one parameter",
  bulkIdCharacters: "characters in a bulkId",
  valueCharacters: "characters in a value with an index",
};

function limitKind({ limit, max, actual }: Extract<Reason, { code: "limitExceeded" }>): Kind {
  const sent = actual === undefined ? "More were sent." : `${numberText(actual)} were sent.`;
  return {
    section: "RFC 9110 §15.5.1",
    rule: "A server answers 400 when it is not willing to process a request.",
    why: `This server accepts at most ${numberText(max)} ${LIMITS[limit]}. ${sent}`,
    remedy: ({ name }) => `Have ${name} send smaller requests.`,
  };
}

/** 400, by its reason and keyword. Where a setting of the endpoint would allow the request, it is a remedy. */
export const explainBadRequest: Explain = (refused, { actor: { dialect } }) => {
  const { scimType, reason } = refused;
  const words = wordsOf(dialect);
  const { section, rule, why, remedy } = kindOf(refused);
  const general: Explanation = {
    code: `bad-request.${scimType ?? "other"}`,
    cause: [text(causeOf(refused))],
    rule: { section, text: rule },
    why,
    remedies: [atProvider(remedy(words))],
  };
  switch (reason?.code) {
    case "notInProfile":
      return ofProfile(general, reason, atProvider(remedyInProfile(refused, reason, dialect)));
    case "unknownReference":
      return ofReference(general, words);
    case "baseUrlHasQuery":
      return ofBaseUrl(general, words);
    case "searchTooLong":
    case "searchTooLarge":
      return ofLongSearch(general, reason);
    case "filterOff":
      return { ...general, remedies: [...general.remedies, atEndpoint("features.filter", ALL_FILTERS)] };
    case "cursorExpired": {
      const longer = `Raise "cursorTimeoutSeconds"; it is ${numberText(reason.timeoutSeconds)} now.`;
      return { ...general, remedies: [...general.remedies, atEndpoint("limits.cursorTimeoutSeconds", longer)] };
    }
    default:
      return general;
  }
};

/** A keyword's meaning depends on what the client sent: a filter in a query, or the path of a change. */
function kindOf({ scimType = "invalidSyntax", reason, attempted: { action } }: Refused): Kind {
  switch (reason?.code) {
    case "limitExceeded":
      return limitKind(reason);
    case "searchTooLong":
    case "searchTooLarge":
      return SEARCH_TOO_LONG;
    case "pathRequired":
      return PATH_REQUIRED;
    case "urlNotDecodable":
      return ENCODING;
    default:
  }
  const isQuery = action === "search" || action === "read" || action === "discover";
  if (isQuery && scimType === "invalidFilter") return kindOfFilter(reason) ?? KEYWORDS.invalidFilter;
  const known = isQuery ? kindOfParameter(reason) : scimType === "invalidFilter" ? undefined : kindOfReason(reason);
  if (known !== undefined) return known;
  // A query has a path in sortBy, attributes and excludedAttributes.
  if ((scimType === "invalidValue" || scimType === "invalidPath") && isQuery) return PARAMETER;
  return KEYWORDS[scimType === "invalidFilter" && !isQuery && action !== "other" ? "invalidPath" : scimType];
}

type NotInProfile = Extract<Reason, { code: "notInProfile" }>;

/** An attribute is fixed in the mapping. Entra ID's flag helps only where the strict profile rejected the request. */
function remedyInProfile({ scimType }: Refused, { tolerance, profile }: NotInProfile, dialect: Dialect): string {
  const words = wordsOf(dialect);
  if (tolerance === "unknown-attribute") return KEYWORDS.invalidPath.remedy(words);
  if (scimType === "mutability") return KEYWORDS.mutability.remedy(words);
  return dialect === "entra" && profile === "strict" ? flagged(words) : SEND_DIFFERENTLY(words);
}

function flagged({ name, baseUrl }: ProviderWords): string {
  return `Append "?aadOptscim062020" to ${baseUrl}: ${name} then mostly follows the RFCs.`;
}

function ofProfile(general: Explanation, { profile, tolerance }: NotInProfile, remedy: Remedy): Explanation {
  const tolerant = atEndpoint("profile", 'Set "profile" to "tolerant": the request is then accepted, with a note.');
  return {
    ...general,
    code: "profile",
    ...(tolerance !== "operation-without-path" && { rule: ruleOf(TOLERANCES[tolerance].rule) }),
    why: `This endpoint uses the ${profile} profile, which does not accept what the request contains.`,
    remedies: [tolerant, remedy],
  };
}

/** @param rule `RFC 7643 §2.3.2: a boolean is true or false, not a string` */
function ruleOf(rule: string): Explanation["rule"] {
  const colon = rule.indexOf(": ");
  const clause = rule.slice(colon + 2);
  return { section: rule.slice(0, colon), text: `${clause.slice(0, 1).toUpperCase()}${clause.slice(1)}.` };
}

function ofReference(general: Explanation, { name, mapping }: ProviderWords): Explanation {
  return {
    ...general,
    code: "reference",
    rule: { section: "RFC 7643 §2.3.7", text: "A reference identifies a resource." },
    why: "The request refers to somebody who does not exist here: not created yet, out of scope, or deleted.",
    remedies: [
      atProvider(
        `Check that this person is in scope in ${name}. Everybody that ${mapping} refers to must be provisioned.`,
      ),
      atEndpoint("danglingReferences", 'Set "danglingReferences" to "accept": unknown IDs are then stored as sent.'),
    ],
  };
}

function ofBaseUrl(general: Explanation, { name, baseUrl }: ProviderWords): Explanation {
  return {
    ...general,
    code: "base-url",
    rule: { section: "RFC 7644 §1.3", text: "A base URI has no query, because clients append paths to it." },
    why: "Every request of this client asks for the base URL itself. Only Entra ID inserts its paths before the query of its tenant URL.",
    remedies: [atProvider(`In ${name}, ${baseUrl} must end in /v2, without a question mark.`)],
  };
}

type LongSearch = Extract<Reason, { code: "searchTooLong" | "searchTooLarge" }>;

function ofLongSearch(general: Explanation, reason: LongSearch): Explanation {
  const path = reason.code === "searchTooLong" ? reason.path : undefined;
  const what = path === undefined ? "The search" : `The search for ${plainText(path)}`;
  const why =
    reason.code === "searchTooLong"
      ? `${what} was ended after ${numberText(reason.maxMs / 1_000)} s.`
      : `${what} was ended because it took ${numberText(Math.round(reason.maxBytes / 1_048_576))} MB of memory.`;
  const index = atEndpoint("indexed", 'Add the attributes that the filter compares to "indexed".');
  return { ...general, why, remedies: [...general.remedies, ...(path === undefined ? [index] : [])] };
}
