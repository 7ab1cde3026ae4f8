import type { Credential, IssuerTrust, Key } from "../store/store.ts";
import { BoundedMap } from "./bounded-map.ts";

/** What a database has about who may come in, without access tokens. */
export type Known = { readonly credentials: readonly Credential[]; readonly trusts: readonly IssuerTrust[] };

/** Access tokens, of which any number may be valid, that are remembered. */
const MAX_RECENT = 10_000;

/** The credentials in memory: all but access tokens, and those of these that requests brought of late. */
export class Memory {
  readonly #byHash: ReadonlyMap<string, readonly Credential[]>;
  readonly #byKey: ReadonlyMap<Key, Credential>;
  readonly #trusts: readonly IssuerTrust[];
  /** What it was made of. */
  readonly known: Known;
  readonly #recent = new BoundedMap<string, readonly Credential[]>(MAX_RECENT);

  constructor(known: Known) {
    const { credentials, trusts } = known;
    this.known = known;
    this.#byHash = Map.groupBy(credentials, ({ secretHash }) => secretHash);
    this.#byKey = new Map(credentials.map((credential) => [credential.key, credential]));
    this.#trusts = trusts;
  }

  /** Those with that secret. What is compared are hashes: how long that takes says nothing about a secret. */
  byHash(secretHash: string): readonly Credential[] | undefined {
    return this.#byHash.get(secretHash) ?? this.#recent.get(secretHash);
  }

  remember(secretHash: string, credentials: readonly Credential[]): void {
    this.#recent.set(secretHash, credentials);
  }

  /** What an access token or session was given for, unless another instance made it just now. */
  originOf({ origin }: Credential): Credential | IssuerTrust | undefined {
    if (origin?.kind === "trust") return this.#trusts.find(({ key }) => key === origin.key);
    return origin && this.#byKey.get(origin.key);
  }

  /** The secrets of a client, of every endpoint, valid or expired. */
  secretsOf(clientId: string): Credential[] {
    return [...this.#byKey.values()].filter(({ kind, clientId: own }) => kind === "client" && own === clientId);
  }

  trustsOf(endpoint: Key): IssuerTrust[] {
    return this.#trusts.filter((trust) => trust.endpoint === endpoint);
  }
}
