import type { AttributeNode, JsonObject, ResourceModel } from "@scimtool/scim";
import { type Key, type ResourceStore, UniquenessConflict } from "../store.ts";
import { columnsOf, columnValue, comparable, indexedValues } from "./columns.ts";
import { type Connection, connectionOf } from "./connection.ts";
import { withMembers } from "./members.ts";
import {
  foundResource,
  foundResources,
  GROUP_COLUMNS,
  isOfType,
  joinGroups,
  reference,
  resourceColumns,
} from "./rows.ts";
import { search } from "./search.ts";

const RESOURCE_COLUMNS = resourceColumns("r");

function selectOne(model: ResourceModel, groups: boolean): string {
  const where = `WHERE r.endpoint = ? AND r.id = ? AND ${isOfType("r", model)}`;
  return groups
    ? `SELECT ${RESOURCE_COLUMNS}, ${GROUP_COLUMNS} FROM resource r ${joinGroups("r")} ${where}`
    : `SELECT ${RESOURCE_COLUMNS} FROM resource r ${where}`;
}

export const resources: ResourceStore = {
  get: async (scope, endpoint, model, id, { groups, members }) => {
    const connection = connectionOf(scope);
    const rows = connection.all(selectOne(model, groups), endpoint, id);
    const [found] = groups ? foundResources(rows) : rows.map((row) => foundResource(row));
    if (found === undefined) return undefined;
    return members ? withMembers(connection, endpoint, model, found) : found;
  },

  search: async (scope, endpoint, model, query) => search(connectionOf(scope), endpoint, model, query),

  holderOf: async (scope, endpoint, model, path, value) => {
    const column = columnsOf(model).columns.find(({ attribute }) => attribute.path === path);
    if (column === undefined) return undefined;
    const row = connectionOf(scope).get(
      `SELECT r.id, r.type, r.label FROM resource r WHERE r.endpoint = ? AND ${isOfType("r", model)} AND r.${column.name} = ?`,
      endpoint,
      comparable(column.attribute, value),
    );
    return row === undefined ? undefined : reference(row);
  },

  insert: async (transaction, endpoint, model, id, content) => {
    const connection = connectionOf(transaction);
    const { columns, indexedValues: indexed } = columnsOf(model);
    const names = ["endpoint", "type", "id", "revision", "created_ms", "modified_ms", "label", "body"];
    const values = [endpoint, model.type.name, id, 1, content.nowMs, content.nowMs, content.label, content.body];
    for (const { name, attribute } of columns) {
      const value = columnValue(content.resource, attribute);
      if (value === null) continue;
      names.push(name);
      values.push(value);
    }
    const { key } = uniquely(() =>
      connection.run(
        `INSERT INTO resource (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`,
        ...values,
      ),
    );
    for (const attribute of indexed) {
      for (const value of indexedValues(content.resource, attribute))
        insertIndexed(connection, endpoint, attribute, value, key);
    }
    count(connection, endpoint, model, 1);
    return { key, id, revision: 1, createdMs: content.nowMs, modifiedMs: content.nowMs, body: content.body };
  },

  update: async (transaction, endpoint, model, before, content) => {
    const connection = connectionOf(transaction);
    const { columns, indexedValues: indexed } = columnsOf(model);
    // Only what changed is named: SQLite leaves the indexes of columns that an UPDATE does not name alone.
    const names = ["revision", "modified_ms", "label", "body"];
    const values: (string | number | null)[] = [before.revision + 1, content.nowMs, content.label, content.body];
    for (const { name, attribute } of columns) {
      const value = columnValue(content.resource, attribute);
      if (value === columnValue(before.resource, attribute)) continue;
      names.push(name);
      values.push(value);
    }
    uniquely(() =>
      connection.run(
        `UPDATE resource SET ${names.map((name) => `${name} = ?`).join(", ")} WHERE endpoint = ? AND key = ?`,
        ...values,
        endpoint,
        before.key,
      ),
    );
    for (const attribute of indexed) {
      reindex(connection, endpoint, attribute, before.key, before.resource, content.resource);
    }
    const { key, id, createdMs } = before;
    return { key, id, revision: before.revision + 1, createdMs, modifiedMs: content.nowMs, body: content.body };
  },

  touch: async (transaction, endpoint, before, nowMs) => {
    touch(connectionOf(transaction), endpoint, before.key, nowMs);
    return { ...before, revision: before.revision + 1, modifiedMs: nowMs };
  },

  remove: async (transaction, endpoint, model, key, nowMs) => {
    const connection = connectionOf(transaction);
    for (const [group] of connection.all(
      'SELECT "group" FROM member WHERE endpoint = ? AND member = ?',
      endpoint,
      key,
    )) {
      touch(connection, endpoint, group as Key, nowMs);
    }
    connection.run("DELETE FROM member WHERE endpoint = ? AND member = ?", endpoint, key);
    connection.run('DELETE FROM member WHERE endpoint = ? AND "group" = ?', endpoint, key);
    const body = connection.get("SELECT body FROM resource WHERE endpoint = ? AND key = ?", endpoint, key)?.[0];
    const resource = JSON.parse(body as string) as JsonObject;
    for (const attribute of columnsOf(model).indexedValues) reindex(connection, endpoint, attribute, key, resource, {});
    connection.run("DELETE FROM resource WHERE endpoint = ? AND key = ?", endpoint, key);
    count(connection, endpoint, model, -1);
  },
};

function touch(connection: Connection, endpoint: Key, key: Key, nowMs: number): void {
  connection.run(
    "UPDATE resource SET revision = revision + 1, modified_ms = ? WHERE endpoint = ? AND key = ?",
    nowMs,
    endpoint,
    key,
  );
}

function count(connection: Connection, endpoint: Key, model: ResourceModel, difference: 1 | -1): void {
  connection.run(
    "INSERT INTO population (endpoint, type, count) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
    endpoint,
    model.type.name,
    difference,
  );
}

function reindex(
  connection: Connection,
  endpoint: Key,
  attribute: AttributeNode,
  key: Key,
  before: JsonObject,
  after: JsonObject,
): void {
  const old = indexedValues(before, attribute);
  const current = indexedValues(after, attribute);
  for (const value of old) {
    if (current.has(value)) continue;
    connection.run(
      "DELETE FROM indexed_value WHERE endpoint = ? AND attribute = ? AND value = ? AND resource = ?",
      endpoint,
      attribute.path,
      value,
      key,
    );
  }
  for (const value of current) if (!old.has(value)) insertIndexed(connection, endpoint, attribute, value, key);
}

function insertIndexed(connection: Connection, endpoint: Key, attribute: AttributeNode, value: string, key: Key): void {
  connection.run(
    "INSERT INTO indexed_value (endpoint, attribute, value, resource) VALUES (?, ?, ?, ?)",
    endpoint,
    attribute.path,
    value,
    key,
  );
}

/** SQLITE_CONSTRAINT_UNIQUE */
const CONSTRAINT_UNIQUE = 2067;

const UNIQUE_COLUMNS: readonly (readonly [column: string, attribute: string])[] = [
  ["resource.user_name", "userName"],
  ["resource.display_name", "displayName"],
];

/** @throws UniquenessConflict for a violated unique index, which SQLite names in its message */
function uniquely<T>(write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (!(error instanceof Error) || (error as Error & { errcode?: number }).errcode !== CONSTRAINT_UNIQUE) throw error;
    const attribute = UNIQUE_COLUMNS.find(([column]) => error.message.includes(column))?.[1];
    if (attribute === undefined) throw error;
    throw new UniquenessConflict(attribute, error);
  }
}
