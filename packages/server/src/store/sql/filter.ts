import type { AttributeNode, CompareOperator, ResolvedFilter, ResourceModel } from "@scimtool/scim";
import { type ColumnValue, comparable, keptOf } from "./columns.ts";
import { derivedOperand, derivedRows } from "./derived.ts";
import type { Dialect } from "./dialect.ts";
import { joinSql, literal, type Sql, sql } from "./sql.ts";

/** The context for compiling a filter: `r` is the row of `resource`. */
export type FilterContext = {
  readonly dialect: Dialect;
  readonly endpoint: number;
  readonly model: ResourceModel;
  /** Base URIs of resources by type, for filters on `meta.location` and `$ref`. */
  readonly locations: ReadonlyMap<string, string>;
};

/** An expression for an attribute's value, ready to compare; null if it is unassigned. */
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

/** A condition that holds if any value of a multi-valued attribute satisfies it, and that no index answers. */
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
      condition: (element) =>
        subSql(element, attribute, (operand) => compareSql(operand, operator, value, context.dialect)),
    };
  }
  if (filter.kind !== "valuePath" || !filter.attribute.multiValued) return undefined;
  const conjuncts = conjunctsOf(filter.filter);
  if (conjuncts.some((each) => isReferenceById(each, context))) return undefined;
  if (indexedConjunct(filter.filter, context) !== undefined) return undefined;
  return {
    attribute: filter.attribute,
    condition: (element) => elementFilterSql(filter.filter, element, context.dialect),
  };
}

function negated(condition: Sql): Sql {
  return sql(`NOT coalesce((${condition.text}), false)`, ...condition.values);
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
  if (operand !== undefined) return compareSql(operand, operator, value, context.dialect);
  return anyValue(multiValuedOf(attribute), context, (element) =>
    subSql(element, attribute, (operand) => compareSql(operand, operator, value, context.dialect)),
  );
}

/** The value of a singular attribute: a column, a derived value, or a member of the JSON body. */
export function singularOperand(attribute: AttributeNode, context: FilterContext): Operand | undefined {
  const column = keptOf(context.model).columnOf.get(attribute);
  if (column !== undefined) return { attribute, expression: sql(`r.${column}`) };
  const derived = derivedOperand(attribute, context);
  if (derived !== undefined) return derived;
  if (attribute.multiValued || attribute.parent?.multiValued === true) return undefined;
  return { attribute, expression: sql(context.dialect.member(attribute)) };
}

/** The attribute to search in: the multi-valued one that an attribute is a part of, or itself. */
export function multiValuedOf(attribute: AttributeNode): AttributeNode {
  return attribute.parent?.multiValued === true ? attribute.parent : attribute;
}

/**
 * Comparisons that hold for a resource if and only if they hold for one of its values, and that an index can answer.
 */
const INDEXED_OPERATORS: ReadonlySet<CompareOperator> = new Set(["eq", "sw", "gt", "ge", "lt", "le"]);

/** A comparison that the tables `unique_value` and `indexed_value` answer without reading any resource. */
function indexedComparison(
  attribute: AttributeNode,
  operator: CompareOperator,
  value: Literal,
  { dialect, endpoint, model }: FilterContext,
): Sql | undefined {
  const { columnOf, unique, indexed } = keptOf(model);
  if (!INDEXED_OPERATORS.has(operator) || columnOf.has(attribute)) return undefined;
  const isUnique = unique.has(attribute);
  if (!isUnique && !indexed.has(attribute)) return undefined;
  const from = isUnique
    ? `unique_value v WHERE v.endpoint = ? AND v.type = ${literal(model.type.name)}`
    : "indexed_value v WHERE v.endpoint = ?";
  const condition = compareKept(attribute, operator, value, dialect);
  return sql(
    `r.key IN (SELECT v.resource FROM ${from} AND ${dialect.inTime} AND v.attribute = ? AND ${condition.text})`,
    endpoint,
    attribute.path,
    ...condition.values,
  );
}

