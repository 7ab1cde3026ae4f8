import { hash, timingSafeEqual } from "node:crypto";
import type { Credential, CredentialPurpose, Key } from "../../store/store.ts";

/** What may be done with a secret: which purpose, and for provisioning which endpoint. */
export type Authentication = {
  readonly purpose: CredentialPurpose;
  readonly endpoint: Key | undefined;
  readonly label: string;
  /** Id of the User that `/Me` stands for. */
  readonly user: string | undefined;
};

/** SHA-256 of a secret, in hexadecimal: the form in which secrets are stored and compared. */
export function hashSecret(secret: string): string {
  return hash("sha256", secret, "hex");
}

/** Finds out what a secret opens. */
export type Authenticate = (secret: string) => Authentication | undefined;

/**
 * Makes the check for a set of credentials. The look-up is by the secret's hash, and the match confirmed in constant
 * time, so that neither tells how much of a guess was right.
 */
export function authenticator(credentials: readonly Credential[]): Authenticate {
  const byHash = new Map(
    credentials.map((credential) => [
      credential.secretHash,
      {
        digest: Buffer.from(credential.secretHash, "hex"),
        authentication: {
          purpose: credential.purpose,
          endpoint: credential.endpoint,
          label: credential.label,
          user: credential.user,
        },
      },
    ]),
  );
  return (secret) => {
    const secretHash = hashSecret(secret);
    const entry = byHash.get(secretHash);
    if (entry === undefined || !timingSafeEqual(entry.digest, Buffer.from(secretHash, "hex"))) return undefined;
    return entry.authentication;
  };
}
