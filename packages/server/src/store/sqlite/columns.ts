import {
  type AttributeNode,
  fold,
  isCaseExact,
  isObject,
  type Json,
  type JsonObject,
  own,
  type ResourceModel,
} from "@scimtool/scim";

/**
 * Singular attributes kept in a column of their own and indexed, ready to compare: text folded unless the
 * attribute is case-exact, booleans as 0 and 1. Everything else is found in the JSON body.
 */
export const COLUMNS = [
  { name: "external_id", path: "externalId", affinity: "TEXT", rowsPerValue: 1 },
  { name: "user_name", path: "userName", affinity: "TEXT", rowsPerValue: 1 },
  { name: "display_name", path: "displayName", affinity: "TEXT", rowsPerValue: 2 },
  { name: "active", path: "active", affinity: "INTEGER", rowsPerValue: 450_000 },
  { name: "family_name", path: "name.familyName", affinity: "TEXT", rowsPerValue: 200 },
  { name: "given_name", path: "name.givenName", affinity: "TEXT", rowsPerValue: 1_000 },
  { name: "middle_name", path: "name.middleName", affinity: "TEXT", rowsPerValue: 1_000 },
  {
    name: "employee_number",
    path: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber",
    affinity: "TEXT",
    rowsPerValue: 1,
  },
] as const;

export type ColumnName = (typeof COLUMNS)[number]["name"];
export type ColumnValue = string | number | null;

/** Sub-attributes of multi-valued attributes whose values are kept in the table `indexed_value`. */
const INDEXED_VALUES: readonly string[] = ["emails.value"];

export type TypeColumns = {
  readonly columns: readonly { readonly name: ColumnName; readonly attribute: AttributeNode }[];
  readonly indexedValues: readonly AttributeNode[];
  readonly columnOf: ReadonlyMap<AttributeNode, ColumnName>;
};

const known = new WeakMap<ResourceModel, TypeColumns>();

/** The columns and indexed values that a resource type has. Worked out once per model. */
export function columnsOf(model: ResourceModel): TypeColumns {
  const found = known.get(model);
  if (found !== undefined) return found;
  const nodes = new Map(allAttributes(model).map((attribute) => [attribute.path, attribute]));
  const columns = COLUMNS.flatMap(({ name, path }) => {
    const attribute = nodes.get(path);
    return attribute === undefined || attribute.multiValued ? [] : [{ name, attribute }];
  });
  const made: TypeColumns = {
    columns,
    indexedValues: INDEXED_VALUES.flatMap((path) => nodes.get(path) ?? []),
    columnOf: new Map(columns.map(({ name, attribute }) => [attribute, name])),
  };
  known.set(model, made);
  return made;
}

function allAttributes(model: ResourceModel): AttributeNode[] {
  const tops = [
    ...model.attributes.values(),
    ...[...model.extensions.values()].flatMap((extension) => [...extension.attributes.values()]),
  ];
  return tops.flatMap((top) => [top, ...top.children.values()]);
}

/** What a column holds for a resource. */
export function columnValue(resource: JsonObject, attribute: AttributeNode): ColumnValue {
  let value: Json | undefined = resource;
  for (const key of attribute.keys) {
    if (!isObject(value)) return null;
    value = own(value, key);
  }
  return comparable(attribute, value);
}

/** A value as it is compared: see {@link COLUMNS}. */
export function comparable(attribute: AttributeNode, value: Json | undefined): ColumnValue {
  if (typeof value === "string") return isCaseExact(attribute) ? value : fold(value);
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "number" ? value : null;
}

/** The distinct values that `indexed_value` holds for a resource and attribute. */
export function indexedValues(resource: JsonObject, attribute: AttributeNode): Set<string> {
  const values = new Set<string>();
  const [top, sub] = attribute.keys;
  const elements = top === undefined ? undefined : own(resource, top);
  if (!Array.isArray(elements) || sub === undefined) return values;
  for (const element of elements) {
    const value = isObject(element) ? comparable(attribute, own(element, sub)) : null;
    if (typeof value === "string") values.add(value);
  }
  return values;
}
