import { fold, type ResourceModel } from "@scimtool/scim";
import { attributesOf, ofVersion, withMeta } from "../resource-body.ts";
import { type ColumnValue, checkLengths, columnValue, comparable, keptOf } from "../sql/columns.ts";
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
import { type Row, type SqlValue, sql } from "../sql/sql.ts";
import type { Key, ResourceContent, ResourceStore, StoredResource } from "../store.ts";
import { type Connection, connectionOf, transactionOf } from "./connection.ts";
import { dialect, keptValue } from "./dialect.ts";
import { documentOf, isNumeric } from "./document.ts";
import { lockEndpoint } from "./endpoints.ts";
import { checkUnique, insertWithValues, keepValues, POPULATION_SLOT, uniquesOf } from "./kept-values.ts";
import { removeAllMembers } from "./members.ts";
import { reindexEndpoint } from "./reindex.ts";

/** Referrers that one statement reads. */
const REFERRERS_PER_TURN = 1_000;

const RESOURCE_COLUMNS = resourceColumns("r");

export const resources: ResourceStore = {
  get: async (scope, endpoint, model, id, { groups, members, label = false }) => {
    const where = `WHERE r.endpoint = ? AND r.id = ? AND ${isOfType("r", model)}`;
    const text = groups
      ? `SELECT ${RESOURCE_COLUMNS}, ${GROUP_COLUMNS}, r.label FROM resource r ${joinGroups("r")} ${where} ORDER BY m."group"`
      : `SELECT ${RESOURCE_COLUMNS}, r.label FROM resource r ${where}`;
    const executor = connectionOf(scope);
    // A transaction reads a resource in order to change it. The lock keeps others from changing it meanwhile.
    const lock = executor.isTransaction ? "FOR NO KEY UPDATE OF r" : "";
    if (members && model.collection !== undefined) {
      // Another statement reads the members, because this one may wait longer than its snapshot is old.
      if (executor.isTransaction) await executor.get(`SELECT r.key FROM resource r ${where} ${lock}`, endpoint, id);
      return read(scope, endpoint, function* () {
        const found = foundOne(yield sql(text, endpoint, id), { groups, label });
        return found && (yield* withMembers(endpoint, found));
      });
    }
    return foundOne(await executor.all(`${text} ${lock}`, endpoint, id), { groups, label });
  },

  search: async (scope, endpoint, model, query) => {
    if (!findsOne(query)) return read(scope, endpoint, (pages) => search(dialect, endpoint, model, query, pages));
    const { text, values } = oneSql({ dialect, endpoint, model, locations: query.locations }, query);
    return foundByOne(await connectionOf(scope).all(text, ...values), query);
  },

  searchAll: (scope, endpoint, query) => read(scope, endpoint, (pages) => searchAll(dialect, endpoint, query, pages)),

  holderOf: async (scope, endpoint, model, path, value) => {
    const attribute = uniquesOf(model).find((each) => each.path === path);
    const compared = attribute === undefined ? null : comparable(attribute, value);
    if (compared === null) return undefined;
    const row = await connectionOf(scope).get(
      `SELECT r.id, r.type, r.label FROM unique_value v JOIN resource r ON r.key = v.resource
       WHERE v.endpoint = ? AND v.type = ? AND v.attribute = ? AND v.value = ?`,
      endpoint,
      model.type.name,
      path,
      keptValue(compared),
    );
    return row && reference(row);
  },

  anotherWith: async (scope, endpoint, model, path, value, id) => {
    const { columns, indexed } = keptOf(model);
    const column = columns.find((each) => each.attribute.path === path);
    const attribute = column?.attribute ?? [...indexed].find((each) => each.path === path);
    const compared = attribute === undefined ? null : comparable(attribute, value);
    if (compared === null) return undefined;
    const executor = connectionOf(scope);
    const row =
      column === undefined
        ? await executor.get(
            `SELECT r.id, r.type, r.label FROM indexed_value v JOIN resource r ON r.key = v.resource
             WHERE v.endpoint = ? AND v.attribute = ? AND v.value = ? AND r.id <> ? AND ${isOfType("r", model)} LIMIT 1`,
            endpoint,
            path,
            keptValue(compared),
            id,
          )
        : await executor.get(
            `SELECT r.id, r.type, r.label FROM resource r
             WHERE r.endpoint = ? AND ${isOfType("r", model)} AND r.${column.name} = ? AND r.id <> ? LIMIT 1`,
            endpoint,
            compared,
            id,
          );
    return row && reference(row);
  },

  insert: async (transaction, endpoint, model, id, content) => {
    const connection = transactionOf(transaction);
    checkLengths(model, {}, content.resource);
    const { resource, nowMs, label } = content;
    const made = { id, revision: 1, createdMs: nowMs, modifiedMs: nowMs };
    const body = withMeta(content.json, model.type.name, made);
    const columns = ["id", "revision", "created_ms", "modified_ms", "label", "folded_label", "body", "document"];
    columns.push(...keptOf(model).columns.map(({ name }) => name));
    const values: SqlValue[] = [
      id,
      1,
      nowMs,
      nowMs,
      label,
      fold(label),
      body,
      JSON.stringify(documentOf(resource, model)),
    ];
    values.push(...columnValues(model, content));
    const key = await insertWithValues(connection, endpoint, model, resource, { columns, values });
    return { key, ...made, body };
  },

  update: async (transaction, endpoint, model, before, content) => {
    const connection = transactionOf(transaction);
    checkLengths(model, before.resource, content.resource);
    await checkUnique(connection, endpoint, model, before.resource, content.resource, before.key);
    const { key, id, createdMs } = before;
    const next = { id, revision: before.revision + 1, createdMs, modifiedMs: content.nowMs };
    const body = withMeta(content.json, model.type.name, next);
    const names = ["revision", "modified_ms", "label", "folded_label", "body", "document"];
    names.push(...keptOf(model).columns.map(({ name }) => name));
    await connection.send(
      `UPDATE resource SET ${names.map((name) => `${name} = ?`).join(", ")} WHERE endpoint = ? AND key = ?`,
      ...[next.revision, content.nowMs, content.label, fold(content.label), body],
      JSON.stringify(documentOf(content.resource, model)),
      ...columnValues(model, content),
      endpoint,
      key,
    );
    await keepValues(connection, endpoint, model, key, before.resource, content.resource);
    return { key, ...next, body };
  },

  references: async (scope, endpoint, ids) => {
    const executor = connectionOf(scope);
    const rows = await executor.all(
      `SELECT r.id, r.type, r.label FROM resource r WHERE r.endpoint = ? AND r.id = ANY (?::text[]) AND r.type <> ''
       ORDER BY r.key ${executor.isTransaction ? "FOR KEY SHARE" : ""}`,
      endpoint,
      ids as string[],
    );
    return new Map(rows.map((row) => [row[0] as string, reference(row)]));
  },

  referrers: (scope, endpoint, model, attribute, id) =>
    read(scope, endpoint, () => referrers(endpoint, model, attribute.path, comparable(attribute, id))),

  rewrite: async (transaction, endpoint, model, before, json) => {
    const body = withMeta(json, model.type.name, before);
    await transactionOf(transaction).send(
      "UPDATE resource SET body = ?, document = ? WHERE endpoint = ? AND key = ?",
      body,
      JSON.stringify(documentOf(attributesOf({ body }), model)),
      endpoint,
      before.key,
    );
    return { ...before, body };
  },

  touch: async (transaction, endpoint, model, before, nowMs) =>
    touch(transactionOf(transaction), endpoint, model.type.name, before, nowMs),

  remove: async (transaction, endpoint, model, key, nowMs) => {
    const connection = transactionOf(transaction);
    const locked = await connection.get(
      "SELECT body FROM resource WHERE endpoint = ? AND key = ? FOR UPDATE",
      endpoint,
      key,
    );
    // Two processes may be emptying the same endpoint.
    if (locked === undefined) return;
    // Adding a resource to a group locks it first, so no group can be added from now on.
    const groups = await connection.all(
      `SELECT ${RESOURCE_COLUMNS}, r.type FROM resource r WHERE r.endpoint = ? AND r.key IN
         (SELECT m."group" FROM member m WHERE m.endpoint = ? AND m.member = ?) ORDER BY r.key FOR NO KEY UPDATE`,
      endpoint,
      endpoint,
      key,
    );
    for (const group of groups) await touch(connection, endpoint, group.at(-1) as string, foundResource(group), nowMs);
    await connection.send("DELETE FROM member WHERE endpoint = ? AND member = ?", endpoint, key);
    if (model.collection !== undefined) await removeAllMembers(connection, endpoint, key);
    const resource = attributesOf({ body: locked[0] as string });
    await keepValues(connection, endpoint, model, key, resource, {});
    await connection.send("DELETE FROM resource WHERE endpoint = ? AND key = ?", endpoint, key);
    await connection.send(
      `INSERT INTO population (endpoint, type, slot, count) VALUES (?, ?, ${POPULATION_SLOT}, -1)
       ON CONFLICT (endpoint, type, slot) DO UPDATE SET count = population.count - 1`,
      endpoint,
      model.type.name,
    );
  },

  reindex: async (transaction, endpoint, before, after) => {
    const connection = transactionOf(transaction);
    await lockEndpoint(connection, endpoint, "alone");
    await reindexEndpoint(connection, endpoint, before, after);
  },
};

