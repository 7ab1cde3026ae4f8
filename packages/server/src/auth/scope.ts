import type { CredentialScope } from "../store/store.ts";

/** In the order in which they are written. */
export const SCOPES: readonly CredentialScope[] = ["read", "write"];

/** Whether what is granted includes a scope; `write` includes `read`. */
export function includesScope(granted: readonly CredentialScope[], scope: CredentialScope): boolean {
  return granted.includes(scope) || (scope === "read" && granted.includes("write"));
}

/** The text of a `scope` parameter or member (RFC 6749 §3.3). */
export function scopeText(scopes: readonly CredentialScope[]): string {
  return SCOPES.filter((scope) => includesScope(scopes, scope)).join(" ");
}

/**
 * Reads a `scope` parameter (RFC 6749 §3.3).
 * @returns the first name that is no scope here as `unknown`
 */
export function readScope(
  text: string,
): { readonly scopes: readonly CredentialScope[] } | { readonly unknown: string } {
  const names = text.split(" ").filter((name) => name !== "");
  const unknown = names.find((name) => !SCOPES.includes(name as CredentialScope));
  if (unknown !== undefined) return { unknown };
  return { scopes: SCOPES.filter((scope) => names.includes(scope)) };
}
