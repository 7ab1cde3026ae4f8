import type { AttributeNode } from "@scimtool/scim";
import { type FilterContext, JSON_ELEMENT, multiValuedOf, singularOperand } from "./filter.ts";
import { jsonPath, type Sql, sql } from "./sql.ts";

/**
 * `ORDER BY` for `sortBy` (RFC 7644 §3.4.2.3), to follow a `WHERE`: unassigned values last when ascending, first
 * when descending; equal ones in the order of their creation, so that pages never overlap.
 */
export function orderSql(
  sort: { readonly attribute: AttributeNode; readonly descending: boolean } | undefined,
  context: FilterContext,
): Sql {
  if (sort === undefined) return sql("ORDER BY r.key");
  const { text, values } = singularOperand(sort.attribute, context)?.expression ?? firstValue(sort.attribute);
  if (isNeverNull(sort.attribute)) {
    // Said to SQLite too, as most indexes leave null out: then one in its own order serves the list.
    const order = `AND ${text} IS NOT NULL ORDER BY ${text}${sort.descending ? " DESC" : ""}, r.key`;
    return sql(order, ...values, ...values);
  }
  return sql(`ORDER BY ${text} ${sort.descending ? "DESC NULLS FIRST" : "ASC NULLS LAST"}, r.key`, ...values);
}

function isNeverNull(attribute: AttributeNode): boolean {
  const isRequired = attribute.required && attribute.parent === undefined;
  return isRequired || attribute.path === "meta.created" || attribute.path === "meta.lastModified";
}

/** A multi-valued attribute sorts by its primary value, or else by its first. */
function firstValue(attribute: AttributeNode): Sql {
  const top = multiValuedOf(attribute);
  const { text, values } = JSON_ELEMENT.sub(attribute).expression;
  const primary = top.children.has("primary") ? "ifnull(e.value ->> '$.primary', 0) DESC, " : "";
  return sql(
    `(SELECT ${text} FROM json_each(r.body, ${jsonPath(top.keys)}) e ORDER BY ${primary}e.key LIMIT 1)`,
    ...values,
  );
}
