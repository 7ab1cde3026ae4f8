import {
  type AttributeNode,
  fold,
  isCaseExact,
  isObject,
  type Json,
  type JsonObject,
  own,
  parseDateTime,
  type ResourceModel,
  referenceAttributes,
  uniqueAttributes,
} from "@scimtool/scim";
import { ValueTooLong } from "../store.ts";

/**
 * Singular attributes with an indexed column, ready to compare: text folded unless the attribute is case-exact,
 * booleans as 0 and 1. All others are in the JSON body.
 */
export const COLUMNS = [
  { name: "external_id", path: "externalId", affinity: "TEXT", rowsPerValue: 1 },
  // Its index is unique over all types, so only one type uses it.
  { name: "user_name", path: "userName", only: "User", affinity: "TEXT", rowsPerValue: 1 },
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

/**
 * Attributes without a column whose values are in the table `indexed_value`, for every type that has them. So are the
 * IDs in attributes that refer to resources, such as `manager.value`.
 */
const INDEXED: readonly string[] = ["emails.value"];

/** The values of a type's resources that are stored besides the body. */
export type Kept = {
  readonly columns: readonly { readonly name: ColumnName; readonly attribute: AttributeNode }[];
  readonly columnOf: ReadonlyMap<AttributeNode, ColumnName>;
  /** Attributes whose values are in the table `indexed_value`. */
  readonly indexed: ReadonlySet<AttributeNode>;
  /** Attributes whose values are in the table `unique_value`; userName's column has a unique index of its own. */
  readonly unique: ReadonlySet<AttributeNode>;
  /** All of these. */
  readonly inIndexes: ReadonlySet<AttributeNode>;
};

const known = new WeakMap<ResourceModel, Kept>();

/** Computed once per model. */
export function keptOf(model: ResourceModel): Kept {
  const found = known.get(model);
  if (found !== undefined) return found;
  const all = allAttributes(model);
  const nodes = new Map(all.map((attribute) => [attribute.path, attribute]));
  const columns = COLUMNS.flatMap(({ name, path, ...rest }) => {
    const attribute = nodes.get(path);
    const isElsewhere = "only" in rest && rest.only !== model.type.name;
    return attribute === undefined || attribute.multiValued || isElsewhere ? [] : [{ name, attribute }];
  });
  const columnOf = new Map(columns.map(({ name, attribute }) => [attribute, name]));
  const wanted = [
    ...[...INDEXED, ...(model.type.indexed ?? [])].flatMap((path) => nodes.get(path) ?? []),
    ...referenceAttributes(model)
      .filter(({ attribute }) => attribute !== model.collection)
      .flatMap(({ attribute }) => attribute.children.get("value") ?? []),
  ];
  const indexed = new Set(wanted.filter((attribute) => !columnOf.has(attribute)));
  const unique = new Set(uniqueAttributes(model).filter((attribute) => columnOf.get(attribute) !== "user_name"));
  const made: Kept = {
    columns,
    columnOf,
    indexed,
    unique,
    inIndexes: new Set([...columnOf.keys(), ...indexed, ...unique]),
  };
  known.set(model, made);
  return made;
}

/** Attributes that columns of every resource, or memberships, provide. */
const ALWAYS_INDEXED: ReadonlySet<string> = new Set([
  ...["id", "meta.created", "meta.lastModified", "groups.value", "members.value"],
]);

export function isIndexed(model: ResourceModel, attribute: AttributeNode): boolean {
  const { columnOf, indexed, unique } = keptOf(model);
  const isKept = columnOf.has(attribute) || indexed.has(attribute) || unique.has(attribute);
  return isKept || ALWAYS_INDEXED.has(attribute.path);
}

function allAttributes(model: ResourceModel): AttributeNode[] {
  const tops = [
    ...model.attributes.values(),
    ...[...model.extensions.values()].flatMap((extension) => [...extension.attributes.values()]),
  ];
  return tops.flatMap((top) => [top, ...top.children.values()]);
}

/** The value of a column for a resource. */
export function columnValue(resource: JsonObject, attribute: AttributeNode): ColumnValue {
  let value: Json | undefined = resource;
  for (const key of attribute.keys) {
    if (!isObject(value)) return null;
    value = own(value, key);
  }
  return comparable(attribute, value);
}

/**
 * Whether two states of a resource share the object of an attribute. A new state copies only what changes, so shared
 * objects are equal.
 */
export function isSame(before: JsonObject, after: JsonObject, { keys: [top = ""] }: AttributeNode): boolean {
  return own(before, top) === own(after, top);
}

/**
 * Longest text in an index, ready to compare, in UTF-16 code units. PostgreSQL limits an entry, with attribute and type,
 * to 2,704 bytes. Both stores have this limit, so that everything can move from one to the other.
 */
export const MAX_INDEXED_CHARACTERS = 700;

/** No character becomes longer when it is folded. */
const MAX_FOLDED_LENGTH = 3;

/** @param before `{}` for a new resource; values that stay need no check @throws ValueTooLong */
export function checkLengths(model: ResourceModel, before: JsonObject, after: JsonObject): void {
  for (const attribute of keptOf(model).inIndexes) {
    if (isSame(before, after, attribute)) continue;
    for (const value of valuesAt(after, attribute)) checkLength(attribute, value);
  }
}

/** @throws ValueTooLong */
export function checkLength(attribute: AttributeNode, value: Json): void {
  if (typeof value !== "string" || value.length * MAX_FOLDED_LENGTH <= MAX_INDEXED_CHARACTERS) return;
  const { length } = String(comparable(attribute, value));
  if (length > MAX_INDEXED_CHARACTERS) throw new ValueTooLong(attribute.path, length, MAX_INDEXED_CHARACTERS);
}

/** The value of a resource that is compared as `compared`, as it was sent. */
export function asSent(resource: JsonObject, attribute: AttributeNode, compared: ColumnValue): string {
  return String(valuesAt(resource, attribute).find((value) => comparable(attribute, value) === compared));
}

/** A value ready to compare: see {@link COLUMNS}; a dateTime as milliseconds since 1970. */
export function comparable(attribute: AttributeNode, value: Json | undefined): ColumnValue {
  if (typeof value === "string") {
    if (attribute.type === "dateTime") return parseDateTime(value) ?? null;
    return isCaseExact(attribute) ? value : fold(value);
  }
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "number" ? value : null;
}

/** The distinct values of an attribute, ready to compare. */
export function valuesOf(resource: JsonObject, attribute: AttributeNode): Set<string | number> {
  const found = new Set<string | number>();
  for (const value of valuesAt(resource, attribute)) {
    const compared = comparable(attribute, value);
    if (compared !== null) found.add(compared);
  }
  return found;
}

/** The values of an attribute, as sent. */
export function valuesAt(resource: JsonObject, { keys }: AttributeNode): readonly Json[] {
  const values: Json[] = [];
  collect(resource, keys, 0, values);
  return values;
}

/** @param at number of keys followed so far */
function collect(value: Json | undefined, keys: readonly string[], at: number, into: Json[]): void {
  if (value === undefined || value === null) return;
  if (Array.isArray(value)) {
    for (const element of value) collect(element, keys, at, into);
    return;
  }
  const key = keys[at];
  if (key === undefined) into.push(value);
  else if (isObject(value)) collect(own(value, key), keys, at + 1, into);
}
