import {
  type AttributeNode,
  type CompareOperator,
  isCaseExact,
  type ResolvedFilter,
  type ResourceModel,
} from "@scimtool/scim";
import { type ColumnValue, comparable, keptOf } from "./columns.ts";
import { derivedOperand, derivedRows } from "./derived.ts";
import { foldedValue, IN_TIME, joinSql, jsonPath, literal, type Sql, sql } from "./sql.ts";

/** What a filter is compiled for: `r` is the row of `resource`. */
export type FilterContext = {
  readonly endpoint: number;
  readonly model: ResourceModel;
  /** Base URIs of resources by type, for filters on `meta.location` and `$ref`. */
  readonly locations: ReadonlyMap<string, string>;
};

/** An expression for an attribute's value, ready to compare; null where it is unassigned. */
export type Operand = { readonly expression: Sql; readonly attribute: AttributeNode };

/**
 * Compiles a filter to an SQL condition on the row `r` of `resource`. It holds for exactly the resources for
 * which `evaluateFilter` of the language is true. Null counts as false; `not` makes it so explicitly.
 */
export function filterSql(filter: ResolvedFilter, context: FilterContext): Sql {
  switch (filter.kind) {
    case "and":
      return joinSql(
        filter.filters.map((each) => filterSql(each, context)),
        "AND",
      );
    case "or":
      return anyOfSql(filter.filters, context);
    case "not":
      return negated(filterSql(filter.filter, context));
    case "present":
      return presentSql(filter.attribute, context);
    case "compare":
      return compareAttribute(filter.attribute, filter.operator, filter.value, context);
    case "valuePath":
      return valuePathSql(filter.attribute, filter.filter, context);
  }
}

/**
 * Conditions on values of the same attribute are evaluated together: each value is visited once, not once for each
 * condition.
 */
function anyOfSql(filters: readonly ResolvedFilter[], context: FilterContext): Sql {
  const conditions: Sql[] = [];
  const onValues = new Map<AttributeNode, OnElement[]>();
  for (const filter of filters) {
    const found = conditionOnValues(filter, context);
    if (found === undefined) conditions.push(filterSql(filter, context));
    else onValues.set(found.attribute, [...(onValues.get(found.attribute) ?? []), found.condition]);
  }
  for (const [attribute, all] of onValues) {
    const condition: OnElement = (element) =>
      joinSql(
        all.map((each) => each(element)),
        "OR",
      );
    conditions.push(anyValue(attribute, context, condition));
  }
  return joinSql(conditions, "OR");
}

/** A condition that holds if it does for any value of a multi-valued attribute, and that no index answers. */
function conditionOnValues(
  filter: ResolvedFilter,
  context: FilterContext,
): { readonly attribute: AttributeNode; readonly condition: OnElement } | undefined {
  if (filter.kind === "compare") {
    const { attribute, operator, value } = filter;
    if (indexedComparison(attribute, operator, value, context) !== undefined) return undefined;
    if (singularOperand(attribute, context) !== undefined || isReferenceById(filter, context)) return undefined;
    return {
      attribute: multiValuedOf(attribute),
      condition: (element) => subSql(element, attribute, (operand) => compareSql(operand, operator, value)),
    };
  }
  if (filter.kind !== "valuePath" || !filter.attribute.multiValued) return undefined;
  const conjuncts = conjunctsOf(filter.filter);
  if (conjuncts.some((each) => isReferenceById(each, context))) return undefined;
  if (indexedConjunct(filter.filter, context) !== undefined) return undefined;
  return { attribute: filter.attribute, condition: (element) => elementFilterSql(filter.filter, element) };
}

function negated(condition: Sql): Sql {
  return sql(`NOT ifnull((${condition.text}), 0)`, ...condition.values);
}

type Literal = string | number | boolean;

function compareAttribute(
  attribute: AttributeNode,
  operator: CompareOperator,
  value: Literal,
  context: FilterContext,
): Sql {
  const indexed = indexedComparison(attribute, operator, value, context);
  if (indexed !== undefined) return indexed;
  const operand = singularOperand(attribute, context);
  if (operand !== undefined) return compareSql(operand, operator, value);
  return anyValue(multiValuedOf(attribute), context, (element) =>
    subSql(element, attribute, (operand) => compareSql(operand, operator, value)),
  );
}

