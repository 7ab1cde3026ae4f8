import { join } from "node:path";
import type { Config } from "./config.ts";
import { authenticator } from "./http/auth/credentials.ts";
import type { Access } from "./http/serving.ts";
import { ensureSecret, expectedCredentials, type Secret, type Slot, secretsFolder } from "./secrets.ts";
import type { StoredAccess } from "./store/sqlite/access.ts";
import type { Endpoint, Store } from "./store/store.ts";

const DEFAULT_ENDPOINT = "default";

/** How the secrets came to be the valid ones, for the lines printed at start. */
export type Secrets = { readonly scim: Secret; readonly admin: Secret };

type AccessConfig = Pick<Config, "profile" | "dataDir" | "scimSharedSecret" | "adminSecret">;

/** Makes sure that the store has the endpoint and its secrets. */
export async function openAccess(store: Store, config: AccessConfig): Promise<Access & { readonly secrets: Secrets }> {
  const endpoint = await ensureEndpoint(store, config.profile);
  const folder = secretsFolder(config.dataDir);
  const ensure = (slot: Slot, given: string | undefined, file: string) =>
    ensureSecret(store, slot, given, join(folder, file), Date.now());
  const secrets = {
    scim: await ensure(provisioningOf(endpoint), config.scimSharedSecret, "scim"),
    admin: await ensure(ADMINISTRATION, config.adminSecret, "admin"),
  };
  return { endpoint, authenticate: authenticator(await store.credentials.list(store.committed)), secrets };
}

/** Who will be let in once a database that has this is opened here, as far as can be told before. */
export function expectedAccess(stored: StoredAccess | undefined, config: AccessConfig): Access {
  const { endpoints, credentials } = stored ?? { endpoints: [], credentials: [] };
  const known = endpoints.find(({ name }) => name === DEFAULT_ENDPOINT);
  const endpoint = { key: 0, name: DEFAULT_ENDPOINT, ...known, profile: config.profile };
  const folder = secretsFolder(config.dataDir);
  const withScim = expectedCredentials(
    credentials,
    provisioningOf(endpoint),
    config.scimSharedSecret,
    join(folder, "scim"),
  );
  const all = expectedCredentials(withScim, ADMINISTRATION, config.adminSecret, join(folder, "admin"));
  return { endpoint, authenticate: authenticator(all) };
}

const ADMINISTRATION: Slot = { purpose: "administration", endpoint: undefined, label: "admin secret" };

function provisioningOf({ key }: Endpoint): Slot {
  return { purpose: "provisioning", endpoint: key, label: "shared secret" };
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
