import type { ResourceModel } from "@scimtool/scim";
import type { FoundResource, Key, Reference } from "../store.ts";
import type { Connection, Row } from "./connection.ts";
import { joinedGroups } from "./groups.ts";
import { literal } from "./sql.ts";

/**
 * Columns that {@link foundResource} reads.
 * @param row alias of the row of `resource`
 */
export function resourceColumns(row: string): string {
  return ["key", "id", "revision", "created_ms", "modified_ms", "body"].map((column) => `${row}.${column}`).join(", ");
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
 * Reads one resource: {@link resourceColumns}, {@link GROUP_COLUMN} where its groups are wanted, and its label last.
 * @param rows a row for each of its groups
 */
export function foundOne(
  connection: Connection,
  rows: readonly Row[],
  { groups, label }: { readonly groups: boolean; readonly label: boolean },
): FoundResource | undefined {
  const [row] = rows;
  if (row === undefined) return undefined;
  // Copied into another object with its label, each read would cost one more.
  const found: FoundResource & { label?: string } = foundResource(row, groups ? groupsIn(connection, rows) : NO_GROUPS);
  if (label) found.label = row[row.length - 1] as string;
  return found;
}

/** Reads {@link resourceColumns} and {@link GROUP_COLUMN}; rows of one resource follow one another. */
export function foundResources(connection: Connection, rows: readonly Row[]): FoundResource[] {
  const found: FoundResource[] = [];
  for (let at = 0; at < rows.length; ) {
    const row = rows[at] as Row;
    let end = at + 1;
    while (rows[end]?.[0] === row[0]) end++;
    found.push(foundResource(row, groupsIn(connection, rows.slice(at, end))));
    at = end;
  }
  return found;
}

/** Reads {@link GROUP_COLUMN} behind {@link resourceColumns}. */
function groupsIn(connection: Connection, rows: readonly Row[]): readonly Reference[] {
  return joinedGroups(
    connection,
    rows.map((row) => row[6] as Key | null),
  );
}

/**
 * Condition on a row's resource type, as a literal: an index is partial by type, so SQLite would plan a statement with
 * a parameter here anew for each execution.
 * @param row alias of the row of `resource`
 */
export function isOfType(row: string, model: ResourceModel): string {
  return `${row}.type = ${literal(model.type.name)}`;
}
