import type { AttributeNode, JsonObject, ResourceModel } from "@scimtool/scim";
import { yieldToEventLoop } from "../../event-loop.ts";
import { attributesOf } from "../resource-body.ts";
import { asSent, comparable, isSame, keptOf, MAX_INDEXED_CHARACTERS, valuesAt, valuesOf } from "../sql/columns.ts";
import { valuesSql } from "../sql/filter.ts";
import { isOfType } from "../sql/rows.ts";
import { literal } from "../sql/sql.ts";
import { type Key, UniquenessConflict, ValueTooLong } from "../store.ts";
import type { Connection } from "./connection.ts";
import { dialect } from "./dialect.ts";

// The rows of `unique_value` and `indexed_value`, and those of members that are not resources.

/**
 * Checks before anything is written: a failing statement would make every transaction of the same commit run again.
 * Writers take turns, so the result holds until the commit.
 * @param key of the resource itself, which may keep its values
 * @throws UniquenessConflict
 */
export function checkUnique(
  connection: Connection,
  endpoint: Key,
  model: ResourceModel,
  resource: JsonObject,
  key: Key = 0,
): void {
  for (const attribute of keptOf(model).unique) {
    for (const sent of valuesAt(resource, attribute)) {
      const value = comparable(attribute, sent);
      if (value === null) continue;
      const row = connection.get(
        "SELECT resource FROM unique_value WHERE endpoint = ? AND type = ? AND attribute = ? AND value = ?",
        endpoint,
        model.type.name,
        attribute.path,
        value,
      );
      if (row !== undefined && row[0] !== key) throw new UniquenessConflict(attribute.path, String(sent));
    }
  }
}

/** Updates the rows of one resource; `{}` stands for no resource. */
export function keepValues(
  connection: Connection,
  endpoint: Key,
  model: ResourceModel,
  key: Key,
  before: JsonObject,
  after: JsonObject,
): void {
  const { unique, indexed } = keptOf(model);
  for (const attribute of unique) {
    difference(before, after, attribute, {
      gone: (value) =>
        connection.run(
          "DELETE FROM unique_value WHERE endpoint = ? AND type = ? AND attribute = ? AND value = ?",
          endpoint,
          model.type.name,
          attribute.path,
          value,
        ),
      come: (value) =>
        connection.run(
          "INSERT INTO unique_value (endpoint, type, attribute, value, resource) VALUES (?, ?, ?, ?, ?)",
          endpoint,
          model.type.name,
          attribute.path,
          value,
          key,
        ),
    });
  }
  for (const attribute of indexed) {
    difference(before, after, attribute, {
      gone: (value) =>
        connection.run(
          "DELETE FROM indexed_value WHERE endpoint = ? AND attribute = ? AND value = ? AND resource = ?",
          endpoint,
          attribute.path,
          value,
          key,
        ),
      come: (value) =>
        connection.run(
          "INSERT INTO indexed_value (endpoint, attribute, value, resource) VALUES (?, ?, ?, ?)",
          endpoint,
          attribute.path,
          value,
          key,
        ),
    });
  }
}

type OnValue = (value: string | number) => void;

function difference(
  before: JsonObject,
  after: JsonObject,
  attribute: AttributeNode,
  { gone, come }: { gone: OnValue; come: OnValue },
): void {
  if (isSame(before, after, attribute)) return;
  const old = valuesOf(before, attribute);
  const current = valuesOf(after, attribute);
  for (const value of old) if (!current.has(value)) gone(value);
  for (const value of current) if (!old.has(value)) come(value);
}

/** Resources to index, and rows to remove, before other requests have their turn: some milliseconds. */
const RESOURCES_PER_TURN = 500;
const ROWS_PER_TURN = 1_000;

type Table = "unique" | "indexed";

/**
 * See `reindex` of the port: rebuilds the rows of a whole endpoint with SQL alone.
 * @throws UniquenessConflict
 */
export async function reindexEndpoint(
  connection: Connection,
  endpoint: Key,
  before: readonly ResourceModel[],
  after: readonly ResourceModel[],
): Promise<void> {
  const types = new Set([...before, ...after].map(({ type }) => type.name));
  for (const type of types) {
    const model = after.find((each) => each.type.name === type);
    for (const table of ["unique", "indexed"] as const) {
      const old = signatures(
        before.find((each) => each.type.name === type),
        table,
      );
      const current = signatures(model, table);
      for (const [signature, { path }] of old) {
        if (!current.has(signature)) await removeRows(connection, table, { endpoint, type, path });
      }
      for (const [signature, attribute] of current) {
        if (!old.has(signature) && model !== undefined) {
          await addRows(connection, table, endpoint, model, attribute);
        }
      }
    }
  }
}

