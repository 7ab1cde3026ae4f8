import { conditionsIn, type ResolvedFilter } from "@scimtool/scim";
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
  if (filter === undefined || !("filters" in filter || "filter" in filter)) return;
  const count = unindexedConditions(filter, context);
  if (count > MAX_UNINDEXED_CONDITIONS) throw new FilterTooCostly(count, MAX_UNINDEXED_CONDITIONS);
}

/** Of a value path each condition in the brackets counts, unless an index finds the few resources to look at. */
function unindexedConditions(filter: ResolvedFilter, context: FilterContext): number {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.filters.reduce((count, each) => count + unindexedConditions(each, context), 0);
    case "not":
      return unindexedConditions(filter.filter, context);
    case "valuePath":
      return conjunctsOf(filter.filter).some((each) => isFoundByIndex(each, context)) ? 0 : conditionsIn(filter.filter);
    default:
      return isIndexed(filter, context) ? 0 : 1;
  }
}

function conjunctsOf(filter: ResolvedFilter): readonly ResolvedFilter[] {
  return filter.kind === "and" ? filter.filters : [filter];
}

function isFoundByIndex(filter: ResolvedFilter, context: FilterContext): boolean {
  return filter.kind === "compare" && filter.operator === "eq" && isIndexed(filter, context);
}

function isIndexed(filter: ResolvedFilter, { model }: FilterContext): boolean {
  if (filter.kind !== "compare" || !INDEXED_OPERATORS.has(filter.operator)) return false;
  const { attribute } = filter;
  const { columnOf, unique, indexed } = keptOf(model);
  const isOwnColumn = attribute.extension === undefined && INDEXED_PATHS.has(attribute.path);
  return isOwnColumn || columnOf.has(attribute) || unique.has(attribute) || indexed.has(attribute);
}
