import type { Credential, CredentialScope, IssuerTrust, Key, Store } from "../store/store.ts";
import { type Entry, entryOf, judge, jwtEntry } from "./authorize.ts";
import { type Known, type LookedUp, LookUps, Memory, Uses } from "./credential-cache.ts";
import { describeSecret, formOf, hashSecret, includesScope } from "./credentials.ts";
import { type Decision, noToken, type Realm, type Refused } from "./decision.ts";
import { looksLikeJwt } from "./jwt/claims.ts";
import { JwtVerifier } from "./jwt/verifier.ts";
import { BoundedMap, Guesses } from "./rate-limit.ts";
import * as refusals from "./refusals.ts";

/** What of the store is about credentials. */
export type CredentialDatabase = Pick<Store, "committed" | "transaction" | "credentials" | "issuerTrusts">;

/** A database that is open, and who is let in to it. */
export type OpenAccess = { readonly authority: Authority; readonly database: CredentialDatabase };

/** Authorization headers that were let in and are remembered. Tokens of other issuers have up to 16 KiB. */
const MAX_HEADERS = 2_000;

/** A verified token of another issuer is verified again after this time: the issuer may have withdrawn its key. */
const REVERIFY_MS = 3_600_000;

/** What is to be decided. */
type Request = {
  readonly header: string;
  readonly token: string;
  readonly realm: Realm;
  readonly scope: CredentialScope;
  readonly nowMs: number;
};

/** Decides who is let in. Everything that it needs for a token it has seen is in memory. */
export class Authority {
  /** Of other issuers' tokens. */
  readonly verifier: JwtVerifier;
  /** Of the secrets of administration. */
  readonly guesses: Guesses;
  readonly #database: CredentialDatabase | undefined;
  readonly #uses: Uses;
  readonly #lookUps: LookUps;
  #memory: Memory;
  /**
   * By the whole Authorization header, of requests that were let in: to hash the token of each request would take
   * longer than everything else here. Their secrets are in memory anyway. A Map compares hashes, with a seed of this
   * process, before it compares characters, so that the time it takes does not tell how much of a guess was right.
   */
  readonly #byHeader = new BoundedMap<string, readonly Entry[]>(MAX_HEADERS);
  #refreshesBegun = 0;
  #refreshed = 0;

  /** @param database undefined where none is open here: then only who is known is let in */
  constructor(known: Known, database?: CredentialDatabase, verifier = new JwtVerifier(), guesses = new Guesses()) {
    this.verifier = verifier;
    this.guesses = guesses;
    this.#database = database;
    this.#uses = new Uses(database);
    this.#lookUps = new LookUps(database);
    this.#memory = new Memory(known);
  }

  /** Reads what the database has. */
  static async open(database: CredentialDatabase, verifier?: JwtVerifier): Promise<Authority> {
    return new Authority(await read(database), database, verifier);
  }

