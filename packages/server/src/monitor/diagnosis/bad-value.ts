import type { Reason } from "@scimtool/scim";
import { plainText } from "../words/values.ts";
import type { ProviderWords } from "./provider-words.ts";

/** An explanation of a 400. */
export type Kind = {
  readonly section: string;
  readonly rule: string;
  readonly why: string;
  readonly remedy: (words: ProviderWords) => string;
};

const JSON_RULE = { section: "RFC 7644 §3.1", rule: "Bodies are JSON objects in UTF-8." };
const VALUE_RULE = { section: "RFC 7644 §3.12", rule: "A value fits its attribute, and required attributes have one." };

const NOT_JSON: Kind = {
  ...JSON_RULE,
  why: "The body is not valid JSON, although Content-Type says that it is.",
  remedy: ({ name }) =>
    `Look at the body of this request. If it begins with "<", it is XML, or the error page of a proxy. If it is cut off, look for a proxy or a timeout. If it has single or curly quotes, comments or a comma before a bracket, have ${name} write it with a JSON library instead of joining texts.`,
};

const EMPTY: Kind = {
  ...JSON_RULE,
  why: "The request has no body. Either the client sent none, or it was lost on the way: clients leave out the body when they follow a redirect.",
  remedy: ({ name, baseUrl }) =>
    `In ${name}, check that ${baseUrl} is the final https address, so that no redirect is needed. Otherwise have ${name} send the resource as the body.`,
};

const NOT_UTF8: Kind = {
  ...JSON_RULE,
  why: "The bytes of the body are not UTF-8: the client wrote them in another encoding, such as Latin-1 or UTF-16.",
  remedy: ({ name }) =>
    `Have ${name} encode the body in UTF-8. In Windows PowerShell: -Body ([Text.Encoding]::UTF8.GetBytes($json)).`,
};

const INCOMPLETE: Kind = {
  section: "RFC 9112 §6.3",
  rule: "Content-Length is the number of bytes of the body.",
  why: "The body is shorter or longer than Content-Length says. Either the connection broke, or the client counted characters instead of bytes.",
  remedy: ({ name }) =>
    `Have ${name} count the bytes of the UTF-8 text: "é" has two. If it does, look for a proxy that ended the connection.`,
};

const UNSTORABLE: Kind = {
  ...VALUE_RULE,
  why: "A text contains the character NUL or half of an emoji, which programs cannot store or show.",
  remedy: ({ name, mapping }) =>
    `In ${mapping}, remove such characters, for example NULs at the end of database fields. If ${name} shortens texts, it must not cut within a character.`,
};

const PATCH_EXAMPLE =
  '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"title","value":"Lead"}]}';

const PATCH_RULE = { section: "RFC 7644 §3.5.2", rule: "A PATCH has a PatchOp message with a list of Operations." };

const BULK_RULE = {
  section: "RFC 7644 §3.7",
  rule: "An operation has a method in capitals, a path below the base URL, and for POST a bulkId.",
};

const OWN_GROUPS: Kind = {
  section: "RFC 7643 §4.1.2",
  rule: "The groups of a user are readOnly: memberships are changed at the group.",
  why: "The request would change groups of a user, which only shows what the members of groups say.",
  remedy: ({ name, mapping }) =>
    `Remove groups from ${mapping}. To add somebody, have ${name} send a PATCH to /Groups/{id}: op add, path members, value [{"value":"ID of the user"}].`,
};

const PARTS_OF_MEMBERS: Kind = {
  ...PATCH_RULE,
  why: "The parts of a member cannot be changed. A member is added or removed as a whole.",
  remedy: ({ name }) =>
    `To remove somebody, have ${name} send op remove with the path members[value eq "ID"]; to add somebody, op add with the path members and the value [{"value":"ID"}].`,
};

/** Members of messages, which no mapping has. */
const MESSAGE_MEMBERS: ReadonlySet<string> = new Set(["bulkId", "path", "schemas"]);

