import { BoundedMap } from "../bounded-map.ts";
import type { Credential, CredentialScope, IssuerTrust, Key, Origin, Store } from "../store/store.ts";
import { authorize, type Grant, grantOf, jwtGrant } from "./authorize.ts";
import {
  type AccessRecords,
  CredentialCache,
  CredentialLookup,
  LastUses,
  type LookupResult,
} from "./credential-cache.ts";
import { describeSecret, formOf, hashSecret, includesScope } from "./credentials.ts";
import { type Decision, noToken, type Realm, type Refused } from "./decision.ts";
import { looksLikeJwt } from "./jwt/claims.ts";
import { JwtVerifier } from "./jwt/verifier.ts";
import { GuessLimiter } from "./rate-limit.ts";
import * as refusals from "./refusals.ts";

/** The part of the store for credentials. */
export type CredentialDatabase = Pick<Store, "committed" | "transaction" | "credentials" | "issuerTrusts">;

/** An open database, and the authenticator for it. */
export type OpenAccess = { readonly authenticator: Authenticator; readonly database: CredentialDatabase };

/** Remembered Authorization headers of accepted requests. Tokens of other issuers have up to 16 KiB. */
const MAX_HEADERS = 2_000;

/** A verified token of another issuer is verified again after this time: the issuer may have withdrawn its key. */
const REVERIFY_MS = 3_600_000;

type Usable = Pick<Credential, "key" | "createdMs" | "lastUsedMs">;

type Request = {
  readonly header: string;
  readonly token: string;
  readonly realm: Realm;
  readonly scope: CredentialScope;
  readonly nowMs: number;
};

/** Authenticates and authorizes requests. For a token it has seen, everything it needs is in memory. */
export class Authenticator {
  /** For tokens of other issuers. */
  readonly verifier: JwtVerifier;
  /** For administration secrets. */
  readonly guessLimiter: GuessLimiter;
  readonly #database: CredentialDatabase | undefined;
  readonly #uses: LastUses;
  readonly #lookup: CredentialLookup;
  #cache: CredentialCache;
  /**
   * By the whole Authorization header of accepted requests: hashing the token of each request would take longer than
   * everything else here. Their secrets are in memory anyway. A Map compares hashes, with a seed of this
   * process, before it compares characters, so the time it takes does not reveal how much of a guess was correct.
   */
  readonly #byHeader = new BoundedMap<string, readonly Grant[]>(MAX_HEADERS);
  #refreshesBegun = 0;
  #refreshed = 0;

  /** @param database undefined if none is open here: then only known tokens are accepted */
  constructor(
    known: AccessRecords,
    database?: CredentialDatabase,
    verifier = new JwtVerifier(),
    guessLimiter = new GuessLimiter(),
  ) {
    this.verifier = verifier;
    this.guessLimiter = guessLimiter;
    this.#database = database;
    this.#uses = new LastUses(database);
    this.#lookup = new CredentialLookup(database);
    this.#cache = new CredentialCache(known);
  }

  static async open(database: CredentialDatabase, verifier?: JwtVerifier): Promise<Authenticator> {
    return new Authenticator(await read(database), database, verifier);
  }

