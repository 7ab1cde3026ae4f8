import { quote } from "../filter/lex.ts";
import type { AttributeNode, ResourceModel } from "../schema/model.ts";
import { type AttributePath, printAttributePath } from "./path.ts";

/** Longer names are not compared: the cost grows with the product of the lengths and names are short. */
const MAX_NAME_CHARACTERS = 64;
const MAX_EDITS = 2;

/** What a name is compared with, and what is shown if it is near. */
type Candidate = { readonly name: string; readonly path: string };

/**
 * A sentence for an error message, with a leading blank: ` Did you mean userName?`, or nothing if no candidate is
 * near: equal but for letter case and punctuation, one beginning with the other, or two edits away at most.
 */
export function didYouMean(name: string, candidates: Iterable<Candidate>): string {
  if (name.length > MAX_NAME_CHARACTERS) return "";
  const wanted = simplify(name);
  let best: Candidate | undefined;
  let bestScore = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const score = distance(wanted, simplify(candidate.name));
    if (score < bestScore) {
      best = candidate;
      bestScore = score;
    }
  }
  return best === undefined ? "" : ` Did you mean ${best.path}?`;
}

/** Says that a resource type has no attribute of this name, and which one may have been meant. */
export function noAttribute(path: AttributePath, model: ResourceModel): string {
  const candidates = [
    ...model.attributes.values(),
    ...[...model.extensions.values()].flatMap((extension) => [...extension.attributes.values()]),
  ];
  const written = quote(printAttributePath(path));
  return `${model.type.name} has no attribute ${written}.${didYouMean(path.attribute, candidates)}`;
}

/** Says that an attribute has no sub-attribute of this name, and which ones it has. */
export function noSubAttribute(attribute: AttributeNode, name: string): string {
  const known = [...attribute.children.values()];
  if (known.length === 0) return `${attribute.path} has no sub-attributes, so ${quote(name)} names nothing.`;
  const names = known.map((child) => child.name);
  // The sub-attribute alone, not its path: it replaces what stands in the client's text.
  const hint = didYouMean(
    name,
    names.map((known) => ({ name: known, path: known })),
  );
  return `${attribute.path} has no sub-attribute ${quote(name)}, only ${names.join(", ")}.${hint}`;
}

function simplify(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

function distance(wanted: string, candidate: string): number {
  if (wanted === candidate) return 0;
  const edits = editDistance(wanted, candidate);
  // Two edits make any name of two letters out of any other.
  if (edits <= MAX_EDITS && edits * 2 <= wanted.length) return edits;
  const [shorter, longer] = wanted.length < candidate.length ? [wanted, candidate] : [candidate, wanted];
  return shorter.length >= 3 && longer.startsWith(shorter) ? MAX_EDITS + 1 : Number.POSITIVE_INFINITY;
}

/** Levenshtein's distance: insertions, deletions and replacements that make one text into the other. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
