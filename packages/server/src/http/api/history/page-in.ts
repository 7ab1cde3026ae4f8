import type { HistoryPage } from "../../../store/monitor.ts";
import { type Query, wholeNumberIn } from "../query-of.ts";
import { described, INTEGER } from "../route-schema.ts";

const USUAL_LIMIT = 50;
const MAX_LIMIT = 500;

/** Which page of a history is wanted. */
export const PAGE_PARAMETERS = {
  before: described("Only what was written before the entry of this key: `next` of the page before.", INTEGER),
  limit: described(`At most so many, ${MAX_LIMIT} at most.`, { ...INTEGER, default: USUAL_LIMIT }),
};

/** @throws ScimError 400 */
export function pageIn(query: Query): HistoryPage {
  const before = wholeNumberIn(query, "before", 1, Number.MAX_SAFE_INTEGER);
  const limit = wholeNumberIn(query, "limit", 1, MAX_LIMIT) ?? USUAL_LIMIT;
  return { limit, ...(before !== undefined && { before }) };
}
