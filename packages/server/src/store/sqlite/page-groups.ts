import type { Key, Reference } from "../store.ts";
import type { Connection } from "./connection.ts";
import { reference } from "./rows.ts";

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
  // Who is in one group only, as most are, shares its list with the others.
  const alone = groupsByKey(connection, endpoint, new Set(groupKeys));
  for (let at = 0; at < members.length; at++) {
    const member = members[at] as Key;
    const group = alone.get(groupKeys[at] as Key);
    if (group === undefined) continue;
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

/** Each group by its key, as a list of it alone. */
function groupsByKey(connection: Connection, endpoint: Key, keys: ReadonlySet<Key>): Map<Key, readonly Reference[]> {
  const rows = connection.all(
    "SELECT g.id, g.type, g.label, g.key FROM json_each(?) k CROSS JOIN resource g ON g.endpoint = ? AND g.key = k.value",
    JSON.stringify([...keys]),
    endpoint,
  );
  return new Map(rows.map((row) => [row[3] as Key, [reference(row)]]));
}