/** The value of a singular attribute: a column, a derived value, or a member of the JSON body. */
export function singularOperand(attribute: AttributeNode, context: FilterContext): Operand | undefined {
  const column = keptOf(context.model).columnOf.get(attribute);
  if (column !== undefined) return { attribute, expression: sql(`r.${column}`) };
  const derived = derivedOperand(attribute, context);
  if (derived !== undefined) return derived;
  if (attribute.multiValued || attribute.parent?.multiValued === true) return undefined;
  return { attribute, expression: comparableSql(attribute, `r.body ->> ${jsonPath(attribute.keys)}`) };
}

/** The attribute whose values an attribute is looked for in: the multi-valued one that it is part of, or itself. */
export function multiValuedOf(attribute: AttributeNode): AttributeNode {
  return attribute.parent?.multiValued === true ? attribute.parent : attribute;
}

/** Text from JSON made ready to compare, as {@link comparable} does. */
function comparableSql(attribute: AttributeNode, text: string): Sql {
  if (attribute.type === "dateTime") return sql(`instant(${text})`);
  const folds = !isCaseExact(attribute) && (attribute.type === "string" || attribute.type === "reference");
  return sql(folds ? foldedValue(text) : text);
}

/** Comparisons that hold for a resource exactly when they hold for one of its values, and that an index can answer. */
const INDEXED_OPERATORS: ReadonlySet<CompareOperator> = new Set(["eq", "sw", "gt", "ge", "lt", "le"]);

/** A comparison that the tables `unique_value` and `indexed_value` answer without reading any resource. */
function indexedComparison(
  attribute: AttributeNode,
  operator: CompareOperator,
  value: Literal,
  { endpoint, model }: FilterContext,
): Sql | undefined {
  const { columnOf, unique, indexed } = keptOf(model);
  if (!INDEXED_OPERATORS.has(operator) || columnOf.has(attribute)) return undefined;
  const isUnique = unique.has(attribute);
  if (!isUnique && !indexed.has(attribute)) return undefined;
  const from = isUnique
    ? `unique_value v WHERE v.endpoint = ? AND v.type = ${literal(model.type.name)}`
    : "indexed_value v WHERE v.endpoint = ?";
  const condition = compareSql({ attribute, expression: sql("v.value") }, operator, value);
  return sql(
    `r.key IN (SELECT v.resource FROM ${from} AND ${IN_TIME} AND v.attribute = ? AND ${condition.text})`,
    endpoint,
    attribute.path,
    ...condition.values,
  );
}

/** Compiles the condition on one value `e` of a multi-valued attribute, wherever its values are kept. */
type OnElement = (element: Element) => Sql;

/** One value of a multi-valued attribute. */
export type Element = {
  /** How to get at a sub-attribute; of a simple attribute's value, at the value itself. */
  readonly sub: (attribute: AttributeNode) => Operand;
  /** Whether the value as a whole is present. */
  readonly isPresent: Sql;
};

/**
 * A member of a value `e` in the JSON body. Where the schema was another when it was written, or none, it may be no
 * object, of which SQLite would read the text as JSON.
 */
export function memberOfElement(name: string): string {
  return `iif(e.type = 'object', e.value ->> ${jsonPath([name])}, NULL)`;
}

/** Values in the JSON body, by `json_each`. */
export const JSON_ELEMENT: Element = {
  sub: (attribute) => {
    const isMember = attribute.parent?.multiValued === true && attribute.parent.type === "complex";
    const text = isMember ? memberOfElement(attribute.name) : "e.value";
    return { attribute, expression: comparableSql(attribute, text) };
  },
  isPresent: sql(
    `CASE e.type WHEN 'object' THEN EXISTS (SELECT 1 FROM json_each(e.value) t WHERE ${isFilled("t")}) ELSE ${isFilled("e")} END`,
  ),
};

/** Whether each value of a multi-valued attribute has several of this one. */
function isNested({ multiValued, parent }: AttributeNode): boolean {
  return multiValued && parent?.multiValued === true;
}

/** The values `s` of a multi-valued sub-attribute, in a value `e` in the JSON body. */
function nestedValues(attribute: AttributeNode): { readonly from: string; readonly operand: Operand } {
  return {
    from: `json_each(iif(e.type = 'object', e.value, NULL), ${jsonPath([attribute.name])}) s`,
    operand: { attribute, expression: comparableSql(attribute, "s.value") },
  };
}

