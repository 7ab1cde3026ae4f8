import { type Made, newClientSecret, newToken } from "../../auth/new-credential.ts";
import type { Credential, Endpoint } from "../../store/store.ts";
import type { Served } from "../serving.ts";
import { changing, credentialAt } from "./credential-office.ts";

export type Rotation = {
  /** How long the old secret stays valid. */
  readonly graceMs: number;
  /** When the new one ends, in milliseconds since 1970; undefined: it lives as long as the old one was meant to. */
  readonly expiresMs: number | undefined;
};

export type Rotated = {
  /** The new secret, which is shown this once. */
  readonly secret: string;
  readonly made: Credential;
  readonly replaced: Credential;
};

/**
 * Makes a secret that takes the place of another, with its label and all that it may do; both are valid for a while, so
 * that nothing is refused before the new one is entered at the identity provider.
 * @param key as it stands in the URL
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
  return changing(served, async (transaction) => {
    const old = await credentialAt(store, endpoint, key, transaction);
    const endMs = Math.min(old.expiresMs ?? Number.POSITIVE_INFINITY, nowMs + rotation.graceMs);
    const changed = { label: `${old.label} (until ${toTheSecond(endMs)})`, scopes: old.scopes, expiresMs: endMs };
    await store.credentials.update(transaction, old.key, changed);
    const { secret, credential } = successorOf(old, endpoint, rotation.expiresMs ?? sameLife(old, nowMs));
    const made = await store.credentials.insert(transaction, credential, nowMs);
    return { secret, made, replaced: { ...old, ...changed } };
  });
}

function successorOf(old: Credential, { key }: Endpoint, expiresMs: number | undefined): Made {
  const { kind, label, scopes, user, clientId } = old;
  const same = { endpoint: key, label, scopes, user, expiresMs };
  return kind === "client" ? newClientSecret({ ...same, clientId }) : newToken({ ...same, purpose: "provisioning" });
}

function sameLife({ createdMs, expiresMs }: Credential, nowMs: number): number | undefined {
  return expiresMs === undefined ? undefined : nowMs + Math.max(0, expiresMs - createdMs);
}

function toTheSecond(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}
