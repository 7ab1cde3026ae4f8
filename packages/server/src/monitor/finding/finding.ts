import type { Json } from "@scimtool/scim";
import type { Finding, FindingAction, FindingRemedy } from "../../store/exchange.ts";
import type { Reference } from "../../store/store.ts";
import { wordsOf } from "../diagnosis/provider-words.ts";
import type { Actor } from "../exchange-facts.ts";
import { actor, capitalised } from "../words/sentence.ts";
import { numberText } from "../words/values.ts";
import type { FindingText, RemedyText, Values } from "./finding-text.ts";
import { FINDINGS, type FindingKind } from "./kinds.ts";

export const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/** Resources of a finding: every name of a mass change, within reason. */
export const MAX_RESOURCES = 1_000;

export type Affected = {
  readonly resources?: readonly Reference[];
  /** The versions to restore. */
  readonly versions?: readonly { readonly id: string; readonly revision: number }[];
};

/** A finding in words. */
export function finding(kind: FindingKind, by: Actor, values: Values, affected: Affected = {}): Finding {
  const text: FindingText = FINDINGS[kind];
  const { name: provider, ...words } = wordsOf(by.dialect);
  const all: Values = { actor: actor(by).text, provider, ...words, ...values };
  const { resources = [], versions = [] } = affected;
  return {
    kind,
    severity: text.severity,
    sentence: filled(text.sentence, all) ?? text.sentence,
    reason: text.reason.flatMap((sentence) => filled(sentence, all) ?? []).join(" "),
    resources: resources.slice(0, MAX_RESOURCES),
    remedies: text.remedies.flatMap((remedy) => remedyOf(remedy, all, versions) ?? []),
  };
}

/** undefined if a value is unknown. */
function remedyOf(
  { where, text, action }: RemedyText,
  values: Values,
  versions: NonNullable<Affected["versions"]>,
): FindingRemedy | undefined {
  const told = filled(text, values);
  if (told === undefined) return undefined;
  if (action === undefined) return { where, text: capitalised(told) };
  if (action === "restore") {
    return versions.length === 0 ? undefined : { where, text: told, action: { kind: action, versions: [...versions] } };
  }
  return { where, text: capitalised(told), action: filledJson(action, values) as FindingAction };
}

/** A text with its values; undefined if one is unknown. */
function filled(text: string, values: Values): string | undefined {
  let isWhole = true;
  const result = text.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) isWhole = false;
    return typeof value === "number" ? numberText(value) : (value ?? "");
  });
  return isWhole ? result : undefined;
}

function filledJson(json: Json, values: Values): Json {
  if (typeof json === "string") return filled(json, values) ?? json;
  if (Array.isArray(json)) return json.map((each) => filledJson(each, values));
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, filledJson(value as Json, values)]));
}
