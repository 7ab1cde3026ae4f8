import type { Attribute, TypeDefinition } from "./definition.ts";

/** Suggestions at once. */
const MAX_SUGGESTIONS = 40;

/** Texts, brackets and words; a text may have no end yet. */
const TOKENS = /"(?:[^"\\]|\\.)*"?|[()[\]]|[^\s()[\]"]+/g;

/** RFC 7644 §3.4.2.2, with words for people. */
const OPERATORS: Readonly<Record<string, string>> = {
  eq: "is equal to",
  ne: "is not equal to",
  co: "contains",
  sw: "starts with",
  ew: "ends with",
  gt: "is greater than",
  ge: "is greater than or equal to",
  lt: "is less than",
  le: "is less than or equal to",
  pr: "has a value",
};

const META: readonly Attribute[] = [
  { name: "id", type: "string" },
  {
    name: "meta",
    type: "complex",
    subAttributes: [
      { name: "created", type: "dateTime" },
      { name: "lastModified", type: "dateTime" },
    ],
  },
];

type Completion = { readonly text: string; readonly note: string | undefined };

export type Completions = {
  /** Where the word begins that they replace. */
  readonly from: number;
  readonly found: readonly Completion[];
};

type Expected = "attribute" | "operator" | "value" | "connective";

/** What may follow in a SCIM filter. @param text up to the caret */
export function completionsOf(text: string, definition: TypeDefinition): Completions {
  const all = pathsOf(definition);
  let expected: Expected = "attribute";
  /** The attribute that is compared, and the multi-valued one in whose brackets that is. */
  let compared: Attribute | undefined;
  let within: Attribute | undefined;
  let from = text.length;
  const nameable = () =>
    within === undefined ? all : (within.subAttributes ?? []).map((each) => ({ path: each.name, each }));
  for (const match of text.matchAll(TOKENS)) {
    const [token] = match;
    // The word at the caret is still being written.
    if (match.index + token.length === text.length && !/^[()[\]]|[^\\]"$/.test(token)) {
      from = match.index;
      break;
    }
    if (token === "[") [within, expected] = [compared, "attribute"];
    else if (token === "]") [within, expected] = [undefined, "connective"];
    else if (token === ")") expected = "connective";
    else if (token === "(" || /^not$/i.test(token)) expected = "attribute";
    else if (expected === "attribute") {
      compared = nameable().find(({ path }) => path.toLowerCase() === token.toLowerCase())?.each;
      expected = "operator";
    } else if (expected === "operator") expected = /^pr$/i.test(token) ? "connective" : "value";
    else if (expected === "value") expected = "connective";
    else expected = "attribute";
  }
  const word = text.slice(from).toLowerCase();
  const offered = offeredFor(expected, nameable(), compared);
  const matching = offered.filter((each) => each.text.toLowerCase().includes(word) && each.text.toLowerCase() !== word);
  // What begins with the word comes first.
  const found = matching.toSorted((a, b) => rank(a.text, word) - rank(b.text, word)).slice(0, MAX_SUGGESTIONS);
  return { from, found };
}

function rank(text: string, word: string): number {
  return text.toLowerCase().startsWith(word) ? 0 : 1;
}

type Path = { readonly path: string; readonly each: Attribute };

function offeredFor(expected: Expected, paths: readonly Path[], compared: Attribute | undefined): Completion[] {
  switch (expected) {
    case "attribute":
      return paths.map(({ path, each }) => ({ text: path, note: each.description }));
    case "operator":
      return Object.entries(OPERATORS).map(([text, note]) => ({ text, note }));
    case "value":
      if (compared?.type === "boolean") return ["true", "false"].map((text) => ({ text, note: undefined }));
      return (compared?.canonicalValues ?? []).map((each) => ({ text: JSON.stringify(each), note: undefined }));
    default:
      return ["and", "or"].map((text) => ({ text, note: undefined }));
  }
}

/** Paths of all attributes, as filters name them. */
function pathsOf({ attributes, extensions }: TypeDefinition): Path[] {
  const inSchema = (prefix: string, attribute: Attribute): Path[] => {
    const own = { path: prefix + attribute.name, each: attribute };
    const parts = (attribute.subAttributes ?? []).filter(({ name }) => name !== "$ref");
    return [own, ...parts.map((each) => ({ path: `${own.path}.${each.name}`, each }))];
  };
  return [
    ...[...attributes, ...META].flatMap((attribute) => inSchema("", attribute)),
    ...extensions.flatMap(({ urn, attributes: own }) => own.flatMap((attribute) => inSchema(`${urn}:`, attribute))),
  ];
}
