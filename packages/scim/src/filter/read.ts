import { type Reading, tolerate } from "../dialect/tolerance.ts";
import type { Filter } from "./ast.ts";
import { parseFilter } from "./parse.ts";

/**
 * Reads the filter of a query, if it has one. "The filter parameter MUST contain at least one valid expression"
 * (RFC 7644 §3.4.2.2): an empty one is taken for none, as a tolerance.
 * @throws ScimError 400 invalidFilter
 */
export function readFilter(text: string | undefined, reading: Reading): Filter | undefined {
  if (text === undefined) return undefined;
  if (text.trim() !== "") return parseFilter(text, reading);
  tolerate(reading, "empty-filter", "filter", "an empty filter", "taken for none");
  return undefined;
}