/** Compiles the condition on one value `e` of a multi-valued attribute, wherever its values are stored. */
type OnElement = (element: Element) => Sql;

/** One value of a multi-valued attribute. */
export type Element = {
  /** A sub-attribute of the value; of a simple attribute, the value itself. */
  readonly sub: (attribute: AttributeNode) => Operand;
  /** Whether the value is present. */
  readonly isPresent: Sql;
  /** The values of a multi-valued sub-attribute. */
  readonly nested: Dialect["nested"];
};

/** Values in the document of `r`. */
export function documentElement(dialect: Dialect): Element {
  return {
    sub: (attribute) => ({ attribute, expression: sql(dialect.element(attribute)) }),
    isPresent: sql(dialect.isFilledElement),
    nested: (attribute) => dialect.nested(attribute),
  };
}

/** Whether each value of a multi-valued attribute has several of this one. */
function isNested({ multiValued, parent }: AttributeNode): boolean {
  return multiValued && parent?.multiValued === true;
}

/** A condition on a sub-attribute of one value. If it is multi-valued, any of its values may satisfy it. */
function subSql(element: Element, attribute: AttributeNode, condition: (operand: Operand) => Sql): Sql {
  if (!isNested(attribute)) return condition(element.sub(attribute));
  const { from, value } = element.nested(attribute);
  const inner = condition({ attribute, expression: sql(value) });
  return sql(`EXISTS (SELECT 1 FROM ${from} WHERE ${inner.text})`, ...inner.values);
}

/** The sort key of a value `e` in the JSON body: of several values of a sub-attribute, the first. */
export function sortedBySql(attribute: AttributeNode, dialect: Dialect): string {
  if (!isNested(attribute)) return dialect.element(attribute);
  const { from, value } = dialect.nested(attribute);
  return `(SELECT ${value} FROM ${from} ORDER BY s.key LIMIT 1)`;
}

/**
 * Every value of an attribute in the body, ready to compare: an expression, over rows to join to the row `r` of
 * `resource`.
 */
export function valuesSql(
  attribute: AttributeNode,
  dialect: Dialect,
): { readonly from: string; readonly value: string } {
  const top = multiValuedOf(attribute);
  if (top.multiValued) {
    const from = dialect.elements(top);
    if (!isNested(attribute)) return { from, value: dialect.element(attribute) };
    const nested = dialect.nested(attribute);
    return { from: `${from}, ${nested.from}`, value: nested.value };
  }
  return { from: "(SELECT 1) e", value: dialect.member(attribute) };
}

function anyValue(attribute: AttributeNode, context: FilterContext, condition: OnElement): Sql {
  const rows = derivedRows(attribute, context);
  if (rows !== undefined) {
    const inner = condition(rows.element);
    return sql(`r.key IN (${rows.select.text} AND (${inner.text}))`, ...rows.select.values, ...inner.values);
  }
  const { dialect } = context;
  const inner = condition(documentElement(dialect));
  return sql(
    `EXISTS (SELECT 1 FROM ${dialect.elements(attribute)} WHERE ${dialect.inTime} AND (${inner.text}))`,
    ...inner.values,
  );
}

function valuePathSql(attribute: AttributeNode, filter: ResolvedFilter, context: FilterContext): Sql {
  // For a singular attribute, brackets only shorten the names.
  if (!attribute.multiValued) return joinSql([isObjectSql(attribute, context), filterSql(filter, context)], "AND");
  const every = anyValue(attribute, context, (element) => elementFilterSql(filter, element, context.dialect));
  const indexed = indexedConjunct(filter, context);
  return indexed === undefined ? every : joinSql([indexed, every], "AND");
}

/** A necessary condition for a match of a filter in brackets, which an index answers; it comes first. */
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

/** The comparisons; `eq` comes first because it finds the fewest. */
function equalitiesFirst(conjuncts: readonly ResolvedFilter[]): readonly Comparison[] {
  const comparisons = conjuncts.filter((each) => each.kind === "compare");
  return comparisons.toSorted((one, other) => Number(other.operator === "eq") - Number(one.operator === "eq"));
}

