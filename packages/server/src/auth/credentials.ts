import { createHmac, hash, randomBytes, randomUUID } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Credential, CredentialKind, CredentialScope, NewCredential } from "../store/store.ts";

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Random bytes of a secret. It cannot be guessed, so a fast hash is enough to store it. */
const SECRET_BYTES = 32;

/** Characters that {@link SECRET_BYTES} take in base 62. */
const SECRET_CHARACTERS = 43;

/** Characters that a CRC-32 takes in base 62. */
const CHECKSUM_CHARACTERS = 6;

const PREFIX: Readonly<Record<CredentialKind, string>> = {
  token: "scim_",
  client: "scim_client_",
  access: "scim_access_",
  session: "scim_session_",
};

/** Kinds whose prefix is longer than that of a token, which all secrets have. */
const KINDS = ["client", "access", "session"] as const;

/** The pattern for secret scanners. The checksum at the end distinguishes a real token from a look-alike. */
export const SECRET_PATTERN = /^scim_(?:client_|access_|session_)?[0-9A-Za-z]{49}$/;

/** Every secret created here begins with this, even a truncated one. */
const FAMILY = "scim_";

/** Creates a secret of 256 random bits, with a checksum. */
export function newSecret(kind: CredentialKind): string {
  const random = inDigits(BigInt(`0x${randomBytes(SECRET_BYTES).toString("hex")}`), SECRET_CHARACTERS);
  const text = PREFIX[kind] + random;
  return text + checksumOf(text);
}

/** SHA-256 of a secret, in hexadecimal: the form in which secrets are stored and compared. */
export function hashSecret(secret: string): string {
  return hash("sha256", secret, "hex");
}

/**
 * The kind of a secret by its form alone. `damaged` has our prefix and a wrong checksum. `foreign` was set by people, or
 * comes from elsewhere.
 */
export function formOf(secret: string): CredentialKind | "damaged" | "foreign" {
  if (!secret.startsWith(FAMILY)) return "foreign";
  const end = secret.length - CHECKSUM_CHARACTERS;
  if (!SECRET_PATTERN.test(secret) || checksumOf(secret.slice(0, end)) !== secret.slice(end)) return "damaged";
  return KINDS.find((kind) => secret.startsWith(PREFIX[kind])) ?? "token";
}

function checksumOf(text: string): string {
  return inDigits(BigInt(crc32(text)), CHECKSUM_CHARACTERS);
}

function inDigits(value: bigint, length: number): string {
  let text = "";
  for (let rest = value; text.length < length; rest /= 62n) text = DIGITS.charAt(Number(rest % 62n)) + text;
  return text;
}

const key = randomBytes(32);

/**
 * Represents a secret in records and logs: equal secrets look equal, and nothing else can be derived. The
 * key belongs to this process, so nobody can check guesses against recorded fingerprints.
 * @returns 8 hexadecimal digits
 */
export function fingerprint(secret: string): string {
  return createHmac("sha256", key).update(secret).digest("hex").slice(0, 8);
}

/** Describes a secret for a record: its length, which shows whether it was truncated, and its fingerprint. */
export function describeSecret(secret: string): string {
  return `${secret.length} characters, fingerprint ${fingerprint(secret)}`;
}

/** In the order in which they are written. */
export const SCOPES: readonly CredentialScope[] = ["read", "write"];

/** Whether granted scopes include a scope; `write` includes `read`. */
export function includesScope(granted: readonly CredentialScope[], scope: CredentialScope): boolean {
  return granted.includes(scope) || (scope === "read" && granted.includes("write"));
}

/** The text of a `scope` parameter or member (RFC 6749 §3.3). */
export function scopeText(scopes: readonly CredentialScope[]): string {
  return SCOPES.filter((scope) => includesScope(scopes, scope)).join(" ");
}

/**
 * Reads a `scope` parameter (RFC 6749 §3.3).
 * @returns the first unknown name as `unknown`
 */
export function readScope(
  text: string,
): { readonly scopes: readonly CredentialScope[] } | { readonly unknown: string } {
  const names = text.split(" ").filter((name) => name !== "");
  const unknown = names.find((name) => !SCOPES.includes(name as CredentialScope));
  if (unknown !== undefined) return { unknown };
  return { scopes: SCOPES.filter((scope) => names.includes(scope)) };
}

export type NewSecret = { readonly secret: string; readonly credential: NewCredential };

type CredentialOptions = Pick<Credential, "purpose" | "endpoint" | "label" | "scopes" | "expiresMs" | "user">;

export function newToken(wanted: CredentialOptions): NewSecret {
  return made("token", { ...wanted, clientId: undefined });
}

/**
 * Creates a secret of an OAuth client of an endpoint: of a new client, or another secret of an existing client, which
 * keeps its earlier ones.
 */
export function newClientSecret(
  wanted: Omit<CredentialOptions, "purpose"> & { readonly clientId: string | undefined },
): NewSecret {
  return made("client", { ...wanted, purpose: "provisioning", clientId: wanted.clientId ?? randomUUID() });
}

/** Whether a client may have this ID: URLs, forms and headers must carry it unchanged (RFC 6749 §2.3.1). */
export function isClientId(text: string): boolean {
  return /^[A-Za-z0-9._~-]{1,100}$/.test(text);
}

function made(kind: CredentialKind, wanted: CredentialOptions & Pick<Credential, "clientId">): NewSecret {
  const secret = newSecret(kind);
  return { secret, credential: { ...wanted, kind, secretHash: hashSecret(secret), origin: undefined } };
}
