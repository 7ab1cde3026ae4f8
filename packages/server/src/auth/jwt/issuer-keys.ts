import { type CryptoKey, createLocalJWKSet, errors, type JSONWebKeySet } from "jose";
import type { NewIssuerTrust } from "../../store/store.ts";
import { issuerName, type JwtHeader, metadataUrl } from "./claims.ts";
import { type ChosenBy, fetchJson, urlProblem } from "./fetch-json.ts";

/** Older keys are fetched again in the background. */
const REFRESH_MS = 600_000;

/** How long keys are used while the issuer cannot be reached. */
const MAX_AGE_MS = 24 * 3_600_000;

/** Time between attempts to fetch keys, whatever keys tokens name. */
const COOLDOWN_MS = 30_000;

export type KeyLocation = {
  readonly issuer: string;
  /** undefined: the issuer's metadata says where. */
  readonly jwksUri: string | undefined;
};

/** The issuer's keys are not available. */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** The issuer has no such key, or several that match. */
export class NoSuchKey extends Error {
  override readonly name = "NoSuchKey";
  /** Names of the issuer's keys. */
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

/** The public keys of one issuer (RFC 7517), cached and refreshed. */
export class IssuerKeys {
  readonly #location: KeyLocation;
  readonly #allowedHosts: readonly string[];
  #set: KeySet | undefined;
  #loading: Promise<void> | undefined;
  #triedMs = Number.NEGATIVE_INFINITY;
  /** Why that failed; undefined if it did not. */
  #problem: string | undefined;

  /** @param allowedHosts host names that the issuer's metadata may name although their addresses are not public */
  constructor(location: KeyLocation, allowedHosts: readonly string[]) {
    this.#location = location;
    this.#allowedHosts = allowedHosts;
  }

  /**
   * The key that a token names in its header.
   * @throws KeysUnavailable, NoSuchKey
   */
  async find(header: JwtHeader, nowMs: number): Promise<CryptoKey> {
    const set = await this.#current(nowMs);
    const key = await keyIn(set, header);
    if (key !== undefined) return key;
    // The key may be newer than the set.
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
    return new KeysUnavailable(this.#problem ?? "they were not fetched", retryAfterMs);
  }

  /** Fetches the keys, unless that was tried recently. Does not throw. */
  #load(nowMs: number): Promise<void> {
    if (this.#loading !== undefined) return this.#loading;
    // A clock that was set back must not prevent it.
    if (Math.abs(nowMs - this.#triedMs) < COOLDOWN_MS) return Promise.resolve();
    this.#triedMs = nowMs;
    this.#loading = this.#fetch(nowMs).finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #fetch(nowMs: number): Promise<void> {
    try {
      const { issuer, jwksUri } = this.#location;
      const url = jwksUri ?? (await discover(issuer));
      const jwks = await fetchJson(url, jwksUri === undefined ? this.#chosenBy(url, issuer) : "administrator");
      if (!Array.isArray(jwks["keys"]) || jwks["keys"].length === 0) throw new Error(`${url} has no keys`);
      const set = jwks as unknown as JSONWebKeySet;
      const names = set.keys.flatMap(({ kid }) => (typeof kid === "string" ? kid : []));
      this.#set = { find: createLocalJWKSet(set), names, fetchedMs: nowMs };
      this.#problem = undefined;
    } catch (error) {
      this.#problem = (error as Error).message;
    }
  }

  /** An administrator who trusts an issuer chose its origin, and the hosts that are allowed. */
  #chosenBy(jwksUri: string, issuer: string): ChosenBy {
    const url = URL.parse(jwksUri);
    const isChosen = url?.origin === URL.parse(issuer)?.origin || this.#allowedHosts.includes(url?.hostname ?? "");
    return isChosen ? "administrator" : "issuer";
  }
}

/** Where the keys are, according to the issuer's metadata. */
async function discover(issuer: string): Promise<string> {
  const url = metadataUrl(issuer);
  const metadata = await fetchJson(url, "administrator");
  // OpenID Connect Discovery 1.0 §4.3
  if (issuerName(String(metadata["issuer"])) !== issuerName(issuer))
    throw new Error(`${url} is the metadata of another issuer`);
  if (typeof metadata["jwks_uri"] !== "string") throw new Error(`${url} has no jwks_uri`);
  return metadata["jwks_uri"];
}

/** @returns undefined if there is none, or if several match */
async function keyIn({ find }: KeySet, { alg, kid }: JwtHeader): Promise<CryptoKey | undefined> {
  try {
    return await find({ alg, ...(kid !== undefined && { kid }) });
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError || error instanceof DOMException)
      return undefined;
    throw error;
  }
}

/**
 * Why a trust cannot be stored.
 * @returns text for people; undefined if it can
 */
export function trustProblem({ issuer, audience, jwksUri, scopes }: NewIssuerTrust): string | undefined {
  if (issuer === "") return "The issuer is missing.";
  if (audience === "") return "The audience is missing: without it, tokens made for others would be accepted.";
  if (scopes.length === 0) return "The scopes are missing.";
  // Without metadata to read, an issuer may have any name (RFC 7519 §4.1.1).
  const problem = urlProblem(jwksUri ?? issuer);
  return problem && `${jwksUri === undefined ? "The issuer" : "The address of the keys"} cannot be used: ${problem}.`;
}
