import type { ChangeSet } from "@scimtool/scim";
import type { HistoryEntry, RetentionStep } from "../../monitor.ts";
import type { Connection } from "../connection.ts";

/**
 * Approximate number of rows removed in one step: some milliseconds. An entry has one, and one for each of its
 * resources.
 */
const ROWS_PER_STEP = 500;

/** Reading this much of a change set takes as long as removing a row. */
const BYTES_PER_ROW = 2_048;

/** IDs of all resources of an entry, each once, its own first. */
export type IdsIn = (own: string, entry: Pick<HistoryEntry, "changes" | "concerns">) => readonly string[];

/** An entry that is being removed. */
type Leaving = { readonly key: number; readonly bytes: number; readonly ids: readonly string[] };

/**
 * The last entry that is too long for one step: reading its change set again each time would take longer than the step.
 */
const halfRemoved = new WeakMap<Connection, Leaving>();

/**
 * Removes some entries from before a moment, the oldest first. An entry about very many resources takes several steps.
 */
export function retainHistory(connection: Connection, endpoint: number, beforeMs: number, idsIn: IdsIn): RetentionStep {
  let removed = 0;
  for (let rows = ROWS_PER_STEP; rows > 0; ) {
    const oldest = connection.get(
      "SELECT key, at_ms, octet_length(changes) FROM history WHERE endpoint = ? ORDER BY key LIMIT 1",
      endpoint,
    ) as [key: number, atMs: number, bytes: number] | undefined;
    if (oldest === undefined || oldest[1] >= beforeMs) return { removed, isDone: true };
    const entry = leaving(connection, oldest[0], oldest[2], idsIn);
    const left = removeRows(connection, endpoint, entry, rows);
    rows -= entry.ids.length - left + 1 + Math.floor(entry.bytes / BYTES_PER_ROW);
    if (left > 0) {
      halfRemoved.set(connection, entry);
      break;
    }
    connection.run("DELETE FROM history WHERE key = ?", entry.key);
    halfRemoved.delete(connection);
    removed++;
  }
  return { removed, isDone: false };
}

function leaving(connection: Connection, key: number, bytes: number, idsIn: IdsIn): Leaving {
  const known = halfRemoved.get(connection);
  if (known?.key === key && known.bytes === bytes) return known;
  const [own, changes, concerns] = connection.get("SELECT id, changes, concerns FROM history WHERE key = ?", key) as [
    string,
    string,
    string | null,
  ];
  const ids = idsIn(own, {
    changes: JSON.parse(changes) as ChangeSet,
    concerns: concerns === null ? [] : (JSON.parse(concerns) as string[]),
  });
  return { key, bytes, ids };
}

/** @returns the number of IDs with remaining rows */
function removeRows(connection: Connection, endpoint: number, { key, ids }: Leaving, most: number): number {
  // From the end, so that the next step finds the remaining rows at the beginning.
  const before = ids.length <= ROWS_PER_STEP ? ids.length : countLeft(connection, endpoint, key, ids);
  const after = Math.max(0, before - most);
  for (const id of ids.slice(after, before)) {
    connection.run("DELETE FROM history_of WHERE endpoint = ? AND id = ? AND history = ?", endpoint, id, key);
  }
  return after;
}

/** Number of IDs that still have a row: those at the beginning. */
function countLeft(connection: Connection, endpoint: number, key: number, ids: readonly string[]): number {
  let [least, most] = [0, ids.length];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    const id = ids[middle - 1] ?? "";
    const sql = "SELECT 1 FROM history_of WHERE endpoint = ? AND id = ? AND history = ?";
    if (connection.get(sql, endpoint, id, key) === undefined) most = middle - 1;
    else least = middle;
  }
  return least;
}
