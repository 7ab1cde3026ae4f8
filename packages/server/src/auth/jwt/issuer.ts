/** The two names that a tenant of Entra ID has as an issuer, without the slash at their end. */
const ENTRA = /^https:\/\/(?:sts\.windows\.net\/([^/]+)|login\.microsoftonline\.com\/([^/]+)\/v2\.0)$/;

export const ENTRA_PROVISIONING = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621";

/** An issuer's name without the slash at its end, which people leave out or add. */
export function issuerName(issuer: string): string {
  return issuer.endsWith("/") ? issuer.slice(0, -1) : issuer;
}

/**
 * Whether the claim `iss` names the issuer that is trusted. A tenant of Entra ID has two names, and an application's
 * manifest decides which one its tokens have (accessTokenAcceptedVersion): each stands for both.
 */
export function isIssuer(trusted: string, iss: unknown): iss is string {
  if (typeof iss !== "string") return false;
  if (issuerName(trusted) === issuerName(iss)) return true;
  const tenant = entraTenant(trusted);
  return tenant !== undefined && tenant === entraTenant(iss);
}

function entraTenant(issuer: string): string | undefined {
  const [, v1, v2] = ENTRA.exec(issuerName(issuer)) ?? [];
  return v1 ?? v2;
}

/**
 * Whether it is what Entra ID sends where its field "Secret Token" is empty: a token of the tenant for the application
 * that provisioning in general is.
 */
export function isEntrasOwn({ iss, aud }: Readonly<Record<string, unknown>>): boolean {
  return aud === ENTRA_PROVISIONING && typeof iss === "string" && entraTenant(iss) !== undefined;
}

/** Where an issuer's metadata is (OpenID Connect Discovery 1.0 §4). */
export function metadataUrl(issuer: string): string {
  return `${issuerName(issuer)}/.well-known/openid-configuration`;
}
