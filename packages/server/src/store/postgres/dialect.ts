import type { AttributeNode } from "@scimtool/scim";
import type { Dialect } from "../sql/dialect.ts";
import { literal, sql } from "../sql/sql.ts";
import { isNumeric } from "./document.ts";
import { encodeText } from "./text.ts";

// `r.document` has every value ready to compare (`document.ts`). The server's `statement_timeout` limits statements.

/** Texts are ordered by code points, whatever the database's collation is. */
const BY_CODE_POINT = 'COLLATE "C"';

/** A member of a JSON document. */
function at(document: string, keys: readonly string[]): string {
  return `(${[document, ...keys.map(literal)].join(" -> ")})`;
}

/** A JSON value of an attribute, in the type for its comparison; null for other types. */
function comparableSql(attribute: AttributeNode, json: string): string {
  return isNumeric(attribute)
    ? `(CASE jsonb_typeof(${json}) WHEN 'number' THEN (${json})::float8 END)`
    : `(${json} #>> '{}' ${BY_CODE_POINT})`;
}

function isFilled(json: string): string {
  return `(${json} <> ALL (ARRAY['null', '""', '[]', '{}']::jsonb[]))`;
}

/** Like {@link isFilled}; for an object, whether one of its members is. */
function hasFilled(json: string): string {
  return `(CASE jsonb_typeof(${json}) WHEN 'object' THEN EXISTS (SELECT 1 FROM jsonb_each(${json}) t WHERE ${isFilled("t.value")}) ELSE ${isFilled(json)} END)`;
}

function arrayRows(json: string, alias: "e" | "s"): string {
  return `jsonb_array_elements(CASE jsonb_typeof(${json}) WHEN 'array' THEN ${json} ELSE '[]'::jsonb END) WITH ORDINALITY ${alias}(value, key)`;
}

/** Values of any type are in one text column, numbers so that their order is that of their texts. */
export function keptValue(value: string | number): string {
  if (typeof value === "string") return `s${value}`;
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value === 0 ? 0 : value);
  // IEEE 754: with the sign flipped, and all bits of negative numbers, the bytes have the order of the numbers.
  if (value < 0) for (let at = 0; at < 8; at++) bytes[at] = 0xff ^ (bytes[at] ?? 0);
  else bytes[0] = 0x80 | (bytes[0] ?? 0);
  return `n${bytes.toString("hex")}`;
}

const PRIMARY = at("e.value", ["primary"]);

export const dialect: Dialect = {
  inTime: "true",
  inTimeFor: () => "true",
  seldom: (condition) => condition,
  orderedJoin: "JOIN",
  joinsInOrder: false,
  keys: (keys) => sql("unnest(?::bigint[]) k(value)", `{${keys.join()}}`),
  arrayOf: (column) => `coalesce(json_agg(${column} ORDER BY m.member, m."group"), '[]')`,
  folded: (column) =>
    column === "o.label" ? "o.folded_label" : column === "o.type" ? "lower(o.type)" : `${column} ${BY_CODE_POINT}`,
  version: `(('W/"' || r.revision || '"') ${BY_CODE_POINT})`,
  member: (attribute) => comparableSql(attribute, at("r.document", attribute.keys)),
  hasValue: (text, attribute) => (isNumeric(attribute) ? `${text} IS NOT NULL` : `${text} <> ''`),
  isFilledMember: ({ keys }) => hasFilled(at("r.document", keys)),
  isObject: ({ keys }) => `jsonb_typeof(${at("r.document", keys)}) = 'object'`,
  elements: ({ keys }) => arrayRows(at("r.document", keys), "e"),
  element: (attribute) => {
    const isMember = attribute.parent?.multiValued === true && attribute.parent.type === "complex";
    return comparableSql(attribute, isMember ? at("e.value", [attribute.name]) : "e.value");
  },
  isFilledElement: hasFilled("e.value"),
  isPrimary: `(CASE jsonb_typeof(${PRIMARY}) WHEN 'number' THEN (${PRIMARY})::int END)`,
  nested: (attribute) => ({
    from: arrayRows(at("e.value", [attribute.name]), "s"),
    value: comparableSql(attribute, "s.value"),
  }),
  keptValue,
  contains: ({ text, values }, part) => sql(`strpos(${text}, ?) > 0`, ...values, part),
  endsWith: ({ text, values }, suffix) =>
    sql(`right(${text}, ?) = ?`, ...values, [...encodeText(suffix)].length, suffix),
  positionValue: "v",
};
