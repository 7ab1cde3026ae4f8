import type { JsonObject, ResourceModel } from "@scimtool/scim";
import { forEachYielding } from "../../event-loop.ts";
import { attributesOf, ofVersion, withMeta } from "../resource-body.ts";
import { checkLengths, columnValue, comparable, isSame, keptOf } from "../sql/columns.ts";
import { withMembers } from "../sql/member-lists.ts";
import { type Read, read } from "../sql/read.ts";
import {
  foundOne,
  foundResource,
  GROUP_COLUMNS,
  isOfType,
  joinGroups,
  reference,
  resourceColumns,
} from "../sql/rows.ts";
import { findsOne, foundByOne, oneSql, search } from "../sql/search.ts";
import { searchAll } from "../sql/search-all.ts";
import { sql } from "../sql/sql.ts";
import { type Key, type Reference, type ResourceStore, type StoredResource, UniquenessConflict } from "../store.ts";
import { type Connection, connectionOf, type Row } from "./connection.ts";
import { dialect } from "./dialect.ts";
import { checkUnique, keepValues, reindexEndpoint } from "./kept-values.ts";
import { removeAllMembers } from "./members.ts";

/** Referrers that one statement reads. */
const REFERRERS_PER_TURN = 1_000;

const RESOURCE_COLUMNS = resourceColumns("r");

type OneSelect = { readonly alone: string; readonly withGroups: string };

const selectsOne = new WeakMap<ResourceModel, OneSelect>();

/** Statements that read one resource. The same string each time, because an equal one would have to be hashed again. */
function selectOne(model: ResourceModel): OneSelect {
  const known = selectsOne.get(model);
  if (known !== undefined) return known;
  const where = `WHERE r.endpoint = ? AND r.id = ? AND ${isOfType("r", model)}`;
  const made = {
    alone: `SELECT ${RESOURCE_COLUMNS}, r.label FROM resource r ${where}`,
    withGroups: `SELECT ${RESOURCE_COLUMNS}, ${GROUP_COLUMNS}, r.label FROM resource r ${joinGroups("r")} ${where}`,
  };
  selectsOne.set(model, made);
  return made;
}

