import type { ResolvedFilter } from "@scimtool/scim";
import { FilterTooCostly } from "../store.ts";
import { keptOf } from "./columns.ts";
import { type FilterContext, INDEXED_OPERATORS } from "./filter.ts";

/**
 * Conditions of a filter that no index answers. Each is looked at for every resource while others wait: 50 of them on
 * 10,000 users take more than a second. Identity providers send one or two.
 */
const MAX_UNINDEXED_CONDITIONS = 50;

/** Columns that have an index, besides those of `COLUMNS`. */
const INDEXED_PATHS: ReadonlySet<string> = new Set(["id", "meta.created", "meta.lastModified"]);

/** @throws FilterTooCostly */
export function checkCost(filter: ResolvedFilter | undefined, context: FilterContext): void {
  // One condition by itself is what almost every filter is.
  if (filter === undefined || !("filters" in filter || filter.kind === "not")) return;
  const count = unindexedConditions(filter, context);
  if (count > MAX_UNINDEXED_CONDITIONS) throw new FilterTooCostly(count, MAX_UNINDEXED_CONDITIONS);
}

/** A value path counts once: its values are read once, whatever stands in its brackets. */
function unindexedConditions(filter: ResolvedFilter, context: FilterContext): number {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.filters.reduce((count, each) => count + unindexedConditions(each, context), 0);
    case "not":
      return unindexedConditions(filter.filter, context);
    case "valuePath":
      return conjunctsOf(filter.filter).some((each) => isIndexed(each, context)) ? 0 : 1;
    default:
      return isIndexed(filter, context) ? 0 : 1;
  }
}

function conjunctsOf(filter: ResolvedFilter): readonly ResolvedFilter[] {
  return filter.kind === "and" ? filter.filters : [filter];
}

function isIndexed(filter: ResolvedFilter, { model }: FilterContext): boolean {
  if (filter.kind !== "compare" || !INDEXED_OPERATORS.has(filter.operator)) return false;
  const { attribute } = filter;
  const { columnOf, unique, indexed } = keptOf(model);
  const isOwnColumn = attribute.extension === undefined && INDEXED_PATHS.has(attribute.path);
  return isOwnColumn || columnOf.has(attribute) || unique.has(attribute) || indexed.has(attribute);
}
