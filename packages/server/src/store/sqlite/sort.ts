import type { AttributeNode } from "@scimtool/scim";
import { type FilterContext, singularOperand } from "./filter.ts";
import { jsonPath, type Sql, sql } from "./sql.ts";

/**
 * `ORDER BY` terms for `sortBy` (RFC 7644 §3.4.2.3): unassigned values last when ascending, first when
 * descending; equal ones in the order of their creation, so that pages never overlap.
 */
export function orderSql(
  sort: { readonly attribute: AttributeNode; readonly descending: boolean } | undefined,
  context: FilterContext,
): Sql {
  if (sort === undefined) return sql("r.key");
  const { text, values } = singularOperand(sort.attribute, context)?.expression ?? firstValue(sort.attribute);
  if (isNeverNull(sort.attribute)) return sql(`${text}${sort.descending ? " DESC" : ""}, r.key`, ...values);
  return sql(`${text} ${sort.descending ? "DESC NULLS FIRST" : "ASC NULLS LAST"}, r.key`, ...values);
}

/** Without null, an index in its own order serves the list. */
function isNeverNull(attribute: AttributeNode): boolean {
  return attribute.required || attribute.path === "meta.created" || attribute.path === "meta.lastModified";
}

/** A multi-valued attribute sorts by its primary value, or else by its first. */
function firstValue(attribute: AttributeNode): Sql {
  const top = attribute.parent ?? attribute;
  const element = attribute.parent === undefined ? "e.value" : `e.value ->> ${jsonPath([attribute.name])}`;
  const value =
    attribute.type === "dateTime" ? `instant(${element})` : attribute.caseExact ? element : `fold(${element})`;
  const primary = top.children.has("primary") ? "ifnull(e.value ->> '$.primary', 0) DESC, " : "";
  return sql(`(SELECT ${value} FROM json_each(r.body, ${jsonPath(top.keys)}) e ORDER BY ${primary}e.key LIMIT 1)`);
}
