/** Which names stand for a secret, wherever one is written: in JSON, in a URL, in a path, in a filter, in a header. */
export type SecretNames = {
  /** Whether an attribute, parameter or header of this name holds a secret: `password`, `urn:…:User:password.value`. */
  readonly isSecret: (name: string) => boolean;
  /** Whether a value is such a name, as `password` is in `{"type":"password"}`. */
  readonly isSecretWord: (value: string) => boolean;
  /** Whether such a name may be somewhere in a text. */
  readonly areMentioned: (text: string) => boolean;
};

/** As part of a name, without regard to letter case, `-` and `_`. */
const PARTS = [
  "passwor[dt]",
  "passwd",
  "pass[-_]?phrase",
  "pass[-_]?code",
  "kennwort",
  "pwd",
  "secret",
  "token",
  "assertion",
  "credential",
  "authorization",
  "cookie",
  "(?:api|private|access|account|subscription|shared|signing|encryption)[-_]?key",
  "session[-_]?id",
  "signature",
  "verifier",
  "saml[-_]?re(?:quest|sponse)",
];

/** Only as a whole name: they are parts of many harmless words. */
const WHOLE = ["pin", "otp", "totp", "sig", "jwt"];

const MENTIONED = new RegExp(`${PARTS.join("|")}|\\b(?:${WHOLE.join("|")})\\b`, "i");
const IS_SECRET = new RegExp(`${PARTS.join("|")}|^(?:${WHOLE.join("|")})$`, "i");

/** `token_type`, `client_assertion_type`, `tokenEndpoint`: about a secret, and none. */
const ABOUT = /(?:type|endpoint|ur[il]|expires|expiry|expiration|expiresIn|expires_in)$/i;

/** What separates the parts of a name: URNs have colons, sub-attributes dots, value paths brackets. */
const SEPARATORS = /[\s:.[\]()"'/]+/;

/**
 * @param more names of this endpoint's own secrets: attributes that are never returned (RFC 7643 §7), without their path
 */
export function secretNames(more: readonly string[] = []): SecretNames {
  const own = new Set(more.map((name) => name.toLowerCase()));
  const isSecret = (name: string) =>
    name.split(SEPARATORS).some((part) => own.has(part.toLowerCase()) || (IS_SECRET.test(part) && !ABOUT.test(part)));
  return {
    isSecret,
    isSecretWord: (value) => /^[\w-]+$/.test(value) && isSecret(value),
    areMentioned: (text) => MENTIONED.test(text) || (own.size > 0 && includesAny(text.toLowerCase(), own)),
  };
}

function includesAny(text: string, words: ReadonlySet<string>): boolean {
  return [...words].some((word) => text.includes(word));
}
