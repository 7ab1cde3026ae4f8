import type { ResourceModel } from "@scimtool/scim";
import type { FoundResource, Key, MemberStore, Reference } from "../store.ts";
import { UnknownMembers } from "../store.ts";
import { type Connection, connectionOf, type Row } from "./connection.ts";
import { otherEnd } from "./derived.ts";
import { elementFilterSql } from "./filter.ts";
import { reference } from "./rows.ts";

const REFERENCE_COLUMNS = "o.id, o.type, o.label, o.key";

export const members: MemberStore = {
  add: async (transaction, endpoint, group, ids) => {
    const connection = connectionOf(transaction);
    const found = resourcesById(connection, endpoint, ids);
    const unknown = ids.filter((id) => !found.has(id));
    if (unknown.length > 0) throw new UnknownMembers(unknown);
    const added: Reference[] = [];
    for (const row of found.values()) {
      const { changed } = connection.run(
        'INSERT INTO member (endpoint, "group", member) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
        endpoint,
        group,
        row[3] as Key,
      );
      if (changed > 0) added.push(reference(row));
    }
    return added;
  },

  remove: async (transaction, endpoint, group, ids) => {
    const connection = connectionOf(transaction);
    return removeRows(connection, endpoint, group, [...resourcesById(connection, endpoint, ids).values()]);
  },

  removeWhere: async (transaction, endpoint, group, filter, locations) => {
    const connection = connectionOf(transaction);
    const condition = elementFilterSql(filter, otherEnd("o.type", locations));
    const rows = connection.all(
      `SELECT ${REFERENCE_COLUMNS} FROM member m JOIN resource o ON o.key = m.member
       WHERE m.endpoint = ? AND m."group" = ? AND (${condition.text})`,
      endpoint,
      group,
      ...condition.values,
    );
    return removeRows(connection, endpoint, group, rows);
  },

  retain: async (transaction, endpoint, group, ids) => {
    const connection = connectionOf(transaction);
    const rows = connection.all(
      `SELECT ${REFERENCE_COLUMNS} FROM member m JOIN resource o ON o.key = m.member
       WHERE m.endpoint = ? AND m."group" = ? AND o.id NOT IN (SELECT value FROM json_each(?))`,
      endpoint,
      group,
      JSON.stringify(ids),
    );
    return removeRows(connection, endpoint, group, rows);
  },

  list: async (scope, endpoint, group) => listMembers(connectionOf(scope), endpoint, group),
};

function listMembers(connection: Connection, endpoint: Key, group: Key): Reference[] {
  const rows = connection.all(
    `SELECT ${REFERENCE_COLUMNS} FROM member m JOIN resource o ON o.key = m.member
     WHERE m.endpoint = ? AND m."group" = ? ORDER BY m.member`,
    endpoint,
    group,
  );
  return rows.map(reference);
}

/** Adds the values of the collection attribute, read in the same snapshot. */
export function withMembers(
  connection: Connection,
  endpoint: Key,
  model: ResourceModel,
  found: FoundResource,
): FoundResource {
  return model.collection === undefined ? found : { ...found, members: listMembers(connection, endpoint, found.key) };
}

/** Rows of {@link REFERENCE_COLUMNS} by id, each id once. */
function resourcesById(connection: Connection, endpoint: Key, ids: readonly string[]): Map<string, Row> {
  const found = new Map<string, Row>();
  for (const id of ids) {
    if (found.has(id)) continue;
    const row = connection.get(
      `SELECT ${REFERENCE_COLUMNS} FROM resource o WHERE o.endpoint = ? AND o.id = ?`,
      endpoint,
      id,
    );
    if (row !== undefined) found.set(id, row);
  }
  return found;
}

function removeRows(connection: Connection, endpoint: Key, group: Key, rows: readonly Row[]): Reference[] {
  return rows.flatMap((row) => {
    const { changed } = connection.run(
      'DELETE FROM member WHERE endpoint = ? AND "group" = ? AND member = ?',
      endpoint,
      group,
      row[3] as Key,
    );
    return changed > 0 ? [reference(row)] : [];
  });
}
