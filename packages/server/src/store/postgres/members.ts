import { conditionsIn, type ResourceModel } from "@scimtool/scim";
import { otherEnd } from "../sql/derived.ts";
import { elementFilterSql } from "../sql/filter.ts";
import {
  countMembers,
  eachMember,
  listMembers,
  MEMBERS_PER_TURN,
  pageOfMembers,
  REFERENCE_COLUMNS,
  someMembers,
} from "../sql/member-lists.ts";
import { read } from "../sql/read.ts";
import { reference } from "../sql/rows.ts";
import type { Row } from "../sql/sql.ts";
import { type Key, type MemberStore, ReadTooLong, type Reference, UnknownMembers } from "../store.ts";
import { type Connection, transactionOf } from "./connection.ts";
import { dialect } from "./dialect.ts";

/** Conditions that one statement evaluates: some milliseconds. */
const CONDITIONS_PER_TURN = 20_000;

export const members: MemberStore = {
  add: async (transaction, endpoint, model, group, ids, dangling) => {
    const connection = transactionOf(transaction);
    const found = await resourcesById(connection, endpoint, ids);
    const allowed = memberTypes(model);
    for (const [id, row] of found) if (!allowed.has(row[1] as string)) found.delete(id);
    const unknown = [...new Set(ids)].filter((id) => !found.has(id));
    if (dangling === "refuse") {
      const ghosts = [...found.values()].filter((row) => row[1] === "");
      const known = await knownTo(connection, endpoint, group, ghosts);
      const strangers = ghosts.filter((row) => !known.has(row[3] as Key)).map((row) => row[0] as string);
      if (unknown.length + strangers.length > 0) throw new UnknownMembers([...unknown, ...strangers]);
    }
    for (const row of await makeGhosts(connection, endpoint, unknown)) found.set(row[0] as string, row);
    const rows = [...found.values()];
    const added = new Set<unknown>();
    for (let at = 0; at < rows.length; at += MEMBERS_PER_TURN) {
      const inserted = await connection.all(
        `INSERT INTO member (endpoint, "group", member) SELECT ?::bigint, ?::bigint, k.value FROM unnest(?::bigint[]) k(value)
         ON CONFLICT DO NOTHING RETURNING member`,
        endpoint,
        group,
        keysOf(rows.slice(at, at + MEMBERS_PER_TURN)),
      );
      for (const [key] of inserted) added.add(key);
    }
    return rows.filter((row) => added.has(row[3])).map(reference);
  },

  remove: async (transaction, endpoint, group, ids) => {
    const connection = transactionOf(transaction);
    const found = await resourcesById(connection, endpoint, ids);
    return removeRows(connection, endpoint, group, [...found.values()]);
  },

  removeWhere: async (transaction, endpoint, group, filter, { locations, maxMs }) => {
    const condition = elementFilterSql(filter, otherEnd("o.type", locations, dialect), dialect);
    const limit = Math.min(MEMBERS_PER_TURN, Math.ceil(CONDITIONS_PER_TURN / conditionsIn(filter)));
    const endMs = performance.now() + maxMs;
    const rows: Row[] = [];
    const note = (row: Row) => {
      if (row[4] === 1) rows.push(row);
    };
    for (let after: Key | undefined = 0; after !== undefined; ) {
      if (performance.now() > endMs) throw new ReadTooLong(maxMs);
      const begin: Key = after;
      after = await read(transaction, endpoint, () =>
        someMembers({ endpoint, group, after: begin }, note, limit, condition),
      );
    }
    return removeRows(transactionOf(transaction), endpoint, group, rows);
  },

  retain: async (transaction, endpoint, group, ids) => {
    const retained = new Set(ids);
    const rows: Row[] = [];
    const note = (row: Row) => {
      if (!retained.has(row[0] as string)) rows.push(row);
    };
    await read(transaction, endpoint, () => eachMember(endpoint, group, note));
    return removeRows(transactionOf(transaction), endpoint, group, rows);
  },

  list: (scope, endpoint, group) => read(scope, endpoint, () => listMembers(endpoint, group)),

  count: (scope, endpoint, group) => read(scope, endpoint, () => countMembers(endpoint, group)),

  page: (scope, endpoint, group, query) => read(scope, endpoint, () => pageOfMembers(dialect, endpoint, group, query)),
};

function keysOf(rows: readonly Row[]): string[] {
  return rows.map((row) => String(row[3]));
}

/**
 * Rows of {@link REFERENCE_COLUMNS} by ID, in the order of the IDs. Nobody can delete these resources until the
 * transaction ends: otherwise a membership without a resource would remain.
 */