/** A more exact explanation than that of the scimType, if the reason says what was sent. */
export function kindOfReason(reason: Reason | undefined): Kind | undefined {
  switch (reason?.code) {
    case "bodyEmpty":
      return EMPTY;
    case "bodyNotJson":
      return NOT_JSON;
    case "bodyNotUtf8":
      return NOT_UTF8;
    case "bodyIncomplete":
      return INCOMPLETE;
    case "characterNotStorable":
      return UNSTORABLE;
    case "numberNotExact":
      return {
        ...VALUE_RULE,
        why: `${pathOr(reason.path, "A number")} has more digits than programs read exactly, so its last digits would change.`,
        remedy: ({ mapping }) => `In ${mapping}, send it as a text in quotes, for example with ToString.`,
      };
    case "bulkIdUnresolved":
      return {
        ...BULK_RULE,
        why: reason.failed
          ? `The operation with the bulkId ${plainText(reason.bulkId)} failed, so the resource that this one refers to was not created.`
          : `No operation of this request creates a resource with the bulkId ${plainText(reason.bulkId)}.`,
        remedy: ({ name }) =>
          reason.failed
            ? "Correct the other operation; this one then succeeds."
            : `Have ${name} send the creation in the same request, or the ID of a resource that exists.`,
      };
    case "invalidParameter":
      if (reason.name !== "method" && reason.name !== "path") return undefined;
      return {
        ...BULK_RULE,
        why: `The ${reason.name} of an operation has an invalid value.`,
        remedy: ({ name }) =>
          `Have ${name} send operations like {"method":"POST","path":"/Users","bulkId":"1","data":{…}} or {"method":"PATCH","path":"/Users/ID","data":{…}}.`,
      };
    case "missing":
      return {
        ...VALUE_RULE,
        why: `${plainText(reason.path)} is required, and the request has none.`,
        remedy: ({ name, mapping }) =>
          MESSAGE_MEMBERS.has(reason.path)
            ? `Have ${name} send ${reason.path}.`
            : reason.path === "members.value"
              ? `Have ${name} send each member as {"value":"ID"}, with the ID from the response to the creation.`
              : `In ${mapping}, map a value to ${plainText(reason.path)}. Then check in ${name} that all in scope have one.`,
      };
    case "duplicate":
      return {
        ...VALUE_RULE,
        why: `${plainText(reason.path)} occurs twice, so the server cannot tell which one is meant.`,
        remedy: ({ mapping }) =>
          `In ${mapping}, look for two rows with the target attribute ${plainText(reason.path)}.`,
      };
    case "valueRequired":
      return {
        ...PATCH_RULE,
        why: `The operation is "${reason.op}", which needs a value, and has none. Some programs leave out values that are empty.`,
        remedy: ({ name }) => `To clear the attribute, have ${name} send op "remove" with the path.`,
      };
    case "wrongType":
      return wrongType(reason);
    case "required":
      return {
        ...VALUE_RULE,
        why: `${plainText(reason.path)} is required, so it cannot be removed.`,
        remedy: ({ name, mapping }) =>
          `Have ${name} replace the value instead. In ${mapping}, check why ${plainText(reason.path)} has no value.`,
      };
    case "readOnly":
      return reason.path.split(".")[0] === "groups" ? OWN_GROUPS : undefined;
    case "immutable":
      return reason.path.split(".")[0] === "members" ? PARTS_OF_MEMBERS : undefined;
    default:
      return undefined;
  }
}

