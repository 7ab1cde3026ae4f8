import type { Key, Reference } from "../store.ts";
import type { Connection } from "./connection.ts";
import { reference } from "./reference.ts";

/** Bounds what is kept for a snapshot: some MiB at most. */
const MAX_KNOWN_GROUPS = 10_000;

/** A group as a list of it alone: those who are in one group only, as most are, share it. */
type Alone = readonly Reference[];

/** The group that a resource is a direct member of, to be joined to its row: a row each, or one of null. */
export const GROUP_COLUMN = 'm."group"';

/**
 * The join behind {@link GROUP_COLUMN}. An aggregate in a subquery would need no second row for a second group, but costs
 * about twice as much for the usual one or two.
 * @param row alias of the row with `endpoint` and `key`
 */
export function joinGroups(row: string): string {
  return `LEFT JOIN member m ON m.endpoint = ${row}.endpoint AND m.member = ${row}.key`;
}

/** @param keys from {@link GROUP_COLUMN}, as the rows of one resource have it */
export function joinedGroups(connection: Connection, keys: readonly (Key | null)[]): readonly Reference[] {
  const [first = null] = keys;
  if (first === null) return NO_GROUPS;
  const groups = groupsByKey(connection);
  if (keys.length === 1) return groups(first);
  return keys.flatMap((key) => (key === null ? NO_GROUPS : groups(key)));
}

/**
 * The groups of a whole page's resources, by their keys: the memberships first, then each group once.
 * @param keys in the order of the page
 */
export function groupsOf(
  connection: Connection,
  endpoint: Key,
  keys: readonly Key[],
): ReadonlyMap<Key, readonly Reference[]> {
  const [members, groupKeys] = membershipsOf(connection, endpoint, keys);
  const found = new Map<Key, readonly Reference[]>();
  if (members.length === 0) return found;
  const groups = groupsByKey(connection, new Set(groupKeys));
  for (let at = 0; at < members.length; at++) {
    const member = members[at] as Key;
    const group = groups(groupKeys[at] as Key);
    const known = found.get(member);
    found.set(member, known === undefined ? group : [...known, ...group]);
  }
  return found;
}

/**
 * The memberships of a page's resources: member keys, and the group key of each. One row of two JSON arrays is
 * cheaper than a row each. Resources created one after the other have neighbouring keys, and are one range of the index.
 */
function membershipsOf(connection: Connection, endpoint: Key, keys: readonly Key[]): [Key[], Key[]] {
  const first = keys[0] ?? 0;
  const columns = 'json_group_array(m.member), json_group_array(m."group")';
  const row = keys.every((key, at) => key === first + at)
    ? connection.get(
        `SELECT ${columns} FROM member m WHERE m.endpoint = ? AND m.member BETWEEN ? AND ?`,
        endpoint,
        first,
        first + keys.length - 1,
      )
    : connection.get(
        // CROSS JOIN keeps SQLite from walking all memberships and looking each up in the page.
        `SELECT ${columns} FROM json_each(?) k CROSS JOIN member m ON m.endpoint = ? AND m.member = k.value`,
        JSON.stringify(keys),
        endpoint,
      );
  return [JSON.parse(row?.[0] as string) as Key[], JSON.parse(row?.[1] as string) as Key[]];
}

/** Groups that were looked up in the snapshot of a connection, which begins and ends with what it counts as a write. */
type Known = { readonly writes: number; readonly groups: Map<Key, Alone> };

const knownOf = new WeakMap<Connection, Known>();

/**
 * Finds groups by their keys. Whoever is read in one snapshot is in the same groups as those before: each is looked up
 * once in it.
 * @param ahead are wanted in any case, and are looked up together
 */
function groupsByKey(connection: Connection, ahead?: ReadonlySet<Key>): (key: Key) => Alone {
  const { groups } = knownIn(connection);
  const missing = ahead === undefined ? [] : [...ahead].filter((key) => !groups.has(key));
  if (missing.length > 0) {
    const rows = connection.all(
      "SELECT g.id, g.type, g.label, g.key FROM json_each(?) k CROSS JOIN resource g ON g.key = k.value",
      JSON.stringify(missing),
    );
    for (const row of rows) groups.set(row[3] as Key, [reference(row)]);
  }
  return (key) => {
    const known = groups.get(key);
    if (known !== undefined) return known;
    const row = connection.get("SELECT g.id, g.type, g.label FROM resource g WHERE g.key = ?", key);
    const group = row === undefined ? NO_GROUPS : [reference(row)];
    groups.set(key, group);
    return group;
  };
}

/** A connection that writes sees what may be undone: nothing is kept for it. */
function knownIn(connection: Connection): Known {
  const { writes, isReadOnly } = connection;
  const known = knownOf.get(connection);
  if (known !== undefined && known.writes === writes && known.groups.size < MAX_KNOWN_GROUPS) return known;
  const anew = { writes, groups: new Map<Key, Alone>() };
  if (isReadOnly) knownOf.set(connection, anew);
  return anew;
}

const NO_GROUPS: Alone = [];
