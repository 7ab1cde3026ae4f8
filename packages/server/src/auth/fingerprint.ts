import { createHmac, randomBytes } from "node:crypto";

const key = randomBytes(32);

/**
 * Stands for a secret in records and logs: two equal secrets are seen to be equal, and nothing else can be told. The
 * key is of this process, so that nobody can try out guesses on what was recorded.
 * @returns 8 hexadecimal digits
 */
export function fingerprint(secret: string): string {
  return createHmac("sha256", key).update(secret).digest("hex").slice(0, 8);
}

/** A secret for a record: its length, which shows whether it was cut, and its fingerprint. */
export function describeSecret(secret: string): string {
  return `${secret.length} characters, fingerprint ${fingerprint(secret)}`;
}
