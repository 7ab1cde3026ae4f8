import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Application, openApplication } from "../application.ts";
import type { Config } from "../config.ts";
import { DEFAULT_CONNECTION_LIMITS } from "../http/connection-limits.ts";
import type { Environment } from "../replicated/replicated.ts";
import { type Client, clientOf } from "./client.ts";
import { dropPostgresOf, postgresUrlOf } from "./store.ts";

export const TEST_SECRET = "test-scim-secret";
export const TEST_ADMIN_SECRET = "test-admin-secret";

/** The program in this process, listening on the loopback interface, with its own data folder. */
export type RunningApplication = {
  readonly application: Application;
  readonly port: number;
  readonly origin: string;
  readonly dataDir: string;
  /** Sends to the SCIM base URI with the SCIM secret. */
  readonly client: Client;
  /** Sends to the origin with the administration secret. */
  readonly admin: Client;
  /** Opens another client, to the origin by default. */
  readonly connect: (secret: string | undefined, basePath?: string) => Client;
  /** Closes all clients, stops the server and removes its data folder. */
  readonly close: () => Promise<void>;
};

export function testFolder(): string {
  return mkdtempSync(join(tmpdir(), "scimtool-test-"));
}

/** Settings for tests, with a new data folder by default. */
export function testConfig(settings: Partial<Config> = {}): Config {
  const dataDir = settings.dataDir ?? testFolder();
  return {
    port: 0,
    host: "127.0.0.1",
    postgresUrl: undefined,
    databaseFile: join(dataDir, "scim.db"),
    cacheMb: undefined,
    searchTimeoutMs: 10_000,
    scimSharedSecret: TEST_SECRET,
    adminSecret: TEST_ADMIN_SECRET,
    viewerSecret: undefined,
    scimSharedSecretFile: undefined,
    adminSecretFile: undefined,
    viewerSecretFile: undefined,
    publicUrl: undefined,
    issuerHosts: [],
    profile: "tolerant",
    recording: "on",
    updateCheck: "off",
    logLevel: "error",
    connectionLimits: DEFAULT_CONNECTION_LIMITS,
    backupTarget: undefined,
    backupDurability: "semi-sync",
    backupIntervalMs: 300_000,
    backupRetentionMs: 7 * 86_400_000,
    init: false,
    ...settings,
    dataDir,
  };
}

/** Starts the program in this process, with settings for tests by default. */
export async function startApplication(
  settings: Partial<Config> = {},
  environment: Environment = {},
): Promise<RunningApplication> {
  const chosen = testConfig(settings);
  const { dataDir } = chosen;
  // Only SQLite has backup targets.
  const isOwn = chosen.postgresUrl === undefined && chosen.backupTarget === undefined;
  const config = isOwn ? { ...chosen, postgresUrl: await postgresUrlOf(dataDir) } : chosen;
  const application = await openApplication(config, environment);
  await application.server.listen({ port: 0, host: "127.0.0.1" });
  const { port } = application.server.server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const clients: Client[] = [];
  const connect = (secret: string | undefined, basePath = ""): Client => {
    const client = clientOf(origin + basePath, secret);
    clients.push(client);
    return client;
  };
  return {
    application,
    port,
    origin,
    dataDir,
    client: connect(TEST_SECRET, "/scim/v2"),
    admin: connect(TEST_ADMIN_SECRET),
    connect,
    close: async () => {
      for (const client of clients) client.close();
      await application.close();
      await dropPostgresOf(dataDir);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