async function removeRows(
  connection: Connection,
  table: Table,
  { endpoint, type, path }: { readonly endpoint: Key; readonly type: string; readonly path: string },
): Promise<void> {
  const rows =
    table === "unique"
      ? "unique_value v WHERE v.endpoint = ? AND v.attribute = ? AND v.type = ?"
      : "indexed_value v JOIN resource r ON r.key = v.resource WHERE v.endpoint = ? AND v.attribute = ? AND r.type = ?";
  const last = table === "unique" ? "type" : "resource";
  const text = `DELETE FROM ${table}_value WHERE (endpoint, attribute, value, ${last}) IN
    (SELECT v.endpoint, v.attribute, v.value, v.${last} FROM ${rows} LIMIT ${ROWS_PER_TURN})`;
  while (connection.run(text, endpoint, path, type).changed === ROWS_PER_TURN) await yieldToEventLoop();
}

async function addRows(
  connection: Connection,
  table: Table,
  endpoint: Key,
  model: ResourceModel,
  attribute: AttributeNode,
): Promise<void> {
  const { from, value } = valuesSql(attribute, dialect);
  const some = `FROM resource r, ${from} WHERE r.endpoint = ? AND ${isOfType("r", model)} AND r.key > ? AND r.key <= ? AND ${value} IS NOT NULL`;
  const path = literal(attribute.path);
  const type = table === "unique" ? "r.type, " : "";
  const insert = `INSERT OR IGNORE INTO ${table}_value SELECT r.endpoint, ${type}${path}, ${value}, r.key ${some}`;
  const tooLong = `SELECT length(${value}) ${some} AND typeof(${value}) = 'text' AND length(${value}) > ${MAX_INDEXED_CHARACTERS} LIMIT 1`;
  const taken = `SELECT v.value, r.body FROM (SELECT r.key AS key, ${value} AS value ${some}) f CROSS JOIN unique_value v
    ON v.endpoint = ? AND v.type = ${literal(model.type.name)} AND v.attribute = ${path} AND v.value = f.value
    JOIN resource r ON r.key = f.key WHERE v.resource <> f.key LIMIT 1`;
  for (let after: Key | undefined = 0; after !== undefined; ) {
    const last = lastOfTurn(connection, endpoint, model, after);
    const range = [endpoint, after, last ?? Number.MAX_SAFE_INTEGER] as const;
    const characters = connection.get(tooLong, ...range)?.[0];
    if (typeof characters === "number") throw new ValueTooLong(attribute.path, characters, MAX_INDEXED_CHARACTERS);
    connection.run(insert, ...range);
    const conflict = table === "unique" ? connection.get(taken, ...range, endpoint) : undefined;
    if (conflict !== undefined) {
      const [value = null, body] = conflict as [string | number, string];
      throw new UniquenessConflict(attribute.path, asSent(attributesOf({ body }), attribute, value));
    }
    if (last !== undefined) await yieldToEventLoop();
    after = last;
  }
}

/** The key of the last resource before yielding; undefined if fewer remain. */
function lastOfTurn(connection: Connection, endpoint: Key, model: ResourceModel, after: Key): Key | undefined {
  const row = connection.get(
    `SELECT r.key FROM resource r WHERE r.endpoint = ? AND ${isOfType("r", model)} AND r.key > ?
     ORDER BY r.key LIMIT 1 OFFSET ?`,
    endpoint,
    after,
    RESOURCES_PER_TURN - 1,
  );
  return row?.[0] as Key | undefined;
}

/** The properties of an attribute that its rows depend on: its path, and how its values are compared. */
function signatures(model: ResourceModel | undefined, which: "unique" | "indexed"): Map<string, AttributeNode> {
  if (model === undefined) return new Map();
  return new Map(
    [...keptOf(model)[which]].map((attribute) => [
      `${attribute.path} ${attribute.type} ${attribute.caseExact} ${attribute.multiValued} ${attribute.parent?.multiValued}`,
      attribute,
    ]),
  );
}

/** Removes rows of members that are not resources and are no longer members. */
export function removeGhosts(connection: Connection, endpoint: Key, keys: readonly Key[]): void {
  for (const key of keys) {
    connection.run(
      `DELETE FROM resource WHERE endpoint = ? AND key = ? AND type = ''
       AND NOT EXISTS (SELECT 1 FROM member m WHERE m.endpoint = ? AND m.member = ?)`,
      endpoint,
      key,
      endpoint,
      key,
    );
  }
}
