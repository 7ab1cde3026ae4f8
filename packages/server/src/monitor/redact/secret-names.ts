import { FORM_LETTERS } from "./text.ts";
import { Trigrams } from "./trigrams.ts";

/** Which names denote secrets in JSON, URLs, paths, filters and headers. */
export type SecretNames = {
  /** Whether an attribute, parameter or header with this name is a secret: `password`, `urn:…:User:password.value`. */
  readonly isSecret: (name: string) => boolean;
  /** Whether a value is such a name, like `password` in `{"type":"password"}`. */
  readonly isSecretWord: (value: string) => boolean;
  /** Whether a text may contain such a name. */
  readonly areMentioned: (text: string) => boolean;
  /** Whether a text certainly contains no such name, no known secret and no secret with a known form. Quick. */
  readonly isPlain: (text: string | Uint8Array) => boolean;
  /** Secrets of this server, which are found everywhere. */
  readonly known: readonly string[];
};

/**
 * Parts of a name, whatever the letter case, `-` and `_`. Each with three letters that every such name has, and
 * that are rare in other words.
 */
const PARTS: readonly (readonly [part: string, letters: string])[] = [
  ["passwor[dt]", "pas"],
  ["passwd", "pas"],
  ["pass[-_]?phrase", "pas"],
  ["pass[-_]?code", "pas"],
  ["kennwort", "nnw"],
  ["pwd", "pwd"],
  ["secret", "ecr"],
  ["token", "oke"],
  ["assertion", "ert"],
  ["credential", "nti"],
  ["authorization", "riz"],
  ["cookie", "kie"],
  ["(?:api|private|access|account|subscription|shared|signing|encryption|client|license|master|pass)[-_]?key", "key"],
  ["session[-_]?id", "ssi"],
  ["signature", "gna"],
  ["verifier", "rif"],
  ["saml[-_]?(?:re(?:quest|sponse)|art)", "aml"],
  ["security[-_]?answer", "nsw"],
];

/** Whole names only, because many harmless words contain them. "otp" may also follow a letter. */
const WHOLE = ["pin", "otp", "totp", "sig", "jwt", "pass", "(?:nt|lm)[-_]?hash"];
const WHOLE_LETTERS = ["pin", "sig", "jwt", "pas", "nth", "nt_", "nt-", "lmh", "lm_", "lm-"];

const ANY_PART = PARTS.map(([part]) => part).join("|");
const ANY_WHOLE = WHOLE.join("|");
const MENTIONED = new RegExp(`${ANY_PART}|\\b(?:${ANY_WHOLE})\\b`, "i");
const IS_SECRET = new RegExp(`${ANY_PART}|^(?:${ANY_WHOLE})$`, "i");

const NAME_LETTERS = [...PARTS.map(([, letters]) => letters), "otp"];

/** `token_type`, `client_assertion_type`, `tokenEndpoint`: about a secret, but not one. */
const ABOUT = /(?:type|endpoint|ur[il]|expires|expiry|expiration|expiresIn|expires_in)$/i;

/** Separators in names: URNs have colons, sub-attributes dots, value paths brackets. */
const SEPARATORS = /[\s:.[\]()"'/]+/;

/**
 * @param more names of the endpoint's secrets, such as attributes that are never returned (RFC 7643 §7), without paths
 * @param known secrets of this server
 */
export function secretNames(more: readonly string[] = [], known: readonly string[] = []): SecretNames {
  const own = new Set(more.map((name) => name.toLowerCase()));
  // One character beyond ASCII has a lower-case letter in ASCII: the Kelvin sign, whose bytes differ from K.
  const isQuick = [...own].every((name) => name.length >= 3 && !name.slice(0, 3).includes("k"));
  const letters = new Trigrams([...NAME_LETTERS, ...FORM_LETTERS, ...(isQuick ? own : [])], WHOLE_LETTERS);
  const isSecret = (name: string) =>
    name.split(SEPARATORS).some((part) => own.has(part.toLowerCase()) || (IS_SECRET.test(part) && !ABOUT.test(part)));
  return {
    isSecret,
    isSecretWord: (value) => /^[\w-]+$/.test(value) && isSecret(value),
    isPlain: (text) => {
      if (!isQuick) return false;
      const bytes = typeof text === "string" ? inUtf8(text) : text;
      return letters.areNotIn(bytes) && !includesKnown(text, known);
    },
    known,
    areMentioned: (text) => MENTIONED.test(text) || (own.size > 0 && includesAny(text.toLowerCase(), own)),
  };
}

/** A reused buffer: most texts are short. */
const SCRATCH = Buffer.alloc(3 * 1_024);

/** Read the result at once: the next call may overwrite it. */
function inUtf8(text: string): Uint8Array {
  // A UTF-16 unit takes three bytes at most.
  return 3 * text.length > SCRATCH.length ? Buffer.from(text) : SCRATCH.subarray(0, SCRATCH.write(text));
}

/** Secrets are visible ASCII characters. */
function includesKnown(text: string | Uint8Array, known: readonly string[]): boolean {
  if (known.length === 0) return false;
  const whole = typeof text === "string" ? text : Buffer.from(text.buffer, text.byteOffset, text.length);
  return known.some((secret) => whole.includes(secret));
}

function includesAny(text: string, words: ReadonlySet<string>): boolean {
  return [...words].some((word) => text.includes(word));
}
