import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { GROUP_TYPE, resourceModel, USER_TYPE } from "@scimtool/scim";
import type { FastifyInstance } from "fastify";
import type { Config } from "./config.ts";
import { authenticator } from "./http/auth/credentials.ts";
import { buildServer } from "./http/server.ts";
import { ensureSecret, type Secret, secretsFolder } from "./secrets.ts";
import { openSqliteStore } from "./store/sqlite/store.ts";
import type { Endpoint, Store } from "./store/store.ts";
import { VERSION } from "./version.ts";

/** The program, put together and ready to listen. */
export type Application = {
  readonly server: FastifyInstance;
  readonly scimSecret: Secret;
  readonly adminSecret: Secret;
  /** Stops taking requests, answers those under way, closes the database. */
  readonly close: () => Promise<void>;
};

const DEFAULT_ENDPOINT = "default";

/**
 * Opens the database, makes sure of secrets, and builds the HTTP server.
 * @throws Error when the database or the data folder cannot be used
 */
export async function openApplication(config: Config): Promise<Application> {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  mkdirSync(dirname(config.databaseFile), { recursive: true });
  const store = openSqliteStore(config.databaseFile);
  try {
    return await assemble(config, store);
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function assemble(config: Config, store: Store): Promise<Application> {
  const endpoint = await ensureEndpoint(store, config.profile);
  const folder = secretsFolder(config.dataDir);
  const scimSecret = await ensureSecret(
    store,
    { purpose: "provisioning", endpoint: endpoint.key, label: "shared secret" },
    config.scimSharedSecret,
    join(folder, "scim"),
    Date.now(),
  );
  const adminSecret = await ensureSecret(
    store,
    { purpose: "administration", endpoint: undefined, label: "admin secret" },
    config.adminSecret,
    join(folder, "admin"),
    Date.now(),
  );
  let ready = true;
  const server = buildServer({
    directory: { store, now: Date.now },
    endpoint,
    models: [resourceModel(USER_TYPE), resourceModel(GROUP_TYPE)],
    authenticate: authenticator(await store.credentials.list(store.committed)),
    publicUrl: config.publicUrl,
    version: VERSION,
    logLevel: config.logLevel,
    isReady: () => ready,
  });
  return {
    server,
    scimSecret,
    adminSecret,
    close: async () => {
      ready = false;
      await server.close();
      await store.close();
    },
  };
}

async function ensureEndpoint(store: Store, profile: Config["profile"]): Promise<Endpoint> {
  return store.transaction(async (transaction) => {
    const known = (await store.endpoints.list(transaction)).find(({ name }) => name === DEFAULT_ENDPOINT);
    if (known === undefined) return store.endpoints.insert(transaction, { name: DEFAULT_ENDPOINT, profile });
    const endpoint = { ...known, profile };
    if (known.profile !== profile) await store.endpoints.update(transaction, endpoint);
    return endpoint;
  });
}
