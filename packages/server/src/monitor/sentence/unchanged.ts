import type { Written } from "../happening.ts";
import { attributeName } from "../words/attribute-name.ts";
import { listed } from "../words/name.ts";

/**
 * Why a write changed nothing, in two halves: between them stands whose request it was, where that is said.
 */
export function unchangedReason({
  action,
  notKept,
  notes,
  changes,
}: Written): readonly [before: string, after: string] {
  if (action === "restore") return ["the request", " was for the version that is there"];
  if (notKept.length > 0) {
    const names = listed(notKept.map(attributeName));
    return ["the request", ` has a ${names}, which is not kept here`];
  }
  if (changes.length > 0) return ["the request", " emptied what had no value"];
  const codes = new Set(notes.map(({ code }) => code));
  if (codes.has("target-absent")) return ["the request", " was to remove what was not there"];
  if (codes.has("read-only-ignored")) return ["the request", " was about what clients cannot change"];
  return ["the request", " repeated what was there"];
}
