import { randomUUID } from "node:crypto";
import type { Credential, CredentialKind, NewCredential } from "../store/store.ts";
import { hashSecret, newSecret } from "./secret.ts";

/** A credential to be stored, and its secret, which is shown this once. */
export type Made = { readonly secret: string; readonly credential: NewCredential };

type Wanted = Pick<Credential, "purpose" | "endpoint" | "label" | "scopes" | "expiresMs" | "user">;

/** Makes a bearer token. */
export function newToken(wanted: Wanted): Made {
  return made("token", { ...wanted, clientId: undefined });
}

/**
 * Makes a secret of an OAuth client of an endpoint: of a new client, or a further one of an old client, both of which
 * are then valid.
 */
export function newClientSecret(wanted: Omit<Wanted, "purpose"> & { readonly clientId: string | undefined }): Made {
  return made("client", { ...wanted, purpose: "provisioning", clientId: wanted.clientId ?? randomUUID() });
}

/** Whether a client may have this id: it must go through URLs, forms and headers as it is (RFC 6749 §2.3.1). */
export function isClientId(text: string): boolean {
  return /^[A-Za-z0-9._~-]{1,100}$/.test(text);
}

function made(kind: CredentialKind, wanted: Wanted & Pick<Credential, "clientId">): Made {
  const secret = newSecret(kind);
  return { secret, credential: { ...wanted, kind, secretHash: hashSecret(secret), origin: undefined } };
}
