import type { AttributeNode } from "@scimtool/scim";
import type { Dialect } from "./dialect.ts";
import type { Element, FilterContext, Operand } from "./filter.ts";
import { literal, type Sql, sql } from "./sql.ts";

// Attributes that are not in the JSON body: `meta` and `id` are columns, `members` and `groups` are rows.

/** The value of `id` or of a sub-attribute of `meta`. */
export function derivedOperand(attribute: AttributeNode, context: FilterContext): Operand | undefined {
  const expression = derivedExpression(attribute, context);
  return expression === undefined ? undefined : { attribute, expression };
}

function derivedExpression(attribute: AttributeNode, { dialect, model, locations }: FilterContext): Sql | undefined {
  if (attribute.extension !== undefined) return undefined;
  switch (attribute.path) {
    case "id":
      return sql("r.id");
    case "meta.resourceType":
      return sql("r.type");
    case "meta.created":
      return sql("r.created_ms");
    case "meta.lastModified":
      return sql("r.modified_ms");
    case "meta.version":
      return sql(dialect.version);
    case "meta.location":
      return sql("? || r.id", locations.get(model.type.name) ?? "");
    default:
      return undefined;
  }
}

export type DerivedRows = {
  /** `SELECT` of the keys of resources with such a row; another `AND` may follow. */
  readonly select: Sql;
  readonly element: Element;
};

/** Either table may be the outer one; the memberships are scanned even if few rows of the other match. */
function bothInTime({ inTime, inTimeFor }: Dialect): string {
  return `${inTime} AND ${inTimeFor("m.member")}`;
}

/**
 * The rows for `members` (of the type whose collection it is) and `groups`: in both, `o` is the resource at the other
 * end.
 */
export function derivedRows(attribute: AttributeNode, context: FilterContext): DerivedRows | undefined {
  if (attribute.extension !== undefined || attribute.parent !== undefined) return undefined;
  const { dialect } = context;
  if (attribute === context.model.collection) {
    return {
      select: sql(
        `SELECT m."group" FROM member m JOIN resource o ON o.key = m.member WHERE ${bothInTime(dialect)} AND o.endpoint = ? AND m.endpoint = ?`,
        context.endpoint,
        context.endpoint,
      ),
      element: otherEnd("o.type", context.locations, dialect),
    };
  }
  if (attribute.name === "groups" && attribute.mutability === "readOnly") {
    return {
      select: sql(
        `SELECT m.member FROM member m JOIN resource o ON o.key = m."group" WHERE ${bothInTime(dialect)} AND o.endpoint = ? AND m.endpoint = ?`,
        context.endpoint,
        context.endpoint,
      ),
      element: otherEnd("'direct'", context.locations, dialect),
    };
  }
  return undefined;
}

/**
 * The sub-attributes of a reference, read from the referenced resource `o`.
 * @param type its `type`; the empty type of a member that is not a resource counts as none
 */
export function otherEnd(type: OtherEndType, locations: ReadonlyMap<string, string>, dialect: Dialect): Element {
  return {
    sub: (attribute) => ({ attribute, expression: otherEndExpression(attribute, type, locations, dialect) }),
    isPresent: sql("true"),
    nested: dialect.nested,
  };
}

type OtherEndType = "o.type" | "'direct'";

function otherEndExpression(
  attribute: AttributeNode,
  type: OtherEndType,
  locations: ReadonlyMap<string, string>,
  dialect: Dialect,
): Sql {
  switch (attribute.name) {
    case "value":
      return sql("o.id");
    case "type":
      return sql(`nullif(${dialect.folded(type)}, '')`);
    case "display":
      // A member that is not a resource has no name: the label of its row is its ID.
      return sql(`CASE WHEN o.type <> '' THEN ${dialect.folded("o.label")} END`);
    case "$ref": {
      const cases = [...locations].map(([name]) => `WHEN ${literal(name)} THEN ?`).join(" ");
      return sql(`CASE o.type ${cases} END || o.id`, ...locations.values());
    }
    default:
      return sql("NULL");
  }
}
