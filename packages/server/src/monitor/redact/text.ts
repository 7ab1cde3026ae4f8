import {
  type AttributePath,
  type Filter,
  newReading,
  parseFilter,
  parsePath,
  printAttributePath,
} from "@scimtool/scim";
import { describeSecret } from "../../auth/credentials.ts";
import type { SecretNames } from "./secret-names.ts";

/** What is a secret by its own form, wherever it stands: those made here, JSON Web Tokens, what follows a scheme. */
const BY_FORM =
  /\bscim_[0-9A-Za-z_]{16,}|(?<![\w-])eyJ[\w-]{8,}\.[\w.-]*|(?<=\b(?:Bearer|Basic|SSWS)\s)[\w.~+/=-]{16,}/gi;

/** Three letters of each of {@link BY_FORM} that other texts seldom have. */
export const FORM_LETTERS: readonly string[] = ["im_", "eyj", "rer", "asi", "sws"];

/** `client_secret=…` in the middle of a text. Bounded, for a text may be as long as a body. */
const ASSIGNED = /(?<![\w$.:-])([\w$.:-]{1,300})(\s?=\s?)("[^"]*"?|'[^']*'?|[^\s&;,"']+)/g;

/** What somebody sent, repeated in quotes; and what is no more than a name, or words about one. */
const QUOTED = /"([^"]+)"/g;
const NAME_OR_WORDS = /^[^=%\\]+$/;

/** `password must be a text, but "…" was sent.` */
const MUST_BE = /(?<![\w$.:-])([\w$.:-]{1,300}) must be /g;

const COMPARISON = /\b(?:eq|ne|co|sw|ew|gt|ge|lt|le)\b\s*"/i;

/** A text that is no secret itself, without the secrets in it. */
export function redactText(text: string, names: SecretNames): string {
  if (names.isPlain(text)) return text;
  const withoutForms = text.replaceAll(BY_FORM, placeholder);
  if (!names.areMentioned(withoutForms)) return withoutForms;
  if (COMPARISON.test(withoutForms)) return redactFilter(withoutForms, names);
  const repeated = withoutRepeated(withoutForms, names);
  if (!repeated.includes("=")) return repeated;
  return repeated.replaceAll(ASSIGNED, (whole, name: string, equals: string, value: string) =>
    names.isSecret(name) ? `${name}${equals}${placeholder(value)}` : whole,
  );
}

/** A refusal without what it repeats of a secret. */
function withoutRepeated(text: string, names: SecretNames): string {
  if (!text.includes('"')) return text;
  const mustBe = text.matchAll(MUST_BE).find(([, name = ""]) => names.isSecret(name));
  if (mustBe !== undefined) return text.slice(0, mustBe.index) + withoutQuoted(text.slice(mustBe.index));
  return text.replaceAll(QUOTED, (whole, sent: string) =>
    NAME_OR_WORDS.test(sent) || !names.areMentioned(withoutEscapes(sent)) ? whole : `"${placeholder(sent)}"`,
  );
}

/** A text without everything that it has in quotes. */
export function withoutQuoted(text: string): string {
  return text.replaceAll(QUOTED, (_, sent: string) => `"${placeholder(sent)}"`);
}

/** A text in which names can be looked for, whatever escapes of JSON or of URLs they are written with. */
export function withoutEscapes(text: string): string {
  const unescaped = text.includes("\\u") ? text.replaceAll(/\\u([0-9a-f]{4})/gi, ofHex) : text;
  return unescaped.includes("%") ? unescaped.replaceAll(/%([0-7][0-9a-f])/gi, ofHex) : unescaped;
}

function ofHex(_: string, hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16));
}

/** A filter (RFC 7644 §3.4.2.2) without the values that it compares secrets with. */
export function redactFilter(text: string, names: SecretNames): string {
  return isHarmlessFilter(text, names) ? text : withoutValues(text, names);
}

/** A PATCH path (RFC 7644 §3.5.2) without the values that it compares secrets with. */
export function redactPath(text: string, names: SecretNames): string {
  return namesSecret(text, names) ? withoutValues(text, names) : text;
}

/** Whether a PATCH path leads to a secret, also by the filter in its brackets: `x[type eq "password"].value`. */
export function namesSecret(path: string, names: SecretNames): boolean {
  if (!names.areMentioned(path)) return false;
  try {
    const parsed = parsePath(path, newReading("tolerant"));
    return isSecretPath(parsed, names) || (parsed.filter !== undefined && comparesSecret(parsed.filter, names));
  } catch {
    return true;
  }
}

/** Where a secret is named, all goes but the path in front: what is not well-formed may hold the value anywhere. */
function withoutValues(text: string, names: SecretNames): string {
  const [path = ""] = /^\s*[\w$.:-]+/.exec(text) ?? [];
  const rest = text.slice(path.length);
  if (rest === "") return text;
  return names.areMentioned(path) ? `${path} ${placeholder(rest)}` : placeholder(text);
}

function isHarmlessFilter(text: string, names: SecretNames): boolean {
  if (!names.areMentioned(text)) return true;
  try {
    return !comparesSecret(parseFilter(text, newReading("tolerant")), names);
  } catch {
    return false;
  }
}

function comparesSecret(filter: Filter, names: SecretNames): boolean {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.filters.some((each) => comparesSecret(each, names));
    case "not":
      return comparesSecret(filter.filter, names);
    case "present":
      return isSecretPath(filter.path, names);
    case "compare":
      // `type eq "password"` says what the value beside it is.
      return isSecretPath(filter.path, names) || (typeof filter.value === "string" && names.isSecretWord(filter.value));
    case "valuePath":
      return isSecretPath(filter.path, names) || comparesSecret(filter.filter, names);
  }
}

function isSecretPath(path: AttributePath, names: SecretNames): boolean {
  return names.isSecret(printAttributePath(path));
}

/**
 * What stands in a record in the place of a secret. Two that are equal are seen to be equal, and a length shows whether
 * it was cut; nothing else can be told.
 */
export function placeholder(secret: string): string {
  return `${PLACEHOLDER_START}${describeSecret(secret)}]`;
}

export const PLACEHOLDER_START = "[secret, ";
