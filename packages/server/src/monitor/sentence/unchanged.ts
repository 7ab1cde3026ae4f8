import type { Written } from "../exchange-facts.ts";
import { attributeName } from "../words/attribute-name.ts";
import { listed } from "../words/name.ts";

/** Why a write changed nothing. */
export function unchangedReason({ action, notKept, notes, changes }: Written): string {
  if (action === "restore") return "that version is the current one";
  if (notKept.length > 0) return `the request sets the ${listed(notKept.map(attributeName))}, which is never stored`;
  if (changes.length > 0) return "the request cleared what had no value";
  const codes = new Set(notes.map(({ code }) => code));
  if (codes.has("target-absent")) return "the request removed what was not there";
  if (codes.has("read-only-ignored")) return "clients cannot change these attributes";
  return "the request repeated the current values";
}
