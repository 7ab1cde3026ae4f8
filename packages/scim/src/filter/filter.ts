import { type AttributePath, printAttributePath } from "../path/path.ts";
import type { AttributeNode } from "../schema/model.ts";

/** Comparison operators of RFC 7644 §3.4.2.2, Table 3, in lower case. */
export type CompareOperator = "eq" | "ne" | "co" | "sw" | "ew" | "gt" | "ge" | "lt" | "le";

/** A comparison value: `false / null / true / number / string` of the grammar. */
export type CompareValue = string | number | boolean | null;

/** A filter as written, before names are resolved. Plain data; `and` and `or` are flat and have two or more parts. */
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
 * A filter with resolved names and literals of the attributes' types:
 * - complex attributes are replaced by their `value` sub-attribute (`emails co "x"` is `emails.value co "x"`);
 * - dateTime literals are milliseconds since 1970;
 * - `eq null` is `not present`, `ne null` is `present` (RFC 7643 §2.5: null is unassigned);
 * - `primary eq false` is `primary ne true`, `primary ne false` is `primary eq true` (RFC 7643 §2.4).
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

/** Number of comparisons and presence tests at all levels; each costs time per value. */
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

/** Prints a filter in the grammar of RFC 7644 §3.4.2.2 with as few brackets as possible. */
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
