import { ScimError } from "@scimtool/scim";
import type { Credential, Endpoint, NewCredential, Scope, Store, Transaction } from "../../store/store.ts";
import { LabelConflict } from "../../store/store.ts";
import type { Served } from "../serving.ts";

/** What of a credential can be changed. */
export type Changed = Pick<Credential, "label" | "scopes" | "expiresMs">;

/** Tokens and client secrets of an endpoint, in the order in which they were made. */
export async function credentialsOf(store: Store, { key }: Endpoint, scope: Scope = store.committed) {
  return (await store.credentials.list(scope)).filter(({ endpoint }) => endpoint === key);
}

/**
 * @param key as it stands in the URL
 * @throws ScimError 404, also for one of another endpoint
 */
export async function credentialAt(store: Store, endpoint: Endpoint, key: string, scope: Scope): Promise<Credential> {
  const found = (await credentialsOf(store, endpoint, scope)).find((credential) => String(credential.key) === key);
  if (found !== undefined) return found;
  throw new ScimError(
    404,
    `The endpoint "${endpoint.name}" has no credential ${key.slice(0, 100)}. GET /api/endpoints/${endpoint.name}/credentials lists those that it has.`,
  );
}

/** @throws ScimError 409 for a label that is taken */
export function insertCredential(served: Served, credential: NewCredential): Promise<Credential> {
  const { store, now } = served.directory;
  return changing(served, (transaction) => store.credentials.insert(transaction, credential, now()));
}

/** @throws ScimError 404, 409 for a label that is taken; what `change` throws */
export function changeCredential(
  served: Served,
  endpoint: Endpoint,
  key: string,
  change: (credential: Credential) => Changed,
): Promise<{ readonly known: Credential; readonly changed: Credential }> {
  const { store } = served.directory;
  return changing(served, async (transaction) => {
    const known = await credentialAt(store, endpoint, key, transaction);
    const changed = change(known);
    await store.credentials.update(transaction, known.key, changed);
    return { known, changed: { ...known, ...changed } };
  });
}

/** Removes a credential, with the access tokens that were given for it. @throws ScimError 404 */
export function removeCredential(served: Served, endpoint: Endpoint, key: string): Promise<Credential> {
  const { store } = served.directory;
  return changing(served, async (transaction) => {
    const credential = await credentialAt(store, endpoint, key, transaction);
    await store.credentials.remove(transaction, credential.key);
    return credential;
  });
}

/**
 * Runs a transaction that changes who may come in, and makes that count.
 * @throws ScimError 409 for a label that is taken; what `work` throws
 */
export async function changing<T>(
  { directory: { store }, authority }: Served,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  try {
    const done = await store.transaction(work);
    await authority.refresh();
    return done;
  } catch (error) {
    if (!(error instanceof LabelConflict)) throw error;
    throw new ScimError(409, `${error.message} Choose another one, or remove what has it.`);
  }
}
