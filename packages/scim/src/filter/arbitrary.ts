import fc from "fast-check";
import type { Json, JsonObject } from "../json.ts";
import type { AttributePath } from "../path/path.ts";
import type { AttributeNode, ResourceModel } from "../schema/model.ts";
import type { CompareOperator, CompareValue, Filter } from "./filter.ts";

/**
 * Random filters and resources for property tests of this package and of the stores. Both use few values, so that
 * matches are frequent. Not exported from the package, because it needs fast-check.
 */

/** SQL wildcards, quotes, letters with special lower case, and code points on both sides of the surrogates. */
const CHARACTERS = [
  "a",
  "A",
  "b",
  "%",
  "_",
  "'",
  '"',
  "\\",
  "é",
  "É",
  "Σ",
  "ς",
  "σ",
  "İ",
  "ß",
  "\uff21",
  "😀",
  " ",
  "\n",
];

const TEXTS = fc.string({ unit: fc.constantFrom(...CHARACTERS), maxLength: 3 });
const INTEGERS = fc.integer({ min: -2, max: 2 });
const DECIMALS = fc.constantFrom(-1.5, -1, 0, 0.1, 0.3, 1, 1e21, 5e-324);
const DATE_TIMES = fc.constantFrom(
  "2011-05-13T04:42:34Z",
  "2011-05-13T06:42:34+02:00",
  "2011-05-13T04:42:34.1Z",
  "2011-05-13T04:42:34.1009999Z",
  "2011-05-12T24:00:00",
  "1969-12-31T23:59:59.999Z",
  "9999-12-31T23:59:59Z",
);

function valueArbitrary(attribute: AttributeNode): fc.Arbitrary<string | number | boolean> {
  switch (attribute.type) {
    case "boolean":
      return fc.boolean();
    case "integer":
      return INTEGERS;
    case "decimal":
      return DECIMALS;
    case "dateTime":
      return DATE_TIMES;
    default:
      return TEXTS;
  }
}

function operatorsOf(attribute: AttributeNode): CompareOperator[] {
  switch (attribute.type) {
    case "boolean":
    case "binary":
      return ["eq", "ne"];
    case "integer":
    case "decimal":
    case "dateTime":
      return ["eq", "ne", "gt", "ge", "lt", "le"];
    default:
      return ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"];
  }
}

function isFilterable(attribute: AttributeNode): boolean {
  return attribute.returned !== "never" && attribute.mutability !== "writeOnly";
}

function childrenOf(attribute: AttributeNode): AttributeNode[] {
  return [...attribute.children.values()].filter(isFilterable);
}

function topLevelOf(model: ResourceModel): AttributeNode[] {
  const extended = [...model.extensions.values()].flatMap((extension) => [...extension.attributes.values()]);
  return [...model.attributes.values(), ...extended].filter(isFilterable);
}

function pathOf(attribute: AttributeNode): AttributePath {
  const top = attribute.parent ?? attribute;
  return {
    ...(top.extension === undefined ? {} : { schema: top.extension }),
    attribute: top.name,
    ...(attribute.parent === undefined ? {} : { subAttribute: attribute.name }),
  };
}

function conditionArbitrary(path: AttributePath, attribute: AttributeNode): fc.Arbitrary<Filter> {
  const present = fc.constant<Filter>({ kind: "present", path });
  const compare = (operator: CompareOperator, value: CompareValue): Filter => ({
    kind: "compare",
    path,
    operator,
    value,
  });
  const withNull = fc.constantFrom<CompareOperator>("eq", "ne").map((operator) => compare(operator, null));
  const target = attribute.type === "complex" ? attribute.children.get("value") : attribute;
  if (target === undefined || !isFilterable(target)) return fc.oneof(present, withNull);
  const compared = fc
    .tuple(fc.constantFrom(...operatorsOf(target)), valueArbitrary(target))
    .map(([operator, value]) => compare(operator, value));
  return fc.oneof(
    { weight: 6, arbitrary: compared },
    { weight: 1, arbitrary: present },
    { weight: 1, arbitrary: withNull },
  );
}

function join(kind: "and" | "or", filters: readonly Filter[]): Filter {
  return { kind, filters: filters.flatMap((filter) => (filter.kind === kind ? filter.filters : [filter])) };
}

function combine(leaves: fc.Arbitrary<Filter>, maxDepth: number): fc.Arbitrary<Filter> {
  return fc.letrec<{ filter: Filter }>((tie) => {
    const several = fc.array(tie("filter"), { minLength: 2, maxLength: 3 });
    return {
      filter: fc.oneof(
        { maxDepth, depthIdentifier: "filter" },
        { weight: 3, arbitrary: leaves },
        { weight: 1, arbitrary: several.map((filters) => join("and", filters)) },
        { weight: 1, arbitrary: several.map((filters) => join("or", filters)) },
        { weight: 1, arbitrary: tie("filter").map((filter): Filter => ({ kind: "not", filter })) },
      ),
    };
  }).filter;
}

function valuePathArbitrary(attribute: AttributeNode): fc.Arbitrary<Filter> {
  const conditions =
    attribute.type === "complex"
      ? childrenOf(attribute).map((child) => conditionArbitrary({ attribute: child.name }, child))
      : [conditionArbitrary({ attribute: "value" }, attribute)];
  const path = pathOf(attribute);
  return combine(fc.oneof(...conditions), 1).map((filter): Filter => ({ kind: "valuePath", path, filter }));
}

/** Filters that `resolveFilter` accepts for this model, as `parseFilter` returns them: `and` and `or` flat. */
export function filterArbitrary(model: ResourceModel): fc.Arbitrary<Filter> {
  const top = topLevelOf(model);
  const conditions = [...top, ...top.flatMap(childrenOf)].map((node) => conditionArbitrary(pathOf(node), node));
  const valuePaths = top.filter((node) => node.multiValued || node.type === "complex").map(valuePathArbitrary);
  return combine(
    fc.oneof({ weight: 3, arbitrary: fc.oneof(...conditions) }, { weight: 1, arbitrary: fc.oneof(...valuePaths) }),
    3,
  );
}

/** Resources of this model. Any attribute may be missing; names have the schema's letter case. */
export function resourceArbitrary(model: ResourceModel): fc.Arbitrary<JsonObject> {
  const core = objectArbitrary([...model.attributes.values()]);
  const extensions = [...model.extensions.values()].map((extension) =>
    fc
      .option(objectArbitrary([...extension.attributes.values()]), { nil: undefined })
      .map((value) => (value === undefined ? {} : { [extension.schema.id]: value })),
  );
  return fc.tuple(core, ...extensions).map((parts) => Object.assign({}, ...parts) as JsonObject);
}

function objectArbitrary(attributes: readonly AttributeNode[]): fc.Arbitrary<JsonObject> {
  const members = Object.fromEntries(attributes.map((attribute) => [attribute.name, storedArbitrary(attribute)]));
  // Optional keys are omitted, never undefined, which the type cannot express.
  return fc.record(members, { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<JsonObject>;
}

function storedArbitrary(attribute: AttributeNode): fc.Arbitrary<Json> {
  const one: fc.Arbitrary<Json> =
    attribute.type === "complex" ? objectArbitrary([...attribute.children.values()]) : valueArbitrary(attribute);
  return attribute.multiValued ? fc.array(one, { maxLength: 3 }) : one;
}