/** Whether a singular complex attribute has a value. */
function isObjectSql(attribute: AttributeNode, context: FilterContext): Sql {
  return sql(isMeta(attribute, context) ? "true" : context.dialect.isObject(attribute));
}

/** A filter inside brackets, on one value of the attribute. */
export function elementFilterSql(filter: ResolvedFilter, element: Element, dialect: Dialect): Sql {
  switch (filter.kind) {
    case "and":
      return joinSql(
        filter.filters.map((each) => elementFilterSql(each, element, dialect)),
        "AND",
      );
    case "or":
      return joinSql(
        filter.filters.map((each) => elementFilterSql(each, element, dialect)),
        "OR",
      );
    case "not":
      return negated(elementFilterSql(filter.filter, element, dialect));
    case "present":
      return subSql(element, filter.attribute, (operand) => hasValue(operand, dialect));
    case "compare":
      return subSql(element, filter.attribute, (operand) =>
        compareSql(operand, filter.operator, filter.value, dialect),
      );
    case "valuePath":
      throw new Error("a value path inside a value path is refused when the filter is resolved");
  }
}

function hasValue({ expression, attribute }: Operand, dialect: Dialect): Sql {
  return sql(dialect.hasValue(expression.text, attribute), ...expression.values);
}

function presentSql(attribute: AttributeNode, context: FilterContext): Sql {
  const top = multiValuedOf(attribute);
  if (top.multiValued) {
    return anyValue(top, context, (element) =>
      attribute === top
        ? element.isPresent
        : subSql(element, attribute, (operand) => hasValue(operand, context.dialect)),
    );
  }
  const operand = attribute.type === "complex" ? undefined : singularOperand(attribute, context);
  if (operand !== undefined) return hasValue(operand, context.dialect);
  return sql(isMeta(attribute, context) ? "true" : context.dialect.isFilledMember(attribute));
}

function isMeta(attribute: AttributeNode, { model }: FilterContext): boolean {
  return attribute === model.attributes.get("meta");
}

const COMPARISON = { gt: ">", ge: ">=", lt: "<", le: "<=" } as const;

/** A comparison with a literal (RFC 7644 §3.4.2.2, Table 3). */
function compareSql(operand: Operand, operator: CompareOperator, literalValue: Literal, dialect: Dialect): Sql {
  return compareWith(operand, operator, literalOf(operand.attribute, literalValue), dialect);
}

/** Like {@link compareSql}, for values in `unique_value` and `indexed_value`. */
function compareKept(attribute: AttributeNode, operator: CompareOperator, value: Literal, dialect: Dialect): Sql {
  const operand = { attribute, expression: sql("v.value") };
  return compareWith(operand, operator, dialect.keptValue(literalOf(attribute, value)), dialect);
}

function literalOf(attribute: AttributeNode, value: Literal): string | number {
  return comparable(attribute, value) as Exclude<ColumnValue, null>;
}

function compareWith(
  { expression, attribute }: Operand,
  operator: CompareOperator,
  value: string | number,
  dialect: Dialect,
): Sql {
  const { text, values } = expression;
  switch (operator) {
    case "eq":
      return sql(`${text} = ?`, ...values, value);
    case "ne":
      return sql(`${text} IS DISTINCT FROM ?`, ...values, value);
    case "co":
      return dialect.contains(expression, value);
    case "sw":
      return startsWith(expression, String(value));
    case "ew":
      return dialect.endsWith(expression, String(value));
    case "gt":
    case "ge": {
      const condition = `${text} ${COMPARISON[operator]} ?`;
      // Clients search for recent changes: few rows, which the planner cannot know.
      return sql(attribute.type === "dateTime" ? dialect.seldom(condition) : condition, ...values, value);
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

/** The smallest text, by code points, that is greater than every text with this prefix; undefined if there is none. */
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
