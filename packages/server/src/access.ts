import { join } from "node:path";
import { Authenticator } from "./auth/authenticator.ts";
import { hashSecret, SCOPES } from "./auth/credentials.ts";
import { JwtVerifier } from "./auth/jwt/verifier.ts";
import type { Config } from "./config.ts";
import { Endpoints, loadEndpoints } from "./endpoint/endpoints.ts";
import { DEFAULT_ENDPOINT, serveEndpoint } from "./endpoint/served-endpoint.ts";
import type { Access } from "./http/serving.ts";
import {
  ensureGiven,
  ensureSecret,
  expectedCredentials,
  expectedGiven,
  firstSecret,
  type Secret,
  type SecretSources,
  type Slot,
  secretOf,
  secretsFolder,
} from "./secrets.ts";
import { SHARED_SECRET_LABEL } from "./store/credential.ts";
import type { StoredAccess } from "./store/sqlite/access.ts";
import type { Credential, Endpoint, Store } from "./store/store.ts";

/** One per configuration, so that reopening the database keeps the issuers' keys. */
const verifiers = new WeakMap<readonly string[], JwtVerifier>();

function verifierOf({ issuerHosts }: AccessConfig): JwtVerifier {
  const verifier = verifiers.get(issuerHosts) ?? new JwtVerifier(issuerHosts);
  verifiers.set(issuerHosts, verifier);
  return verifier;
}

/** Where the valid secrets come from, for the lines printed at start. */
export type Secrets = { readonly scim: Secret; readonly admin: Secret };

/** The secrets that this process knows. Of others the database has only hashes. */
export function knownSecrets(
  { scim, admin }: Secrets,
  { scimSharedSecret, adminSecret, viewerSecret }: AccessConfig,
): string[] {
  const known = [scimSharedSecret, adminSecret, viewerSecret, secretOf(scim), secretOf(admin)];
  return [...new Set(known.filter((secret) => secret !== undefined))];
}

/** Why replicas of one PostgreSQL database would treat secrets differently. */
export function secretsWarnings(secrets: Secrets, { scimSharedSecret, adminSecret }: AccessConfig): string[] {
  const each = [
    [secrets.scim, "SCIM", "SCIM_SHARED_SECRET", scimSharedSecret],
    [secrets.admin, "admin", "ADMIN_SECRET", adminSecret],
  ] as const;
  return each.flatMap(([secret, name, variable, given]) => {
    const remedy = `Set the same ${variable} for every replica.`;
    if (secret.kind === "made") {
      return [
        `This start created the ${name} secret in ${secret.file}, a file that other replicas do not have. ${remedy}`,
      ];
    }
    if (secret.kind !== "given" || given !== undefined) return [];
    return [
      `${variable} is not set. This replica accepts the ${name} secret, but knows only its hash, so it cannot remove the secret from recorded requests. ${remedy}`,
    ];
  });
}

/** What to change about secrets of this replica's settings that are not valid, because another replica has others. */
export function replacedSecretsWarnings(
  authenticator: Pick<Authenticator, "knows">,
  { scimSharedSecret, adminSecret, viewerSecret }: AccessConfig,
): string[] {
  const given = { SCIM_SHARED_SECRET: scimSharedSecret, ADMIN_SECRET: adminSecret, VIEWER_SECRET: viewerSecret };
  return Object.entries(given).flatMap(([variable, secret]) => {
    if (secret === undefined || authenticator.knows(secret)) return [];
    const removed = secret === scimSharedSecret ? ", or an administrator removed it" : "";
    return [
      `The ${variable} of this replica is not valid: a replica that started later has another one or none${removed}. Set the same ${variable} for every replica, and restart those that had another.`,
    ];
  });
}

type AccessConfig = Pick<
  Config,
  "profile" | "dataDir" | "scimSharedSecret" | "adminSecret" | "viewerSecret" | "issuerHosts"
>;

/**
 * Makes sure that the store has the default endpoint and its secrets.
 * @throws Error if two secrets would be equal, before anything is written
 */
export async function openAccess(store: Store, config: AccessConfig): Promise<Access & { readonly secrets: Secrets }> {
  const known = (await store.endpoints.list(store.committed)).find(isDefault);
  expectedCredentialsOf(await store.credentials.list(store.committed), known, config);
  const scim = await ensureEndpoint(store, config);
  const admin = await ensureSecret(store, ADMINISTRATION, adminSources(config), Date.now());
  await ensureGiven(store, VIEWING, config.viewerSecret, Date.now());
  const endpoints = new Endpoints(await loadEndpoints(store));
  return { endpoints, authenticator: await Authenticator.open(store, verifierOf(config)), secrets: { scim, admin } };
}