async function resourcesById(connection: Connection, endpoint: Key, ids: readonly string[]): Promise<Map<string, Row>> {
  const distinct = [...new Set(ids)];
  const byId = new Map<unknown, Row>();
  for (let at = 0; at < distinct.length; at += MEMBERS_PER_TURN) {
    const rows = await connection.all(
      `SELECT ${REFERENCE_COLUMNS} FROM resource o WHERE o.endpoint = ? AND o.id = ANY (?::text[])
       ORDER BY o.key FOR KEY SHARE`,
      endpoint,
      distinct.slice(at, at + MEMBERS_PER_TURN),
    );
    for (const row of rows) byId.set(row[0], row);
  }
  const found = new Map<string, Row>();
  for (const id of distinct) {
    const row = byId.get(id);
    if (row !== undefined) found.set(id, row);
  }
  return found;
}

/** The given keys that are members of the group. */
async function knownTo(
  connection: Connection,
  endpoint: Key,
  group: Key,
  rows: readonly Row[],
): Promise<ReadonlySet<Key>> {
  if (rows.length === 0) return new Set();
  const known = await connection.all(
    'SELECT member FROM member WHERE endpoint = ? AND "group" = ? AND member = ANY (?::bigint[])',
    endpoint,
    group,
    keysOf(rows),
  );
  return new Set(known.map(([key]) => key as Key));
}

/** The resource types to which `$ref` of the collection may refer; '' stands for members that are not resources. */
function memberTypes({ collection }: ResourceModel): ReadonlySet<string> {
  return new Set([...(collection?.children.get("$ref")?.referenceTypes ?? []), ""]);
}

/**
 * The rows of members that are not resources: without a type, so that only their groups find them.
 * @throws UnknownMembers if a resource that may not be a member has one of the IDs
 */
async function makeGhosts(connection: Connection, endpoint: Key, ids: readonly string[]): Promise<Row[]> {
  if (ids.length === 0) return [];
  const made = await connection.all(
    `INSERT INTO resource (endpoint, type, id, revision, created_ms, modified_ms, label, folded_label, body, document)
     SELECT ?::bigint, '', u.id, 0, 0, 0, u.id, '', '{}', '{}' FROM unnest(?::text[]) u(id)
     ON CONFLICT DO NOTHING RETURNING id, type, label, key`,
    endpoint,
    ids as string[],
  );
  if (made.length === ids.length) return made;
  const others = new Set(ids);
  for (const [id] of made) others.delete(id as string);
  const found = await resourcesById(connection, endpoint, [...others]);
  const taken = [...others].filter((id) => found.get(id)?.[1] !== "");
  if (taken.length > 0) throw new UnknownMembers(taken);
  return [...made, ...found.values()];
}

async function removeRows(
  connection: Connection,
  endpoint: Key,
  group: Key,
  rows: readonly Row[],
): Promise<Reference[]> {
  const removed = new Set<unknown>();
  for (let at = 0; at < rows.length; at += MEMBERS_PER_TURN) {
    const gone = await connection.all(
      'DELETE FROM member WHERE endpoint = ? AND "group" = ? AND member = ANY (?::bigint[]) RETURNING member',
      endpoint,
      group,
      keysOf(rows.slice(at, at + MEMBERS_PER_TURN)),
    );
    for (const [key] of gone) removed.add(key);
  }
  await removeGhosts(connection, endpoint, keysOf(rows.filter((row) => row[1] === "")));
  return rows.filter((row) => removed.has(row[3])).map(reference);
}

/** Removes rows of members that are not resources and are no longer members. */
async function removeGhosts(connection: Connection, endpoint: Key, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await connection.run(
    `DELETE FROM resource r WHERE r.endpoint = ? AND r.key = ANY (?::bigint[]) AND r.type = ''
     AND NOT EXISTS (SELECT 1 FROM member m WHERE m.endpoint = r.endpoint AND m.member = r.key)`,
    endpoint,
    keys as string[],
  );
}

/** Removes all members of a group that is being deleted. */
export async function removeAllMembers(connection: Connection, endpoint: Key, group: Key): Promise<void> {
  const ghosts = await connection.all(
    `SELECT o.key FROM member m JOIN resource o ON o.key = m.member
     WHERE m.endpoint = ? AND m."group" = ? AND o.type = ''`,
    endpoint,
    group,
  );
  await connection.run('DELETE FROM member WHERE endpoint = ? AND "group" = ?', endpoint, group);
  await removeGhosts(
    connection,
    endpoint,
    ghosts.map(([key]) => String(key)),
  );
}
