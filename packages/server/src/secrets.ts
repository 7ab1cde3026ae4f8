import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { hashSecret } from "./auth/credentials.ts";
import { makeFolder } from "./folder.ts";
import type { Credential, StartSecret, Store } from "./store/store.ts";

const SECRET_BYTES = 32;

/** Where a valid secret comes from, for the lines printed at start. */
export type Secret =
  /** Created by this start, the only time that it is shown. */
  | { readonly kind: "made"; readonly secret: string; readonly file: string }
  /** Created by an earlier start, and stored in its file. */
  | { readonly kind: "kept"; readonly file: string }
  /** Set by flag or environment, now or at an earlier start. Only its hash is stored. */
  | { readonly kind: "given" }
  | { readonly kind: "removed" };

export type Slot = StartSecret;

/** Sources of a secret. */
export type SecretSources = {
  /** The secret from flag or environment. */
  readonly given: string | undefined;
  /** Stores a secret created here, readable by the owner only. */
  readonly file: string;
  /** Whether a secret missing from the database was removed by an administrator. */
  readonly isRemovable: boolean;
};

/**
 * A secret for a credential that has none: from flag or environment, from its file, or a new one.
 * @throws Error if the file cannot be written
 */
export function firstSecret({ given, file }: SecretSources): { readonly secret: string; readonly origin: Secret } {
  if (given !== undefined) return { secret: given, origin: { kind: "given" } };
  const inFile = secretIn(file);
  if (inFile !== "") return { secret: inFile, origin: { kind: "kept", file } };
  const secret = randomBytes(SECRET_BYTES).toString("base64url");
  // Write the file first: a stored hash of an unknown secret would lock everybody out.
  writeFileSync(file, `${secret}\n`, { mode: 0o600 });
  return { secret, origin: { kind: "made", secret, file } };
}

/**
 * Ensures that a credential has a secret. One from flag or environment replaces the previous one. Otherwise the
 * database's stays valid, even without its file. Without either, it comes from the file or is created.
 * @throws Error if the file cannot be written
 */
export async function ensureSecret(store: Store, slot: Slot, sources: SecretSources, nowMs: number): Promise<Secret> {
  const { given, file, isRemovable } = sources;
  if (given !== undefined) {
    await put(store, slot, given, nowMs);
    return { kind: "given" };
  }
  const inFile = secretIn(file);
  const known = (await store.credentials.list(store.committed)).find((credential) => isOf(credential, slot));
  if (known !== undefined) {
    return inFile !== "" && hashSecret(inFile) === known.secretHash ? { kind: "kept", file } : { kind: "given" };
  }
  if (isRemovable) return { kind: "removed" };
  const { secret, origin } = firstSecret(sources);
  await put(store, slot, secret, nowMs);
  return origin;
}

/**
 * Sets a credential's secret to the one from flag or environment, or removes the credential if there is none: nothing
 * else could remove it.
 */
export async function ensureGiven(store: Store, slot: Slot, given: string | undefined, nowMs: number): Promise<void> {
  if (given !== undefined) return put(store, slot, given, nowMs);
  const known = (await store.credentials.list(store.committed)).find((credential) => isOf(credential, slot));
  if (known === undefined) return;
  await store.transaction((transaction) => store.credentials.remove(transaction, known.key));
}

function put(store: Store, slot: Slot, secret: string, nowMs: number): Promise<void> {
  return store.transaction((transaction) =>
    store.credentials.put(transaction, { ...slot, secretHash: hashSecret(secret) }, nowMs),
  );
}

/**
 * The credentials after {@link ensureSecret}, without a new random secret.
 * @param known those of the database
 */
export function expectedCredentials(
  known: readonly Credential[],
  slot: Slot,
  { given, file, isRemovable }: SecretSources,
): Credential[] {
  if (given !== undefined) return expectedGiven(known, slot, given);
  const inFile = secretIn(file);
  const isKnown = known.some((credential) => isOf(credential, slot));
  return isKnown || inFile === "" || isRemovable ? [...known] : [...known, expected(slot, inFile)];
}

/** The credentials after {@link ensureGiven}. */
export function expectedGiven(known: readonly Credential[], slot: Slot, given: string | undefined): Credential[] {
  const own = known.find((credential) => isOf(credential, slot));
  if (own === undefined) return given === undefined ? [...known] : [...known, expected(slot, given)];
  if (given !== undefined && own.secretHash === hashSecret(given)) return [...known];
  // Sessions that started with the previous secret end with it.
  const others = known.filter(
    ({ key, kind, origin }) => key !== own.key && (kind !== "session" || origin?.key !== own.key),
  );
  return given === undefined ? others : [...others, { ...own, secretHash: hashSecret(given), lastUsedMs: undefined }];
}

/** The credential that the store will create; its key is not known yet. */
function expected(slot: Slot, secret: string): Credential {
  return {
    ...slot,
    key: 0,
    kind: "token",
    clientId: undefined,
    secretHash: hashSecret(secret),
    user: undefined,
    origin: undefined,
    createdMs: 0,
    expiresMs: undefined,
    lastUsedMs: undefined,
  };
}

function isOf({ purpose, endpoint, kind, label }: Credential, slot: Slot): boolean {
  return purpose === slot.purpose && endpoint === slot.endpoint && kind === "token" && label === slot.label;
}

/** @returns undefined if only its hash is stored */
export function secretOf(secret: Secret): string | undefined {
  if (secret.kind === "made") return secret.secret;
  return secret.kind === "kept" ? secretIn(secret.file) : undefined;
}

function secretIn(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8").trim() : "";
}

/** The folder of secret files, for its owner only. */
export function secretsFolder(dataDir: string): string {
  const folder = join(dataDir, "secrets");
  makeFolder(folder, 0o700);
  return folder;
}

/** A path relative to the working directory, if it is inside. */
export function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === "" || short.startsWith("..") ? path : short;
}