  /**
   * Authenticates a request: at once for a token that was accepted before, otherwise after a look-up or, for a
   * token of another issuer, its verification.
   * @param header the Authorization header
   * @param scope what the request needs
   * @throws StoreUnavailable when the token has to be looked up and the database is closed
   */
  authenticate(
    header: string | undefined,
    realm: Realm,
    scope: CredentialScope,
    nowMs: number,
  ): Decision | Promise<Decision> {
    const grants = header === undefined ? undefined : this.#byHeader.get(header);
    const decision = grants && authorize(grants, realm, scope, nowMs, this.#uses);
    if (decision !== undefined) return decision;
    const token = bearerToken(header);
    if (typeof token !== "string") return token;
    return this.#decideNew({ header: header ?? "", token, realm, scope, nowMs });
  }

  /**
   * Decides like {@link authenticate} whether a session opens administration: at once if this process knows it.
   * @param secret from the cookie
   */
  authenticateSession(secret: string, scope: CredentialScope, nowMs: number): Decision | Promise<Decision> {
    return this.#decideSession(secret, scope, nowMs) ?? this.#lookUpSession(secret, scope, nowMs);
  }

  #decideSession(secret: string, scope: CredentialScope, nowMs: number): Decision | undefined {
    const session = this.sessionOf(secret);
    if (session === undefined) return undefined;
    const grant = grantOf(session, this.#cache.originOf(session));
    return authorize([grant], "administration", scope, nowMs, this.#uses);
  }

  /** Another instance may have started the session, and the browser may be faster than the news of it. */
  async #lookUpSession(secret: string, scope: CredentialScope, nowMs: number): Promise<Decision> {
    if (formOf(secret) !== "session") return refusals.unknownSession(secret);
    const found = await this.#lookup.find(hashSecret(secret), nowMs);
    if (found === "no-database") return refusals.noDatabase(secret);
    if (found === "too-many") return refusals.tooManyLookUps(secret);
    if (found.length === 0) return refusals.unknownSession(secret);
    await this.refresh();
    return this.#decideSession(secret, scope, nowMs) ?? refusals.unknownSession(secret);
  }

  /** Whether a stored credential has this secret. */
  knows(secret: string): boolean {
    return this.#cache.byHash(hashSecret(secret)) !== undefined;
  }

  sessionOf(secret: string): Credential | undefined {
    return this.#cache.byHash(hashSecret(secret))?.find(({ kind }) => kind === "session");
  }

  /** Applies changes in the database. Call it after each change. */
  async refresh(): Promise<void> {
    if (this.#database === undefined) return;
    const refresh = ++this.#refreshesBegun;
    const known = await read(this.#database);
    // A later refresh may have ended first.
    if (refresh < this.#refreshed) return;
    this.#refreshed = refresh;
    this.#cache = new CredentialCache(known);
    this.#byHeader.clear();
  }

  /** Caches a new access token, so that its first request needs no look-up. */
  remember(credential: Credential): void {
    this.#cache.remember(credential.secretHash, [credential]);
  }

  /** The credentials with a secret. Those of clients need no look-up. */
  async find(secret: string, nowMs: number): Promise<LookupResult> {
    const secretHash = hashSecret(secret);
    const known = this.#cache.byHash(secretHash);
    // A secret of another kind must look like an unknown one, even while look-ups are impossible.
    return known?.some(({ kind }) => kind === "client") === true ? known : this.#lookup.find(secretHash, nowMs);
  }

  /** Refuses a token as if it were unknown. */
  async refuseAsUnknown(token: string, realm: Realm, nowMs: number): Promise<Refused> {
    const found = await this.#lookup.find(hashSecret(token), nowMs);
    return found === "too-many" ? refusals.tooManyLookUps(token) : refusals.unknownToken(token, realm);
  }

  /** The secrets of a client, of every endpoint, valid or expired. */
  secretsOf(clientId: string): Credential[] {
    return this.#cache.secretsOf(clientId);
  }

  trustsOf(endpoint: Key): IssuerTrust[] {
    return this.#cache.trustsOf(endpoint);
  }

  noteUse(used: Origin, nowMs: number): void {
    this.#uses.note(used, nowMs);
  }

  /** When a credential or trust was last used: the database may not have it yet. */
  lastUsedMs(kind: Origin["kind"], { key, createdMs, lastUsedMs = 0 }: Usable): number | undefined {
    const usedMs = Math.max(lastUsedMs, this.#uses.pendingOf({ kind, key }) ?? 0);
    // Another row may have had the same key before.
    return usedMs < createdMs ? undefined : usedMs;
  }

  /** An authenticator for a closed database: known tokens are still accepted, others are not looked up. */
  withoutDatabase(): Authenticator {
    return new Authenticator(this.#cache.known, undefined, this.verifier, this.guessLimiter);
  }

  /** Writes the last uses. Call it before the database closes. */
  close(): Promise<void> {
    return this.#uses.close();
  }

  #decideNew(request: Request): Decision | Promise<Decision> {
    const { token, realm } = request;
    const secretHash = hashSecret(token);
    const known = this.#cache.byHash(secretHash);
    if (known !== undefined) return this.#decideBy(known, request, true);
    const form = formOf(token);
    if (form === "damaged") return refusals.damagedToken(token, realm);
    if (form === "foreign" && realm !== "administration" && looksLikeJwt(token)) return this.#decideJwt(request, realm);
    return this.#decideByDatabase(request, secretHash);
  }

  /** Another instance may have created the token, or the token was last used long ago. */
  async #decideByDatabase(request: Request, secretHash: string): Promise<Decision> {
    const { token, realm, nowMs } = request;
    const cache = this.#cache;
    const found = await this.#lookup.find(secretHash, nowMs);
    if (found === "too-many") return refusals.tooManyLookUps(token);
    if (found === "no-database" && formOf(token) !== "foreign") return refusals.noDatabase(token);
    if (found === "no-database" || found.length === 0) return refusals.unknownToken(token, realm);
    // A refresh may have made this result out of date.
    const isCurrent = cache === this.#cache;
    if (isCurrent) cache.remember(secretHash, found);
    return this.#decideBy(found, request, isCurrent);
  }

  #decideBy(credentials: readonly Credential[], request: Request, isCurrent: boolean): Decision {
    const bearers = credentials.filter(({ kind }) => kind === "token" || kind === "access");
    const [other] = credentials;
    if (bearers.length === 0 && other !== undefined) return refusals.notBearer(other);
    const grants = bearers.map((credential) => grantOf(credential, this.#cache.originOf(credential)));
    return this.#decided(grants, request, isCurrent);
  }

  async #decideJwt(request: Request, endpoint: Exclude<Realm, string>): Promise<Decision> {
    const { token, scope, nowMs } = request;
    const cache = this.#cache;
    const outcome = await this.verifier.verify(token, cache.trustsOf(endpoint.key), nowMs);
    if (outcome.kind === "refused") return refusals.refusedJwt(outcome.failed);
    if (outcome.kind === "unavailable") return refusals.unavailableJwt(outcome.failed, outcome.retryAfterMs);
    const { trust, clientId, unavailable } = outcome;
    if (unavailable !== undefined && !includesScope(trust.scopes, scope)) {
      return refusals.unavailableJwt(unavailable.failed, unavailable.retryAfterMs);
    }
    const untilMs = Math.min(outcome.expiresMs, nowMs + REVERIFY_MS);
    // A decision that may change is not cached.
    const isCurrent = unavailable === undefined && cache === this.#cache;
    return this.#decided([jwtGrant(trust, clientId, untilMs)], request, isCurrent);
  }

  #decided(grants: readonly Grant[], request: Request, isCurrent: boolean): Decision {
    const { header, realm, scope, nowMs } = request;
    const decision = authorize(grants, realm, scope, nowMs, this.#uses);
    if (decision === undefined) throw new Error("a token that was just verified could not be authorized");
    if (decision.accepted && isCurrent) this.#byHeader.set(header, grants);
    return decision;
  }
}

async function read({ committed, credentials, issuerTrusts }: CredentialDatabase): Promise<AccessRecords> {
  return { credentials: await credentials.list(committed), trusts: await issuerTrusts.list(committed) };
}

/** Names of other schemes. Any other word may be part of a secret. */
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
        "Enter the secret token at the identity provider. If it is there, a proxy between the two removes the header Authorization.",
    });
  }
  const space = header.indexOf(" ");
  const token = space < 0 ? "" : header.slice(space + 1).trim();
  if (token !== "" && header.slice(0, space).toLowerCase() === "bearer") return token;
  return noToken('The Authorization header must have the form "Bearer <secret token>".', {
    check: "header",
    expected: 'a header "Authorization: Bearer …"',
    received: describeHeader(header, space),
    remedy: 'Choose bearer token as the authentication method, or write "Bearer " before the token.',
  });
}

function describeHeader(header: string, space: number): string {
  const scheme = space < 0 ? header : header.slice(0, space);
  if (SCHEMES.has(scheme.toLowerCase())) return `the scheme ${scheme}`;
  if (scheme.toLowerCase() === "bearer") return "the scheme Bearer without a token";
  return `a value without a scheme: ${describeSecret(header)}`;
}
