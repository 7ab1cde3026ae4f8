import { quote } from "../filter/lex.ts";
import type { AttributeNode, ResourceModel } from "../schema/model.ts";
import { type AttributePath, printAttributePath } from "./path.ts";

/** Longer names are not compared, because the cost is the product of the lengths. */
const MAX_NAME_CHARACTERS = 64;
const MAX_EDITS = 2;

/** A name to compare, and the text to suggest. */
type Candidate = { readonly name: string; readonly path: string };

/**
 * A hint for an error message: ` Did you mean userName?`, or "" if no candidate is similar. Similar names differ in
 * letter case and punctuation, begin alike, or are at most two edits apart.
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

/** The error for an unknown attribute, with a suggestion. */
export function noAttribute(path: AttributePath, model: ResourceModel): string {
  const candidates = [
    ...model.attributes.values(),
    ...[...model.extensions.values()].flatMap((extension) => [...extension.attributes.values()]),
  ];
  const written = quote(printAttributePath(path));
  return `${model.type.name} has no attribute ${written}.${didYouMean(path.attribute, candidates)}`;
}

/** The error for an unknown sub-attribute, with the existing ones. */
export function noSubAttribute(attribute: AttributeNode, name: string): string {
  const known = [...attribute.children.values()];
  if (known.length === 0) return `${attribute.path} has no sub-attributes, so ${quote(name)} names nothing.`;
  const names = known.map((child) => child.name);
  // Only the sub-attribute, because it replaces a part of the client's text.
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
  // Two edits turn any name of two letters into any other.
  if (edits <= MAX_EDITS && edits * 2 <= wanted.length) return edits;
  const [shorter, longer] = wanted.length < candidate.length ? [wanted, candidate] : [candidate, wanted];
  return shorter.length >= 3 && longer.startsWith(shorter) ? MAX_EDITS + 1 : Number.POSITIVE_INFINITY;
}

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
