/** The measured program, in this process, so that records can have another clock. */
import { mkdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Command } from "commander";
import { completeConfig, configOptions } from "../../packages/server/src/config.ts";
import { changeEndpoint, createEndpoint } from "../../packages/server/src/endpoint/administration.ts";
import type { Endpoints } from "../../packages/server/src/endpoint/endpoints.ts";
import { buildServer } from "../../packages/server/src/http/server.ts";
import { openServed } from "../../packages/server/src/served.ts";
import { openSqliteStore, type SqliteStore } from "../../packages/server/src/store/sqlite/store.ts";

export const secret = "retention-benchmark-secret";

/** Retention of the default endpoint, which serves the requests with the real clock. */
const ofRequests = { exchanges: { maxAgeDays: 36_500, maxCount: 2_000 }, history: { maxAgeDays: 1 } };

/** Retention of the others. */
export const limits = {
  "by-age": { exchanges: { maxAgeDays: 1 }, history: { maxAgeDays: 1 } },
  "by-size": { exchanges: { maxBytes: 4 * 1_048_576 }, history: { maxAgeDays: 1 } },
  "by-number": { exchanges: { maxCount: 10_000 }, history: { maxAgeDays: 1 } },
} as const;

/** For the end: as little as possible. */
const least = { exchanges: { maxAgeDays: 1, maxCount: 0 }, history: { maxAgeDays: 1 } };

export type Program = {
  readonly file: string;
  readonly port: number;
  readonly store: SqliteStore;
  readonly endpoints: Endpoints;
  /** Keys in the order of {@link limits}. */
  readonly keys: readonly number[];
  /** Reduces retention to the minimum. */
  readonly keepLeast: () => Promise<void>;
  readonly close: () => Promise<void>;
};

export async function openProgram(folder: string): Promise<Program> {
  const dataDir = join(folder, "data");
  mkdirSync(dataDir, { recursive: true });
  const command = new Command();
  for (const option of configOptions()) command.addOption(option);
  command.parse(["--data-dir", dataDir, "--scim-shared-secret", secret], { from: "user" });
  const config = completeConfig({ ...command.opts(), backupTarget: undefined });
  const store = openSqliteStore(config.databaseFile);
  const served = await openServed(store, config, () => undefined);
  const { endpoints } = served;
  const office = { store, endpoints, now: Date.now };
  await changeEndpoint(office, "default", { settings: { retention: ofRequests } });
  for (const [name, retention] of Object.entries(limits)) await createEndpoint(office, name, { retention });
  const server = buildServer({
    serving: { current: served, access: served, admit: async () => served, readiness: () => "ready" },
    backup: undefined,
    publicUrl: undefined,
    logLevel: "silent",
    limits: config.connectionLimits,
  });
  await server.listen({ port: 0, host: "127.0.0.1" });
  return {
    file: config.databaseFile,
    port: (server.server.address() as AddressInfo).port,
    store,
    endpoints,
    keys: Object.keys(limits).map((name) => endpoints.get(name)?.key ?? 0),
    keepLeast: async () => {
      for (const name of ["default", ...Object.keys(limits)]) {
        await changeEndpoint(office, name, { settings: { retention: least } });
      }
    },
    close: async () => {
      await server.close();
      await served.close();
      await store.close();
    },
  };
}
