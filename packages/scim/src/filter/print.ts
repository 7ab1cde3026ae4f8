import { printAttributePath } from "../path/attribute-path.ts";
import type { Filter } from "./ast.ts";

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
