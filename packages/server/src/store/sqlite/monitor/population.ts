import type { Population } from "../../monitor.ts";
import type { Key, Scope } from "../../store.ts";
import { type Connection, connectionOf } from "../connection.ts";

const HOUR_MS = 3_600_000;

/** Rows removed in one step. */
const HOURS_PER_STEP = 500;

/** Stores the present number of resources as that of the end of the hour. */
export function notePopulation(connection: Connection, endpoint: number, atMs: number): void {
  connection.run(
    `INSERT OR REPLACE INTO population_by_hour (endpoint, hour, type, count)
       SELECT endpoint, ?, type, count FROM population WHERE endpoint = ?`,
    Math.floor(atMs / HOUR_MS),
    endpoint,
  );
}

export async function population(scope: Scope, endpoint: Key, fromMs: number, toMs: number): Promise<Population[]> {
  const [fromHour, toHour] = [Math.floor(fromMs / HOUR_MS), Math.ceil(toMs / HOUR_MS)];
  if (fromHour >= toHour) return [];
  // Of each type the last number before the span counts from its start. SQLite takes `count` from the row of the maximum.
  const rows = connectionOf(scope).all(
    `SELECT ?2, type, count FROM
       (SELECT max(hour), type, count FROM population_by_hour WHERE endpoint = ?1 AND hour <= ?2 GROUP BY type)
     UNION ALL
     SELECT * FROM (SELECT hour, type, count FROM population_by_hour
       WHERE endpoint = ?1 AND hour > ?2 AND hour < ?3 ORDER BY hour, type)`,
    endpoint,
    fromHour,
    toHour,
  );
  return rows.map(([hour, type, count]) => ({
    hourMs: (hour as number) * HOUR_MS,
    type: type as string,
    count: count as number,
  }));
}

/**
 * Removes the numbers from before a moment, except the last one of each type. @returns whether all of them are removed
 */
export function removePopulationBefore(connection: Connection, endpoint: number, ms: number): boolean {
  const { changed } = connection.run(
    `DELETE FROM population_by_hour WHERE (endpoint, hour, type) IN
       (SELECT endpoint, hour, type FROM population_by_hour p WHERE endpoint = ?1 AND hour < ?2 AND EXISTS
         (SELECT 1 FROM population_by_hour WHERE endpoint = ?1 AND hour > p.hour AND hour <= ?2 AND type = p.type)
        LIMIT ${HOURS_PER_STEP})`,
    endpoint,
    Math.floor(ms / HOUR_MS),
  );
  return changed < HOURS_PER_STEP;
}