function wrongType({ path, expected, received }: Extract<Reason, { code: "wrongType" }>): Kind {
  const why = `${path === "body" ? "The body" : plainText(path)} must be ${expected}, but the client sent ${received === "a string" && expected.includes("string") ? "another text" : plainText(received)}.`;
  if (/^Operations(?:$|\[\d+\](?:\.(?:op|path))?$)/.test(path) || (path === "body" && expected === "a PatchOp")) {
    const remedy = ({ name }: ProviderWords) => `Have ${name} send a message like ${PATCH_EXAMPLE}`;
    return { ...PATCH_RULE, why, remedy };
  }
  if (path === "data") {
    return { ...BULK_RULE, why, remedy: ({ name }) => `Have ${name} send data as an object, not as JSON in a text.` };
  }
  if (path === "body") {
    return {
      ...JSON_RULE,
      why,
      remedy: ({ name }) => `Have ${name} send one object, in braces. To create several resources, use /Bulk.`,
    };
  }
  return {
    ...VALUE_RULE,
    why,
    remedy: ({ mapping, trueOrFalse }) =>
      expected === "true or false"
        ? `In ${mapping}, map ${plainText(path)} to an expression that gives true or false${trueOrFalse === undefined ? "" : `: ${trueOrFalse}`}.`
        : /object$/.test(expected)
          ? `In ${mapping}, map the parts of ${plainText(path)} one by one, as ${partOf(path, expected)}.`
          : `In ${mapping}, map a value to ${plainText(path)} that is ${expected}.`,
  };
}

function partOf(path: string, expected: string): string {
  const of: Readonly<Record<string, string>> = {
    name: "name.givenName",
    addresses: 'addresses[type eq "work"].locality',
  };
  return (
    of[path] ??
    (expected.startsWith("an array") ? `${plainText(path)}[type eq "work"].value` : `${plainText(path)}.value`)
  );
}

/** A more exact explanation of a refused filter, if the reason says what is wrong. */
export function kindOfFilter(reason: Reason | undefined): Kind | undefined {
  switch (reason?.code) {
    case "syntaxError":
      return {
        ...FILTER_RULE,
        why: `The filter cannot be read from character ${reason.position} on: ${plainText(reason.expected)} was expected.`,
        remedy: ({ name, matching }) =>
          `Have ${name} send a filter like userName eq "alice@example.com", with & as %26, # as %23, + as %2B and " inside values as \\". In ${name}, check ${matching}: the filter is built from it.`,
      };
    case "wrongType":
      return {
        ...FILTER_RULE,
        why: `The filter compares ${plainText(reason.path)} with ${reason.received} that is not ${reason.expected}.`,
        remedy: ({ name }) => `Have ${name} compare ${plainText(reason.path)} with ${reason.expected}.`,
      };
    case "operatorNotApplicable":
      return {
        ...FILTER_RULE,
        why: `The operator ${reason.operator} does not suit the type of ${plainText(reason.path)}.`,
        remedy: ({ name }) =>
          `Have ${name} compare ${plainText(reason.path)} with eq, or test with pr whether it has a value.`,
      };
    case "notComparable":
      return {
        ...FILTER_RULE,
        why: `${plainText(reason.path)} is a secret, or has parts of which the filter must name one.`,
        remedy: ({ name }) => `Have ${name} search by userName, externalId or another single value.`,
      };
    default:
      return undefined;
  }
}

const FILTER_RULE = {
  section: "RFC 7644 §3.4.2.2",
  rule: "A filter compares attributes that exist, in the grammar of Figure 1.",
};

/** Explains a parameter of a query that was refused. */
export function kindOfParameter(reason: Reason | undefined): Kind | undefined {
  const parameter = reason?.code === "syntaxError" ? reason.in : reason?.code === "invalidParameter" ? reason.name : "";
  const values = PARAMETER_VALUES[parameter];
  if (values === undefined) return undefined;
  return {
    section: "RFC 7644 §3.4.2",
    rule: "The parameters of a query have the values that are defined for them.",
    why: `${parameter} is ${values}.`,
    remedy: ({ name }) => `Have ${name} send such a value, or leave out ${parameter}.`,
  };
}

const NAMES = "a list of attribute names with commas between them and dots inside them, such as userName,emails.value";

const PARAMETER_VALUES: Readonly<Record<string, string>> = {
  count: "a whole number, such as 100",
  startIndex: "a whole number: the position of the first result, counted from 1",
  sortOrder: "ascending or descending",
  sortBy: "one attribute name with dots inside it, such as name.familyName",
  attributes: NAMES,
  excludedAttributes: NAMES,
};

function pathOr(path: string | undefined, general: string): string {
  return path === undefined ? general : plainText(path);
}
