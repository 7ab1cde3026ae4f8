import type { ResourceModel } from "@scimtool/scim";
import type { FoundResource, Key, ListedResource, Reference } from "../store.ts";
import { literal, type Row } from "./sql.ts";

/**
 * Columns that {@link foundResource} reads.
 * @param row alias of the row of `resource`
 */
export function resourceColumns(row: string): string {
  return RESOURCE_COLUMNS.map((column) => `${row}.${column}`).join(", ");
}

const RESOURCE_COLUMNS = ["key", "id", "revision", "created_ms", "modified_ms", "body"];

/** Columns for {@link listedResource}, as few as possible because each costs time. */
export function listColumns(row: string): string {
  return LIST_COLUMNS.map((column) => `${row}.${column}`).join(", ");
}

const LIST_COLUMNS = ["key", "body"];

/** The groups that a resource is a direct member of, to be joined to its row: a row each, or one of nulls. */
export const GROUP_COLUMNS = "g.id, g.type, g.label";

/**
 * The join for {@link GROUP_COLUMNS}. An aggregate in a subquery would need no second row for a second group, but costs
 * about twice as much for the usual one or two.
 * @param row alias of the row with `endpoint` and `key`
 */
export function joinGroups(row: string): string {
  return `LEFT JOIN member m ON m.endpoint = ${row}.endpoint AND m.member = ${row}.key LEFT JOIN resource g ON g.key = m."group"`;
}

/** Reads {@link resourceColumns}. */
export function foundResource(row: Row, groups: readonly Reference[] = NO_GROUPS): FoundResource {
  return {
    key: row[0] as Key,
    id: row[1] as string,
    revision: row[2] as number,
    createdMs: row[3] as number,
    modifiedMs: row[4] as number,
    body: row[5] as string,
    groups,
  };
}

/** Reads {@link listColumns}. */
export function listedResource(row: Row, groups: readonly Reference[] = NO_GROUPS): ListedResource {
  return { key: row[0] as Key, body: row[1] as string, groups };
}

const NO_GROUPS: readonly Reference[] = [];

/** What is read with one resource besides its own columns: {@link GROUP_COLUMNS}, then its label. */
export type Beside = { readonly groups: boolean; readonly label: boolean };

/**
 * Reads one resource: {@link resourceColumns} and the columns after them.
 * @param rows a row for each of its groups
 */
export function foundOne(rows: readonly Row[], beside: Beside): FoundResource | undefined {
  return one(rows, beside, RESOURCE_COLUMNS.length, foundResource);
}

/** Like {@link foundOne}, for {@link listColumns}. */
export function listedOne(rows: readonly Row[], beside: Beside): ListedResource | undefined {
  return one(rows, beside, LIST_COLUMNS.length, listedResource);
}

function one<Resource extends ListedResource>(
  rows: readonly Row[],
  { groups, label }: Beside,
  groupsAt: number,
  read: (row: Row, groups: readonly Reference[]) => Resource,
): Resource | undefined {
  const [row] = rows;
  if (row === undefined) return undefined;
  const isMember = groups && row[groupsAt] !== null;
  // Copying it into another object with its label would slow down every read.
  const found: Resource & { label?: string } = read(
    row,
    isMember ? rows.map((each) => groupAt(each, groupsAt)) : NO_GROUPS,
  );
  if (label) found.label = row[row.length - 1] as string;
  return found;
}

/** Reads {@link GROUP_COLUMNS}. @param at their first index */
function groupAt(row: Row, at: number): Reference {
  return { id: row[at] as string, type: row[at + 1] as string, label: row[at + 2] as string };
}

/** Reads {@link listColumns} and {@link GROUP_COLUMNS}; rows of one resource are consecutive. */
export function listedResources(rows: readonly Row[]): ListedResource[] {
  const found: ListedResource[] = [];
  const groupsAt = LIST_COLUMNS.length;
  let key: Key | undefined;
  let groups: Reference[] = [];
  for (const row of rows) {
    if (row[0] !== key) {
      key = row[0] as Key;
      groups = [];
      found.push(listedResource(row, row[groupsAt] === null ? NO_GROUPS : groups));
    }
    if (row[groupsAt] !== null) groups.push(groupAt(row, groupsAt));
  }
  return found;
}

/** Reads the columns `id, type, label`. */
export function reference(row: Row): Reference {
  return { id: row[0] as string, type: row[1] as string, label: row[2] as string };
}

/**
 * A condition on a row's resource type, as a literal: indexes are partial by type, so SQLite would plan a statement
 * with a parameter again for each execution.
 * @param row alias of the row of `resource`
 */
export function isOfType(row: string, model: ResourceModel): string {
  return `${row}.type = ${literal(model.type.name)}`;
}