export const resources: ResourceStore = {
  get: async (scope, endpoint, model, id, { groups, members, label = false }) => {
    const { alone, withGroups } = selectOne(model);
    const text = groups ? withGroups : alone;
    if (members && model.collection !== undefined) {
      return read(scope, endpoint, function* () {
        const found = foundOne(yield sql(text, endpoint, id), { groups, label });
        return found && (yield* withMembers(endpoint, found));
      });
    }
    return foundOne(connectionOf(scope).all(text, endpoint, id), { groups, label });
  },

  search: async (scope, endpoint, model, query) => {
    if (!findsOne(query)) return read(scope, endpoint, (pages) => search(dialect, endpoint, model, query, pages));
    const { text, values } = oneSql({ dialect, endpoint, model, locations: query.locations }, query);
    return foundByOne(connectionOf(scope).all(text, ...values), query);
  },

  searchAll: (scope, endpoint, query) => read(scope, endpoint, (pages) => searchAll(dialect, endpoint, query, pages)),

  holderOf: async (scope, endpoint, model, path, value) => {
    const { columns, unique } = keptOf(model);
    const connection = connectionOf(scope);
    const attribute = [...unique].find((each) => each.path === path);
    if (attribute !== undefined) {
      const row = connection.get(
        `SELECT r.id, r.type, r.label FROM unique_value v JOIN resource r ON r.key = v.resource
         WHERE v.endpoint = ? AND v.type = ? AND v.attribute = ? AND v.value = ?`,
        endpoint,
        model.type.name,
        path,
        comparable(attribute, value),
      );
      return row === undefined ? undefined : reference(row);
    }
    const column = columns.find((each) => each.attribute.path === path);
    if (column === undefined) return undefined;
    const row = connection.get(
      `SELECT r.id, r.type, r.label FROM resource r WHERE r.endpoint = ? AND ${isOfType("r", model)} AND r.${column.name} = ?`,
      endpoint,
      comparable(column.attribute, value),
    );
    return row === undefined ? undefined : reference(row);
  },

  anotherWith: async (scope, endpoint, model, path, value, id) => {
    const { columns, indexed } = keptOf(model);
    const connection = connectionOf(scope);
    const column = columns.find((each) => each.attribute.path === path);
    const attribute = column?.attribute ?? [...indexed].find((each) => each.path === path);
    if (attribute === undefined) return undefined;
    const compared = comparable(attribute, value);
    const row =
      column === undefined
        ? connection.get(
            `SELECT r.id, r.type, r.label FROM indexed_value v JOIN resource r ON r.key = v.resource
             WHERE v.endpoint = ? AND v.attribute = ? AND v.value = ? AND r.id <> ? AND ${isOfType("r", model)} LIMIT 1`,
            endpoint,
            path,
            compared,
            id,
          )
        : connection.get(
            `SELECT r.id, r.type, r.label FROM resource r
             WHERE r.endpoint = ? AND ${isOfType("r", model)} AND r.${column.name} = ? AND r.id <> ? LIMIT 1`,
            endpoint,
            compared,
            id,
          );
    return row === undefined ? undefined : reference(row);
  },

  insert: async (transaction, endpoint, model, id, content) => {
    const connection = connectionOf(transaction);
    checkLengths(model, {}, content.resource);
    checkUnique(connection, endpoint, model, content.resource);
    const { resource, nowMs, label } = content;
    const made = { id, revision: 1, createdMs: nowMs, modifiedMs: nowMs };
    const body = withMeta(content.json, model.type.name, made);
    const values = keptOf(model).columns.map(({ attribute }) => columnValue(resource, attribute));
    const { key } = uniquely(resource, () =>
      connection.run(insertSql(model), endpoint, model.type.name, id, 1, nowMs, nowMs, label, body, ...values),
    );
    keepValues(connection, endpoint, model, key, {}, resource);
    count(connection, endpoint, model, 1);
    return { key, ...made, body };
  },

  update: async (transaction, endpoint, model, before, content) => {
    const connection = connectionOf(transaction);
    checkLengths(model, before.resource, content.resource);
    checkUnique(connection, endpoint, model, content.resource, before.key);
    const { columns } = keptOf(model);
    const { key, id, createdMs } = before;
    const next = { id, revision: before.revision + 1, createdMs, modifiedMs: content.nowMs };
    const body = withMeta(content.json, model.type.name, next);
    // Names only changed columns: SQLite does not touch the indexes of others.
    const names = ["revision", "modified_ms", "label", "body"];
    const values: (string | number | null)[] = [next.revision, content.nowMs, content.label, body];
    for (const { name, attribute } of columns) {
      if (isSame(before.resource, content.resource, attribute)) continue;
      const value = columnValue(content.resource, attribute);
      if (value === columnValue(before.resource, attribute)) continue;
      names.push(name);
      values.push(value);
    }
    uniquely(content.resource, () =>
      connection.run(
        `UPDATE resource SET ${names.map((name) => `${name} = ?`).join(", ")} WHERE endpoint = ? AND key = ?`,
        ...values,
        endpoint,
        key,
      ),
    );
    keepValues(connection, endpoint, model, key, before.resource, content.resource);
    return { key, ...next, body };
  },

  references: async (scope, endpoint, ids) => {
    const found = new Map<string, Reference>();
    await forEachYielding(ids, (id) => {
      const row = connectionOf(scope).get(
        "SELECT r.id, r.type, r.label FROM resource r WHERE r.endpoint = ? AND r.id = ? AND r.type <> ''",
        endpoint,
        id,
      );
      if (row !== undefined) found.set(id, reference(row));
    });
    return found;
  },

  referrers: (scope, endpoint, model, attribute, id) =>
    read(scope, endpoint, () => referrers(endpoint, model, attribute.path, comparable(attribute, id))),

  rewrite: async (transaction, endpoint, model, before, json) => {
    const body = withMeta(json, model.type.name, before);
    const { key } = before;
    connectionOf(transaction).run("UPDATE resource SET body = ? WHERE endpoint = ? AND key = ?", body, endpoint, key);
    return { ...before, body };
  },

  touch: async (transaction, endpoint, model, before, nowMs) =>
    touch(connectionOf(transaction), endpoint, model.type.name, before, nowMs),

  remove: async (transaction, endpoint, model, key, nowMs) => {
    const connection = connectionOf(transaction);
    const groups = connection.all(
      `SELECT ${RESOURCE_COLUMNS}, r.type FROM member m JOIN resource r ON r.key = m."group" WHERE m.endpoint = ? AND m.member = ?`,
      endpoint,
      key,
    );
    await forEachYielding(groups, (group) =>
      touch(connection, endpoint, group.at(-1) as string, foundResource(group), nowMs),
    );
    connection.run("DELETE FROM member WHERE endpoint = ? AND member = ?", endpoint, key);
    if (model.collection !== undefined) await removeAllMembers(transaction, endpoint, key);
    const body = connection.get("SELECT body FROM resource WHERE endpoint = ? AND key = ?", endpoint, key)?.[0];
    const resource = attributesOf({ body: body as string });
    keepValues(connection, endpoint, model, key, resource, {});
    connection.run("DELETE FROM resource WHERE endpoint = ? AND key = ?", endpoint, key);
    count(connection, endpoint, model, -1);
  },

  reindex: async (transaction, endpoint, before, after) =>
    reindexEndpoint(connectionOf(transaction), endpoint, before, after),
};

