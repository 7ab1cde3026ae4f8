import type { Population } from "../../monitor.ts";
import type { Key, Scope } from "../../store.ts";
import { type Executor, executorOf } from "../executor.ts";

const HOUR_MS = 3_600_000;

/** Rows removed in one step. */
const HOURS_PER_STEP = 500;

/** Stores the current number of resources for the end of the hour. */
export async function notePopulation(executor: Executor, endpoint: number, atMs: number): Promise<void> {
  const hour = Math.floor(atMs / HOUR_MS);
  await executor.run("DELETE FROM population_by_hour WHERE endpoint = ? AND hour = ?", endpoint, hour);
  await executor.run(
    `INSERT INTO population_by_hour (endpoint, hour, type, count)
       SELECT endpoint, ${hour}, type, sum(count) FROM population WHERE endpoint = ? GROUP BY endpoint, type`,
    endpoint,
  );
}

export async function population(scope: Scope, endpoint: Key, fromMs: number, toMs: number): Promise<Population[]> {
  const [fromHour, toHour] = [Math.floor(fromMs / HOUR_MS), Math.ceil(toMs / HOUR_MS)];
  if (fromHour >= toHour) return [];
  // The last number of each type before the span counts from its start.
  const rows = await executorOf(scope).all(
    `SELECT hour, type, count FROM
       (SELECT ${fromHour} AS hour, type, count FROM population_by_hour p WHERE endpoint = ? AND hour =
          (SELECT max(hour) FROM population_by_hour WHERE endpoint = p.endpoint AND type = p.type AND hour <= ?)
        UNION ALL
        SELECT hour, type, count FROM population_by_hour WHERE endpoint = ? AND hour > ? AND hour < ?) hours
     ORDER BY hour, type`,
    endpoint,
    fromHour,
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

/** Removes the numbers from before a moment, except the last one of each type. @returns whether all are removed */
export async function removePopulationBefore(executor: Executor, endpoint: number, ms: number): Promise<boolean> {
  const hour = Math.floor(ms / HOUR_MS);
  const { changed } = await executor.run(
    `DELETE FROM population_by_hour WHERE (endpoint, hour, type) IN
       (SELECT endpoint, hour, type FROM population_by_hour p WHERE endpoint = ? AND hour < ? AND EXISTS
         (SELECT 1 FROM population_by_hour WHERE endpoint = p.endpoint AND hour > p.hour AND hour <= ? AND type = p.type)
        LIMIT ${HOURS_PER_STEP})`,
    endpoint,
    hour,
    hour,
  );
  return changed < HOURS_PER_STEP;
}
