import type { ResourceModel } from "@scimtool/scim";
import { forEachYielding, yieldToEventLoop } from "../../event-loop.ts";
import type { Key, ListedResource, MemberStore, Reference } from "../store.ts";
import { UnknownMembers } from "../store.ts";
import { type Connection, connectionOf, type Row } from "./connection.ts";
import { MEMBER_TYPE, otherEnd } from "./derived.ts";
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
    if (dangling === "refuse") {
      const strangers = [...found].flatMap(([id, row]) => (isStranger(connection, endpoint, group, row) ? [id] : []));
      if (unknown.length + strangers.length > 0) throw new UnknownMembers([...unknown, ...strangers]);
    }
    await forEachYielding(unknown, (id) => found.set(id, ghostOf(connection, endpoint, id)), MEMBERS_PER_TURN);
    const added: Reference[] = [];
    await forEachYielding(
      found.values(),
      (row) => {
        const { changed } = connection.run(
          'INSERT INTO member (endpoint, "group", member) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
          endpoint,
          group,
          row[3] as Key,
        );
        if (changed > 0) added.push(reference(row));
      },
      MEMBERS_PER_TURN,
    );
    return added;
  },

  remove: async (transaction, endpoint, group, ids) => {
    const connection = connectionOf(transaction);
    const found = await resourcesById(connection, endpoint, ids);
    return removeRows(connection, endpoint, group, [...found.values()]);
  },

  removeWhere: async (transaction, endpoint, group, filter, locations) => {
    const connection = connectionOf(transaction);
    const condition = elementFilterSql(filter, otherEnd(MEMBER_TYPE, locations));
    const rows: Row[] = [];
    for (let after: Key | undefined = 0; after !== undefined; ) {
      const last = lastOfTurn(connection, endpoint, group, after);
      const found = connection.all(
        `SELECT ${REFERENCE_COLUMNS} FROM member m JOIN resource o ON o.key = m.member
         WHERE m.endpoint = ? AND m."group" = ? AND m.member > ? AND m.member <= ? AND (${condition.text})`,
        endpoint,
        group,
        after,
        last ?? Number.MAX_SAFE_INTEGER,
        ...condition.values,
      );
      rows.push(...found);
      if (last !== undefined) await yieldToEventLoop();
      after = last;
    }
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

/** Whether a row is of nobody, who is a member of others only. */
function isStranger(connection: Connection, endpoint: Key, group: Key, [, type, , key]: Row): boolean {
  if (type !== "") return false;
  const sql = 'SELECT 1 FROM member WHERE endpoint = ? AND "group" = ? AND member = ?';
  return connection.get(sql, endpoint, group, key as Key) === undefined;
}

/** The last of the members that are looked at before others have their turn; undefined where the rest are fewer. */
function lastOfTurn(connection: Connection, endpoint: Key, group: Key, after: Key): Key | undefined {
  const row = connection.get(
    'SELECT member FROM member WHERE endpoint = ? AND "group" = ? AND member > ? ORDER BY member LIMIT 1 OFFSET ?',
    endpoint,
    group,
    after,
    MEMBERS_PER_TURN - 1,
  );
  return row?.[0] as Key | undefined;
}

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
  await forEachYielding(
    ids,
    (id) => {
      if (found.has(id)) return;
      const row = connection.get(
        `SELECT ${REFERENCE_COLUMNS} FROM resource o WHERE o.endpoint = ? AND o.id = ?`,
        endpoint,
        id,
      );
      if (row !== undefined) found.set(id, row);
    },
    MEMBERS_PER_TURN,
  );
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
  await forEachYielding(
    rows,
    (row) => {
      const key = row[3] as Key;
      const { changed } = connection.run(
        'DELETE FROM member WHERE endpoint = ? AND "group" = ? AND member = ?',
        endpoint,
        group,
        key,
      );
      if (row[1] === "") removeGhosts(connection, endpoint, [key]);
      if (changed > 0) removed.push(reference(row));
    },
    MEMBERS_PER_TURN,
  );
  return removed;
}

/** Takes all members out of a group that goes. */
export async function removeAllMembers(connection: Connection, endpoint: Key, group: Key): Promise<void> {
  const ghosts = connection.all(
    `SELECT o.key FROM member m JOIN resource o ON o.key = m.member WHERE m.endpoint = ? AND m."group" = ? AND o.type = ''`,
    endpoint,
    group,
  );
  for (let removed = MEMBERS_PER_TURN; removed === MEMBERS_PER_TURN; ) {
    removed = connection.run(
      `DELETE FROM member WHERE endpoint = ? AND "group" = ?
       AND member IN (SELECT m.member FROM member m WHERE m.endpoint = ? AND m."group" = ? LIMIT ? + 0)`,
      endpoint,
      group,
      endpoint,
      group,
      MEMBERS_PER_TURN,
    ).changed;
    if (removed === MEMBERS_PER_TURN) await yieldToEventLoop();
  }
  await forEachYielding(ghosts, ([ghost]) => removeGhosts(connection, endpoint, [ghost as Key]), MEMBERS_PER_TURN);
}
