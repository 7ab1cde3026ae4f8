import type { Key, Reference } from "../store.ts";
import type { Dialect } from "./dialect.ts";
import type { Read } from "./read.ts";
import { reference } from "./rows.ts";
import { sql } from "./sql.ts";

/**
 * The groups of a whole page's resources: the memberships first, then each group once.
 * @param keys in the order of the page
 * @returns in the same order
 */
export function* groupsOf(dialect: Dialect, endpoint: Key, keys: readonly Key[]): Read<(readonly Reference[])[]> {
  const found = keys.map(() => NO_GROUPS);
  const first = keys[0] ?? 0;
  const isRange = keys.every((key, at) => key === first + at);
  const [members, groupKeys] = yield* membershipsOf(dialect, endpoint, keys, isRange);
  if (members.length === 0) return found;
  const places = isRange ? undefined : new Map(keys.map((key, at) => [key, at]));
  // Neighbours are mostly in the same group. Members of a single group, as most are, share its list.
  const distinct = groupKeys.filter((key, at) => key !== groupKeys[at - 1]);
  const alone = yield* groupsByKey(dialect, endpoint, new Set(distinct));
  for (let at = 0; at < members.length; at++) {
    const member = members[at] as Key;
    const place = places === undefined ? member - first : (places.get(member) as number);
    const group = alone.get(groupKeys[at] as Key);
    if (group === undefined) continue;
    const before = found[place] as readonly Reference[];
    found[place] = before.length === 0 ? group : [...before, ...group];
  }
  return found;
}

const NO_GROUPS: readonly Reference[] = [];

/**
 * The memberships of a page's resources: member keys, and the group key of each. One row of two JSON arrays is
 * cheaper than a row each. Resources created one after the other have neighbouring keys, and are one range of the index.
 */
function* membershipsOf(dialect: Dialect, endpoint: Key, keys: readonly Key[], isRange: boolean): Read<[Key[], Key[]]> {
  const { arrayOf, inTimeFor, orderedJoin } = dialect;
  const some = dialect.keys(keys);
  const columns = `${arrayOf("m.member")}, ${arrayOf('m."group"')}`;
  const [row] = yield isRange
    ? sql(
        `SELECT ${columns} FROM member m WHERE ${inTimeFor("m.member")} AND m.endpoint = ? AND m.member BETWEEN ? AND ?`,
        endpoint,
        keys[0] ?? 0,
        keys.at(-1) ?? 0,
      )
    : sql(
        // CROSS JOIN prevents SQLite from scanning all memberships and looking each up in the page.
        `SELECT ${columns} FROM ${some.text} ${orderedJoin} member m ON m.endpoint = ? AND m.member = k.value
         WHERE ${inTimeFor("m.member")}`,
        ...some.values,
        endpoint,
      );
  return [JSON.parse(row?.[0] as string) as Key[], JSON.parse(row?.[1] as string) as Key[]];
}

/** Each group by its key, as a list of one. */
function* groupsByKey(dialect: Dialect, endpoint: Key, keys: ReadonlySet<Key>): Read<Map<Key, readonly Reference[]>> {
  const some = dialect.keys([...keys]);
  const rows = yield sql(
    `SELECT g.id, g.type, g.label, g.key FROM ${some.text} ${dialect.orderedJoin} resource g ON g.endpoint = ? AND g.key = k.value`,
    ...some.values,
    endpoint,
  );
  return new Map(rows.map((row) => [row[3] as Key, [reference(row)]]));
}
