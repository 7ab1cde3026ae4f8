import { type Filter, newReading, parseFilter } from "@scimtool/scim";
import { asksForFirstTwoUsers } from "./dialect/signs.ts";
import type { ExchangeFacts, Searched } from "./exchange-facts.ts";

/**
 * What an exchange is to whoever watches: `test` only shows that the connection works, and repeats for ever; `look-up`
 * asks for one resource by an attribute, and is never hidden; the rest is `other`.
 */
export type Purpose = "test" | "look-up" | "other";

/** A look-up: which attribute (`userName`, `emails[type eq "work"].value`) is to have which value. */
type LookUp = { readonly attribute: string; readonly value: string };

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Tells a connection test from a real look-up. Entra ID tests by looking for a GUID that nobody is called, in
 * `userName` or `displayName` or whatever else it matches by; Okta by asking for the first two users. Identifiers are
 * GUIDs in earnest: who looks for one may be about to create what has it.
 */
export function purposeOf({ method, path, query, outcome }: ExchangeFacts): Purpose {
  if (outcome.kind !== "searched") return "other";
  const lookUp = lookUpOf(outcome);
  if (lookUp === undefined) return asksForFirstTwoUsers({ method, path, query }) ? "test" : "other";
  const isKnownType = outcome.type === "User" || outcome.type === "Group";
  const isProbe = method === "GET" && isKnownType && outcome.total === 0 && GUID.test(lookUp.value);
  return isProbe && !isIdentifier(lookUp.attribute) ? "test" : "look-up";
}

/** What a query looks up, where it does: one attribute that equals a text, also in brackets that choose a type. */
export function lookUpOf({ filter }: Searched): LookUp | undefined {
  const parsed = filter === undefined ? undefined : parsedOf(filter);
  if (parsed?.kind === "compare" && parsed.operator === "eq" && typeof parsed.value === "string") {
    const { attribute, subAttribute } = parsed.path;
    return { attribute: subAttribute === undefined ? attribute : `${attribute}.${subAttribute}`, value: parsed.value };
  }
  return parsed?.kind === "valuePath" ? inBrackets(parsed) : undefined;
}

/** `emails[type eq "work" and value eq "x"]`, which is also how `emails[type eq "work"].value eq "x"` is read. */
function inBrackets({ path, filter }: Extract<Filter, { kind: "valuePath" }>): LookUp | undefined {
  const conditions = filter.kind === "and" ? filter.filters : [filter];
  const [value, type] = ["value", "type"].map((name) => textOf(conditions, name));
  if (value === undefined) return undefined;
  const selector = type === undefined ? "" : `[type eq ${JSON.stringify(type)}]`;
  return { attribute: `${path.attribute}${selector}.value`, value };
}

/** The text that a sub-attribute is to equal. */
function textOf(conditions: readonly Filter[], name: string): string | undefined {
  for (const condition of conditions) {
    if (condition.kind !== "compare" || condition.operator !== "eq" || typeof condition.value !== "string") continue;
    if (condition.path.attribute.toLowerCase() === name) return condition.value;
  }
  return undefined;
}

/** One exchange is looked at more than once. */
let last: { readonly filter: string; readonly parsed: Filter | undefined } | undefined;

function parsedOf(filter: string): Filter | undefined {
  if (last?.filter !== filter) last = { filter, parsed: parsed(filter) };
  return last.parsed;
}

function parsed(filter: string): Filter | undefined {
  try {
    return parseFilter(filter, newReading("tolerant"));
  } catch {
    return undefined;
  }
}

/** `id`, `externalId`, `employeeId`, `manager.value`: whose values are often GUIDs. */
function isIdentifier(attribute: string): boolean {
  return /id$|^(?:manager|members|groups)\b/i.test(attribute);
}