  /**
   * Decides whether a request is let in. At once for a token that was let in before; else after a look-up or, for a
   * token of another issuer, its verification.
   * @param header the Authorization header
   * @param scope what the request needs
   * @throws StoreUnavailable when the token has to be looked up and the database is closed
   */
  decide(
    header: string | undefined,
    realm: Realm,
    scope: CredentialScope,
    nowMs: number,
  ): Decision | Promise<Decision> {
    const entries = header === undefined ? undefined : this.#byHeader.get(header);
    const decision = entries && judge(entries, realm, scope, nowMs, this.#uses);
    if (decision !== undefined) return decision;
    const token = bearerToken(header);
    if (typeof token !== "string") return token;
    return this.#decideNew({ header: header ?? "", token, realm, scope, nowMs });
  }

  /**
   * Decides as {@link decide} whether a session opens administration. Sessions are in memory, all that are known.
   * @param secret as it stands in the cookie
   */
  decideSession(secret: string, scope: CredentialScope, nowMs: number): Decision {
    const session = this.sessionOf(secret);
    if (session !== undefined) {
      const entry = entryOf(session, this.#memory.originOf(session));
      const decision = judge([entry], "administration", scope, nowMs, this.#uses);
      if (decision !== undefined) return decision;
    }
    const isUndecided = this.#database === undefined && formOf(secret) === "session";
    return isUndecided ? refusals.noDatabase(secret) : refusals.unknownSession(secret);
  }

  /** The session with a secret, valid or expired. */
  sessionOf(secret: string): Credential | undefined {
    return this.#memory.byHash(hashSecret(secret))?.find(({ kind }) => kind === "session");
  }

  /** Makes changes in the database count from now on: to be called after each. */
  async refresh(): Promise<void> {
    if (this.#database === undefined) return;
    const refresh = ++this.#refreshesBegun;
    const known = await read(this.#database);
    // One that began later may have ended earlier.
    if (refresh < this.#refreshed) return;
    this.#refreshed = refresh;
    this.#memory = new Memory(known);
    this.#byHeader.clear();
  }

  /** Takes an access token that was just made, which spares its first request the look-up. */
  remember(credential: Credential): void {
    this.#memory.remember(credential.secretHash, [credential]);
  }

  /** The credentials with a secret, of which those of clients are known without a look-up. */
  async find(secret: string, nowMs: number): Promise<LookedUp> {
    const secretHash = hashSecret(secret);
    const known = this.#memory.byHash(secretHash);
    // Of another kind it is to be told from one that nobody has by nothing, not even while nothing can be looked up.
    return known?.some(({ kind }) => kind === "client") === true ? known : this.#lookUps.find(secretHash, nowMs);
  }

  /** The refusal of a token, as if nobody had it. */
  async refuseAsUnknown(token: string, realm: Realm, nowMs: number): Promise<Refused> {
    const found = await this.#lookUps.find(hashSecret(token), nowMs);
    return found === "too-many" ? refusals.tooManyLookUps(token) : refusals.unknownToken(token, realm);
  }

  /** The secrets of a client, of every endpoint, valid or expired. */
  secretsOf(clientId: string): Credential[] {
    return this.#memory.secretsOf(clientId);
  }

  trustsOf(endpoint: Key): IssuerTrust[] {
    return this.#memory.trustsOf(endpoint);
  }

  noteUse(credential: Key, nowMs: number): void {
    this.#uses.note(credential, nowMs);
  }

  /** When a credential was used last, where that is not in the database yet. */
  lastUsedMs(credential: Key): number | undefined {
    return this.#uses.pendingOf(credential);
  }

  /** One for where the database is closed now: who is known is let in still, and nobody is looked up. */
  withoutDatabase(): Authority {
    return new Authority(this.#memory.known, undefined, this.verifier, this.guesses);
  }

  /** Writes down what was used and is not written yet. To be called before the database closes. */
  close(): Promise<void> {
    return this.#uses.close();
  }

  #decideNew(request: Request): Decision | Promise<Decision> {
    const { token, realm } = request;
    const secretHash = hashSecret(token);
    const known = this.#memory.byHash(secretHash);
    if (known !== undefined) return this.#decideBy(known, request, true);
    const form = formOf(token);
    if (form === "damaged") return refusals.damagedToken(token, realm);
    if (form === "foreign" && realm !== "administration" && looksLikeJwt(token)) return this.#decideJwt(request, realm);
    return this.#decideByDatabase(request, secretHash);
  }

  /** Another instance may have made the token, or it was used long ago. */
  async #decideByDatabase(request: Request, secretHash: string): Promise<Decision> {
    const { token, realm, nowMs } = request;
    const memory = this.#memory;
    const found = await this.#lookUps.find(secretHash, nowMs);
    if (found === "too-many") return refusals.tooManyLookUps(token);
    if (found === "no-database" && formOf(token) !== "foreign") return refusals.noDatabase(token);
    if (found === "no-database" || found.length === 0) return refusals.unknownToken(token, realm);
    // What was read before a refresh may be what the refresh is about.
    const isCurrent = memory === this.#memory;
    if (isCurrent) memory.remember(secretHash, found);
    return this.#decideBy(found, request, isCurrent);
  }

  #decideBy(credentials: readonly Credential[], request: Request, isCurrent: boolean): Decision {
    const bearers = credentials.filter(({ kind }) => kind === "token" || kind === "access");
    const [other] = credentials;
    if (bearers.length === 0 && other !== undefined) return refusals.notBearer(other);
    const entries = bearers.map((credential) => entryOf(credential, this.#memory.originOf(credential)));
    return this.#decided(entries, request, isCurrent);
  }

  async #decideJwt(request: Request, endpoint: Exclude<Realm, string>): Promise<Decision> {
    const { token, scope, nowMs } = request;
    const memory = this.#memory;
    const outcome = await this.verifier.verify(token, memory.trustsOf(endpoint.key), nowMs);
    if (outcome.kind === "refused") return refusals.refusedJwt(outcome.failed);
    if (outcome.kind === "undecided") return refusals.undecidedJwt(outcome.failed, outcome.retryAfterMs);
    const { trust, clientId, undecided } = outcome;
    if (undecided !== undefined && !includesScope(trust.scopes, scope)) {
      return refusals.undecidedJwt(undecided.failed, undecided.retryAfterMs);
    }
    const untilMs = Math.min(outcome.expiresMs, nowMs + REVERIFY_MS);
    // What is not the last word is not kept in mind.
    const isCurrent = undecided === undefined && memory === this.#memory;
    return this.#decided([jwtEntry(trust, clientId, untilMs)], request, isCurrent);
  }

  #decided(entries: readonly Entry[], request: Request, isCurrent: boolean): Decision {
    const { header, realm, scope, nowMs } = request;
    const decision = judge(entries, realm, scope, nowMs, this.#uses);
    if (decision === undefined) throw new Error("A token that was just verified must be one that can be judged.");
    if (decision.accepted && isCurrent) this.#byHeader.set(header, entries);
    return decision;
  }
}

async function read({ committed, credentials, issuerTrusts }: CredentialDatabase): Promise<Known> {
  return { credentials: await credentials.list(committed), trusts: await issuerTrusts.list(committed) };
}

/** Other schemes by name; a word that is none of them may be part of a secret. */
const SCHEMES = new Set([
  "basic",
  "digest",
  "negotiate",
  "ntlm",
  "oauth",
  "token",
  "apikey",
  "ssws",
  "dpop",
  "bearer:",
]);

/** Takes the token from an Authorization header (RFC 6750 §2.1). */
export function bearerToken(header: string | undefined): string | Refused {
  if (header === undefined || header.trim() === "") {
    return noToken('Send the header "Authorization: Bearer <secret token>".', {
      check: "header",
      expected: 'a header "Authorization: Bearer …"',
      received: "no Authorization header",
      remedy:
        "Enter the secret token in the settings of the identity provider. A proxy in between may remove the header.",
    });
  }
  const space = header.indexOf(" ");
  const token = space < 0 ? "" : header.slice(space + 1).trim();
  if (token !== "" && header.slice(0, space).toLowerCase() === "bearer") return token;
  return noToken('The Authorization header must have the form "Bearer <secret token>".', {
    check: "header",
    expected: 'a header "Authorization: Bearer …"',
    received: describeHeader(header, space),
    remedy: 'Choose bearer token as the kind of authentication, or write "Bearer " before the token.',
  });
}

function describeHeader(header: string, space: number): string {
  const scheme = space < 0 ? header : header.slice(0, space);
  if (SCHEMES.has(scheme.toLowerCase())) return `the scheme ${scheme}`;
  if (scheme.toLowerCase() === "bearer") return "the scheme Bearer without a token";
  return `a value without a scheme: ${describeSecret(header)}`;
}
