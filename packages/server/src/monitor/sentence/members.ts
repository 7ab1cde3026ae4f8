import { type Change, type JsonObject, own } from "@scimtool/scim";
import type { Reference } from "../../store/store.ts";
import type { Actor } from "../happening.ts";
import { agent, resource, text, value } from "../words/parts.ts";
import type { Part, Sentence } from "../words/sentence.ts";
import { numberText } from "../words/time-text.ts";

type CollectionChange = Extract<Change, { kind: "collection" }>;

/** "Alice and 3 others were added to Finance". */
export function membersSentences(
  group: Reference,
  { path, added, removed }: CollectionChange,
  actor: Actor,
): Sentence[] {
  const sentences: Sentence[] = [];
  // Other types may have other collections than members.
  const what = path === "members" ? [] : [text(` (${path})`)];
  if (added.length > 0) {
    const parts = [...people(added), text(`${were(added)} added to `), ...resource(group), ...what, ...agent(actor)];
    sentences.push({ kind: "members.added", severity: "info", parts, attributes: [] });
  }
  if (removed.length > 0) {
    const parts = [
      ...people(removed),
      text(`${were(removed)} removed from `),
      ...resource(group),
      ...what,
      ...agent(actor),
    ];
    sentences.push({ kind: "members.removed", severity: "notice", parts, attributes: [] });
  }
  return sentences;
}

function were({ length }: readonly JsonObject[]): string {
  return length === 1 ? " was" : " were";
}

/** The first by name; a second one too where there is no third. */
function people(values: readonly JsonObject[]): Part[] {
  const [first, second, ...more] = values;
  if (first === undefined) return [];
  if (second === undefined) return member(first, "The");
  if (more.length === 0) return [...member(first, "The"), text(" and "), ...member(second, "the")];
  const count = values.length - 1;
  return [...member(first, "The"), text(" and "), value(numberText(count), count), text(" others")];
}

/** A value of a collection: `value` is an id, `display` a name; an empty `type` is that of nobody. */
function member(json: JsonObject, article: "The" | "the"): Part[] {
  const [id, type, label] = ["value", "type", "display"].map((name) => {
    const member = own(json, name);
    return typeof member === "string" ? member : undefined;
  });
  const reference = { id: id ?? "", type: type ?? "", label: label ?? id ?? "" };
  return type === "" ? [text(`${article} unknown id `), ...resource(reference)] : resource(reference);
}
