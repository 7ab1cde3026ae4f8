import { printFilter } from "../filter/print.ts";
import { printAttributePath } from "./attribute-path.ts";
import type { Path } from "./path.ts";

export { printAttributePath };

/** Writes a PATCH path in the grammar of RFC 7644 §3.5.2. */
export function printPath(path: Path): string {
  if (path.filter === undefined) return printAttributePath(path);
  const { schema, attribute, subAttribute, filter } = path;
  const name = printAttributePath(schema === undefined ? { attribute } : { schema, attribute });
  return `${name}[${printFilter(filter)}]${subAttribute === undefined ? "" : `.${subAttribute}`}`;
}
