import { hash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import type { CredentialKind } from "../store/store.ts";

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Of randomness in a secret: no guess will ever hit, so a fast hash is enough to keep it. */
const SECRET_BYTES = 32;

/** As many characters as {@link SECRET_BYTES} take in 62 digits. */
const SECRET_CHARACTERS = 43;

/** As many characters as a CRC-32 takes in 62 digits. */
const CHECKSUM_CHARACTERS = 6;

const PREFIX: Readonly<Record<CredentialKind, string>> = {
  token: "scim_",
  client: "scim_client_",
  access: "scim_access_",
  session: "scim_session_",
};

/** Those whose prefix tells them from a token, whose prefix all have. */
const KINDS = ["client", "access", "session"] as const;

/** What scanners of source code are told to look for. The checksum at the end tells a real one from a look-alike. */
export const SECRET_PATTERN = /^scim_(?:client_|access_|session_)?[0-9A-Za-z]{49}$/;

/** Every secret made here begins so, also one that was cut. */
const FAMILY = "scim_";

/** Makes a secret, of 256 random bits and a checksum of them. */
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
 * Which kind of secret it was made as, by its form alone; `damaged` has our prefix and is not as it was made. People may
 * also set secrets of their own, of which nothing can be said.
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