/**
 * Predicts the access of a database before this process opens it.
 * @throws Error if two secrets would be equal
 */
export function expectedAccess(stored: StoredAccess | undefined, config: AccessConfig): Access {
  const { endpoints, credentials, trusts } = stored ?? { endpoints: [], credentials: [], trusts: [] };
  const served = endpoints.filter(({ isLeaving }) => !isLeaving);
  const known = served.find(isDefault);
  const all = expectedCredentialsOf(credentials, known, config);
  return {
    endpoints: new Endpoints((known === undefined ? [NEW_ENDPOINT] : served).map(serveEndpoint)),
    authenticator: new Authenticator({ credentials: all, trusts }, undefined, verifierOf(config)),
  };
}

/** The default endpoint of a new database. */
const NEW_ENDPOINT = { key: 0, revision: 0, name: DEFAULT_ENDPOINT, settings: {} } as const;

function isDefault({ name }: Pick<Endpoint, "name">): boolean {
  return name === DEFAULT_ENDPOINT;
}

/**
 * The credentials after a start, without new random secrets.
 * @param endpoint the default one; undefined if it does not exist yet
 * @throws Error if two secrets would be equal
 */
function expectedCredentialsOf(
  credentials: readonly Credential[],
  endpoint: Endpoint | undefined,
  config: AccessConfig,
): Credential[] {
  const scim = scimSources(config, endpoint !== undefined);
  const withScim = expectedCredentials(credentials, provisioningOf(endpoint ?? NEW_ENDPOINT), scim);
  const withAdmin = expectedCredentials(withScim, ADMINISTRATION, adminSources(config));
  const all = expectedGiven(withAdmin, VIEWING, config.viewerSecret);
  checkDistinct(all);
  return all;
}

/**
 * `completeConfig` compares the settings with each other. This also compares them with secrets of earlier starts.
 * @throws Error if an administration secret equals another secret
 */
function checkDistinct(credentials: readonly Credential[]): void {
  for (const same of Map.groupBy(credentials, ({ secretHash }) => secretHash).values()) {
    const administration = same.find(({ purpose }) => purpose === "administration");
    const other = same.find((each) => each !== administration);
    if (administration === undefined || other === undefined) continue;
    throw new Error(
      `"${administration.label}" and "${other.label}" would be the same secret. Set another ADMIN_SECRET, VIEWER_SECRET or SCIM_SHARED_SECRET.`,
    );
  }
}

function scimSources({ dataDir, scimSharedSecret }: AccessConfig, isRemovable: boolean): SecretSources {
  return { given: scimSharedSecret, file: join(secretsFolder(dataDir), "scim"), isRemovable };
}

function adminSources({ dataDir, adminSecret }: AccessConfig): SecretSources {
  return { given: adminSecret, file: join(secretsFolder(dataDir), "admin"), isRemovable: false };
}

const ADMINISTRATION: Slot = {
  purpose: "administration",
  endpoint: undefined,
  label: "admin secret",
  scopes: SCOPES,
};

/** Read-only administration. */
const VIEWING: Slot = {
  purpose: "administration",
  endpoint: undefined,
  label: "viewer secret",
  scopes: ["read"],
};

function provisioningOf({ key }: Pick<Endpoint, "key">): Slot {
  return { purpose: "provisioning", endpoint: key, label: SHARED_SECRET_LABEL, scopes: SCOPES };
}

/**
 * Creates the endpoint and its secret in one transaction: if an endpoint has no secret, an administrator removed it.
 * @returns where its secret comes from
 */
async function ensureEndpoint(store: Store, config: AccessConfig): Promise<Secret> {
  const { profile } = config;
  const known = (await store.endpoints.list(store.committed)).find(isDefault);
  if (known !== undefined) {
    if (profile !== undefined && known.settings["profile"] !== profile) {
      const endpoint = { ...known, settings: { ...known.settings, profile } };
      await store.transaction((transaction) => store.endpoints.update(transaction, endpoint));
    }
    return ensureSecret(store, provisioningOf(known), scimSources(config, true), Date.now());
  }
  const { secret, origin } = firstSecret(scimSources(config, false));
  await store.transaction(async (transaction) => {
    const settings = profile === undefined ? {} : { profile };
    const made = await store.endpoints.insert(transaction, { name: DEFAULT_ENDPOINT, settings }, Date.now());
    const credential = { ...provisioningOf(made), secretHash: hashSecret(secret) };
    await store.credentials.put(transaction, credential, Date.now());
  });
  return origin;
}
