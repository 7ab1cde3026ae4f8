import { setImmediate as nextTurn } from "node:timers/promises";
import type { ResourceModel } from "@scimtool/scim";
import type { Key, ListedResource, MemberStore, Reference } from "../store.ts";
import { UnknownMembers } from "../store.ts";
import { type Connection, connectionOf, type Row } from "./connection.ts";
import { otherEnd } from "./derived.ts";
import { elementFilterSql } from "./filter.ts";
import { removeGhosts } from "./kept-values.ts";
import { reference } from "./rows.ts";

const REFERENCE_COLUMNS = "o.id, o.type, o.label, o.key";

/** Members that are looked up, added or removed before others have their turn: some milliseconds. */
const MEMBERS_PER_TURN = 1_000;

export const members: MemberStore = {
  add: async (transaction, endpoint, model, group, ids, dangling) => {
    const connection = connectionOf(transaction);
    const found = await resourcesById(connection, endpoint, ids);
    const allowed = memberTypes(model);
    for (const [id, row] of found) if (!allowed.has(row[1] as string)) found.delete(id);
    const unknown = [...new Set(ids)].filter((id) => !found.has(id));
    if (unknown.length > 0 && dangling === "refuse") throw new UnknownMembers(unknown);
    for (const id of unknown) found.set(id, ghostOf(connection, endpoint, id));
    const added: Reference[] = [];
    let done = 0;
    for (const row of found.values()) {
      const { changed } = connection.run(
        'INSERT INTO member (endpoint, "group", member) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
        endpoint,
        group,
        row[3] as Key,
      );
      if (changed > 0) added.push(reference(row));
      if (++done % MEMBERS_PER_TURN === 0) await nextTurn();
    }
    return added;
  },

  remove: async (transaction, endpoint, group, ids) => {
    const connection = connectionOf(transaction);
    const found = await resourcesById(connection, endpoint, ids);
    return removeRows(connection, endpoint, group, [...found.values()]);
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
export function withMembers<Resource extends ListedResource>(
  connection: Connection,
  endpoint: Key,
  model: ResourceModel,
  found: Resource,
): Resource {
  return model.collection === undefined ? found : { ...found, members: listMembers(connection, endpoint, found.key) };
}

/** Rows of {@link REFERENCE_COLUMNS} by id, each id once. */
async function resourcesById(connection: Connection, endpoint: Key, ids: readonly string[]): Promise<Map<string, Row>> {
  const found = new Map<string, Row>();
  let done = 0;
  for (const id of ids) {
    if (++done % MEMBERS_PER_TURN === 0) await nextTurn();
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

/** Names of the resource types that `$ref` of the collection may refer to; '' is that of who is not known (yet). */
function memberTypes({ collection }: ResourceModel): ReadonlySet<string> {
  return new Set([...(collection?.children.get("$ref")?.referenceTypes ?? []), ""]);
}

/**
 * The row of a member that no resource has the id of: one of `resource` without a type, so that nothing finds it but
 * its group.
 */
function ghostOf(connection: Connection, endpoint: Key, id: string): Row {
  const known = connection.get(
    `SELECT ${REFERENCE_COLUMNS} FROM resource o WHERE o.endpoint = ? AND o.id = ?`,
    endpoint,
    id,
  );
  if (known !== undefined) throw new UnknownMembers([id]);
  const { key } = connection.run(
    `INSERT INTO resource (endpoint, type, id, revision, created_ms, modified_ms, label, body)
     VALUES (?, '', ?, 0, 0, 0, ?, '{}')`,
    endpoint,
    id,
    id,
  );
  return [id, "", id, key];
}

async function removeRows(
  connection: Connection,
  endpoint: Key,
  group: Key,
  rows: readonly Row[],
): Promise<Reference[]> {
  const removed: Reference[] = [];
  let done = 0;
  for (const row of rows) {
    const key = row[3] as Key;
    const { changed } = connection.run(
      'DELETE FROM member WHERE endpoint = ? AND "group" = ? AND member = ?',
      endpoint,
      group,
      key,
    );
    if (row[1] === "") removeGhosts(connection, endpoint, [key]);
    if (changed > 0) removed.push(reference(row));
    if (++done % MEMBERS_PER_TURN === 0) await nextTurn();
  }
  return removed;
}