/** A condition on a sub-attribute of one value; it holds for a multi-valued one where it does for any of its values. */
function subSql(element: Element, attribute: AttributeNode, condition: (operand: Operand) => Sql): Sql {
  if (!isNested(attribute)) return condition(element.sub(attribute));
  const { from, operand } = nestedValues(attribute);
  const inner = condition(operand);
  return sql(`EXISTS (SELECT 1 FROM ${from} WHERE ${inner.text})`, ...inner.values);
}

/** What a value `e` in the JSON body is sorted by: of several values of a sub-attribute, the first. */
export function sortedBySql(attribute: AttributeNode): Sql {
  if (!isNested(attribute)) return JSON_ELEMENT.sub(attribute).expression;
  const { from, operand } = nestedValues(attribute);
  const { text, values } = operand.expression;
  return sql(`(SELECT ${text} FROM ${from} ORDER BY s.key LIMIT 1)`, ...values);
}

/**
 * Every value of an attribute that is kept in the body, ready to compare: an expression, over rows to be joined to the
 * row `r` of `resource`.
 */
export function valuesSql(attribute: AttributeNode): { readonly from: string; readonly value: string } {
  const top = multiValuedOf(attribute);
  if (top.multiValued) {
    const from = `json_each(r.body, ${jsonPath(top.keys)}) e`;
    if (!isNested(attribute)) return { from, value: JSON_ELEMENT.sub(attribute).expression.text };
    const nested = nestedValues(attribute);
    return { from: `${from}, ${nested.from}`, value: nested.operand.expression.text };
  }
  const { text } = comparableSql(attribute, `r.body ->> ${jsonPath(attribute.keys)}`);
  return { from: "(SELECT 1) e", value: text };
}

/** Whether a row of `json_each` is other than null, "", [] and {}. */
function isFilled(row: string): string {
  return `CASE ${row}.type WHEN 'null' THEN 0 WHEN 'text' THEN ${row}.value <> '' WHEN 'array' THEN ${row}.value <> '[]' WHEN 'object' THEN ${row}.value <> '{}' ELSE 1 END`;
}

function anyValue(attribute: AttributeNode, context: FilterContext, condition: OnElement): Sql {
  const rows = derivedRows(attribute, context);
  if (rows !== undefined) {
    const inner = condition(rows.element);
    return sql(`r.key IN (${rows.select.text} AND (${inner.text}))`, ...rows.select.values, ...inner.values);
  }
  const inner = condition(JSON_ELEMENT);
  return sql(
    `EXISTS (SELECT 1 FROM json_each(r.body, ${jsonPath(attribute.keys)}) e WHERE ${IN_TIME} AND (${inner.text}))`,
    ...inner.values,
  );
}

function valuePathSql(attribute: AttributeNode, filter: ResolvedFilter, context: FilterContext): Sql {
  // Without values to choose from, the brackets only shorten the names in them.
  if (!attribute.multiValued) return joinSql([isObjectSql(attribute, context), filterSql(filter, context)], "AND");
  const every = anyValue(attribute, context, (element) => elementFilterSql(filter, element));
  const indexed = indexedConjunct(filter, context);
  return indexed === undefined ? every : joinSql([indexed, every], "AND");
}

/** What must hold of any value that matches a filter in brackets, and that an index answers: it comes first. */
function indexedConjunct(filter: ResolvedFilter, context: FilterContext): Sql | undefined {
  for (const conjunct of equalitiesFirst(conjunctsOf(filter))) {
    const indexed = indexedComparison(conjunct.attribute, conjunct.operator, conjunct.value, context);
    if (indexed !== undefined) return indexed;
  }
  return undefined;
}

function conjunctsOf(filter: ResolvedFilter): readonly ResolvedFilter[] {
  return filter.kind === "and" ? filter.filters : [filter];
}

/** Whether a condition selects members or groups by their ID, which has an index. */
function isReferenceById(filter: ResolvedFilter, context: FilterContext): boolean {
  if (filter.kind !== "compare" || filter.operator !== "eq") return false;
  const { attribute } = filter;
  return attribute.name === "value" && derivedRows(multiValuedOf(attribute), context) !== undefined;
}

type Comparison = Extract<ResolvedFilter, { kind: "compare" }>;

/** The comparisons among these. An `eq` finds the fewest. */
function equalitiesFirst(conjuncts: readonly ResolvedFilter[]): readonly Comparison[] {
  const comparisons = conjuncts.filter((each) => each.kind === "compare");
  return comparisons.toSorted((one, other) => Number(other.operator === "eq") - Number(one.operator === "eq"));
}

