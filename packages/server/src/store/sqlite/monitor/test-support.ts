import { databasePlace } from "../../../testing/database.ts";
import type { OpenMonitor } from "../../conformance/monitor-world.ts";
import { openSqliteStore } from "../store.ts";
import { monitor } from "./monitor.ts";

export const openMonitor: OpenMonitor = async () => {
  const place = databasePlace();
  return { store: openSqliteStore(place.file), monitor, dispose: async () => place.remove() };
};
