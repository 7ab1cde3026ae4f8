import { type CryptoKey, createLocalJWKSet, errors, type JSONWebKeySet } from "jose";
import { fetchJson } from "./fetch-json.ts";
import { issuerName, metadataUrl } from "./issuer.ts";
import type { JwtHeader } from "./read.ts";

/** Keys are fetched anew in the background when they are older. */
const REFRESH_MS = 600_000;

/** While the issuer cannot be reached, its keys are used for so long. */
const MAX_AGE_MS = 24 * 3_600_000;

/** Between attempts to fetch keys, whatever tokens ask for. */
const COOLDOWN_MS = 30_000;

/** Where the keys of an issuer are. */
export type KeyLocation = {
  readonly issuer: string;
  /** undefined: where the issuer's metadata says. */
  readonly jwksUri: string | undefined;
};

/** The issuer's keys cannot be had at the moment. */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** The issuer has no such key, or more than one that may be meant. */
export class NoSuchKey extends Error {
  override readonly name = "NoSuchKey";
  /** Names of the keys that it has. */
  readonly known: readonly string[];

  constructor(known: readonly string[]) {
    super("The issuer has no such key.");
    this.known = known;
  }
}

type KeySet = {
  readonly find: ReturnType<typeof createLocalJWKSet>;
  readonly names: readonly string[];
  readonly fetchedMs: number;
};

/** The public keys of one issuer (RFC 7517), kept and fetched anew as they change. */
export class IssuerKeys {
  readonly #location: KeyLocation;
  #set: KeySet | undefined;
  #loading: Promise<void> | undefined;
  /** When it was tried last to fetch them. */
  #triedMs = Number.NEGATIVE_INFINITY;
  /** Why that failed; undefined when it did not. */
  #problem: string | undefined;

  constructor(location: KeyLocation) {
    this.#location = location;
  }

  /**
   * The key that a token says it is signed with.
   * @throws KeysUnavailable, NoSuchKey
   */
  async find(header: JwtHeader, nowMs: number): Promise<CryptoKey> {
    const set = await this.#current(nowMs);
    const key = await keyIn(set, header);
    if (key !== undefined) return key;
    // It may be newer than the set.
    await this.#load(nowMs);
    const newer = this.#set ?? set;
    const found = newer === set ? undefined : await keyIn(newer, header);
    if (found !== undefined) return found;
    if (this.#problem !== undefined) throw this.#unavailable(nowMs);
    throw new NoSuchKey(newer.names);
  }

  async #current(nowMs: number): Promise<KeySet> {
    const isUsable = () => this.#set !== undefined && nowMs - this.#set.fetchedMs < MAX_AGE_MS;
    if (!isUsable()) await this.#load(nowMs);
    else if (nowMs - (this.#set?.fetchedMs ?? 0) >= REFRESH_MS) void this.#load(nowMs);
    if (this.#set === undefined || !isUsable()) throw this.#unavailable(nowMs);
    return this.#set;
  }

  #unavailable(nowMs: number): KeysUnavailable {
    const retryAfterMs = Math.max(1_000, this.#triedMs + COOLDOWN_MS - nowMs);
    return new KeysUnavailable(this.#problem ?? "they have not been fetched", retryAfterMs);
  }

  /** Fetches the keys, unless that was tried just now. Does not throw. */
  #load(nowMs: number): Promise<void> {
    if (this.#loading !== undefined) return this.#loading;
    // A clock that was set back must not stop it.
    if (Math.abs(nowMs - this.#triedMs) < COOLDOWN_MS) return Promise.resolve();
    this.#triedMs = nowMs;
    this.#loading = this.#fetch(nowMs).finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #fetch(nowMs: number): Promise<void> {
    try {
      const url = this.#location.jwksUri ?? (await discover(this.#location.issuer));
      const jwks = await fetchJson(url);
      if (!Array.isArray(jwks["keys"]) || jwks["keys"].length === 0) throw new Error(`${url} has no keys`);
      const set = jwks as unknown as JSONWebKeySet;
      const names = set.keys.flatMap(({ kid }) => (typeof kid === "string" ? kid : []));
      this.#set = { find: createLocalJWKSet(set), names, fetchedMs: nowMs };
      this.#problem = undefined;
    } catch (error) {
      this.#problem = (error as Error).message;
    }
  }
}

/** @returns undefined when there is none, or when it cannot be told which one is meant */
async function keyIn({ find }: KeySet, { alg, kid }: JwtHeader): Promise<CryptoKey | undefined> {
  try {
    return await find({ alg, ...(kid !== undefined && { kid }) });
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError || error instanceof DOMException)
      return undefined;
    throw error;
  }
}

/** Where the issuer's metadata says that its keys are. */
async function discover(issuer: string): Promise<string> {
  const url = metadataUrl(issuer);
  const metadata = await fetchJson(url);
  // OpenID Connect Discovery 1.0 §4.3
  if (issuerName(String(metadata["issuer"])) !== issuerName(issuer))
    throw new Error(`${url} is the metadata of another issuer`);
  if (typeof metadata["jwks_uri"] !== "string") throw new Error(`${url} has no jwks_uri`);
  return metadata["jwks_uri"];
}
