import { type AttributePath, printAttributePath } from "../path/path.ts";
import type { AttributeNode } from "../schema/model.ts";

/** Comparison operators of RFC 7644 §3.4.2.2, Table 3, in lower case. */
export type CompareOperator = "eq" | "ne" | "co" | "sw" | "ew" | "gt" | "ge" | "lt" | "le";

/** A comparison value: `false / null / true / number / string` of the grammar. */
export type CompareValue = string | number | boolean | null;

/** A filter as written: names not yet looked up. Plain data; `and`/`or` are flat and hold two or more. */
export type Filter =
  | { readonly kind: "and"; readonly filters: readonly Filter[] }
  | { readonly kind: "or"; readonly filters: readonly Filter[] }
  | { readonly kind: "not"; readonly filter: Filter }
  | { readonly kind: "present"; readonly path: AttributePath }
  | {
      readonly kind: "compare";
      readonly path: AttributePath;
      readonly operator: CompareOperator;
      readonly value: CompareValue;
    }
  | { readonly kind: "valuePath"; readonly path: AttributePath; readonly filter: Filter };

/**
 * A filter whose names were found in a resource model and whose literals fit their attributes' types:
 * - complex attributes were turned into their `value` sub-attribute (`emails co "x"` is `emails.value co "x"`);
 * - literals for dateTime attributes are instants in milliseconds since 1970 (a number);
 * - `eq null` became `not present`, `ne null` became `present` (RFC 7643 §2.5: null is unassigned);
 * - `primary eq false` became `primary ne true`, `primary ne false` became `primary eq true` (RFC 7643 §2.4).
 * Inside a valuePath, attributes are the sub-attributes of the path's attribute.
 */
export type ResolvedFilter =
  | { readonly kind: "and"; readonly filters: readonly ResolvedFilter[] }
  | { readonly kind: "or"; readonly filters: readonly ResolvedFilter[] }
  | { readonly kind: "not"; readonly filter: ResolvedFilter }
  | { readonly kind: "present"; readonly attribute: AttributeNode }
  | {
      readonly kind: "compare";
      readonly attribute: AttributeNode;
      readonly operator: CompareOperator;
      readonly value: string | number | boolean;
    }
  | { readonly kind: "valuePath"; readonly attribute: AttributeNode; readonly filter: ResolvedFilter };

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

/** Writes a filter in the grammar of RFC 7644 §3.4.2.2 with no more brackets than it needs. */
export function printFilter(filter: Filter): string {
  switch (filter.kind) {
    case "or":
      return filter.filters.map(printFilter).join(" or ");
    case "and":
      return filter.filters
        .map((each) => (each.kind === "or" ? `(${printFilter(each)})` : printFilter(each)))
        .join(" and ");
    case "not":
      return `not (${printFilter(filter.filter)})`;
    case "present":
      return `${printAttributePath(filter.path)} pr`;
    case "compare":
      return `${printAttributePath(filter.path)} ${filter.operator} ${JSON.stringify(filter.value)}`;
    case "valuePath":
      return `${printAttributePath(filter.path)}[${printFilter(filter.filter)}]`;
  }
}
