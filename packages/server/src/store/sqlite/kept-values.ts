import type { AttributeNode, JsonObject, ResourceModel } from "@scimtool/scim";
import { type Key, UniquenessConflict } from "../store.ts";
import { comparable, isSame, keptOf, valuesAt, valuesOf } from "./columns.ts";
import type { Connection } from "./connection.ts";
import { valuesSql } from "./filter.ts";
import { isOfType } from "./rows.ts";
import { literal } from "./sql.ts";

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

/** See `reindex` of the port: rebuilds the rows of a whole endpoint with SQL alone. */
export function reindexEndpoint(
  connection: Connection,
  endpoint: Key,
  before: readonly ResourceModel[],
  after: readonly ResourceModel[],
): void {
  const types = new Set([...before, ...after].map(({ type }) => type.name));
  for (const type of types) {
    const old = before.find((model) => model.type.name === type);
    const current = after.find((model) => model.type.name === type);
    reindexUnique(connection, endpoint, type, old, current);
    reindexIndexed(connection, endpoint, type, old, current);
  }
}

function reindexUnique(
  connection: Connection,
  endpoint: Key,
  type: string,
  before: ResourceModel | undefined,
  after: ResourceModel | undefined,
): void {
  const old = signatures(before, "unique");
  const current = signatures(after, "unique");
  for (const [signature, attribute] of old) {
    if (current.has(signature)) continue;
    connection.run(
      "DELETE FROM unique_value WHERE endpoint = ? AND type = ? AND attribute = ?",
      endpoint,
      type,
      attribute.path,
    );
  }
  for (const [signature, attribute] of current) {
    if (old.has(signature) || after === undefined) continue;
    const values = valuesSql(attribute);
    const from = `FROM resource r, ${values.from} WHERE r.endpoint = ? AND ${isOfType("r", after)} AND ${values.value} IS NOT NULL`;
    const twice = connection.get(
      `SELECT ${values.value} ${from} GROUP BY 1 HAVING count(DISTINCT r.key) > 1 LIMIT 1`,
      endpoint,
    );
    if (twice !== undefined) throw new UniquenessConflict(attribute.path, String(twice[0]));
    connection.run(
      `INSERT INTO unique_value SELECT DISTINCT r.endpoint, r.type, ${literal(attribute.path)}, ${values.value}, r.key ${from}`,
      endpoint,
    );
  }
}

function reindexIndexed(
  connection: Connection,
  endpoint: Key,
  type: string,
  before: ResourceModel | undefined,
  after: ResourceModel | undefined,
): void {
  const old = signatures(before, "indexed");
  const current = signatures(after, "indexed");
  for (const [signature, attribute] of old) {
    if (current.has(signature)) continue;
    connection.run(
      `DELETE FROM indexed_value WHERE endpoint = ? AND attribute = ?
       AND resource IN (SELECT key FROM resource WHERE endpoint = ? AND type = ?)`,
      endpoint,
      attribute.path,
      endpoint,
      type,
    );
  }
  for (const [signature, attribute] of current) {
    if (old.has(signature) || after === undefined) continue;
    const values = valuesSql(attribute);
    connection.run(
      `INSERT INTO indexed_value SELECT DISTINCT r.endpoint, ${literal(attribute.path)}, ${values.value}, r.key
       FROM resource r, ${values.from} WHERE r.endpoint = ? AND ${isOfType("r", after)} AND ${values.value} IS NOT NULL`,
      endpoint,
    );
  }
}

/** What the rows of an attribute depend on: its path, and how its values are compared. */
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
