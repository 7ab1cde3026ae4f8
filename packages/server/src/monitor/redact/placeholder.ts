import { describeSecret } from "../../auth/fingerprint.ts";

/**
 * What stands in a record in the place of a secret. Two that are equal are seen to be equal, and a length shows whether
 * it was cut; nothing else can be told.
 */
export function placeholder(secret: string): string {
  return `[secret, ${describeSecret(secret)}]`;
}
