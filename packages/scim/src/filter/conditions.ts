import type { ResolvedFilter } from "./ast.ts";

/** How many comparisons and presences a filter has, at all levels: each is paid for per value that it is asked about. */
export function conditionsIn(filter: ResolvedFilter): number {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.filters.reduce((count, each) => count + conditionsIn(each), 0);
    case "not":
    case "valuePath":
      return conditionsIn(filter.filter);
    default:
      return 1;
  }
}
