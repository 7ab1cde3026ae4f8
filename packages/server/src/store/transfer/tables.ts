import type { AttributeNode, JsonObject, ResourceModel } from "@scimtool/scim";
import { attributesOf } from "../resource-body.ts";
import { keptOf, valuesOf } from "../sql/columns.ts";
import { ALL_COLUMNS } from "../sql/monitor/exchange-rows.ts";
import type { SqlValue } from "../sql/sql.ts";

/**
 * A table that both stores have. Each store adds what it derives: columns and rows to search in, counts per replica.
 * Rows are moved as SQLite has them.
 */
export type Table = {
  readonly name: string;
  readonly columns: readonly string[];
  /** The primary key, in whose order rows are read. */
  readonly key: readonly string[];
  /** Which rows are moved; all by default. */
  readonly where?: string;
  /** Rows that are read and written at a time. */
  readonly batch?: number;
};

export type MovedRow = readonly SqlValue[];

/** In this order: rows refer only to rows of tables before theirs, or before them in their own. */
export const TABLES: readonly Table[] = [
  { name: "endpoint", key: ["key"], columns: words("key name settings created_ms revision is_leaving") },
  {
    name: "issuer_trust",
    key: ["key"],
    columns: words(
      "key endpoint label issuer audience jwks_uri tenant client_id subject scopes user_id created_ms last_used_ms",
    ),
  },
  {
    name: "credential",
    key: ["key"],
    columns: words(
      "key purpose endpoint kind label client_id secret_hash scopes user_id of_credential of_trust created_ms expires_ms last_used_ms",
    ),
    // Administrators sign in again.
    where: "kind <> 'session'",
  },
  { name: "used_assertion", key: ["trust", "id_hash"], columns: words("trust id_hash expires_ms") },
  {
    name: "resource",
    key: ["key"],
    columns: words("key endpoint type id revision created_ms modified_ms label body"),
    batch: 1_000,
  },
  { name: "member", key: ["endpoint", '"group"', "member"], columns: words('endpoint "group" member') },
  { name: "population", key: ["endpoint", "type"], columns: words("endpoint type count") },
  {
    name: "history",
    key: ["key"],
    columns: words("key endpoint type id label revision action at_ms exchange credential dialect changes concerns"),
    batch: 1_000,
  },
  { name: "history_of", key: ["endpoint", "id", "history"], columns: words("endpoint id history role") },
  // Bodies may be large.
  { name: "exchange", key: ["position"], columns: ALL_COLUMNS.split(","), batch: 200 },
  { name: "exchange_size", key: ["endpoint", "is_rejected"], columns: words("endpoint is_rejected count bytes") },
  { name: "population_by_hour", key: ["endpoint", "hour", "type"], columns: words("endpoint hour type count") },
];

/** The tables of values that each store makes of its resources. */
export const KEPT_TABLES: readonly Table[] = [
  {
    name: "unique_value",
    key: ["endpoint", "type", "attribute", "value"],
    columns: words("endpoint type attribute value resource"),
  },
  {
    name: "indexed_value",
    key: ["endpoint", "attribute", "value", "resource"],
    columns: words("endpoint attribute value resource"),
  },
];

export const BATCH = 5_000;

/** A page of a table behind a key, as SQL with `?` for the values of the key and the limit. */
export function pageSql({ name, columns, key, where }: Table, from: string, isFirst: boolean): string {
  const conditions = where === undefined ? [] : [where];
  if (!isFirst) conditions.push(`(${key.join()}) > (${key.map(() => "?").join()})`);
  const condition = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  return `SELECT ${columns.join()} FROM ${from} ${name} ${condition} ORDER BY ${key.join()} LIMIT ?`;
}

/** The values of a row's key. */
export function keyOf({ columns, key }: Table, row: MovedRow): MovedRow {
  return key.map((name) => row[columns.indexOf(name)] ?? null);
}

/** The model of a type of an endpoint; undefined for types without a schema, such as members that are not resources. */
export type ModelOf = (endpoint: number, type: string) => ResourceModel | undefined;

/** A row of the table `resource`, with its attributes and their model. */
export type MovedResource = {
  readonly key: number;
  readonly endpoint: number;
  readonly type: string;
  readonly resource: JsonObject;
  readonly model: ResourceModel | undefined;
};

export function resourceOf(row: MovedRow, modelOf: ModelOf): MovedResource {
  const [key, endpoint, type] = row as [number, number, string];
  return {
    key,
    endpoint,
    type,
    resource: attributesOf({ body: row.at(-1) as string }),
    model: modelOf(endpoint, type),
  };
}

/** How a store keeps values: which attributes have unique ones, and how it writes them. */
export type Keeping = {
  readonly uniquesOf: (model: ResourceModel) => Iterable<AttributeNode>;
  readonly value: (value: string | number) => string | number;
};

/** The rows of {@link KEPT_TABLES} that a resource has, in their order. */
export function keptRows({ key, endpoint, type, resource, model }: MovedResource, keeping: Keeping): MovedRow[][] {
  if (model === undefined) return [[], []];
  const rows = (attributes: Iterable<AttributeNode>, row: (path: string, value: string | number) => MovedRow) =>
    [...attributes].flatMap((attribute) =>
      [...valuesOf(resource, attribute)].map((value) => row(attribute.path, keeping.value(value))),
    );
  return [
    rows(keeping.uniquesOf(model), (path, value) => [endpoint, type, path, value, key]),
    rows(keptOf(model).indexed, (path, value) => [endpoint, path, value, key]),
  ];
}

function words(text: string): string[] {
  return text.split(" ");
}
