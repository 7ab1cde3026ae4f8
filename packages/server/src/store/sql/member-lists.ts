import { fold } from "@scimtool/scim";
import type { Key, ListedResource, MemberQuery, Reference } from "../store.ts";
import type { Dialect } from "./dialect.ts";
import { type Read, scalarOf } from "./read.ts";
import { reference } from "./rows.ts";
import { type Row, type Sql, sql } from "./sql.ts";

/** Of the resource `o` at the other end of a membership. */
export const REFERENCE_COLUMNS = "o.id, o.type, o.label, o.key";

/** Members that one statement reads or removes: some milliseconds. */
export const MEMBERS_PER_TURN = 1_000;

/**
 * Members on a page of groups. A page with more ends early, because 1,000 groups of 60,000 members each would not fit
 * into memory.
 */
const MAX_MEMBERS_PER_PAGE = 200_000;

export function* countMembers(endpoint: Key, group: Key): Read<number> {
  return (yield* scalarOf(
    sql('SELECT count(*) FROM member WHERE endpoint = ? AND "group" = ?', endpoint, group),
  )) as number;
}

/** If the text does not matter, members are counted and skipped in the index alone. */
export function* pageOfMembers(
  dialect: Dialect,
  endpoint: Key,
  group: Key,
  { text, offset, limit }: MemberQuery,
): Read<{ readonly total: number; readonly members: Reference[] }> {
  const label = dialect.contains(sql(dialect.folded("o.label")), fold(text));
  const userName = dialect.contains(sql("o.user_name"), fold(text));
  const search = sql(
    `JOIN resource o ON o.key = m.member
     WHERE (${label.text} OR ${userName.text} OR o.id = ?) AND`,
    ...label.values,
    ...userName.values,
    text,
  );
  const { text: where, values } = text === "" ? sql("WHERE") : search;
  const matches = `FROM member m ${where} ${dialect.inTimeFor("m.member")} AND m.endpoint = ? AND m."group" = ?`;
  const total = yield* scalarOf(sql(`SELECT count(*) ${matches}`, ...values, endpoint, group));
  const rows = yield sql(
    `SELECT ${REFERENCE_COLUMNS} FROM (SELECT m.member ${matches} ORDER BY m.member LIMIT ? + 0 OFFSET ?) k
     ${dialect.orderedJoin} resource o ON o.key = k.member ORDER BY o.key`,
    ...values,
    endpoint,
    group,
    limit,
    offset,
  );
  return { total: total as number, members: rows.map(reference) };
}

/**
 * Visits some members of a group after a key, in the order of their keys.
 * @param visit receives {@link REFERENCE_COLUMNS}, and whether the condition holds
 * @returns the last one, if there may be more
 */
export function* someMembers(
  { endpoint, group, after }: { readonly endpoint: Key; readonly group: Key; readonly after: Key },
  visit: (row: Row) => void,
  limit = MEMBERS_PER_TURN,
  condition: Sql = sql("true"),
): Read<Key | undefined> {
  const rows = yield sql(
    `SELECT ${REFERENCE_COLUMNS}, CASE WHEN ${condition.text} THEN 1 ELSE 0 END FROM member m JOIN resource o ON o.key = m.member
     WHERE m.endpoint = ? AND m."group" = ? AND m.member > ? ORDER BY m.member LIMIT ? + 0`,
    ...condition.values,
    endpoint,
    group,
    after,
    limit,
  );
  for (const row of rows) visit(row);
  return rows.length < limit ? undefined : (rows.at(-1)?.[3] as Key);
}

export function* eachMember(endpoint: Key, group: Key, visit: (row: Row) => void): Read<void> {
  for (let after: Key | undefined = 0; after !== undefined; ) {
    after = yield* someMembers({ endpoint, group, after }, visit);
  }
}

export function* listMembers(endpoint: Key, group: Key): Read<Reference[]> {
  const found: Reference[] = [];
  yield* eachMember(endpoint, group, (row) => found.push(reference(row)));
  return found;
}

/** Adds the values of the collection attribute, read in the same snapshot. */
export function* withMembers<Resource extends ListedResource>(endpoint: Key, found: Resource): Read<Resource> {
  return { ...found, members: yield* listMembers(endpoint, found.key) };
}

/**
 * Like {@link withMembers}, for the resources of a page. The page ends after the resource that reaches {@link
 * MAX_MEMBERS_PER_PAGE}.
 */
export function* withMembersOfPage<Resource extends ListedResource>(
  endpoint: Key,
  page: readonly Resource[],
  hasMembers: (resource: Resource) => boolean = () => true,
): Read<Resource[]> {
  const found: Resource[] = [];
  let count = 0;
  for (const resource of page) {
    if (count >= MAX_MEMBERS_PER_PAGE) break;
    const each = hasMembers(resource) ? yield* withMembers(endpoint, resource) : resource;
    count += each.members?.length ?? 0;
    found.push(each);
  }
  return found;
}