/** A value of another type than its column's cannot be stored there. */
export function columnValues(model: ResourceModel, { resource }: Pick<ResourceContent, "resource">): ColumnValue[] {
  return keptOf(model).columns.map(({ attribute }) => {
    const value = columnValue(resource, attribute);
    return (typeof value === "number") === isNumeric(attribute) ? value : null;
  });
}

function* referrers(endpoint: Key, model: ResourceModel, path: string, value: ColumnValue): Read<StoredResource[]> {
  const found: StoredResource[] = [];
  if (value === null) return found;
  for (let after: Key | undefined = 0; after !== undefined; ) {
    const rows: Row[] = yield sql(
      `SELECT ${RESOURCE_COLUMNS} FROM indexed_value v JOIN resource r ON r.key = v.resource
       WHERE v.endpoint = ? AND v.attribute = ? AND v.value = ? AND v.resource > ? AND ${isOfType("r", model)}
       ORDER BY v.resource LIMIT ?`,
      endpoint,
      path,
      keptValue(value),
      after,
      REFERRERS_PER_TURN,
    );
    for (const row of rows) found.push(foundResource(row));
    after = rows.length < REFERRERS_PER_TURN ? undefined : found.at(-1)?.key;
  }
  return found;
}

/** @param type name of the resource's type */
async function touch<Resource extends StoredResource>(
  connection: Connection,
  endpoint: Key,
  type: string,
  before: Resource,
  nowMs: number,
): Promise<Resource> {
  const next = { ...before, revision: before.revision + 1, modifiedMs: nowMs };
  const body = ofVersion(before, type, next);
  await connection.send(
    "UPDATE resource SET revision = ?, modified_ms = ?, body = ? WHERE endpoint = ? AND key = ?",
    next.revision,
    nowMs,
    body,
    endpoint,
    before.key,
  );
  return { ...next, body };
}
