import { type CryptoKey, compactVerify } from "jose";
import { BoundedMap } from "../../bounded-map.ts";
import type { IssuerTrust } from "../../store/store.ts";
import { describeSecret, includesScope } from "../credentials.ts";
import type { CredentialCheck, FailedCheck } from "../decision.ts";
import {
  checkClaims,
  checkTimes,
  clientOf,
  ENTRA_PROVISIONING,
  endOf,
  isEntrasOwn,
  isIssuer,
  issuerName,
  type JwtClaims,
  type JwtHeader,
  readJwt,
  shown,
} from "./claims.ts";
import { IssuerKeys, type KeyLocation, KeysUnavailable, NoSuchKey } from "./issuer-keys.ts";

/** Asymmetric algorithms: only the issuer has the private key (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864). */
export const SIGNATURE_ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];

const MAX_ISSUERS = 500;

/** In the order in which they are made. */
const CHECKS: readonly CredentialCheck[] = [
  "token",
  "algorithm",
  "issuer",
  "key",
  "signature",
  "expiry",
  "not_before",
  "audience",
  "tenant",
  "client_id",
  "subject",
];

export type JwtAccepted = {
  readonly kind: "accepted";
  readonly trust: IssuerTrust;
  /** The application that got it. */
  readonly clientId: string | undefined;
  readonly claims: JwtClaims;
  /** When it expires, in milliseconds since 1970. */
  readonly expiresMs: number;
  /** Set if the token may not write, and the keys of a trust that would allow it are not available. */
  readonly unavailable: JwtUnavailable | undefined;
};

/** The issuer's keys are not available. */
type JwtUnavailable = { readonly kind: "unavailable"; readonly failed: FailedCheck; readonly retryAfterMs: number };

export type JwtOutcome = JwtAccepted | { readonly kind: "refused"; readonly failed: FailedCheck } | JwtUnavailable;

/** Verifies tokens of other issuers (RFC 7519, RFC 8725). */
export class JwtVerifier {
  readonly #keys = new BoundedMap<string, IssuerKeys>(MAX_ISSUERS);
  readonly #allowedHosts: readonly string[];

  /** @param allowedHosts host names that an issuer's metadata may name although their addresses are not public */
  constructor(allowedHosts: readonly string[] = []) {
    this.#allowedHosts = allowedHosts;
  }

  /**
   * Verifies a token with the trusts of an endpoint.
   * @param audiences allowed besides those of the trusts
   */
  async verify(
    token: string,
    trusts: readonly IssuerTrust[],
    nowMs: number,
    audiences: readonly string[] = [],
  ): Promise<JwtOutcome> {
    const read = readJwt(token);
    if (read === undefined) return refused(notAJwt(token));
    const { header, claims } = read;
    if (header.isUnencoded) return refused(unencodedPayload());
    if (!SIGNATURE_ALGORITHMS.includes(header.alg)) return refused(unknownAlgorithm(header, SIGNATURE_ALGORITHMS));
    const { iss } = claims;
    const candidates = trusts.filter(({ issuer }) => isIssuer(issuer, iss));
    if (candidates.length === 0) return refused(unknownIssuer(trusts, claims));
    // Usually one: trusts that differ only in the expected claims share the issuer's keys.
    const places = Map.groupBy(candidates, ({ jwksUri }) => jwksUri);
    const outcomes: Exclude<JwtOutcome, JwtAccepted>[] = [];
    const fitting: IssuerTrust[] = [];
    let unasked: JwtUnavailable | undefined;
    for (const [jwksUri, sharing] of places) {
      if (fitting.some(mayWrite)) break;
      const failure =
        (await this.#checkSignature(token, header, { issuer: issuerName(String(iss)), jwksUri }, nowMs)) ??
        asRefusal(checkTimes(claims, nowMs));
      if (failure !== undefined) {
        outcomes.push(failure);
        const wouldWrite = (trust: IssuerTrust) =>
          mayWrite(trust) && checkClaims(claims, trust, audiences) === undefined;
        if (failure.kind === "unavailable" && sharing.some(wouldWrite)) unasked = failure;
        continue;
      }
      for (const trust of sharing) {
        const failed = checkClaims(claims, trust, audiences);
        if (failed !== undefined) outcomes.push(refused(failed));
        else fitting.push(trust);
      }
    }
    // One trust may allow everybody to read, and another one a few to write.
    const trust = fitting.find(mayWrite) ?? fitting[0];
    if (trust === undefined) return furthest(outcomes);
    const unavailable = mayWrite(trust) ? undefined : unasked;
    return { kind: "accepted", trust, clientId: clientOf(claims), claims, expiresMs: endOf(claims) ?? 0, unavailable };
  }

  /** @returns undefined if it is valid */
  async #checkSignature(
    token: string,
    header: JwtHeader,
    location: KeyLocation,
    nowMs: number,
  ): Promise<Exclude<JwtOutcome, JwtAccepted> | undefined> {
    let key: CryptoKey;
    try {
      key = await this.#keysOf(location).find(header, nowMs);
    } catch (error) {
      if (error instanceof KeysUnavailable)
        return { kind: "unavailable", failed: noKeys(location, error), retryAfterMs: error.retryAfterMs };
      if (error instanceof NoSuchKey) return refused(noSuchKey(location, header, error));
      throw error;
    }
    try {
      await compactVerify(token, key, { algorithms: SIGNATURE_ALGORITHMS });
      return undefined;
    } catch {
      return refused(badSignature(location, header));
    }
  }

