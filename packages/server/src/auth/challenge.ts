import type { Realm, Refused } from "./decision.ts";

/**
 * The value of WWW-Authenticate for a refusal (RFC 6750 §3): with every 401, and with a 403 for a missing scope.
 * @returns undefined for the others
 */
export function challengeOf({ status, error, scope }: Refused, realm: Realm): string | undefined {
  if (status !== 401 && error === undefined) return undefined;
  const parameters = [`realm="${realm === "administration" ? "administration" : "SCIM"}"`];
  if (error !== undefined) parameters.push(`error="${error}"`);
  if (scope !== undefined) parameters.push(`scope="${scope}"`);
  return `Bearer ${parameters.join(", ")}`;
}