/** Whether a singular complex attribute has a value. */
function isObjectSql(attribute: AttributeNode, context: FilterContext): Sql {
  return isMeta(attribute, context) ? sql("1") : sql(`json_type(r.body, ${jsonPath(attribute.keys)}) = 'object'`);
}

/** A filter inside brackets, about one value of the attribute. */
export function elementFilterSql(filter: ResolvedFilter, element: Element): Sql {
  switch (filter.kind) {
    case "and":
      return joinSql(
        filter.filters.map((each) => elementFilterSql(each, element)),
        "AND",
      );
    case "or":
      return joinSql(
        filter.filters.map((each) => elementFilterSql(each, element)),
        "OR",
      );
    case "not":
      return negated(elementFilterSql(filter.filter, element));
    case "present":
      return subSql(element, filter.attribute, ({ expression }) => hasValue(expression));
    case "compare":
      return subSql(element, filter.attribute, (operand) => compareSql(operand, filter.operator, filter.value));
    case "valuePath":
      throw new Error("a value path inside a value path is refused when the filter is resolved");
  }
}

function hasValue({ text, values }: Sql): Sql {
  return sql(`${text} <> ''`, ...values);
}

function presentSql(attribute: AttributeNode, context: FilterContext): Sql {
  const top = multiValuedOf(attribute);
  if (top.multiValued) {
    return anyValue(top, context, (element) =>
      attribute === top ? element.isPresent : subSql(element, attribute, ({ expression }) => hasValue(expression)),
    );
  }
  const operand = attribute.type === "complex" ? undefined : singularOperand(attribute, context);
  if (operand !== undefined) return hasValue(operand.expression);
  if (isMeta(attribute, context)) return sql("1");
  return sql(`EXISTS (SELECT 1 FROM json_each(r.body, ${jsonPath(attribute.keys)}) t WHERE ${isFilled("t")})`);
}

function isMeta(attribute: AttributeNode, { model }: FilterContext): boolean {
  return attribute === model.attributes.get("meta");
}

const COMPARISON = { gt: ">", ge: ">=", lt: "<", le: "<=" } as const;

/** A comparison with a literal (RFC 7644 §3.4.2.2, Table 3). */
function compareSql({ expression, attribute }: Operand, operator: CompareOperator, literalValue: Literal): Sql {
  const value = comparable(attribute, literalValue) as Exclude<ColumnValue, null>;
  const { text, values } = expression;
  switch (operator) {
    case "eq":
      return sql(`${text} = ?`, ...values, value);
    case "ne":
      return sql(`${text} IS NOT ?`, ...values, value);
    case "co":
      return sql(`instr(${text}, ?) > 0`, ...values, value);
    case "sw":
      return startsWith(expression, String(value));
    case "ew":
      return endsWith(expression, String(value));
    case "gt":
    case "ge": {
      const condition = `${text} ${COMPARISON[operator]} ?`;
      // Clients ask for what has changed since: few of all, which the planner cannot know.
      return sql(attribute.type === "dateTime" ? `likelihood(${condition}, 0.001)` : condition, ...values, value);
    }
    default:
      return sql(`${text} ${COMPARISON[operator]} ?`, ...values, value);
  }
}

/** A range, which an index can answer. */
function startsWith({ text, values }: Sql, prefix: string): Sql {
  const end = prefixEnd(prefix);
  return end === undefined
    ? sql(`${text} >= ?`, ...values, prefix)
    : sql(`${text} >= ? AND ${text} < ?`, ...values, prefix, ...values, end);
}

/** The least text, by code points, that is greater than every text with this prefix; undefined if there is none. */
function prefixEnd(prefix: string): string | undefined {
  const points = [...prefix];
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = last.codePointAt(0) ?? 0;
    if (point === 0x10ffff) continue;
    const next = point === 0xd7ff ? 0xe000 : point + 1;
    return points.join("") + String.fromCodePoint(next);
  }
  return undefined;
}

/** By bytes: SQLite counts a text's characters only up to a NUL. */
function endsWith({ text, values }: Sql, suffix: string): Sql {
  if (suffix === "") return sql(`${text} IS NOT NULL`, ...values);
  const bytes = Buffer.from(suffix);
  return sql(`substr(CAST(${text} AS BLOB), -?) = ?`, ...values, bytes.length, bytes);
}
