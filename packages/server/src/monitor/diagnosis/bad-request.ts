import type { ScimType } from "@scimtool/scim";
import type { Dialect } from "../dialect/client.ts";
import type { Refused } from "../happening.ts";
import { text } from "../words/parts.ts";
import { plainText } from "../words/value-text.ts";
import { atEndpoint, atProvider, type Explain, type Explanation, type Remedy } from "./diagnosis.ts";
import { type ProviderWords, wordsOf } from "./provider-words.ts";

/** Characters of the detail that stand in a sentence. */
const MAX_CAUSE_CHARACTERS = 160;

type Kind = {
  readonly section: string;
  readonly rule: string;
  readonly why: string;
  readonly remedy: (words: ProviderWords) => string;
};

const SENT_OTHERWISE = ({ name }: ProviderWords) =>
  `The request has to be sent otherwise by ${name}: see it beside the rule.`;
const ASK_AGAIN = () => "Begin anew with the first page, and keep every other parameter as it was.";

/** The keywords of RFC 7644 §3.12, Table 9, and of RFC 9865 §2.1. */
const KINDS: Readonly<Record<ScimType, Kind>> = {
  invalidFilter: {
    section: "RFC 7644 §3.4.2.2",
    rule: "A filter compares attributes that there are, in the grammar of Figure 1.",
    why: "The filter could not be read, or compares an attribute that this endpoint does not know.",
    remedy: ({ name, matching }) => `In ${name}, look at ${matching}: the filter is made from it.`,
  },
  tooMany: {
    section: "RFC 7644 §3.4.2",
    rule: "A query with more results than a server is willing to work out may be refused.",
    why: "The query asks for more than this server works out at once.",
    remedy: () => "Ask in pages, or by a narrower filter.",
  },
  uniqueness: {
    section: "RFC 7644 §3.12",
    rule: "A value that must be unique may be in use once.",
    why: "Another resource has the value.",
    remedy: ({ mapping }) => `Map another value in ${mapping}.`,
  },
  mutability: {
    section: "RFC 7643 §2.2",
    rule: "What is readOnly or immutable cannot be changed by a client, and what is required not be removed.",
    why: "The request would change an attribute that clients cannot change so.",
    remedy: ({ mapping }) => `Take the attribute out of ${mapping}, or map it for the creation of accounts only.`,
  },
  invalidSyntax: {
    section: "RFC 7644 §3.12",
    rule: "A message has the form that is defined for it.",
    why: "The body is no JSON, or no message of the kind that belongs here.",
    remedy: SENT_OTHERWISE,
  },
  invalidPath: {
    section: "RFC 7644 §3.5.2",
    rule: "A path names an attribute that there is, in the grammar of Figure 7.",
    why: "The path could not be read, or names an attribute that this endpoint does not know.",
    remedy: ({ mapping }) => `Compare the names of the target attributes in ${mapping} with those of /Schemas.`,
  },
  noTarget: {
    section: "RFC 7644 §3.5.2",
    rule: "A path with a filter must select something.",
    why: "The filter in the path selects nothing of what the resource has.",
    remedy: ({ mapping }) => `Add the value whole before parts of it are changed: see ${mapping}.`,
  },
  invalidValue: {
    section: "RFC 7644 §3.12",
    rule: "A value fits its attribute, and required ones are there.",
    why: "A value that is required is missing, or one does not fit its attribute.",
    remedy: ({ mapping }) => `Look at what is mapped to the attribute in ${mapping}, and whether everybody has it.`,
  },
  invalidVers: {
    section: "RFC 7644 §3.13",
    rule: "A client and a server speak the same version of SCIM.",
    why: "The request is of a version of SCIM that is not spoken here.",
    remedy: ({ name }) => `Have ${name} use SCIM 2.0.`,
  },
  sensitive: {
    section: "RFC 7644 §7.5.2",
    rule: "What is sensitive must not stand in a URL.",
    why: "The URL holds something that must not be seen in logs.",
    remedy: () => "Send the query as a POST to /.search.",
  },
  invalidCursor: {
    section: "RFC 9865 §2.1",
    rule: "A cursor is sent as it was given, with the query that it was given for.",
    why: "The cursor was not given by this server, or not for this query.",
    remedy: ASK_AGAIN,
  },
  expiredCursor: {
    section: "RFC 9865 §2.1",
    rule: "A cursor is valid for a limited time.",
    why: "The next page was asked for too late.",
    remedy: ASK_AGAIN,
  },
  invalidCount: {
    section: "RFC 9865 §2.1",
    rule: "The count of a page is a number, and stays the same from page to page.",
    why: "The count is no number, or another one than that of the page before.",
    remedy: ASK_AGAIN,
  },
};

