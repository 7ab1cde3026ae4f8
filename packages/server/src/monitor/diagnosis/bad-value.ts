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
    `Look at the body of this request. If it is cut off, look for a proxy or a timeout. If it has single quotes, comments or a comma before a bracket, have ${name} write it with a JSON library instead of joining texts.`,
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

/** Members of messages, which no mapping has. */
const MESSAGE_MEMBERS: ReadonlySet<string> = new Set(["bulkId", "path", "schemas"]);

/** Says more than the keyword where the reason tells what was sent. */
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
    case "missing":
      return {
        ...VALUE_RULE,
        why: `${plainText(reason.path)} is required, and the request has none.`,
        remedy: ({ name, mapping }) =>
          MESSAGE_MEMBERS.has(reason.path)
            ? `Have ${name} send it.`
            : `In ${mapping}, map a value to ${plainText(reason.path)}. Then check in ${name} that everybody in scope has one.`,
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
    default:
      return undefined;
  }
}

function wrongType({ path, expected, received }: Extract<Reason, { code: "wrongType" }>): Kind {
  const why = `${path === "body" ? "The body" : plainText(path)} must be ${expected}, but the client sent ${received}.`;
  if (/^Operations(?:$|\[\d+\](?:\.op)?$)/.test(path) || (path === "body" && expected === "a PatchOp")) {
    const remedy = ({ name }: ProviderWords) => `Have ${name} send a message like ${PATCH_EXAMPLE}`;
    return { ...PATCH_RULE, why, remedy };
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
        : `In ${mapping}, map a value to ${plainText(path)} that is ${expected}.`,
  };
}

function pathOr(path: string | undefined, general: string): string {
  return path === undefined ? general : plainText(path);
}
