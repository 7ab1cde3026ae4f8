import { type Change, type JsonObject, own } from "@scimtool/scim";
import type { Reference } from "../../store/store.ts";
import type { Actor } from "../exchange-facts.ts";
import { actor, resource, text, value } from "../words/parts.ts";
import type { Part, Sentence } from "../words/sentence.ts";
import { numberText } from "../words/time-text.ts";

type CollectionChange = Extract<Change, { kind: "collection" }>;

/** "Entra ID added Alice and 3 others to Finance". */
export function membersSentences(group: Reference, { path, added, removed }: CollectionChange, by: Actor): Sentence[] {
  // Custom types may have other collections than members.
  const to = [...resource(group), ...(path === "members" ? [] : [text(` (${path})`)])];
  const sentences: Sentence[] = [];
  if (added.length > 0) {
    const parts = [actor(by), text(" added "), ...people(added), text(" to "), ...to];
    sentences.push({ kind: "members.added", severity: "info", parts, attributes: [] });
  }
  if (removed.length > 0) {
    const parts = [actor(by), text(" removed "), ...people(removed), text(" from "), ...to];
    sentences.push({ kind: "members.removed", severity: "notice", parts, attributes: [] });
  }
  return sentences;
}

/** The first by name; the second too if there is no third. */
function people(values: readonly JsonObject[]): Part[] {
  const [first, second, ...more] = values;
  if (first === undefined) return [];
  if (second === undefined) return member(first);
  if (more.length === 0) return [...member(first), text(" and "), ...member(second)];
  const count = values.length - 1;
  return [...member(first), text(" and "), value(numberText(count), count), text(" others")];
}

/** A value of a collection: `value` is an ID, `display` a name; `type` is empty for an unknown ID. */
function member(json: JsonObject): Part[] {
  const [id, type, label] = ["value", "type", "display"].map((name) => {
    const member = own(json, name);
    return typeof member === "string" ? member : undefined;
  });
  const reference = { id: id ?? "", type: type ?? "", label: label ?? id ?? "" };
  return type === "" ? [text("the unknown ID "), ...resource(reference)] : resource(reference);
}
