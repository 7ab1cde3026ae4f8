import { conditionsIn, type ResourceModel } from "@scimtool/scim";
import { forEachYielding, yieldToEventLoop } from "../../event-loop.ts";
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
import type { Key, MemberStore, Reference, Transaction } from "../store.ts";
import { ReadTooLong, UnknownMembers } from "../store.ts";
import { type Connection, connectionOf, type Row } from "./connection.ts";
import { dialect } from "./dialect.ts";
import { removeGhosts } from "./kept-values.ts";

/** Conditions to evaluate before yielding to other requests: some milliseconds. */
const CONDITIONS_PER_TURN = 20_000;

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
    await forEachYielding(unknown, (id) => found.set(id, ghostOf(connection, endpoint, id)));
    const added: Reference[] = [];
    await forEachYielding(found.values(), (row) => {
      const { changed } = connection.run(
        'INSERT INTO member (endpoint, "group", member) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
        endpoint,
        group,
        row[3] as Key,
      );
      if (changed > 0) added.push(reference(row));
    });
    return added;
  },

  remove: async (transaction, endpoint, group, ids) => {
    const connection = connectionOf(transaction);
    const found = await resourcesById(connection, endpoint, ids);
    return removeRows(connection, endpoint, group, [...found.values()]);
  },

  removeWhere: async (transaction, endpoint, group, filter, { locations, maxMs }) => {
    const condition = elementFilterSql(filter, otherEnd("o.type", locations, dialect), dialect);
    const perTurn = Math.min(MEMBERS_PER_TURN, Math.ceil(CONDITIONS_PER_TURN / conditionsIn(filter)));
    const endMs = performance.now() + maxMs;
    const rows: Row[] = [];
    const note = (row: Row) => {
      if (row[4] === 1) rows.push(row);
    };
    let after: Key | undefined = 0;
    const someMore = () => someMembers({ endpoint, group, after: after ?? 0 }, note, perTurn, condition);
    for (;;) {
      if (performance.now() > endMs) throw new ReadTooLong(maxMs);
      after = await read(transaction, endpoint, someMore);
      if (after === undefined) break;
      await yieldToEventLoop();
    }
    return removeRows(connectionOf(transaction), endpoint, group, rows);
  },

  retain: async (transaction, endpoint, group, ids) => {
    const retained = new Set(ids);
    const rows: Row[] = [];
    const note = (row: Row) => {
      if (!retained.has(row[0] as string)) rows.push(row);
    };
    await read(transaction, endpoint, () => eachMember(endpoint, group, note));
    return removeRows(connectionOf(transaction), endpoint, group, rows);
  },

  list: (scope, endpoint, group) => read(scope, endpoint, () => listMembers(endpoint, group)),

  count: (scope, endpoint, group) => read(scope, endpoint, () => countMembers(endpoint, group)),
  page: (scope, endpoint, group, query) => read(scope, endpoint, () => pageOfMembers(dialect, endpoint, group, query)),
};

/** Whether a row is a member that is not a resource. */
function isStranger(connection: Connection, endpoint: Key, group: Key, [, type, , key]: Row): boolean {
  if (type !== "") return false;
  const sql = 'SELECT 1 FROM member WHERE endpoint = ? AND "group" = ? AND member = ?';
  return connection.get(sql, endpoint, group, key as Key) === undefined;
}

/** Rows of {@link REFERENCE_COLUMNS} by ID, each ID once. */
async function resourcesById(connection: Connection, endpoint: Key, ids: readonly string[]): Promise<Map<string, Row>> {
  const found = new Map<string, Row>();
  await forEachYielding(ids, (id) => {
    if (found.has(id)) return;
    const row = connection.get(
      `SELECT ${REFERENCE_COLUMNS} FROM resource o WHERE o.endpoint = ? AND o.id = ?`,
      endpoint,
      id,
    );
    if (row !== undefined) found.set(id, row);
  });
  return found;
}

/** The resource types to which `$ref` of the collection may refer; '' stands for members that are not resources. */
function memberTypes({ collection }: ResourceModel): ReadonlySet<string> {
  return new Set([...(collection?.children.get("$ref")?.referenceTypes ?? []), ""]);
}

/** The row of a member that is not a resource: without a type, so that only its group finds it. */
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
  await forEachYielding(rows, (row) => {
    const key = row[3] as Key;
    const { changed } = connection.run(
      'DELETE FROM member WHERE endpoint = ? AND "group" = ? AND member = ?',
      endpoint,
      group,
      key,
    );
    if (row[1] === "") removeGhosts(connection, endpoint, [key]);
    if (changed > 0) removed.push(reference(row));
  });
  return removed;
}

/** Removes all members of a group that is being deleted. */
export async function removeAllMembers(transaction: Transaction, endpoint: Key, group: Key): Promise<void> {
  const connection = connectionOf(transaction);
  const ghosts: Key[] = [];
  const note = (row: Row) => {
    if (row[1] === "") ghosts.push(row[3] as Key);
  };
  await read(transaction, endpoint, () => eachMember(endpoint, group, note));
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
  await forEachYielding(ghosts, (ghost) => removeGhosts(connection, endpoint, [ghost]));
}
