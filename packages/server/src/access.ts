import { join } from "node:path";
import { Authority } from "./auth/authority.ts";
import { JwtVerifier } from "./auth/jwt/verifier.ts";
import type { Config } from "./config.ts";
import { Endpoints, loadEndpoints } from "./endpoint/endpoints.ts";
import { DEFAULT_ENDPOINT, serveEndpoint } from "./endpoint/served-endpoint.ts";
import type { Access } from "./http/serving.ts";
import { ensureSecret, expectedCredentials, type Secret, type Slot, secretsFolder } from "./secrets.ts";
import type { StoredAccess } from "./store/sqlite/access.ts";
import type { Endpoint, Store } from "./store/store.ts";

/** One for the whole process: the keys of issuers stay known when the database is opened anew. */
const verifier = new JwtVerifier();

/** How the secrets came to be the valid ones, for the lines printed at start. */
export type Secrets = { readonly scim: Secret; readonly admin: Secret };

type AccessConfig = Pick<Config, "profile" | "dataDir" | "scimSharedSecret" | "adminSecret">;

/** Makes sure that the store has the default endpoint and its secrets. */
export async function openAccess(store: Store, config: AccessConfig): Promise<Access & { readonly secrets: Secrets }> {
  const endpoint = await ensureEndpoint(store, config.profile);
  const folder = secretsFolder(config.dataDir);
  const ensure = (slot: Slot, given: string | undefined, file: string) =>
    ensureSecret(store, slot, given, join(folder, file), Date.now());
  const secrets = {
    scim: await ensure(provisioningOf(endpoint), config.scimSharedSecret, "scim"),
    admin: await ensure(ADMINISTRATION, config.adminSecret, "admin"),
  };
  const endpoints = new Endpoints(await loadEndpoints(store));
  return { endpoints, authority: await Authority.open(store, verifier), secrets };
}

/** Who will be let in once a database that has this is opened here, as far as can be told before. */
export function expectedAccess(stored: StoredAccess | undefined, config: AccessConfig): Access {
  const { endpoints, credentials, trusts } = stored ?? { endpoints: [], credentials: [], trusts: [] };
  const known = endpoints.find(({ name }) => name === DEFAULT_ENDPOINT) ?? { key: 0, name: DEFAULT_ENDPOINT };
  const served = endpoints.some(({ key }) => key === known.key) ? endpoints : [{ ...known, settings: {} }];
  const folder = secretsFolder(config.dataDir);
  const withScim = expectedCredentials(
    credentials,
    provisioningOf(known),
    config.scimSharedSecret,
    join(folder, "scim"),
  );
  const all = expectedCredentials(withScim, ADMINISTRATION, config.adminSecret, join(folder, "admin"));
  return {
    endpoints: new Endpoints(served.map(serveEndpoint)),
    authority: new Authority({ credentials: all, trusts }, undefined, verifier),
  };
}

const ADMINISTRATION: Slot = { purpose: "administration", endpoint: undefined, label: "admin secret" };

function provisioningOf({ key }: Pick<Endpoint, "key">): Slot {
  return { purpose: "provisioning", endpoint: key, label: "shared secret" };
}

/** @param profile of the default endpoint; undefined leaves what it has */
async function ensureEndpoint(store: Store, profile: Config["profile"]): Promise<Endpoint> {
  const set = profile === undefined ? {} : { profile };
  return store.transaction(async (transaction) => {
    const known = (await store.endpoints.list(transaction)).find(({ name }) => name === DEFAULT_ENDPOINT);
    if (known === undefined) {
      return store.endpoints.insert(transaction, { name: DEFAULT_ENDPOINT, settings: set }, Date.now());
    }
    if (profile === undefined || known.settings["profile"] === profile) return known;
    const endpoint = { ...known, settings: { ...known.settings, profile } };
    await store.endpoints.update(transaction, endpoint);
    return endpoint;
  });
}