  #keysOf(location: KeyLocation): IssuerKeys {
    const name = location.jwksUri ?? location.issuer;
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const keys = new IssuerKeys(location, this.#allowedHosts);
    this.#keys.set(name, keys);
    return keys;
  }
}

function mayWrite({ scopes }: IssuerTrust): boolean {
  return includesScope(scopes, "write");
}

function refused(failed: FailedCheck): Exclude<JwtOutcome, JwtAccepted> {
  return { kind: "refused", failed };
}

function asRefusal(failed: FailedCheck | undefined): Exclude<JwtOutcome, JwtAccepted> | undefined {
  return failed && refused(failed);
}

/** The outcome that came closest to acceptance: the sender probably meant that trust. */
function furthest(outcomes: readonly Exclude<JwtOutcome, JwtAccepted>[]): JwtOutcome {
  const rank = ({ kind, failed }: Exclude<JwtOutcome, JwtAccepted>) =>
    kind === "unavailable" ? CHECKS.length : CHECKS.indexOf(failed.check);
  return outcomes.reduce((best, outcome) => (rank(outcome) > rank(best) ? outcome : best));
}

function notAJwt(token: string): FailedCheck {
  return {
    check: "token",
    expected: "a signed JSON Web Token (three parts separated by dots)",
    received: `something else: ${describeSecret(token)}`,
    remedy: "Copy the whole token again, without spaces or line breaks.",
  };
}

function unencodedPayload(): FailedCheck {
  return {
    check: "token",
    expected: "a signature over the encoded payload (RFC 7797 §7)",
    received: 'a token with "b64": false in its header',
    remedy: "Configure the issuer to sign JWTs without the header parameter b64.",
  };
}

function unknownAlgorithm({ alg }: JwtHeader, algorithms: readonly string[]): FailedCheck {
  return {
    check: "algorithm",
    expected: `a signature by one of ${algorithms.join(", ")}`,
    received: shown(alg),
    remedy: "Configure the issuer to sign with an asymmetric key.",
  };
}

export function unknownIssuer(trusts: readonly IssuerTrust[], claims: JwtClaims): FailedCheck {
  const { iss } = claims;
  const issuers = [...new Set(trusts.map(({ issuer }) => shown(issuer)))];
  return {
    check: "issuer",
    expected:
      issuers.length === 0
        ? "no such token: this endpoint trusts no issuer"
        : `the claim "iss" ${issuers.join(" or ")}`,
    received: shown(iss),
    remedy: isEntrasOwn(claims)
      ? `The field "Secret token" in Entra ID is empty, so Entra ID sends a token of its own. Trust its issuer at this endpoint for the audience ${ENTRA_PROVISIONING}, or enter the SCIM secret in that field.`
      : "If this is the issuer of your identity provider, trust it at this endpoint. Otherwise enter the secret token there.",
  };
}

function noKeys({ issuer }: KeyLocation, { message }: KeysUnavailable): FailedCheck {
  return {
    check: "keys",
    expected: `the public keys of ${shown(issuer)}`,
    received: message,
    remedy: "Make sure that this server can reach that address. It tries again by itself.",
  };
}

function noSuchKey({ issuer }: KeyLocation, { kid }: JwtHeader, { known }: NoSuchKey): FailedCheck {
  return {
    check: "key",
    expected: `a key of ${shown(issuer)}: ${known.map(shown).join(", ") || "its keys have no names"}`,
    received: kid === undefined ? "a token that names no key" : `the key ${shown(kid)}`,
    remedy: "Check that the token is from this issuer. The server knows new keys within 30 seconds.",
  };
}

function badSignature({ issuer }: KeyLocation, { kid, alg }: JwtHeader): FailedCheck {
  return {
    check: "signature",
    expected: `a signature of ${shown(issuer)} by ${alg} with the key ${shown(kid)}`,
    received: "another signature, or a changed token",
    remedy: "Copy the whole token again. If it is unchanged, another issuer signed it.",
  };
}