const insertions = new WeakMap<ResourceModel, string>();

/** All columns of a type, even without values: one text, which is looked up with each insert. */
function insertSql(model: ResourceModel): string {
  const known = insertions.get(model);
  if (known !== undefined) return known;
  const own = ["endpoint", "type", "id", "revision", "created_ms", "modified_ms", "label", "body"];
  const names = [...own, ...keptOf(model).columns.map(({ name }) => name)];
  const made = `INSERT INTO resource (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`;
  insertions.set(model, made);
  return made;
}

function* referrers(
  endpoint: Key,
  model: ResourceModel,
  path: string,
  value: string | number | null,
): Read<StoredResource[]> {
  const found: StoredResource[] = [];
  for (let after: Key | undefined = 0; after !== undefined; ) {
    const rows: Row[] = yield sql(
      `SELECT ${RESOURCE_COLUMNS} FROM indexed_value v JOIN resource r ON r.key = v.resource
       WHERE v.endpoint = ? AND v.attribute = ? AND v.value = ? AND v.resource > ? AND ${isOfType("r", model)}
       ORDER BY v.resource LIMIT ? + 0`,
      endpoint,
      path,
      value,
      after,
      REFERRERS_PER_TURN,
    );
    for (const row of rows) found.push(foundResource(row));
    after = rows.length < REFERRERS_PER_TURN ? undefined : found.at(-1)?.key;
  }
  return found;
}

/** @param type name of the resource's type */
function touch<Resource extends StoredResource>(
  connection: Connection,
  endpoint: Key,
  type: string,
  before: Resource,
  nowMs: number,
): Resource {
  const next = { ...before, revision: before.revision + 1, modifiedMs: nowMs };
  const body = ofVersion(before, type, next);
  connection.run(
    "UPDATE resource SET revision = ?, modified_ms = ?, body = ? WHERE endpoint = ? AND key = ?",
    next.revision,
    nowMs,
    body,
    endpoint,
    before.key,
  );
  return { ...next, body };
}

function count(connection: Connection, endpoint: Key, model: ResourceModel, difference: 1 | -1): void {
  const { changed } = connection.run(
    "UPDATE population SET count = count + ? WHERE endpoint = ? AND type = ?",
    difference,
    endpoint,
    model.type.name,
  );
  if (changed > 0) return;
  connection.run(
    "INSERT INTO population (endpoint, type, count) VALUES (?, ?, ?)",
    endpoint,
    model.type.name,
    difference,
  );
}

/** SQLITE_CONSTRAINT_UNIQUE */
const CONSTRAINT_UNIQUE = 2067;

/** @throws UniquenessConflict for a userName that another resource has */
function uniquely<T>(resource: JsonObject, write: () => T): T {
  try {
    return write();
  } catch (error) {
    const { errcode, message } = error as Error & { errcode?: number };
    if (errcode !== CONSTRAINT_UNIQUE || !message.includes("resource.user_name")) throw error;
    throw new UniquenessConflict("userName", String(resource["userName"]), error);
  }
}
