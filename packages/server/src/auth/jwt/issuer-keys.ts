import { type CryptoKey, createLocalJWKSet, errors, type JSONWebKeySet } from "jose";
import type { NewIssuerTrust } from "../../store/store.ts";
import { issuerName, type JwtHeader, metadataUrl } from "./claims.ts";
import { type ChosenBy, fetchJson, urlProblem } from "./fetch-json.ts";

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
  readonly #allowedHosts: readonly string[];
  #set: KeySet | undefined;
  #loading: Promise<void> | undefined;
  /** When it was tried last to fetch them. */
  #triedMs = Number.NEGATIVE_INFINITY;
  /** Why that failed; undefined when it did not. */
  #problem: string | undefined;

  /** @param allowedHosts host names that the issuer's metadata may name although their addresses are not public */
  constructor(location: KeyLocation, allowedHosts: readonly string[]) {
    this.#location = location;
    this.#allowedHosts = allowedHosts;
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

/**
 * What speaks against trusting an issuer, before it is stored.
 * @returns for people; undefined when nothing does
 */
export function trustProblem({ issuer, audience, jwksUri, scopes }: NewIssuerTrust): string | undefined {
  if (issuer === "") return "The issuer is missing.";
  if (audience === "") return "The audience is missing: without it, tokens made for others would be accepted.";
  if (scopes.length === 0) return "The scopes are missing.";
  // Without metadata to read, an issuer may have any name (RFC 7519 §4.1.1).
  const problem = urlProblem(jwksUri ?? issuer);
  return problem && `${jwksUri === undefined ? "The issuer" : "The address of the keys"} cannot be used: ${problem}.`;
}
