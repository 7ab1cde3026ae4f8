import { DatabaseSync } from "node:sqlite";
import { databasePlace } from "../../../testing/database.ts";
import type { OpenMonitor } from "../../conformance/monitor-world.ts";
import { MONITOR } from "../migrations/monitor.ts";
import { openSqliteStore } from "../store.ts";
import { monitor } from "./monitor.ts";

export const openMonitor: OpenMonitor = async () => {
  const place = databasePlace();
  await addMonitor(place.file);
  return { store: openSqliteStore(place.file), monitor, dispose: async () => place.remove() };
};

/** Gives a database the monitor's tables, where the schema does not have them. */
export async function addMonitor(file: string): Promise<void> {
  await openSqliteStore(file).close();
  const database = new DatabaseSync(file);
  const has = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'monitor_block'").get() !== undefined;
  if (!has) database.exec(MONITOR);
  database.close();
}
