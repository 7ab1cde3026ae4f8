import { type CryptoKey, createLocalJWKSet, errors, type JSONWebKeySet } from "jose";
import type { NewIssuerTrust } from "../../store/store.ts";
import { issuerName, type JwtHeader, metadataUrl } from "./claims.ts";

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

/** How long an issuer may take to answer. */
const TIMEOUT_MS = 5_000;

/** Of an answer. Entra's key set has some 20,000 bytes. */
const MAX_BYTES = 512 * 1_024;

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** What speaks against fetching from there: keys that decide who comes in must not be altered on their way. */
export function urlProblem(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null) return `"${text}" is no URL`;
  if (url.username !== "" || url.password !== "") return `${url.host} must be named without a user or password`;
  if (url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.test(url.hostname))) return undefined;
  return `${text} must begin with https:`;
}

/**
 * Fetches a JSON object.
 * @throws Error that says what was wrong, for people
 */
export async function fetchJson(url: string): Promise<Readonly<Record<string, unknown>>> {
  const problem = urlProblem(url);
  if (problem !== undefined) throw new Error(problem);
  const text = await fetchText(url);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new Error(`${url} did not answer with a JSON object`);
}

async function fetchText(url: string): Promise<string> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    // A redirection could lead anywhere, also to addresses that only this machine reaches.
    const response = await fetch(url, { signal, redirect: "manual", headers: { accept: "application/json" } });
    const bytes = await readBounded(response);
    if (response.status !== 200) throw new Error(`${url} answered with status ${response.status}`);
    if (bytes === undefined) throw new Error(`${url} answered with more than ${MAX_BYTES} bytes`);
    return new TextDecoder().decode(bytes);
  } catch (error) {
    if (signal.aborted) throw new Error(`${url} did not answer within ${TIMEOUT_MS / 1_000} s`, { cause: error });
    if (error instanceof TypeError) throw new Error(`${url} cannot be reached: ${reasonOf(error)}`, { cause: error });
    throw error;
  }
}

/** @returns undefined when there is more than {@link MAX_BYTES} */
async function readBounded({ body }: Response): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function reasonOf({ cause, message }: TypeError): string {
  const { code } = (cause ?? {}) as { code?: string };
  return code ?? message;
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