/** How a refusal of a profile says which rule was departed from: `… in the strict profile (RFC 7643 §2.3.2: …).` */
const BY_PROFILE = /is refused in the (strict|interop) profile(?: \((RFC \d+ §[^:]+): (.*)\))?/s;

/** How a refusal by profile says that there is no such attribute. */
const BY_UNKNOWN_ATTRIBUTE = /an attribute that no schema defines is refused in the /;

/** How a refusal of a reference says that nobody has the id. */
const BY_REFERENCE = /: no \S.* has the id "/;

/** How a refusal of a base URL with a query says so. */
const BY_BASE_URL = /^The base URL has a query/;

/** How a refusal of more than is read says so. */
const BY_LIMIT = /: longer than \d+ characters|; send at most \d+ in one request| may have \d+ [a-z]+ at most/;

/** How a refusal of a remove says that it has no path. */
const BY_NO_PATH = /"remove" needs a path/;

/** How a refusal of a URL says that it cannot be decoded. */
const BY_ENCODING = /^The URL(?:'s query)? is not valid percent-encoded/;

/** A remove that does not say of what. */
const NO_PATH: Kind = {
  section: "RFC 7644 §3.5.2.2",
  rule: "A remove says by its path what is to go.",
  why: "The operation is a remove without a path, so that it is not known what is to go.",
  remedy: SENT_OTHERWISE,
};

/** A URL that cannot be decoded. */
const ENCODING: Kind = {
  section: "RFC 3986 §2.1",
  rule: "What a URL cannot hold as it is stands in it percent-encoded, in UTF-8.",
  why: "A percent sign in the URL has no two hexadecimal digits behind it, or what they encode is not UTF-8.",
  remedy: SENT_OTHERWISE,
};

/** A query's parameter that has a value which it cannot have. */
const PARAMETER: Kind = {
  section: "RFC 7644 §3.4.2",
  rule: "The parameters of a query have the values that are defined for them.",
  why: "A parameter of the query has a value that it cannot have.",
  remedy: SENT_OTHERWISE,
};

/** More than is read. */
const LIMIT: Kind = {
  section: "RFC 9110 §15.5.1",
  rule: "What a server will not process is answered 400.",
  why: "The request holds more than this server reads in one.",
  remedy: ({ name }) => `Have ${name} send it in smaller pieces.`,
};

/** 400, by its keyword; what a setting of the endpoint would let through, by that. */
export const explainBadRequest: Explain = (refused, context) => {
  const { scimType, detail } = refused;
  const words = wordsOf(context.actor.dialect);
  const { section, rule, why, remedy } = kindOf(refused);
  const general: Explanation = {
    code: `bad-request.${scimType ?? "other"}`,
    cause: [text(causeOf(refused))],
    rule: { section, text: rule },
    why,
    remedies: [atProvider(remedy(words))],
  };
  const [, profile, departedFrom, departure] = BY_PROFILE.exec(detail) ?? [];
  if (profile !== undefined) {
    return ofProfile(general, profile, atProvider(remedyInProfile(refused, profile, context.actor.dialect)), {
      section: departedFrom,
      rule: departure,
    });
  }
  if (BY_REFERENCE.test(detail)) return ofReference(general, words);
  if (BY_BASE_URL.test(detail)) return ofBaseUrl(general, words);
  if (scimType !== "expiredCursor") return general;
  const longer = atEndpoint("limits.cursorTimeoutSeconds", 'Raise "cursorTimeoutSeconds".');
  return { ...general, remedies: [...general.remedies, longer] };
};

/** What a keyword means depends on where the client has it from: a filter of a query, or the path of a change. */
function kindOf({ scimType = "invalidSyntax", detail, attempted: { action } }: Refused): Kind {
  if (BY_LIMIT.test(detail)) return LIMIT;
  if (scimType === "noTarget" && BY_NO_PATH.test(detail)) return NO_PATH;
  if (scimType === "invalidSyntax" && BY_ENCODING.test(detail)) return ENCODING;
  const isQuery = action === "search" || action === "read" || action === "discover";
  // A query has a path where it is sorted by one.
  if ((scimType === "invalidValue" || scimType === "invalidPath") && isQuery) return PARAMETER;
  return KINDS[scimType === "invalidFilter" && !isQuery && action !== "other" ? "invalidPath" : scimType];
}

/** What is mapped to an attribute is changed where it is mapped. The flag has Entra ID send what only interop refuses. */
function remedyInProfile({ detail, scimType }: Refused, profile: string, dialect: Dialect): string {
  const words = wordsOf(dialect);
  if (BY_UNKNOWN_ATTRIBUTE.test(detail)) return KINDS.invalidPath.remedy(words);
  if (scimType === "mutability") return KINDS.mutability.remedy(words);
  return dialect === "entra" && profile === "strict" ? flagged(words) : SENT_OTHERWISE(words);
}

function flagged({ name, baseUrl }: ProviderWords): string {
  return `Append "?aadOptscim062020" to ${baseUrl}: ${name} then keeps to the RFCs, for the most part.`;
}

type Departure = { readonly section: string | undefined; readonly rule: string | undefined };

function ofProfile(general: Explanation, profile: string, remedy: Remedy, { section, rule }: Departure): Explanation {
  const tolerant = atEndpoint("profile", 'Set "profile" to "tolerant": it is then understood, and noted.');
  return {
    ...general,
    code: "profile",
    ...(section !== undefined && rule !== undefined && { rule: { section, text: sentence(rule) } }),
    why: `This endpoint holds its clients to the ${profile} profile, and the request departs from it.`,
    remedies: [tolerant, remedy],
  };
}

function ofReference(general: Explanation, { name, mapping }: ProviderWords): Explanation {
  return {
    ...general,
    code: "reference",
    rule: { section: "RFC 7643 §2.3.7", text: "A reference identifies a resource." },
    why: "The request refers to somebody who is not here: not created yet, out of scope, or deleted since.",
    remedies: [
      atProvider(`See whether ${name} has that person in scope: whom ${mapping} refers to must be provisioned too.`),
      atEndpoint("danglingReferences", 'Set "danglingReferences" to "accept": the id is then kept as it came.'),
    ],
  };
}

function ofBaseUrl(general: Explanation, { name, baseUrl }: ProviderWords): Explanation {
  return {
    ...general,
    code: "base-url",
    rule: { section: "RFC 7644 §1.3", text: "A base URI has no query, as clients append paths to it." },
    why: "Every request of this client asks for the base URL itself. Only Entra ID puts its paths before the query of its tenant URL.",
    remedies: [atProvider(`In ${name}, let ${baseUrl} end in /v2, without a question mark.`)],
  };
}

function sentence(clause: string): string {
  return `${clause.slice(0, 1).toUpperCase()}${clause.slice(1)}.`;
}

/** The first sentence of what the client was told, as a clause. */
export function causeOf({ detail }: Refused): string {
  const [first = ""] = /^.*?(?=\.(?: [A-Z]|$)| \(RFC \d)/s.exec(detail) ?? [detail];
  const clause = first.replace(/^(?:The|A|An|This|There|It|One|More|Send|Every|Discovery) /, (word) =>
    word.toLowerCase(),
  );
  return plainText(clause, MAX_CAUSE_CHARACTERS);
}
