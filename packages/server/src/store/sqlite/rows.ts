import type { ResourceModel } from "@scimtool/scim";
import type { FoundResource, Key, Reference } from "../store.ts";
import type { Row } from "./connection.ts";
import { literal } from "./sql.ts";

/**
 * Columns that {@link foundResource} reads.
 * @param row alias of the row of `resource`
 */
export function resourceColumns(row: string): string {
  return ["key", "id", "revision", "created_ms", "modified_ms", "body"].map((column) => `${row}.${column}`).join(", ");
}

/** The groups that a resource is a direct member of, to be joined to its row: a row each, or one of nulls. */
export const GROUP_COLUMNS = "g.id, g.type, g.label";

/**
 * The join behind {@link GROUP_COLUMNS}. An aggregate in a subquery would need no second row for a second group, but
 * costs about twice as much for the usual one or two.
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

const NO_GROUPS: readonly Reference[] = [];

/**
 * Reads one resource: {@link resourceColumns}, {@link GROUP_COLUMNS} where they are wanted, and its label last.
 * @param rows a row for each of its groups
 */
export function foundOne(
  rows: readonly Row[],
  { groups, label }: { readonly groups: boolean; readonly label: boolean },
): FoundResource | undefined {
  const [row] = rows;
  if (row === undefined) return undefined;
  // Copied into another object with its label, each read would cost one more.
  const found: FoundResource & { label?: string } = foundResource(row, groups ? groupsIn(rows) : NO_GROUPS);
  if (label) found.label = row[row.length - 1] as string;
  return found;
}

function groupsIn(rows: readonly Row[]): readonly Reference[] {
  return rows[0]?.[6] === null ? NO_GROUPS : rows.map(groupOf);
}

/** Reads {@link GROUP_COLUMNS} behind {@link resourceColumns}. */
function groupOf(row: Row): Reference {
  return { id: row[6] as string, type: row[7] as string, label: row[8] as string };
}

/** Reads {@link resourceColumns} and {@link GROUP_COLUMNS}; rows of one resource follow one another. */
export function foundResources(rows: readonly Row[]): FoundResource[] {
  const found: FoundResource[] = [];
  let key: Key | undefined;
  let groups: Reference[] = [];
  for (const row of rows) {
    if (row[0] !== key) {
      key = row[0] as Key;
      groups = [];
      found.push(foundResource(row, row[6] === null ? NO_GROUPS : groups));
    }
    if (row[6] !== null) groups.push(groupOf(row));
  }
  return found;
}

/** Reads the columns `id, type, label`. */
export function reference(row: Row): Reference {
  return { id: row[0] as string, type: row[1] as string, label: row[2] as string };
}

/**
 * Condition on a row's resource type, as a literal: an index is partial by type, so SQLite would plan a statement with
 * a parameter here anew for each execution.
 * @param row alias of the row of `resource`
 */
export function isOfType(row: string, model: ResourceModel): string {
  return `${row}.type = ${literal(model.type.name)}`;
}
