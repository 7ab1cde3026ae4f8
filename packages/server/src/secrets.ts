import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { hashSecret } from "./auth/secret.ts";
import type { Credential, StartSecret, Store } from "./store/store.ts";

/** Bytes of randomness in a secret that we make. */
const SECRET_BYTES = 32;

/** How a secret came to be the valid one, for the lines printed at start. */
export type Secret =
  /** Just made: the one time that it is shown. */
  | { readonly kind: "made"; readonly secret: string; readonly file: string }
  /** Made by an earlier start, and in its file. */
  | { readonly kind: "kept"; readonly file: string }
  /** Set by flag or environment, now or at an earlier start; only its hash is known. */
  | { readonly kind: "given" }
  /** An administrator has removed it. */
  | { readonly kind: "removed" };

/** Which credential it is. */
export type Slot = StartSecret;

/** Where a secret may come from. */
export type SecretSources = {
  /** The secret from flag or environment. */
  readonly given: string | undefined;
  /** Where a secret that is made here is kept, for its owner only. */
  readonly file: string;
  /** Whether one that is not in the database was removed from it, and not lost with it. */
  readonly isRemovable: boolean;
};

/**
 * A secret for a credential that has none: as given by flag or environment, of its file, or made.
 * @throws Error when the file cannot be written
 */
export function firstSecret({ given, file }: SecretSources): { readonly secret: string; readonly told: Secret } {
  if (given !== undefined) return { secret: given, told: { kind: "given" } };
  const inFile = secretIn(file);
  if (inFile !== "") return { secret: inFile, told: { kind: "kept", file } };
  const secret = randomBytes(SECRET_BYTES).toString("base64url");
  // The file first: a secret whose hash is in the database and that nobody knows would lock everybody out.
  writeFileSync(file, `${secret}\n`, { mode: 0o600 });
  return { secret, told: { kind: "made", secret, file } };
}

/**
 * Makes sure that a credential's secret exists. One given by flag or environment replaces what was valid before; else
 * the database's stays valid (it may have come here without the file); else one is made, or taken from its file.
 * @throws Error when the file cannot be written
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
  const { secret, told } = firstSecret(sources);
  await put(store, slot, secret, nowMs);
  return told;
}

/**
 * Makes sure that a credential's secret is the one given by flag or environment, and that there is none where none is
 * given: nothing else could take it away.
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
 * The credentials as {@link ensureSecret} would leave them, as far as it would make no new secret.
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

/** The credentials as {@link ensureGiven} will leave them. */
export function expectedGiven(known: readonly Credential[], slot: Slot, given: string | undefined): Credential[] {
  const own = known.find((credential) => isOf(credential, slot));
  if (own === undefined) return given === undefined ? [...known] : [...known, expected(slot, given)];
  if (given !== undefined && own.secretHash === hashSecret(given)) return [...known];
  // The sessions that were begun with the secret before end with it.
  const others = known.filter(
    ({ key, kind, origin }) => key !== own.key && (kind !== "session" || origin?.key !== own.key),
  );
  return given === undefined ? others : [...others, { ...own, secretHash: hashSecret(given), lastUsedMs: undefined }];
}

/** What the store will make of a secret that is put; its key is not known yet. */
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

function secretIn(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8").trim() : "";
}

/** The folder of secret files, for its owner only. */
export function secretsFolder(dataDir: string): string {
  const folder = join(dataDir, "secrets");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** A path as a person would type it here. */
export function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === "" || short.startsWith("..") ? path : short;
}
