import type { IssuerTrust } from "../../store/store.ts";
import type { Failed } from "../decision.ts";
import { describeSecret } from "../fingerprint.ts";
import { ENTRA_PROVISIONING, isEntrasOwn } from "./issuer.ts";
import type { KeyLocation, KeysUnavailable, NoSuchKey } from "./issuer-keys.ts";
import { type JwtClaims, type JwtHeader, shown } from "./read.ts";

export function notAJwt(token: string): Failed {
  return {
    check: "token",
    expected: "a signed JSON Web Token of three parts",
    received: `something else: ${describeSecret(token)}`,
    remedy: "Copy the whole token again, without blanks or line breaks in it.",
  };
}

export function unknownAlgorithm({ alg }: JwtHeader, algorithms: readonly string[]): Failed {
  return {
    check: "algorithm",
    expected: `a signature by one of ${algorithms.join(", ")}`,
    received: shown(alg),
    remedy: "Have the issuer sign with an asymmetric key; every usual one does.",
  };
}

export function unknownIssuer(trusts: readonly IssuerTrust[], claims: JwtClaims): Failed {
  const { iss } = claims;
  const issuers = [...new Set(trusts.map(({ issuer }) => shown(issuer)))];
  return {
    check: "issuer",
    expected: issuers.length === 0 ? "none: this endpoint trusts no issuer" : `the claim "iss" ${issuers.join(" or ")}`,
    received: shown(iss),
    remedy: isEntrasOwn(claims)
      ? `In Entra ID the field "Secret Token" is empty, so it sends a token of its own. Trust its issuer at this endpoint, for the audience ${ENTRA_PROVISIONING}, or enter the SCIM secret in that field.`
      : "If this is your identity provider's issuer, trust it at this endpoint; else have it send the secret token.",
  };
}

export function noKeys({ issuer }: KeyLocation, { message }: KeysUnavailable): Failed {
  return {
    check: "keys",
    expected: `the public keys of ${shown(issuer)}`,
    received: message,
    remedy: "Make sure that this server reaches that address. It tries again by itself.",
  };
}

export function noSuchKey({ issuer }: KeyLocation, { kid }: JwtHeader, { known }: NoSuchKey): Failed {
  return {
    check: "key",
    expected: `a key of ${shown(issuer)}: ${known.map(shown).join(", ") || "they have no names"}`,
    received: kid === undefined ? "a token that names no key" : `the key ${shown(kid)}`,
    remedy: "Check that the token is of this issuer. Keys that are new are known within 30 seconds.",
  };
}

export function badSignature({ issuer }: KeyLocation, { kid, alg }: JwtHeader): Failed {
  return {
    check: "signature",
    expected: `a signature of ${shown(issuer)} by ${alg} with the key ${shown(kid)}`,
    received: "another signature, or a token that was altered",
    remedy: "Copy the whole token again. If it is as the issuer gave it, it is not that issuer's.",
  };
}
