import type { ResourceModel } from "@scimtool/scim";
import type { FoundResource, Key, Reference } from "../store.ts";
import type { Row } from "./connection.ts";
import { literal } from "./sql.ts";

/** Columns that {@link foundResource} reads, from the row `r`. */
export const RESOURCE_COLUMNS = "r.key, r.id, r.revision, r.created_ms, r.modified_ms, r.body";

/** The groups that the row `r` is a direct member of: a JSON array of `[type, id, label]`, or `[]`. */
export const GROUPS_COLUMN = `(SELECT json_group_array(json_array(g.type, g.id, g.label))
  FROM member m JOIN resource g ON g.key = m."group"
  WHERE m.endpoint = r.endpoint AND m.member = r.key)`;

/** Reads {@link RESOURCE_COLUMNS} and {@link GROUPS_COLUMN}, or `'[]'` in its place. */
export function foundResource(row: Row, groups = readGroups(row[6] as string)): FoundResource {
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

function readGroups(text: string): readonly Reference[] {
  if (text === "[]") return NO_GROUPS;
  return (JSON.parse(text) as [string, string, string][]).map(([type, id, label]) => ({ type, id, label }));
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
