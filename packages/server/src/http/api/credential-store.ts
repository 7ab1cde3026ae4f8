import { ScimError } from "@scimtool/scim";
import { includesScope, type NewSecret, newClientSecret, newToken } from "../../auth/credentials.ts";
import { DEFAULT_ENDPOINT } from "../../endpoint/served-endpoint.ts";
import type { Credential, Endpoint, NewCredential, Scope, Store } from "../../store/store.ts";
import type { Served } from "../serving.ts";
import { changeAccess } from "./access.ts";

/** Tokens and client secrets of an endpoint, the oldest first. */
export async function credentialsOf(store: Store, { key }: Endpoint, scope: Scope = store.committed) {
  return (await store.credentials.list(scope)).filter(({ endpoint }) => endpoint === key);
}

/**
 * @param key from the URL
 * @throws ScimError 404, also for a credential of another endpoint
 */
async function credentialAt(store: Store, endpoint: Endpoint, key: string, scope: Scope): Promise<Credential> {
  const found = (await credentialsOf(store, endpoint, scope)).find((credential) => String(credential.key) === key);
  if (found !== undefined) return found;
  throw new ScimError(
    404,
    `The endpoint "${endpoint.name}" has no credential ${key.slice(0, 100)}. GET /api/endpoints/${endpoint.name}/credentials lists them.`,
  );
}

/** @throws ScimError 409 for a label that is taken */
export function insertCredential(served: Served, credential: NewCredential): Promise<Credential> {
  const { store, now } = served.directory;
  return changeAccess(served, (transaction) => store.credentials.insert(transaction, credential, now()));
}

/** @throws ScimError 404, 409 for a label that is taken; what `change` throws */
export function changeCredential(
  served: Served,
  endpoint: Endpoint,
  key: string,
  change: (credential: Credential) => Pick<Credential, "label" | "scopes" | "expiresMs">,
): Promise<{ readonly known: Credential; readonly changed: Credential }> {
  const { store } = served.directory;
  return changeAccess(served, async (transaction) => {
    const known = await credentialAt(store, endpoint, key, transaction);
    const changed = change(known);
    await store.credentials.update(transaction, known.key, changed);
    return { known, changed: { ...known, ...changed } };
  });
}

/** Removes a credential and the access tokens issued for it. @throws ScimError 404 */
export function removeCredential(served: Served, endpoint: Endpoint, key: string): Promise<Credential> {
  const { store } = served.directory;
  return changeAccess(served, async (transaction) => {
    const credential = await credentialAt(store, endpoint, key, transaction);
    await store.credentials.remove(transaction, credential.key);
    return credential;
  });
}

export type Rotation = {
  /** How long the old secret stays valid. */
  readonly graceMs: number;
  /** When the new secret expires, in milliseconds since 1970; undefined: it gets the lifetime of the old one. */
  readonly expiresMs: number | undefined;
};

export type Rotated = {
  /** The new secret, which is shown once. */
  readonly secret: string;
  readonly made: Credential;
  readonly replaced: Credential;
};

/**
 * Creates a secret that replaces another, with the same label and scopes. Both are valid during the grace period, so
 * that requests succeed until the new secret is entered at the identity provider.
 * @param key from the URL
 * @throws ScimError 404, 409
 */
export function rotateCredential(
  served: Served,
  endpoint: Endpoint,
  key: string,
  nowMs: number,
  rotation: Rotation,
): Promise<Rotated> {
  const { store } = served.directory;
  return changeAccess(served, async (transaction) => {
    const old = await credentialAt(store, endpoint, key, transaction);
    const endMs = Math.min(old.expiresMs ?? Number.POSITIVE_INFINITY, nowMs + rotation.graceMs);
    const end = new Date(endMs).toISOString().replace(/\.\d+Z$/, "Z");
    const changed = { label: `${old.label} (until ${end})`, scopes: old.scopes, expiresMs: endMs };
    await store.credentials.update(transaction, old.key, changed);
    const { secret, credential } = successorOf(old, endpoint, rotation.expiresMs ?? sameLifetime(old, nowMs));
    const made = await store.credentials.insert(transaction, credential, nowMs);
    return { secret, made, replaced: { ...old, ...changed } };
  });
}

function successorOf(old: Credential, { key }: Endpoint, expiresMs: number | undefined): NewSecret {
  const { kind, label, scopes, user, clientId } = old;
  const same = { endpoint: key, label, scopes, user, expiresMs };
  return kind === "client" ? newClientSecret({ ...same, clientId }) : newToken({ ...same, purpose: "provisioning" });
}

function sameLifetime({ createdMs, expiresMs }: Credential, nowMs: number): number | undefined {
  return expiresMs === undefined ? undefined : nowMs + Math.max(0, expiresMs - createdMs);
}

/**
 * How to regain access after the last credential with write access was removed.
 * @returns undefined if another one exists, or the removed one had no write access
 */
export async function adviceWithout(
  { directory: { store, now }, authenticator }: Served,
  endpoint: Endpoint,
  removed: Credential,
): Promise<string | undefined> {
  if (!canWrite(removed)) return undefined;
  const nowMs = now();
  const left = (await credentialsOf(store, endpoint)).filter(({ expiresMs = nowMs + 1 }) => expiresMs > nowMs);
  if ([...left, ...authenticator.trustsOf(endpoint.key)].some(canWrite)) return undefined;
  const { name } = endpoint;
  const atStart = name === DEFAULT_ENDPOINT ? ", or start the server with SCIM_SHARED_SECRET, which sets one" : "";
  return `No credential of "${name}" can write now. Create a token (POST /api/endpoints/${name}/credentials)${atStart}.`;
}

function canWrite({ scopes }: Pick<Credential, "scopes">): boolean {
  return includesScope(scopes, "write");
}
